"""The few lines of a chunk that show why it was found."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

# Longer lines are cut: a snippet is for reading.
MAX_LINE_CHARS = 240


@dataclass(frozen=True, slots=True)
class Snippet:
    """Consecutive lines of a text; `first` counts from 0 within it."""

    text: str
    first: int
    count: int


def best_snippet(text: str, words: Collection[str], max_lines: int) -> Snippet:
    """Return the window of at most `max_lines` lines that holds most distinct words of the query.

    A text that fits is returned whole. Among equal windows the first wins, so a definition shows its head.
    """
    lines = text.rstrip("\n").split("\n")
    if max_lines <= 0:
        return Snippet("", 0, 0)
    if len(lines) <= max_lines:
        return Snippet("\n".join(map(_cut, lines)), 0, len(lines))
    first = _best_window(_words_by_line(text, words), len(lines), max_lines)
    return Snippet("\n".join(map(_cut, lines[first : first + max_lines])), first, max_lines)


def _words_by_line(text: str, words: Collection[str]) -> dict[int, set[str]]:
    """Return the words of the query that lines hold, by line; they are stems, so that `stor` stands in `storage`.

    A word counts only where no longer one, or one further left, covers its letters.
    """
    lowered = text.lower()
    places = sorted(place for word in words if word in lowered for place in _places(lowered, word))
    found: dict[int, set[str]] = {}
    line = counted = end = 0
    for start, size, word in places:
        if start < end:
            continue
        line += lowered.count("\n", counted, start)
        counted, end = start, start - size
        found.setdefault(line, set()).add(word)
    return found


def _places(text: str, word: str) -> Iterator[tuple[int, int, str]]:
    """Yield where a word stands, with its length below zero, so that longer words sort first."""
    at = text.find(word)
    while at >= 0:
        yield at, -len(word), word
        at = text.find(word, at + 1)


def _best_window(found: Mapping[int, Collection[str]], count: int, size: int) -> int:
    """Return the first line of the best window; `count` is how many lines there are."""
    best, best_score = 0, -1.0
    held = list(found.items())
    # Only a window that ends at a line with words can hold more than the one that begins a line earlier.
    ends = (line - size + 1 for line in found)
    for first in sorted({0, *(start for start in ends if 0 < start <= count - size)}):
        window = [words for line, words in held if first <= line < first + size]
        # Distinct words first; how often they occur only decides between equals.
        score = len(set().union(*window)) + sum(map(len, window)) / (1000.0 * size)
        if score > best_score:
            best, best_score = first, score
    return best


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE_CHARS else line[: MAX_LINE_CHARS - 1] + "…"
