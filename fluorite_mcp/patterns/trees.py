"""A definition as an ordered tree of its own text: every leaf with the white space and comments before it.

Joined in order, the leaves are the definition byte for byte; that is what lets a pattern give back its exemplars.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fluorite_mcp.patterns.kinds import Role, is_comment, is_text, leaf_role
from fluorite_mcp.patterns.walk import MAX_DEPTH, is_docstring

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import tree_sitter


@dataclass(frozen=True, slots=True)
class Leaf:
    """A token, or a literal as a whole. `gap` is what stands between it and the token before."""

    kind: str
    field: str
    role: Role
    gap: str
    text: str
    shape: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A node with children. `field` is what its parent calls it, "" for nothing."""

    kind: str
    field: str
    children: tuple[Node, ...]
    shape: int


Node: TypeAlias = Leaf | Branch


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition as a tree. `indent` was taken from all of its lines but the first."""

    root: Branch
    indent: str

    @property
    def text(self) -> str:
        """The definition as its file has it."""
        return indented(text_of(self.root), self.indent)


def leaves_of(node: Node) -> Iterator[Leaf]:
    """Yield the leaves of a tree in order."""
    stack = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, Leaf):
            yield top
        else:
            stack.extend(reversed(top.children))


def first_gap(node: Node) -> str:
    """Return what stands before the first leaf of a tree."""
    return next((leaf.gap for leaf in leaves_of(node)), "")


def text_of(node: Node) -> str:
    """Return the text of a tree without what stands before it."""
    return text_of_all([node])


def text_of_all(nodes: Sequence[Node]) -> str:
    """Return the text of trees that follow each other, without what stands before the first."""
    joined = "".join(leaf.gap + leaf.text for node in nodes for leaf in leaves_of(node))
    return joined[len(first_gap(nodes[0])) :] if nodes else ""


def indented(text: str, indent: str) -> str:
    """Put an indentation before every line but the first and empty ones."""
    if not indent:
        return text
    first, *rest = text.split("\n")
    return "\n".join([first, *(indent + line if line else line for line in rest)])


def read_definition(nodes: Sequence[tree_sitter.Node], source: bytes, language: str) -> Definition:
    """Build the tree of a definition from its syntax nodes, in order."""
    start, end = nodes[0].start_byte, nodes[-1].end_byte
    line_start = source.rfind(b"\n", 0, start) + 1
    before = source[line_start:start]
    text = _Dedented(source[start:end], before if not before.strip() else b"")
    builder = _Builder(text, start, is_python=language == "python")
    children = [builder.build(node, "", 0) for node in nodes]
    rest = text.slice(builder.end, end - start)
    if rest:
        children.append(Leaf("rest", "", Role.FIXED, rest, "", 0))
    return Definition(Branch("definition", "", tuple(children), hash(tuple(c.shape for c in children))), text.indent)


class _Dedented:
    """A text without the indentation that its lines have in common, sliced by the offsets it had before.

    Where a line lacks the indentation, a text over several lines perhaps, nothing is taken away.
    """

    def __init__(self, data: bytes, indent: bytes) -> None:
        first, *rest = data.split(b"\n")
        if not all(line.startswith(indent) and line != indent for line in rest if line):
            indent = b""
        self.indent = indent.decode()
        self._data = b"\n".join([first, *(line[len(indent) :] if line else line for line in rest)])
        self._starts, self._removed = [0], [0]
        offset = len(first) + 1
        for line in rest:
            self._starts.append(offset)
            self._removed.append(self._removed[-1] + (len(indent) if line else 0))
            offset += len(line) + 1

    def slice(self, start: int, end: int) -> str:
        return self._data[self._new(start) : self._new(end)].decode("utf-8", "replace")

    def _new(self, offset: int) -> int:
        line = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[line]
        removed = self._removed[line]
        before = self._removed[line - 1] if line else 0
        return offset - before - min(column, removed - before)


class _Builder:
    def __init__(self, text: _Dedented, offset: int, *, is_python: bool) -> None:
        self._text = text
        self._offset = offset
        self._is_python = is_python
        # The byte after the last leaf so far.
        self.end = 0

    def build(self, node: tree_sitter.Node, field: str, depth: int) -> Node:
        kind = node.type
        if not node.child_count or is_text(kind) or depth >= MAX_DEPTH:
            return self._leaf(node, field)
        children = []
        skip_docstring = self._is_python and kind == "block"
        listed = [(index, child) for index, child in enumerate(node.children) if not is_comment(child.type)]
        if skip_docstring and is_docstring([child for _, child in listed]):
            listed = listed[1:]
        for index, child in listed:
            if child.end_byte > child.start_byte:
                children.append(self.build(child, node.field_name_for_child(index) or "", depth + 1))
        if not children:
            return self._leaf(node, field)
        return Branch(kind, field, tuple(children), hash((_code(kind), *(child.shape for child in children))))

    def _leaf(self, node: tree_sitter.Node, field: str) -> Leaf:
        start, end = node.start_byte - self._offset, node.end_byte - self._offset
        gap, text = self._text.slice(self.end, start), self._text.slice(start, end)
        self.end = end
        role = leaf_role(node.type, node.is_named)
        if role is Role.LAYOUT:
            role = Role.FIXED
        shape = _code(node.type if role is Role.FIXED else role.value)
        return Leaf(node.type, field, role, gap, text, shape)


def _code(text: str) -> int:
    return zlib.crc32(text.encode())
