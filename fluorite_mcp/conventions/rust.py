"""Facts of Rust files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fluorite_mcp.conventions.reading import Handler, Reader
from fluorite_mcp.conventions.words import last_word

if TYPE_CHECKING:
    import tree_sitter

_LOG_MACROS = frozenset({"info", "warn", "error", "debug", "trace"})
_CRATE = re.compile(r"^(?:pub(?:\([\w\s:]+\))?\s+)?use\s+(?:::)?([\w]+(?:::[\w]+)*)")


def _import(reader: Reader, node: tree_sitter.Node) -> None:
    match = _CRATE.match(reader.text(node))
    if match is None:
        return
    first = match[1].partition("::")[0]
    for name in re.findall(r"(\w+)\s*[,;}]", reader.text(node)):
        reader.imported[name] = match[1]
    if first in {"crate", "super", "self"}:
        if first != "self":
            reader.note("import-own", first, node)
        reader.note("own-target", match[1], node)
    elif first not in {"std", "core", "alloc"}:
        reader.note_import(match[1], node)


def _attributes(reader: Reader, node: tree_sitter.Node) -> Iterator[tuple[str, tree_sitter.Node]]:
    """Yield the attributes and comments right above an item, nearest first."""
    before = node.prev_sibling
    while before is not None and before.type in {"attribute_item", "line_comment", "block_comment"}:
        yield reader.text(before), before
        before = before.prev_sibling


def _function(reader: Reader, node: tree_sitter.Node) -> None:
    above = [text for text, _ in _attributes(reader, node)]
    name = reader.field(node, "name")
    if test := next((text for text in above if re.match(r"#\[(?:\w+::)*test\b", text)), None):
        reader.note("test-mark", "#[" + test.strip("#[] \n").partition("(")[0] + "]", node)
        reader.note("test-case", "test_…" if name.startswith("test_") else "without test_", node)
        return
    if any(child.type == "visibility_modifier" and reader.text(child) == "pub" for child in node.children):
        has_doc = any(text.startswith(("///", "/**", "#[doc")) for text in above)
        reader.note("documented", "yes" if has_doc else "no", node)
    result = reader.field(node, "return_type")
    if match := re.match(r"(?:\w+::)*Result<(.*)>$", result, re.DOTALL):
        reader.note("result-error", _error_type(match[1], result), node)


def _error_type(inside: str, result: str) -> str:
    depth = 0
    for place, char in enumerate(inside):
        depth += (char in "<([") - (char in ">)]")
        if char == "," and depth == 0:
            return f"Result<_, {' '.join(inside[place + 1 :].strip(', ').split())}>"
    return f"{result.partition('<')[0]}<_>"


def _type(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    if word := last_word(name):
        reader.note("class-word", word, node)
    derives = " ".join(text for text, _ in _attributes(reader, node) if text.startswith("#[derive"))
    reader.note("derives", "yes" if "Debug" in derives else "no", node)


def _macro(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "macro")
    last = name.rpartition("::")[2]
    if last in _LOG_MACROS:
        reader.note("log-call", "path macro" if "::" in name else "macro", node)
    elif last.startswith(("assert", "insta")):
        reader.note("assert", f"{last}!", node)


def _call(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "function")
    method = name.rpartition(".")[2]
    if method in {"unwrap", "expect"} and "." in name:
        # A chain of calls may begin many lines above.
        function = node.child_by_field_name("function")
        reader.note("propagate", "unwrap", (function and function.child_by_field_name("field")) or node)
    elif name.endswith(("env::var", "env::var_os")):
        reader.note("env", "env", node)
        reader.note("env-with", "std::env::var", node)
    elif "::" in name and len(name) < 80:
        module = reader.imported.get(name.partition("::")[0], "self")
        if not module.startswith(("crate", "super", "self")):
            reader.note("calls", f"{module}::{name.partition('::')[2]}", node)


def _try(reader: Reader, node: tree_sitter.Node) -> None:
    reader.note("propagate", "?", node)


def prepare(reader: Reader, tree: tree_sitter.Tree) -> None:
    """Find the modules that are compiled for tests only."""
    for node in tree.root_node.named_children:
        if node.type == "mod_item" and any("cfg(test)" in text for text, _ in _attributes(reader, node)):
            reader.test_ranges.append((node.start_byte, node.end_byte))


def finish(_reader: Reader) -> None:
    """Nothing more to say of a file."""


HANDLERS: Mapping[str, Handler] = {
    "import": _import, "function": _function, "type": _type, "macro": _macro, "call": _call, "try": _try,
}  # fmt: skip
