"""The few lines of a chunk that show why it was found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fluorite_mcp.text.tokens import index_words

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
    first = _best_window([_words_in(line, words) for line in lines], max_lines)
    return Snippet("\n".join(map(_cut, lines[first : first + max_lines])), first, max_lines)


def _words_in(line: str, words: Collection[str]) -> set[str]:
    lowered = line.lower()
    # Most lines hold none; a stem that is no part of its word (studi of study) may cost a better window, not a hit.
    if not any(word in lowered for word in words):
        return set()
    return set(index_words(line).split()) & set(words)


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
