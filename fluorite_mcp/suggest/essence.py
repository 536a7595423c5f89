"""The essential lines of a piece of code: its signature and what it calls, without what a reader skips."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from fluorite_mcp.text.comments import code_lines, told_apart
from fluorite_mcp.text.tokens import count_tokens

_WORD = re.compile(r"\w{3}")

_SIGNATURE = re.compile(
    r"\b(?:def|defp|defmodule|defmacro|class|struct|enum|trait|impl|interface|protocol|extension|fn|func|fun|function"
    r"|type|data|newtype|instance|record|module|object|template|sub|proc)\b|^\w[\w\s*&:<>,~]*\([^;]*$|::\s"
)
_LEAVES = re.compile(r"\b(?:return|raise|throw|yield|await|except|catch|rescue|panic)\b|\?;")
_CALLS = re.compile(r"\w\s*[({]|\w\.\w|\w::\w|\|>|->")
_ATTRIBUTE = re.compile(r"\s*(?:@\w|#\[|\[\w+[\](])")
_ONLY_PUNCTUATION = re.compile(r"[\s\W]*(?:end|else|fi|done|then|do|begin)?[\s\W]*")

# How much of a piece each kind of line explains.
_SIGNATURE_WORTH, _ATTRIBUTE_WORTH, _LEAVES_WORTH, _CALLS_WORTH, _OTHER_WORTH = 4.0, 3.0, 2.5, 2.0, 1.0
# Of two equal lines the earlier; a line at the end is worth two thirds of one at the top.
_LATER = 1 / 3

GAP = "…"

# A suggestion shortens a piece once or twice, and the tasks of a session are near the same code.
_PIECES_KEPT = 256


class _Piece:
    """A piece of code, and what is asked of it however short it is to become."""

    def __init__(self, text: str, language: str | None) -> None:
        self.whole = text.strip("\n")
        self._language = language

    @cached_property
    def tokens(self) -> int:
        return count_tokens(self.whole)

    @cached_property
    def is_mostly_comment(self) -> bool:
        lines = self.whole.split("\n")
        return len(code_lines(lines, self._language)) < len(lines) / 2

    @cached_property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in without_comments(self.whole.split("\n"), self._language)]

    @cached_property
    def bare(self) -> tuple[str, int]:
        text = "\n".join(self.lines)
        return text, count_tokens(text)

    @cached_property
    def costs(self) -> list[int]:
        # A gap before and after costs a line break and a mark each.
        return [count_tokens(line) + 3 for line in self.lines]

    @cached_property
    def order(self) -> list[int]:
        return sorted(range(len(self.lines)), key=lambda at: -_worth(self.lines[at], at / len(self.lines)))


@lru_cache(maxsize=_PIECES_KEPT)
def _read(text: str, language: str | None) -> _Piece:
    return _Piece(text, language)


def essence(text: str, language: str | None, tokens: int) -> str:
    """Return a piece of code within some tokens: whole if it fits, else without comments, else its telling lines.

    Args:
        text: The piece.
        language: Its language.
        tokens: How many the result may have.

    Returns:
        Lines of the piece in their order, with a mark where some are left out; empty if not even a few fit.
    """
    piece = _read(text, language)
    if piece.tokens <= tokens and not piece.is_mostly_comment:
        return piece.whole
    bare, bare_tokens = piece.bare
    return bare if bare_tokens <= tokens else _telling(piece, tokens)


def first_lines(text: str, tokens: int) -> str:
    """Return as many lines of a text as some tokens have room for, with a mark where it is cut; empty if none fit."""
    lines = text.strip("\n").split("\n")
    if count_tokens("\n".join(lines)) <= tokens:
        return "\n".join(lines)
    kept: list[str] = []
    left = tokens - 2
    for line in lines:
        left -= count_tokens(line) + 1
        if left < 0:
            break
        kept.append(line)
    return "\n".join([*kept, GAP]) if kept else ""


def without_comments(lines: Sequence[str], language: str | None) -> list[str]:
    """Return lines without blank ones, comments and documentation; the first line of documentation stays."""
    kept: list[str] = []
    has_said = False
    for line, is_comment in told_apart(lines, language):
        if not is_comment or (not has_said and _WORD.search(line)):
            kept.append(line)
        has_said = has_said or (is_comment and _WORD.search(line) is not None)
    return kept


def _telling(piece: _Piece, tokens: int) -> str:
    lines = piece.lines
    chosen: set[int] = set()
    left = tokens
    for at in piece.order:
        cost = piece.costs[at]
        if cost <= left:
            chosen.add(at)
            left -= cost
    shown: list[str] = []
    last = -1
    for at in sorted(chosen):
        if at > last + 1:
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
            shown.append(f"{indent}{GAP}")
        shown.append(lines[at])
        last = at
    text = "\n".join([*shown, GAP] if last < len(lines) - 1 else shown)
    return text if chosen and count_tokens(text) <= tokens else ""


def _worth(line: str, place: float) -> float:
    if _ONLY_PUNCTUATION.fullmatch(line):
        return 0.0
    worth = _OTHER_WORTH
    for pattern, more in (
        (_SIGNATURE, _SIGNATURE_WORTH),
        (_ATTRIBUTE, _ATTRIBUTE_WORTH),
        (_LEAVES, _LEAVES_WORTH),
        (_CALLS, _CALLS_WORTH),
    ):
        if pattern.match(line) if more == _ATTRIBUTE_WORTH else pattern.search(line):
            worth = more
            break
    return worth * (1 - _LATER * place)
