"""Facts of PHP files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fluorite_mcp.conventions.reading import Handler, Reader
from fluorite_mcp.conventions.words import case_of, last_word

if TYPE_CHECKING:
    import tree_sitter

_FORM_REQUEST = re.compile(r"\b[A-Z]\w+Request\s+\$")
_NAMESPACE = re.compile(rb"^namespace\s+(\w+)", re.MULTILINE)
_CHECKS = (
    (re.compile(r"\$request->validate\(|\$this->validate\("), "$request->validate()"),
    (re.compile(r"Validator::make\("), "Validator::make()"),
)
_READS_BODY = re.compile(r"\$request->(?:input|all|get|post|only|validated|validate|request)\b|\brequest\(\)")


def _import(reader: Reader, node: tree_sitter.Node) -> None:
    module = reader.text(node).partition(" as ")[0].strip("\\ ")
    reader.imported[module.rpartition("\\")[2]] = module
    reader.note("own-target", module, node)
    own = _NAMESPACE.search(reader.source[:5_000])
    if own is None or own[1].decode() != module.partition("\\")[0] or module.startswith("Tests\\TestCase"):
        reader.note_import(module, node)


def _class(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    if word := last_word(name):
        reader.note("class-word", word, node)
    head = reader.text(node).partition("{")[0]
    if base := re.search(r"\bextends\s+\\?([\w\\]+)", head):
        reader.note("base", base[1].rpartition("\\")[2], node)
    if not re.search(r"\babstract\b", head):
        final, readonly = re.search(r"\bfinal\b", head), re.search(r"\breadonly\b", head)
        reader.note("class-final", "final-readonly" if final and readonly else "final" if final else "open", node)


def _method(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    head = reader.text(node)[: 200 + len(reader.field(node, "parameters"))].partition("{")[0]
    if reader.is_test:
        if name.startswith("test") or "#[Test]" in head:
            reader.note("test-case", f"test_{case_of(name)}" if name.startswith("test_") else "testCamelCase"
                        if name.startswith("test") else "#[Test] …", node)  # fmt: skip
        elif name == "setUp":
            reader.note("fixture", "setUp", node)
        return
    if not name.startswith("__") and (case := case_of(name)):
        reader.note("name-function", case, node)
    if name == "__construct":
        parameters = node.child_by_field_name("parameters")
        kinds = [child.type for child in parameters.named_children] if parameters is not None else []
        if kinds:
            reader.note("promotion", "yes" if "property_promotion_parameter" in kinds else "no", node)
    _annotations(reader, node, name)
    before = node.prev_sibling
    if re.search(r"\bpublic\b", head):
        reader.note("documented", "yes" if before is not None and before.type == "comment" else "no", node)
        _validation(reader, node)


def _annotations(reader: Reader, node: tree_sitter.Node, name: str) -> None:
    parameters = node.child_by_field_name("parameters")
    given = parameters.named_children if parameters is not None else []
    given = [one for one in given if one.type != "comment"]
    typed = sum(one.child_by_field_name("type") is not None for one in given)
    has_result = node.child_by_field_name("return_type") is not None or name in {"__construct", "__destruct"}
    if typed == len(given) and has_result:
        reader.note("annotated", "all", node)
    else:
        reader.note("annotated", "some" if typed or has_result else "none", node)


def _validation(reader: Reader, node: tree_sitter.Node) -> None:
    if not reader.stem.endswith("Controller"):
        return
    text = reader.text(node)
    if _FORM_REQUEST.search(reader.field(node, "parameters")):
        reader.note("route-validation", "a form request class", node)
        return
    for pattern, label in _CHECKS:
        if pattern.search(text):
            reader.note("route-validation", label, node)
            return
    if _READS_BODY.search(text) and reader.field(node, "name") in {"store", "update"}:
        reader.note("route-validation", "none", node)


def _function(reader: Reader, node: tree_sitter.Node) -> None:
    if case := case_of(reader.field(node, "name")):
        reader.note("name-function", case, node)
    _annotations(reader, node, reader.field(node, "name"))


def _call(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "function")
    if name in {"env", "getenv"}:
        reader.note("env", "env", node)
        reader.note("env-with", f"{name}()", node)
    elif reader.is_test and name in {"it", "test"}:
        reader.note("test-call", name, node)
    elif reader.is_test and name == "expect":
        reader.note("assert", "expect", node)


def _static_call(reader: Reader, node: tree_sitter.Node) -> None:
    scope, name = reader.field(node, "scope"), reader.field(node, "name")
    if module := reader.imported.get(scope):
        reader.note("calls", f"{module}::{name}", node)
    if scope == "Log":
        reader.note("log-call", "logger", node)


def _throw(reader: Reader, node: tree_sitter.Node) -> None:
    if match := re.match(r"throw\s+new\s+(\\?[\w\\]+)", reader.text(node)):
        name = match[1].rpartition("\\")[2]
        reader.note("raises", name, node)
        # A class of PHP's own is named with a leading backslash, or imported by its bare name.
        is_global = match[1].startswith("\\") and match[1].count("\\") == 1 and name not in reader.imported
        builtin = is_global or (match[1] == name and reader.imported.get(name) == name)
        reader.note("raise-kind", "builtin" if builtin else "own", node)


def finish(reader: Reader) -> None:
    """Note what the whole file says."""
    if not reader.is_test:
        head = reader.source[:2_000].replace(b" ", b"")
        reader.note_line("strict-types", "yes" if b"strict_types=1" in head else "no", 1)


HANDLERS: Mapping[str, Handler] = {
    "import": _import, "class": _class, "method": _method, "function": _function, "call": _call,
    "static_call": _static_call, "throw": _throw,
}  # fmt: skip
