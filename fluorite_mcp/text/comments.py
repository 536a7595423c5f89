"""Which lines of a piece of code are comments or documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_HASH_COMMENTS = frozenset(
    {"python", "ruby", "bash", "elixir", "yaml", "toml", "perl", "r", "dockerfile", "make", "cmake", "nix"}
)
_DASH_COMMENTS = frozenset({"haskell", "lua", "sql"})
_HASH_LINE = re.compile(r"\s*#")
_DASH_LINE = re.compile(r"\s*--")
_SLASH_LINE = re.compile(r"\s*(?://|/\*|\*(?:\s|/|$))")
_DOC_QUOTES = re.compile(r'\s*(?:[rRuU]?|@(?:module)?doc\s+)("""|\'\'\')')


def code_lines(lines: Sequence[str], language: str | None) -> list[str]:
    """Return lines without blank ones, comments and documentation."""
    return [line for line, is_comment in told_apart(lines, language) if not is_comment]


def told_apart(lines: Sequence[str], language: str | None) -> Iterator[tuple[str, bool]]:
    """Yield the lines that are not blank, each with whether it is a comment or documentation."""
    comment = _comment_of(language)
    quote = ""
    for line in lines:
        if quote:
            yield line, True
            quote = "" if quote in line else quote
            continue
        if not line.strip():
            continue
        opened = _DOC_QUOTES.match(line)
        if opened and line.count(opened.group(1)) < 2:
            quote = opened.group(1)
        yield line, opened is not None or comment.match(line) is not None


def _comment_of(language: str | None) -> re.Pattern[str]:
    if language in _HASH_COMMENTS:
        return _HASH_LINE
    return _DASH_LINE if language in _DASH_COMMENTS else _SLASH_LINE
