"""Facts of Java files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fluorite_mcp.conventions.reading import Handler, Reader
from fluorite_mcp.conventions.words import case_of, last_word

if TYPE_CHECKING:
    import tree_sitter

_BUILTIN = re.compile(
    r"^(?:IllegalArgument|IllegalState|Runtime|NullPointer|UnsupportedOperation|IO|IndexOutOfBounds|NoSuchElement"
    r"|ClassCast|Arithmetic|Interrupted|Timeout|ConcurrentModification|UncheckedIO)?Exception$|^(?:Assertion)?Error$"
)
_PACKAGE = re.compile(rb"^package\s+(\w+(?:\.\w+)?)", re.MULTILINE)
_BODY_MAPPING = re.compile(r"@(?:Post|Put|Patch)Mapping\b")


def _import(reader: Reader, node: tree_sitter.Node) -> None:
    module = re.sub(r"^import\s+(?:static\s+)?|\s*;$|\.\*", "", reader.text(node))
    reader.imported[module.rpartition(".")[2]] = module
    reader.note("own-target", module, node)
    own = _PACKAGE.search(reader.source[:5_000])
    if own is not None and module.startswith(own[1].decode() + "."):
        return
    if not module.startswith("java.") or module.startswith(("java.util.logging", "java.sql", "java.net.http")):
        reader.note_import(module, node)


def _class(reader: Reader, node: tree_sitter.Node) -> None:
    if word := last_word(reader.field(node, "name")):
        reader.note("class-word", word, node)
    if base := re.match(r"extends\s+([\w.]+)", reader.field(node, "superclass")):
        reader.note("base", base[1].rpartition(".")[2], node)


def _modifiers(reader: Reader, node: tree_sitter.Node) -> str:
    return next((reader.text(child) for child in node.children if child.type == "modifiers"), "")


def _method(reader: Reader, node: tree_sitter.Node) -> None:
    modifiers, name = _modifiers(reader, node), reader.field(node, "name")
    if reader.is_test:
        if re.search(r"@(?:Parameterized)?Test\b", modifiers):
            words = (
                "snake_case"
                if "_" in name
                else "testCamelCase"
                if name.startswith("test")
                else "camelCase without test"
            )
            reader.note("test-case", words, node)
        return
    if "@Override" not in modifiers and re.search(r"\bpublic\b", modifiers):
        before = node.prev_sibling
        is_documented = before is not None and reader.text(before).startswith("/**")
        reader.note("documented", "yes" if is_documented else "no", node)
    parameters = reader.field(node, "parameters")
    if _BODY_MAPPING.search(modifiers) and "@RequestBody" in parameters:
        is_valid = re.search(r"@Valid(?:ated)?\b", parameters) is not None
        reader.note("route-validation", "@Valid on the body" if is_valid else "none", node)


def _field(reader: Reader, node: tree_sitter.Node) -> None:
    modifiers = _modifiers(reader, node)
    if re.search(r"@(?:Autowired|Inject)\b", modifiers):
        reader.note("injection", "field", node)
    kind = reader.field(node, "type")
    name = reader.text(node).partition("=")[0].rstrip("; ").rpartition(" ")[2]
    if kind in {"Logger", "Log"} and "static" in modifiers:
        reader.note("logger-name", name, node)
        if made := re.search(r"=\s*([\w.]+)\(", reader.text(node)):
            reader.note("logger-made", made[1], node)
    is_constant = {"static", "final"} <= set(modifiers.split()) and kind in {"String", "int", "long", "boolean"}
    if is_constant and name != "serialVersionUID" and (case := case_of(name)):
        reader.note("name-constant", case, node)


def _constructor(reader: Reader, node: tree_sitter.Node) -> None:
    if re.search(r"@(?:Autowired|Inject)\b", _modifiers(reader, node)):
        reader.note("injection", "constructor", node)


def _local(reader: Reader, node: tree_sitter.Node) -> None:
    reader.note("local-type", "var" if reader.field(node, "type") == "var" else "explicit", node)


def _throw(reader: Reader, node: tree_sitter.Node) -> None:
    if match := re.match(r"throw\s+new\s+([\w.]+)", reader.text(node)):
        name = match[1].rpartition(".")[2]
        reader.note("raises", name, node)
        reader.note("raise-kind", "builtin" if _BUILTIN.match(name) else "own", node)


def _call(reader: Reader, node: tree_sitter.Node) -> None:
    on, name = reader.field(node, "object"), reader.field(node, "name")
    if module := reader.imported.get(on):
        reader.note("calls", f"{module}.{name}", node)
    if f"{on}.{name}" == "System.getenv":
        reader.note("env", "env", node)
        reader.note("env-with", "System.getenv", node)


def finish(_reader: Reader) -> None:
    """Nothing more to say of a file."""


HANDLERS: Mapping[str, Handler] = {
    "import": _import, "class": _class, "method": _method, "field": _field, "constructor": _constructor,
    "local": _local, "throw": _throw, "call": _call,
}  # fmt: skip
