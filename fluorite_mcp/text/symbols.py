"""Definitions in source files: which symbols a file defines, and on which lines.

Each language has a tree-sitter query in `definitions/`; the query runs in C, so the tree is never walked in Python.
A query marks the name with `@name`, the whole definition with `@<kind>`, a separate owner (Go's receiver) with
`@owner`, and what belongs to the definition below it (comments, decorators, attributes, signatures) with `@lead`.
`@end` is a node the definition reaches to if the grammar puts its body beside it; `@script` is a script in a page.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.text.languages import LANGUAGES, grammar_for
from fluorite_mcp.text.parsing import parse_within

if TYPE_CHECKING:
    from collections.abc import Mapping

    import tree_sitter

_LOG = logging.getLogger(__name__)
_QUERIES = Path(__file__).parent / "definitions"

# Kinds whose names are text, not dotted identifiers.
_PLAIN_NAMES = frozenset({"section", "heading", "key", "rule", "element"})
# What joins a path where a dot would be part of the name.
_SEPARATOR = {"section": " > ", "rule": " > ", "element": " > "}
# Kinds that turn the functions directly inside them into methods.
_CLASS_LIKE = frozenset({"class", "interface", "struct", "enum", "impl", "extension", "instance", "trait", "object"})
_MAX_NAME_CHARS = 200
# Captures that are no kind; those that start with `_` only serve a predicate.
_ROLES = frozenset({"name", "owner", "end"})
# Scripts inside pages: TypeScript's grammar reads JavaScript too.
_SCRIPT_LANGUAGE = "typescript"

_TYPE_ARGUMENTS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")
_SEPARATORS = re.compile(r"::|\.prototype\.|[.:#\\]")
_EXPORTS = re.compile(r"^(?:module\.exports|exports|this)\.")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Definition:
    """A symbol that a file defines.

    Attributes:
        name: The bare name, `method`.
        path: The name with what encloses it: `Class.method`, or `Title > Section` in documents.
        kind: function, method, class, interface, struct, enum, type, module, constant, variable, property, section,
            rule, table, key and the like.
        start_line: First line, from 1, with the decorators and the doc comment directly above.
        end_line: Last line, inclusive.
        name_line: The line of the name.
    """

    name: str
    path: str
    kind: str
    start_line: int
    end_line: int
    name_line: int


@dataclass(slots=True)
class _Found:
    """A match of the query, before it is known what encloses it. Rows count from 0."""

    start: int
    end: int
    kind: str
    name: str
    qualified: bool
    first_row: int
    last_row: int
    name_row: int
    path: str = ""


def find_definitions(language: str, tree: tree_sitter.Tree, source: bytes) -> list[Definition]:
    """Return the definitions of a parsed file in the order of the file, outer before inner.

    Args:
        language: Canonical name of the language `tree` was parsed with.
        tree: The syntax tree of `source`.
        source: The file's text as UTF-8.

    Returns:
        The definitions; empty if the language has no query.
    """
    found, leads = _read_tree(language, tree, source)
    _extend_headings(found, source)
    return _with_paths(found, leads)


def definition_nodes(language: str, tree: tree_sitter.Tree) -> list[tuple[str, tree_sitter.Node, tree_sitter.Node]]:
    """Return (kind, whole node, name node) of each definition of a parsed file, outer before inner.

    Scripts inside pages are left out, and so is what belongs to a definition but stands outside its node.
    """
    query = _query_for(language)
    if query is None:
        return []
    from tree_sitter import QueryCursor

    best: dict[int, tuple[int, str, tree_sitter.Node, tree_sitter.Node]] = {}
    for pattern, captures in QueryCursor(query).matches(tree.root_node):
        kind = next((kind for kind in captures if kind not in _ROLES and kind[0] != "_"), "lead")
        if kind in {"lead", "script"} or "name" not in captures:
            continue
        node, name = captures[kind][0], captures["name"][0]
        known = best.get(name.start_byte)
        if known is None or pattern < known[0]:
            best[name.start_byte] = (pattern, kind, node, name)
    found = [(kind, node, name) for _, kind, node, name in best.values()]
    return sorted(found, key=lambda entry: (entry[1].start_byte, -entry[1].end_byte))


def _read_tree(language: str, tree: tree_sitter.Tree, source: bytes) -> tuple[list[_Found], dict[int, int]]:
    """Run the language's query, and TypeScript's on the scripts inside a page."""
    query = _query_for(language)
    if query is None:
        return [], {}
    from tree_sitter import QueryCursor

    matches = QueryCursor(query).matches(tree.root_node)
    scripts = [node for _, captures in matches for node in captures.get("script", ())]
    found, leads = _read_matches(matches, source)
    for script in scripts:
        inner = _script_tree(script, source)
        if inner is not None:
            more, more_leads = _read_tree(_SCRIPT_LANGUAGE, inner, source)
            found = sorted(found + more, key=_by_place)
            leads |= more_leads
    return found, leads


def _script_tree(script: tree_sitter.Node, source: bytes) -> tree_sitter.Tree | None:
    """Parse one script of a page in place, so that its rows are those of the page."""
    grammar = grammar_for(_SCRIPT_LANGUAGE)
    if grammar is None:
        return None
    from tree_sitter import Parser

    return parse_within(Parser(grammar, included_ranges=[script.range]), _SCRIPT_LANGUAGE, source)


@cache
def _query_for(language: str) -> tree_sitter.Query | None:
    known = LANGUAGES.get(language)
    grammar = grammar_for(language)
    if known is None or grammar is None:
        return None
    from tree_sitter import Query, QueryError

    path = _QUERIES / f"{known.definitions}.scm"
    if not path.is_file():
        return None
    try:
        return Query(grammar, path.read_text(encoding="utf-8"))
    except QueryError as error:  # another grammar version renamed a node: chunks still work, by lines
        _LOG.warning("No definitions for %s, its query does not fit the grammar: %s", language, error)
        return None


def _read_matches(
    matches: list[tuple[int, dict[str, list[tree_sitter.Node]]]], source: bytes
) -> tuple[list[_Found], dict[int, int]]:
    """Split the matches into definitions, in order, and leads as {last row: first row}."""
    best: dict[int, tuple[int, _Found]] = {}
    leads: dict[int, int] = {}
    for pattern, captures in matches:
        if "script" in captures:
            continue
        if "lead" in captures:
            for node in captures["lead"]:
                if _stands_alone(node, source):
                    leads[_last_row(node, source)] = node.start_point[0]
            continue
        kind = next(kind for kind in captures if kind not in _ROLES and kind[0] != "_")
        name = captures["name"][0]
        # Two patterns may match one definition; they agree on its name, only elements have several.
        key = captures[kind][0].start_byte if kind == "element" else name.start_byte
        known = best.get(key)
        if known is None or pattern < known[0]:
            found = _read_definition(captures, kind, name, source)
            if found.name:
                best[key] = (pattern, found)
    return sorted((found for _, found in best.values()), key=_by_place), leads


def _by_place(found: _Found) -> tuple[int, int]:
    """Order by the beginning, outer before inner."""
    return found.start, -found.end


def _extend_headings(found: list[_Found], source: bytes) -> None:
    """Let a heading that the grammar gives no section reach to the next one or to the end of what it stands in."""
    ends = [len(source)]
    for index, this in enumerate(found):
        while ends[-1] <= this.start:
            ends.pop()
        if this.kind == "heading":
            following = found[index + 1].start if index + 1 < len(found) else len(source)
            this.kind, this.end = "section", min(following, ends[-1])
            this.last_row = this.first_row + source[this.start : this.end].rstrip().count(b"\n")
        ends.append(this.end)


def _stands_alone(node: tree_sitter.Node, source: bytes) -> bool:
    """Tell whether nothing but blanks stands before the node on its line."""
    start, column = node.start_byte, node.start_point[1]
    return column == 0 or not source[start - column : start].strip()


def _last_row(node: tree_sitter.Node, source: bytes) -> int:
    """Return the last row that holds text of the node; some grammars count following blank lines in."""
    row, end = node.end_point[0], node.end_byte
    if source[end - 1 : end] != b"\n":
        return row
    text = source[node.start_byte : end]
    return row - (text.count(b"\n") - text.rstrip().count(b"\n"))


def _read_definition(
    captures: dict[str, list[tree_sitter.Node]], kind: str, name: tree_sitter.Node, source: bytes
) -> _Found:
    node, last = captures[kind][0], captures.get("end", captures[kind])[0]
    raw = _head(name, kind, source) if name == node else _text(name, source)
    text = raw if kind in _PLAIN_NAMES else _dotted(raw)
    for owner in captures.get("owner", ())[:1]:
        text = f"{_dotted(_text(owner, source))}.{text}"
    return _Found(
        start=node.start_byte,
        end=last.end_byte,
        kind=kind,
        name=text,
        qualified=":" in raw or ".prototype." in raw or "owner" in captures,
        first_row=node.start_point[0],
        last_row=_last_row(last, source),
        name_row=name.start_point[0],
    )


def _head(node: tree_sitter.Node, kind: str, source: bytes) -> str:
    """Name a block by what stands before its braces: `@media (…)`, or `resource.aws_s3_bucket.logs` for Terraform."""
    head = source[node.start_byte : node.end_byte].partition(b"{")[0].decode("utf-8", "replace")
    words = head.replace('"', " ").split() if kind == "block" else head.split()
    return (".".join(words) if kind == "block" else " ".join(words))[:_MAX_NAME_CHARS]


def _text(node: tree_sitter.Node, source: bytes) -> str:
    text = source[node.start_byte : node.end_byte].decode("utf-8", "replace")
    if not text.isidentifier():
        text = _SPACE.sub(" ", text).strip().strip("\"'`").strip()
    return text[:_MAX_NAME_CHARS]


def _dotted(name: str) -> str:
    """Write a qualified name with dots and without type arguments: `ns::Box<T>::get` gives `ns.Box.get`."""
    if name.isidentifier():
        return name
    name, previous = _EXPORTS.sub("", name), ""
    while previous != name:
        previous, name = name, _TYPE_ARGUMENTS.sub("", name)
    return ".".join(part.strip("\"'`* ") for part in _SEPARATORS.split(name) if part.strip("\"'`* "))


def _with_paths(found: list[_Found], leads: Mapping[int, int]) -> list[Definition]:
    """Name each definition by what encloses it, and give it the leads right above."""
    kept: list[_Found] = []
    enclosing: list[_Found] = []
    for this in found:
        sibling: _Found | None = None
        while enclosing and enclosing[-1].end <= this.start:
            sibling = enclosing.pop()
        parent = enclosing[-1] if enclosing else None
        this.path = _path_within(this, parent)
        this.kind = _kind_within(this, parent)
        while this.first_row - 1 in leads:
            this.first_row = leads[this.first_row - 1]
        if sibling is not None and _continues(this, sibling):
            sibling.end, sibling.last_row = this.end, this.last_row
            enclosing.append(sibling)
            continue
        if sibling is not None and sibling.first_row < this.first_row <= sibling.last_row:
            sibling.last_row = this.first_row - 1  # a comment that the grammar gave to the definition above
        kept.append(this)
        enclosing.append(this)
    return [_definition(this) for this in kept]


def _path_within(this: _Found, parent: _Found | None) -> str:
    if parent is None or (parent.kind == "element" and this.kind != "element"):  # a script's symbols are not the page's
        return this.name
    return f"{parent.path}{_SEPARATOR.get(this.kind, '.')}{this.name}"


def _continues(this: _Found, sibling: _Found) -> bool:
    """Tell whether this is the next equation of the same function, as Haskell and Elixir write them."""
    same = this.path == sibling.path and this.kind == sibling.kind and this.kind in {"function", "method"}
    return same and this.first_row == this.name_row == sibling.last_row + 1


def _definition(this: _Found) -> Definition:
    return Definition(
        name=this.name if this.kind in _PLAIN_NAMES else this.name.rpartition(".")[2],
        path=this.path,
        kind=this.kind,
        start_line=this.first_row + 1,
        end_line=max(this.last_row, this.name_row) + 1,
        name_line=this.name_row + 1,
    )


def _kind_within(this: _Found, parent: _Found | None) -> str:
    if this.kind == "function" and (this.qualified or (parent is not None and parent.kind in _CLASS_LIKE)):
        return "method"
    if this.kind == "variable" and this.name.isupper() and len(this.name) > 1:
        return "constant"
    return this.kind
