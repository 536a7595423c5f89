"""One walk over the nodes of a definition: the hash of its shape, the sketch of its parts, what it calls."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from fluorite_mcp.patterns.kinds import (
    Role,
    handles_errors,
    is_call,
    is_comment,
    is_decorator,
    is_text,
    leaf_role,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tree_sitter

# More nodes are no pattern; a deeper tree is data, and would outgrow the stack.
MAX_NODES = 1_200
MAX_DEPTH = 120
# Hashes kept of a definition's parts: enough to tell 0.7 from 0.9 alike.
SKETCH_SIZE = 24
# Smaller parts (`a.b`, `f(x)`) stand in every definition and tell nothing.
MIN_PART_NODES = 6

_HASH_MASK = 0x7FFF_FFFF_FFFF_FFFF
_SKETCH_MASK = 0xFFFF_FFFF
_MAX_CALL_CHARS = 60
_CALLED_FIELDS = ("function", "name", "method", "macro", "constructor", "type", "target")


class _Kind(NamedTuple):
    """What is needed of a node kind while walking."""

    code: int
    is_comment: bool
    is_text: bool
    is_call: bool
    is_decorator: bool
    handles_errors: bool


@dataclass(slots=True)
class Seen:
    """What a walk found."""

    shape: int = 0
    nodes: int = 0
    parts: set[int] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    decorators: list[str] = field(default_factory=list)
    handles_errors: bool = False

    @property
    def sketch(self) -> list[int]:
        """The smallest hashes of the parts, sorted."""
        return sorted(self.parts)[:SKETCH_SIZE]


class _TooLargeError(Exception):
    """A definition has more nodes than a pattern may have."""


@cache
def _code(text: str) -> int:
    return zlib.crc32(text.encode())


class Walk:
    """Reads definitions of one file."""

    def __init__(self, source: bytes, language: str) -> None:
        self._source = source
        self._is_python = language == "python"
        self._kinds: dict[int, _Kind] = {}
        self._leaves: dict[int, int] = {}

    def read(self, nodes: Sequence[tree_sitter.Node]) -> Seen | None:
        """Walk the nodes of a unit; None if they are too many."""
        seen = Seen()
        try:
            hashes = tuple(self._hash(node, seen, 0) for node in nodes)
        except _TooLargeError:
            return None
        seen.shape = hash(hashes) & _HASH_MASK
        return seen

    def _hash(self, node: tree_sitter.Node, seen: Seen, depth: int) -> int:
        before = seen.nodes
        seen.nodes += 1
        if seen.nodes > MAX_NODES:
            raise _TooLargeError
        number = node.kind_id
        if not node.child_count:
            code = self._leaves.get(number)
            if code is None:
                code = self._leaves[number] = _leaf_code(node)
            return code
        kind = self._kinds.get(number) or self._kind(number, node.type)
        if kind.is_text:
            return _code("text")
        self._note(node, kind, seen)
        if depth >= MAX_DEPTH:
            return kind.code
        hashes = [self._hash(child, seen, depth + 1) for child in self._children(node)]
        value = hash((kind.code, *hashes))
        if seen.nodes - before >= MIN_PART_NODES:
            seen.parts.add(value & _SKETCH_MASK)
        return value

    def _note(self, node: tree_sitter.Node, kind: _Kind, seen: Seen) -> None:
        """Note what a node says besides its shape."""
        if kind.is_call:
            if called := self._called(node):
                seen.calls.add(called)
        elif kind.is_decorator:
            seen.decorators.append(self._name_of(node))
        if kind.handles_errors:
            seen.handles_errors = True

    def _children(self, node: tree_sitter.Node) -> list[tree_sitter.Node]:
        children = node.children
        if any(is_comment(child.type) for child in children):
            children = [child for child in children if not is_comment(child.type)]
        if self._is_python and node.type == "block" and is_docstring(children):
            return children[1:]
        return children

    def _kind(self, number: int, name: str) -> _Kind:
        kind = self._kinds[number] = _Kind(
            _code(name), is_comment(name), is_text(name), is_call(name), is_decorator(name), handles_errors(name)
        )
        return kind

    def _called(self, node: tree_sitter.Node) -> str:
        """Name what a call calls, by its last two names: `self.client.get` gives `client.get`."""
        fields = (node.child_by_field_name(name) for name in _CALLED_FIELDS)
        target = next((found for found in fields if found is not None), node)
        return last_names(self._source[target.start_byte : target.end_byte])

    def _name_of(self, node: tree_sitter.Node) -> str:
        text = self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")
        return text.strip("@#[] \n").partition("(")[0].split(",")[0].strip()[:_MAX_CALL_CHARS]


def is_docstring(children: Sequence[tree_sitter.Node]) -> bool:
    """Whether the first of a Python block's statements is its docstring, and not the only one."""
    first = children[0] if len(children) > 1 else None
    if first is None or first.type != "expression_statement":
        return False
    return first.named_child_count == 1 and first.named_children[0].type == "string"


def last_names(text: bytes) -> str:
    """Return the last two names of a dotted path, without what earlier calls in a chain were given."""
    names = text.decode("utf-8", "replace")[-200:].replace("::", ".").replace("->", ".").replace("?.", ".")
    names = names.rpartition(")")[2].rpartition("]")[2]
    return ".".join("".join(part.split()) for part in names.split(".")[-2:]).strip(".")[:_MAX_CALL_CHARS]


def _leaf_code(node: tree_sitter.Node) -> int:
    role = leaf_role(node.type, node.is_named)
    return _code(node.type if role is Role.FIXED else role.value)
