"""The few lines of a chunk that show why it was found."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
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
    first = _best_window(_words_by_line(lines, words), max_lines)
    return Snippet("\n".join(map(_cut, lines[first : first + max_lines])), first, max_lines)


def _words_by_line(lines: Sequence[str], words: Collection[str]) -> list[set[str]]:
    """Return the words of the query that each line holds; they are stems, so that `stor` stands in `storage`."""
    if not words:
        return [set() for _ in lines]
    # Longest first: an alternative that is the beginning of another must not hide it.
    pattern = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
    return [set(pattern.findall(line.lower())) for line in lines]


def _best_window(found: list[set[str]], size: int) -> int:
    best, best_score = 0, -1.0
    for first in range(len(found) - size + 1):
        window = found[first : first + size]
        # Distinct words first; how often they occur only decides between equals.
        score = len(set().union(*window)) + sum(map(len, window)) / (1000.0 * size)
        if score > best_score:
            best, best_score = first, score
    return best


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE_CHARS else line[: MAX_LINE_CHARS - 1] + "…"
