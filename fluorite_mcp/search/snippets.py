"""The few lines of a chunk that show why it was found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
    first = _best_window(_words_by_line(text, words), max_lines)
    return Snippet("\n".join(map(_cut, lines[first : first + max_lines])), first, max_lines)


def _words_by_line(text: str, words: Collection[str]) -> dict[int, set[str]]:
    """Return the words of the query that lines hold, in the order of lines; they are stems, so `stor` is in `storage`.

    A word counts only where no longer one, or one further left, covers its letters.
    """
    lowered = text.lower()
    found: dict[int, set[str]] = {}
    line = counted = end = 0
    for start, size, word in sorted(_places(lowered, words)):
        if start < end:
            continue
        line += lowered.count("\n", counted, start)
        counted, end = start, start - size
        found.setdefault(line, set()).add(word)
    return found


def _places(text: str, words: Iterable[str]) -> list[tuple[int, int, str]]:
    """Return where words stand, with their length below zero, so that longer words sort first."""
    places = []
    for word in words:
        at = text.find(word)
        while at >= 0:
            places.append((at, -len(word), word))
            at = text.find(word, at + 1)
    return places


def _best_window(found: Mapping[int, Collection[str]], size: int) -> int:
    """Return the first line of the best window of so many lines; `found` is in the order of lines.

    Only a window that ends at a line with words can hold more than the one that begins a line earlier.
    """
    best, best_score = 0, -1.0
    lines = list(found.items())
    held: dict[str, int] = {}
    total = leaving = 0
    for line, words in lines:
        first = max(0, line - size + 1)
        total += _count(held, words, 1)
        while lines[leaving][0] < first:
            total += _count(held, lines[leaving][1], -1)
            leaving += 1
        # Distinct words first; how often they occur only decides between equals.
        score = len(held) + total / (1000.0 * size)
        if score > best_score:
            best, best_score = first, score
    return best


def _count(held: dict[str, int], words: Collection[str], step: int) -> int:
    """Count some words once more or once less; those that are left out go. Returns by how much all have changed."""
    for word in words:
        count = held.get(word, 0) + step
        if count:
            held[word] = count
        else:
            del held[word]
    return step * len(words)


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE_CHARS else line[: MAX_LINE_CHARS - 1] + "…"
