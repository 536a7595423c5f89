"""Composing what was found into one Markdown context within a token budget, best first, nothing twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fluorite_mcp.text.tokens import count_tokens

# A cut piece shorter than this many lines says nothing.
_MIN_LINES = 3
_BREAK_TOKENS = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the context. `share` is the part of the budget it may take at most, 0..1."""

    heading: str
    body: str
    language: str | None = None
    share: float = 1.0

    @property
    def is_code(self) -> bool:
        """Whether the body is quoted in a fence."""
        return self.language is not None


@dataclass(frozen=True, slots=True)
class Context:
    """The composed text, what it costs, and which pieces are in it."""

    text: str
    tokens: int
    used: tuple[int, ...]


def compose(title: str, pieces: Sequence[Piece], budget: int) -> Context:
    """Put pieces together in order while the budget lasts.

    A piece that does not fit its share, or what is left, is cut at a line and says so; one of which too little would
    remain is left out, and the next is tried.

    Args:
        title: The first line.
        pieces: Best first.
        budget: Tokens the whole text may have, as `count_tokens` counts.
    """
    parts = [f"# {title}"]
    # Joined texts never have more tokens than the texts and what joins them.
    spent = count_tokens(parts[0]) + _BREAK_TOKENS
    used: list[int] = []
    seen: set[str] = set()
    for number, piece in enumerate(pieces):
        key = " ".join(piece.body.split())
        if key in seen:
            continue
        rendered = _fit(piece, min(budget - spent, int(budget * piece.share)))
        if rendered is None:
            continue
        parts.append(rendered)
        spent += count_tokens(rendered) + _BREAK_TOKENS
        used.append(number)
        seen.add(key)
    text = "\n\n".join(parts)
    return Context(text, count_tokens(text), tuple(used))


def _fit(piece: Piece, room: int) -> str | None:
    whole = _render(piece, piece.body)
    if count_tokens(whole) <= room:
        return whole
    lines = piece.body.split("\n")
    low, high = 0, len(lines)
    while low < high:  # The largest number of lines that fits.
        middle = (low + high + 1) // 2
        if count_tokens(_render(piece, _cut(piece, lines, middle))) <= room:
            low = middle
        else:
            high = middle - 1
    return _render(piece, _cut(piece, lines, low)) if low >= _MIN_LINES else None


def _cut(piece: Piece, lines: Sequence[str], count: int) -> str:
    note = f"… {len(lines) - count} more lines"
    return "\n".join([*lines[:count], note if piece.is_code else f"*{note}*"])


def _render(piece: Piece, body: str) -> str:
    if not piece.is_code:
        return f"{piece.heading}\n{body}"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", body)), default=0))
    return f"{piece.heading}\n{fence}{piece.language}\n{body.rstrip()}\n{fence}"
