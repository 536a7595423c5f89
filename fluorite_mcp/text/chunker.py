"""Files as pieces: whole definitions where they fit, packed together where they are small.

The pieces of a file are its lines, each exactly once, in order. Sizes are in characters.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fluorite_mcp.text.languages import parser_for
from fluorite_mcp.text.parsing import parse_within
from fluorite_mcp.text.splitting import CAP_CHARS, LIMIT_CHARS, TARGET_CHARS, Lines, split_line, split_lines
from fluorite_mcp.text.symbols import find_definitions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fluorite_mcp.text.symbols import Definition

# Larger files are data; parsing one costs 0.25 s and some 30 times its size in memory per megabyte.
MAX_PARSED_CHARS = 2_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of whole lines of a file, or a part of one very long line.

    Attributes:
        start_line: First line, from 1.
        end_line: Last line, inclusive.
        start: Offset of the first character in the file's text.
        end: Offset after the last character; `text` is `source[start:end]`.
        symbol: Path of the main definition, or of the one the piece continues; None outside definitions.
        definitions: The definitions whose name stands in the piece, in order.
        kind: Kind of the main definition.
        text: The text itself, with its line breaks.
    """

    start_line: int
    end_line: int
    start: int
    end: int
    symbol: str | None
    definitions: tuple[Definition, ...]
    kind: str | None
    text: str

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the definitions, each once, in order."""
        return tuple(dict.fromkeys(definition.name for definition in self.definitions))


@dataclass(slots=True)
class _Block:
    """Consecutive rows (from 0, end exclusive) that stay together; `definition` is what they are or lie in."""

    first: int
    end: int
    definition: Definition | None = None


@dataclass(slots=True)
class _Node:
    """A definition with the definitions inside it, clipped to rows that no earlier sibling has."""

    definition: Definition
    first: int
    end: int
    members: list[_Node] = field(default_factory=list)


def chunk_text(text: str, language: str | None) -> list[Piece]:
    r"""Cut a file's text into pieces; joined they are exactly the text.

    A definition of up to LIMIT_CHARS stays whole with its doc comment and decorators. Small neighbours are packed up
    to TARGET_CHARS. A larger class is its header and its members, a larger function is cut at its statements. No
    piece is longer than CAP_CHARS; only a single line longer than that is cut inside.

    Args:
        text: The text; only `\n` ends a line.
        language: Canonical name as `detect_language` gives it, or None for plain text.

    Returns:
        The pieces in order; empty for empty text. A text the parser does not understand is cut by lines.
    """
    if not text:
        return []
    lines = Lines(text)
    definitions = _definitions(text, language)
    blocks = _merge_blank(lines, _pack_region(lines, 0, lines.count, _tree_of(definitions, lines.count), None))
    return list(_pieces(lines, blocks, definitions))


def _definitions(text: str, language: str | None) -> list[Definition]:
    if language is None or len(text) > MAX_PARSED_CHARS:
        return []
    parser = parser_for(language)
    if parser is None:
        return []
    source = text.encode("utf-8", "replace")
    tree = parse_within(parser, language, source)
    return [] if tree is None else find_definitions(language, tree, source)


def _tree_of(definitions: Sequence[Definition], rows: int) -> list[_Node]:
    """Nest definitions by their rows. One that shares rows with an earlier sibling is clipped, or left to it."""
    roots: list[_Node] = []
    open_nodes: list[_Node] = []
    for definition in definitions:
        first, end = definition.start_line - 1, min(definition.end_line, rows)
        while open_nodes and open_nodes[-1].end <= first:
            open_nodes.pop()
        while open_nodes and open_nodes[-1].end < end:
            first = open_nodes.pop().end
        siblings = open_nodes[-1].members if open_nodes else roots
        if siblings:
            first = max(first, siblings[-1].end)
        if first < end:
            node = _Node(definition, first, end)
            siblings.append(node)
            open_nodes.append(node)
    return roots


def _pack_region(lines: Lines, first: int, end: int, members: list[_Node], within: Definition | None) -> list[_Block]:
    """Cut the rows of a file or of a large definition into blocks, packing small neighbours."""
    packed: list[_Block] = []
    run: list[_Block] = []
    for part in _parts(lines, first, end, members, within):
        if isinstance(part, _Block) and lines.size(part.first, part.end) <= LIMIT_CHARS:
            run.append(part)
            continue
        packed += _pack_run(lines, run, within)
        run = []
        packed += _cut(lines, part)
    return packed + _pack_run(lines, run, within)


def _cut(lines: Lines, part: _Block | _Node) -> list[_Block]:
    """Cut what is too large to stay whole: a definition into its members, anything else at its statements."""
    if isinstance(part, _Node) and part.members:
        return _pack_region(lines, part.first, part.end, part.members, part.definition)
    return [_Block(first, end, part.definition) for first, end in split_lines(lines, part.first, part.end)]


def _parts(
    lines: Lines, first: int, end: int, members: list[_Node], within: Definition | None
) -> Iterator[_Block | _Node]:
    """Yield the rows in order: definitions that fit as blocks, larger ones as nodes, and what lies between."""
    for index, node in enumerate(members):
        if first < node.first:
            yield _Block(first, node.first, within)
        following = members[index + 1].first if index + 1 < len(members) else end
        node.end = max(node.end, lines.end_of_filler(node.end, following))
        fits = lines.size(node.first, node.end) <= LIMIT_CHARS
        yield _Block(node.first, node.end, node.definition) if fits else node
        first = node.end
    if first < end:
        yield _Block(first, end, within)


def _pack_run(lines: Lines, run: Sequence[_Block], within: Definition | None) -> list[_Block]:
    """Join neighbours while together they stay within the target; a class's header takes small members only."""
    packed: list[_Block] = []
    for block in run:
        if packed and _may_join(lines, packed[-1], block, within):
            packed[-1] = _Block(packed[-1].first, block.end, _main(packed[-1], block, within))
        else:
            packed.append(block)
    return packed


