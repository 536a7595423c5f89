"""Parsing that cannot hang or crash: what a grammar was not made for is refused, and then read as lines.

Some grammars need quadratic time on odd text. Those of YAML and Markdown overrun a buffer of theirs, which ends the
process, when blocks nest 254 deep. Some look letters up in a table that ends at Latin-1, and read far behind its end
for others, which may end the process too.
"""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import tree_sitter

# Source parses at 2 to 10 MB/s; what takes longer is no source. In CPU time, so that a busy machine changes nothing.
MAX_PARSE_SECONDS = 3.0
# The parser asks for its input in blocks of this size. Some scanners (Scala's) go back so often that it asks a thousand
# times a file, and what a query compares of a node's text is mostly a word, so blocks are small.
_BLOCK_BYTES = 1024
# tree-sitter 0.26 for Python never frees what its parser was given: each thread gives one buffer again and again.
_given = threading.local()

_LANGUAGES_WITH_SHALLOW_LIMIT = frozenset({"yaml", "markdown"})
# Well under 254, as what counts as a level is only estimated.
_MAX_DEPTH = 200
# A shorter line cannot nest that deep: a level takes a character, or half a tab.
_DEEP_LINE = re.compile(rb"[^\r\n]{%d,}" % (_MAX_DEPTH // 2))
_BLOCK_MARKER = re.compile(rb"[-?:*+](?=[ \t])|>|\d[.)](?=[ \t])")

# Their scanners ask `isdigit` and the like, for which C defines no letter beyond U+00FF.
_LANGUAGES_OF_LATIN_LETTERS = frozenset({"bash", "just", "markdown", "perl"})
# Letters from U+0100 on, as UTF-8, and by their number of bytes what stands for them: letters of words all the same.
_BEYOND_LATIN = re.compile(rb"[\xc4-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}")
_LATIN = {2: "é".encode(), 3: "éx".encode(), 4: "éé".encode()}


def parse_within(
    parser: tree_sitter.Parser, language: str, source: bytes, seconds: float = MAX_PARSE_SECONDS
) -> tree_sitter.Tree | None:
    """Parse UTF-8 source.

    Args:
        parser: A parser for the language, not used by another thread meanwhile.
        language: Canonical name of the language.
        source: The text as UTF-8.
        seconds: CPU time it may take.

    Returns:
        The syntax tree, whose nodes know where they stand in the source; None if the text nests too deep for the
        grammar or takes too long.
    """
    if language in _LANGUAGES_WITH_SHALLOW_LIMIT and _nests_too_deep(source):
        return None
    if language in _LANGUAGES_OF_LATIN_LETTERS and not source.isascii():
        source = _BEYOND_LATIN.sub(lambda letter: _LATIN[len(letter[0])], source)
    reader = _Reader(source)
    try:
        tree = parser.parse(reader.read, encoding="utf8", progress_callback=_stop_after(seconds))
    except ValueError:  # the only sign of a stopped parse; without the reset the next parse would go on with it
        parser.reset()
        return None
    reader.is_parsed = True
    return tree


def _stop_after(seconds: float) -> Callable[[int, bool], bool]:
    """Return what says whether this thread has used so much CPU time from now on; asked every few microseconds."""
    end, earliest = time.thread_time() + seconds, time.monotonic() + seconds

    def is_over(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001 - the parser's signature
        # A thread uses no more CPU time than passes, and the clock on the wall is read in a tenth of the time.
        return time.monotonic() > earliest and time.thread_time() > end

    return is_over


class _Reader:
    """Gives the source to the parser, and later the text of nodes to the tree."""

    __slots__ = ("_block", "_source", "is_parsed")

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._block: bytearray = _given.__dict__.setdefault("block", bytearray())
        self.is_parsed = False

    def read(self, offset: int, _point: object) -> bytes | bytearray:
        """Return a block from an offset on. The parser is done with one when it asks for the next."""
        found = self._source[offset : offset + _BLOCK_BYTES]
        if self.is_parsed:  # The binding takes nothing but bytes now, and frees them.
            return found
        self._block[:] = found
        return self._block


def _nests_too_deep(source: bytes) -> bool:
    return any(_depth(match[0]) >= _MAX_DEPTH for match in _DEEP_LINE.finditer(source))


def _depth(line: bytes) -> int:
    """Return how many blocks may be open on a line, at most: by its indentation and the markers on it."""
    indent = line[: len(line) - len(line.lstrip(b" \t"))]
    return len(indent) + indent.count(b"\t") + len(_BLOCK_MARKER.findall(line))
