"""Applies a template's patch to a file: each hunk where its context stands, or a sentence that says which does not fit.

Line numbers are hints only, since the file is never the one that the template's author had; context is compared
without trailing blanks. A hunk whose result is there already changes nothing, so applying twice is applying once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER = re.compile(r"^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Hunk:
    """One place that changes: `old` lines become `new`; `line` (from 1) is where the author saw them."""

    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Patched:
    """The text after a patch, or what keeps it from being applied, as the end of a sentence."""

    text: str | None
    problem: str | None = None


def read_hunks(diff: str) -> tuple[Hunk, ...]:
    """Read the hunks of a unified diff; what stands before the first one names files and is left out."""
    parts = _HEADER.split(diff)
    return tuple(_hunk(int(line), body) for line, body in zip(parts[1::2], parts[2::2], strict=True))


def _hunk(line: int, body: str) -> Hunk:
    # The rest of the header's own line names a section of the file.
    lines = body.split("\n")[1:]
    while lines and not lines[-1]:
        lines.pop()
    # An editor may have taken the blank off an empty line of context.
    old = tuple(text[1:] for text in lines if text[:1] in ("", " ", "-"))
    new = tuple(text[1:] for text in lines if text[:1] in ("", " ", "+"))
    return Hunk(line, old, new)


def apply_patch(text: str | None, diff: str) -> Patched:
    """Apply a diff to a file.

    Args:
        text: The file's text, each line ended by a newline alone, or None where there is no file.
        diff: A unified diff with one or more hunks.
    """
    hunks = read_hunks(diff)
    if not hunks:
        return Patched(None, "has no hunk that begins with '@@ -1 +1 @@'")
    if text is None and any(hunk.old for hunk in hunks):
        return Patched(None, "changes a file that does not exist")
    lines = (text or "").split("\n")
    shift = 0
    for number, hunk in enumerate(hunks, 1):
        place = hunk.line - 1 + shift
        if _find(lines, hunk.new, place) is not None and _adds(hunk):
            continue
        at = _find(lines, hunk.old, place) if hunk.old else max(0, min(place + 1, len(lines) - 1))
        if at is None:
            if not _adds(hunk) and (not hunk.new or _find(lines, hunk.new, place) is not None):
                continue  # What it takes out is gone already.
            return Patched(None, f"does not fit: hunk {number} finds no line {_first_words(hunk)}")
        lines[at : at + len(hunk.old)] = hunk.new
        shift += len(hunk.new) - len(hunk.old)
    return Patched("\n".join(lines))


def _adds(hunk: Hunk) -> bool:
    return len(hunk.new) > 0 and hunk.new != hunk.old and not _is_part(hunk.new, hunk.old)


def _is_part(new: Sequence[str], old: Sequence[str]) -> bool:
    """Whether a hunk only takes lines out: its result may stand anywhere by chance."""
    rest = iter(old)
    return all(any(line == other for other in rest) for line in new)


def _find(lines: Sequence[str], wanted: Sequence[str], place: int) -> int | None:
    """Return where lines stand, as near to a place as they do."""
    stripped = [line.rstrip() for line in wanted]
    if not stripped:
        return None
    starts = [
        start
        for start in range(len(lines) - len(stripped) + 1)
        if lines[start].rstrip() == stripped[0]
        and all(lines[start + offset].rstrip() == line for offset, line in enumerate(stripped))
    ]
    return min(starts, key=lambda start: abs(start - place), default=None)


def _first_words(hunk: Hunk) -> str:
    line = next((line.strip() for line in hunk.old if line.strip()), "")
    return f"'{line[:60]}'"
