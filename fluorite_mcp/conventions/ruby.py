"""Facts of Ruby files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fluorite_mcp.conventions.reading import Handler, Reader
from fluorite_mcp.conventions.words import last_word

if TYPE_CHECKING:
    import tree_sitter

_BUILTIN = re.compile(
    r"^(?:Argument|Runtime|Standard|Type|Name|Key|Index|IO|Range|NotImplemented|Load|FrozenError)Error$"
)


def _call(reader: Reader, node: tree_sitter.Node) -> None:
    name, on = reader.field(node, "method"), reader.field(node, "receiver")
    arguments = reader.field(node, "arguments")
    if name in {"require", "require_relative"} and not on and (match := re.search(r"""["']([^"'#]+)["']""", arguments)):
        if name == "require_relative":
            reader.note("own-target", "./" + match[1], node)
        else:
            reader.note_import(match[1], node)
    elif name == "raise" and not on:
        _raise(reader, node, arguments)
    elif reader.is_test:
        _test_call(reader, node, name, on)
    elif on == "ENV":
        reader.note("env", "env", node)
        reader.note("env-with", f"ENV.{name}", node)
    elif on.endswith("logger") and name in {"debug", "info", "warn", "error", "fatal"}:
        reader.note("log-call", "logger", node)
    elif name == "permit":
        reader.note("route-validation", "strong parameters (permit)", node)


def _raise(reader: Reader, node: tree_sitter.Node, arguments: str) -> None:
    if match := re.match(r"\(?\s*((?:::)?[A-Z][\w:]*)", arguments):
        name = match[1].rpartition("::")[2]
        reader.note("raises", name, node)
        reader.note("raise-kind", "builtin" if _BUILTIN.match(name) and "::" not in match[1] else "own", node)


def _test_call(reader: Reader, node: tree_sitter.Node, name: str, on: str) -> None:
    if not on and name in {"it", "test", "specify", "scenario"}:
        reader.note("test-call", name, node)
    elif not on and name == "expect":
        reader.note("assert", "expect", node)
    elif not on and name.startswith(("assert", "refute")):
        reader.note("assert", "assert_… methods", node)
    elif not on and name in {"let", "let!"}:
        reader.note("fixture", "let", node)
    elif not on and name == "before":
        reader.note("fixture", "before", node)


def _class(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name").rpartition("::")[2]
    if word := last_word(name):
        reader.note("class-word", word, node)
    if base := re.match(r"<\s*([\w:]+)", reader.field(node, "superclass")):
        reader.note("base", base[1].rpartition("::")[2], node)


def _method(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    if reader.is_test:
        if name.startswith("test_"):
            reader.note("test-call", "def test_…", node)
        elif name == "setup":
            reader.note("fixture", "setUp", node)
        return
    if name != "initialize":
        # The grammar puts the comment above a class's first method beside its body, so the line above is asked.
        above = reader.source[: node.start_byte].rstrip(b" \t").removesuffix(b"\n").rpartition(b"\n")[2]
        reader.note("documented", "yes" if above.lstrip().startswith(b"#") else "no", node)


def _rescue(reader: Reader, node: tree_sitter.Node) -> None:
    classes = reader.field(node, "exceptions")
    is_broad = not classes or re.fullmatch(r"(?:StandardError|Exception)", classes) is not None
    reader.note("except", "broad" if is_broad else "narrow", node)
    if name := reader.field(node, "variable").removeprefix("=>").strip():
        reader.note("caught-name", name, node)


def finish(reader: Reader) -> None:
    """Note what the whole file says."""
    if not reader.is_test:
        has_it = b"frozen_string_literal: true" in reader.source[:300]
        reader.note_line("frozen-strings", "yes" if has_it else "no", 1)


HANDLERS: Mapping[str, Handler] = {
    "call": _call, "class": _class, "method": _method, "rescue": _rescue,
}  # fmt: skip
