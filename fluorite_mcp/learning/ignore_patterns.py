"""The patterns of ignore files, as git matches them (gitignore(5), wildmatch.c).

A path is matched as it is, not through the folders it lies in: who walks a tree does not enter an ignored folder.
So `!src/` takes back the folder `src` and says nothing of what another pattern leaves out below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": r" \t", "digit": "0-9", "lower": "a-z", "space": r"\s",
    "upper": "A-Z", "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@\[-`{-~", "cntrl": r"\x00-\x1f\x7f", "print": r"\x20-\x7e",
    "graph": r"\x21-\x7e",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pattern:
    regex: re.Pattern[str]
    by_name: bool
    only_folders: bool
    takes_back: bool


class IgnorePatterns:
    """The patterns of one place, in order; the last one that matches decides."""

    def __init__(self, lines: Iterable[str]) -> None:
        found = [pattern for line in lines if (pattern := _parse(line))]
        self._last_first = found[::-1]
        # One look tells most paths, of which no pattern speaks, from the others.
        self._any_name = _any_of([pattern for pattern in found if pattern.by_name])
        self._any_path = _any_of([pattern for pattern in found if not pattern.by_name])

    def __bool__(self) -> bool:
        return bool(self._last_first)

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether a path, relative to the patterns' place, is ignored; None where no pattern speaks of it."""
        name = path.rpartition("/")[2]
        if not (self._any_name and self._any_name.match(name)) and not (self._any_path and self._any_path.match(path)):
            return None
        for pattern in self._last_first:
            if (is_folder or not pattern.only_folders) and pattern.regex.match(name if pattern.by_name else path):
                return not pattern.takes_back
        return None


def _any_of(patterns: list[_Pattern]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern.regex.pattern})" for pattern in patterns), re.DOTALL) if patterns else None


def _parse(line: str) -> _Pattern | None:
    # Blanks at the end count only behind a backslash.
    text = re.sub(r"((?:\\.|[^\\])*?) *$", r"\1", line, count=1, flags=re.DOTALL)
    if not text or text.startswith("#"):
        return None
    takes_back = text.startswith("!")
    text = text[takes_back:]
    only_folders = text.endswith("/")
    text = text.removesuffix("/")
    by_name = "/" not in text
    regex = _translate(text.removeprefix("/"))
    return _Pattern(regex, by_name, only_folders, takes_back) if text and regex else None


def _translate(text: str) -> re.Pattern[str] | None:
    """Return the expression for a whole path; None for a pattern that can match nothing."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        starts_a_name = position == 0 or text[position - 1] == "/"
        tokens = _TOKENS if starts_a_name else _TOKENS[2:]
        found = next(((match, make) for token, make in tokens if (match := token.match(text, position))), None)
        if found is None:
            return None
        match, make = found
        parts.append(make(match))
        position = match.end()
    try:
        return re.compile("".join(parts) + r"\Z", re.DOTALL)
    except re.error:
        return None


def _bracket(match: re.Match[str]) -> str:
    inside = _BRACKET_PART.sub(_bracket_part, match[2])
    return f"(?!/)[{'^' if match[1] else ''}{inside}]"


def _bracket_part(match: re.Match[str]) -> str:
    if match[1]:
        return _CLASSES.get(match[1], "")
    if match[2]:
        return re.escape(match[2])
    return match[0] if match[0] == "-" else re.escape(match[0])


_BRACKET_PART = re.compile(r"\[:(\w+):\]|\\(.)|.", re.DOTALL)

# What a pattern is made of, in the order of trying; the first two only where a name begins.
_TOKENS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\*\*/"), lambda _: "(?:.*/)?"),
    (re.compile(r"\*\*\Z"), lambda _: ".+"),
    (re.compile(r"\*+"), lambda _: "[^/]*"),
    (re.compile(r"\?"), lambda _: "[^/]"),
    (re.compile(r"\[([!^]?)(\]?(?:\[:\w+:\]|\\.|[^\\\]])*)\]", re.DOTALL), _bracket),
    (re.compile(r"\\(.)", re.DOTALL), lambda match: re.escape(match[1])),
    (re.compile(r"[^\\\[]", re.DOTALL), lambda match: re.escape(match[0])),
)
