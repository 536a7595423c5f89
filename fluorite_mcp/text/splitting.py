"""Where to cut text that no definition cuts: at blank lines and between statements, judged by indentation."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Small neighbours are packed up to here: some 250 tokens, what small embedding models read of a text.
TARGET_CHARS = 750
# A definition stays whole up to here; cut in two, neither half would say what it is.
LIMIT_CHARS = 1800
# No piece is longer.
CAP_CHARS = 3000

# Costs of a cut before a line, in columns of indentation.
_BLANK_LINE_BONUS = 6
_CONTINUATION_COST = 24
# Distance from the target costs little: one column of indentation is worth this many characters.
_CHARS_PER_COLUMN = 120

_TAB_COLUMNS = 4
# A line that closes or continues what stands above it.
_CONTINUATION = re.compile(r"[)\]}>]|(?:else|elif|elsif|except|catch|finally|rescue|ensure|end|fi|done|esac|then|do)\b")
# A line between two definitions that says nothing by itself.
_FILLER = re.compile(r"[\s)\]};,]*(?:end)?[\s)\]};,]*")


class Lines:
    """A text as lines, with the offset of each."""

    __slots__ = ("count", "offsets", "text", "values")

    def __init__(self, text: str) -> None:
        """Split the text at line feeds only, so that line numbers are those of an editor."""
        self.text = text
        self.values = text.split("\n")
        if not self.values[-1]:
            self.values.pop()
        self.count = len(self.values)
        self.offsets = list(accumulate([len(value) + 1 for value in self.values], initial=0))
        self.offsets[-1] = len(text)

    def size(self, first: int, end: int) -> int:
        """Return how many characters rows `first` to `end` (exclusive) hold."""
        return self.offsets[end] - self.offsets[first]

    def is_blank(self, first: int, end: int) -> bool:
        """Tell whether the rows hold white space only."""
        return not any(value and not value.isspace() for value in self.values[first:end])

    def end_of_filler(self, first: int, end: int) -> int:
        """Return the first row from `first` on that is neither blank nor closing brackets, at most `end`."""
        row = first
        while row < end and _FILLER.fullmatch(self.values[row]):
            row += 1
        return row


def split_lines(lines: Lines, first: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut rows into ranges of at most LIMIT_CHARS, near TARGET_CHARS, at the best borders.

    A line longer than the limit is a range of its own.
    """
    while lines.size(first, end) > LIMIT_CHARS:
        cut = _best_cut(lines, first, end)
        yield first, cut
        first = cut
    if first < end:
        yield first, end


def _best_cut(lines: Lines, first: int, end: int) -> int:
    """Return the row to cut before: the least indented start of a statement near the target."""
    best, best_cost = first + 1, float("inf")
    for row in range(first + 1, end):
        size = lines.size(first, row)
        if size > LIMIT_CHARS:
            break
        if size < TARGET_CHARS // 2:
            continue
        cost = _cut_cost(lines, row) + abs(size - TARGET_CHARS) / _CHARS_PER_COLUMN
        if cost <= best_cost:
            best, best_cost = row, cost
    return best if best_cost < float("inf") else _last_fitting(lines, first, end)


def _last_fitting(lines: Lines, first: int, end: int) -> int:
    """Return the last row up to which the limit holds; one line is always taken."""
    row = first + 1
    while row < end and lines.size(first, row + 1) <= LIMIT_CHARS:
        row += 1
    return row


def _cut_cost(lines: Lines, row: int) -> float:
    line = lines.values[row]
    content = line.lstrip()
    if not content:
        return float(_CONTINUATION_COST)  # blank lines stay with what stands above them
    cost = float(len(line[: len(line) - len(content)].expandtabs(_TAB_COLUMNS)))
    if not lines.values[row - 1].strip():
        cost -= _BLANK_LINE_BONUS
    return cost + _CONTINUATION_COST if _CONTINUATION.match(content) else cost


def split_line(lines: Lines, first: int, end: int) -> Iterator[tuple[int, int]]:
    """Return the offsets of rows that fit the cap as they are, else of the parts of one long line."""
    start, stop = lines.offsets[first], lines.offsets[end]
    while stop - start > CAP_CHARS:
        blank = lines.text.rfind(" ", start + TARGET_CHARS, start + LIMIT_CHARS)
        cut = blank + 1 if blank >= 0 else start + LIMIT_CHARS
        yield start, cut
        start = cut
    yield start, stop