def _may_join(lines: Lines, left: _Block, right: _Block, within: Definition | None) -> bool:
    if lines.size(left.first, right.end) > TARGET_CHARS:
        return False
    return not _is_header(left, within) or lines.size(right.first, right.end) <= TARGET_CHARS // 2


def _is_header(block: _Block, within: Definition | None) -> bool:
    return within is not None and block.definition is within and block.first < within.name_line <= block.end


def _main(left: _Block, right: _Block, within: Definition | None) -> Definition | None:
    """Choose what a joined block is about: the class whose header it holds, else the larger definition in it."""
    if _is_header(left, within):
        return within
    candidates = [known for known in (left.definition, right.definition) if known is not within and known is not None]
    return max(candidates, key=lambda known: known.end_line - known.start_line, default=within)


def _merge_blank(lines: Lines, blocks: list[_Block]) -> list[_Block]:
    """Join blocks of white space only with a neighbour, where the cap allows it."""
    merged: list[_Block] = []
    for block in blocks:
        blank = lines.is_blank(block.first, block.end) or (
            bool(merged) and lines.is_blank(merged[-1].first, merged[-1].end)
        )
        if merged and blank and lines.size(merged[-1].first, block.end) <= CAP_CHARS:
            known = merged[-1].definition or block.definition
            merged[-1] = _Block(merged[-1].first, block.end, known)
        else:
            merged.append(block)
    return merged


def _pieces(lines: Lines, blocks: Sequence[_Block], definitions: Sequence[Definition]) -> Iterator[Piece]:
    ordered = sorted(definitions, key=lambda definition: definition.name_line)
    name_rows = [definition.name_line - 1 for definition in ordered]
    for block in blocks:
        inside = tuple(ordered[bisect_left(name_rows, block.first) : bisect_right(name_rows, block.end - 1)])
        main = block.definition
        for start, end in split_line(lines, block.first, block.end):
            yield Piece(
                start_line=block.first + 1,
                end_line=block.end,
                start=start,
                end=end,
                symbol=main.path if main else None,
                definitions=inside,
                kind=main.kind if main else None,
                text=lines.text[start:end],
            )
            inside = ()
