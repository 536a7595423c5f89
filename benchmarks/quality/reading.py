"""How much an assistant reads until it stands before the right place: with `search`, and with grep and whole files.

With the product it reads its default answer, page after page, of ten hits or of fifty; where search abstains, the
places that it names as nearest, one after the other. Where none of these is the right place, it has read them in vain
and greps after all.
With grep it greps for the query's words and reads the files in grep's order until the right one: whole, or only the
matching lines with some around them.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from benchmarks.quality.collection import PAGE, Found
from benchmarks.quality.grep import Match, grep
from benchmarks.quality.metrics import first_rank, matches
from benchmarks.quality.scores import CHARS_PER_TOKEN, Scored
from benchmarks.quality.tables import table

# What `grep -C` is commonly called with by assistants.
CONTEXT_LINES = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """Tokens read for one question.

    `answers` are the product's first ten hits, with the nearest places that it names; `search` is what is grepped and
    read where they do not help as well; `patient` is the same of who turns the pages up to fifty hits first;
    `search_and_hit` adds the whole of the right hit.
    """

    answers: float
    search: float
    patient: float
    search_and_hit: float
    grep_lines: float
    grep_files: float


@dataclass(frozen=True, slots=True)
class Readings:
    """All questions; `unread` are those whose right file holds no word of the query, so that grep never ends."""

    compared: tuple[Reading, ...]
    unread: int


def compare_reading(scored: Sequence[Scored]) -> Readings:
    """Return what the product's answers and grep cost for questions about trees."""
    found = [_read(one) for one in scored if one.collection.root]
    return Readings(tuple(one for one in found if one is not None), sum(one is None for one in found))


def _read(one: Scored) -> Reading | None:
    root = Path(one.collection.root or "")
    by_lines, by_files = grep_costs(root, one)
    if by_files is None:
        return None
    answered = one.answered
    tried, is_among = _read_nearest(root, one)
    answers, hit = _read_pages(one, answered.found, answered.page_chars)
    # An abstention is an answer to read as well.
    answers = (answers or answered.chars) + tried
    all_pages, late = _read_pages(
        one, (*answered.found, *answered.further), (*answered.page_chars, *answered.further_page_chars)
    )
    patient = (all_pages or answered.chars) + tried
    whole = _lines_chars(root, hit) if hit else 0
    searched = answers + (0 if hit or is_among else by_files)
    turned = patient + (0 if late or is_among else by_files)
    chars = (answers, searched, turned, searched + whole, by_lines, by_files)
    return Reading(*(count / CHARS_PER_TOKEN for count in chars))


def _read_pages(one: Scored, found: Sequence[Found], pages: Sequence[int]) -> tuple[int, Found | None]:
    """Return the characters of the pages up to the one with the first right hit, and that hit, if there is one."""
    ranks = [rank for target in one.question.targets if (rank := first_rank(found, target, len(found)))]
    if not ranks:
        return sum(pages), None
    return sum(pages[: 1 + (min(ranks) - 1) // PAGE]), found[min(ranks) - 1]


def _read_nearest(root: Path, one: Scored) -> tuple[int, bool]:
    """Return the characters of the nearest places up to the right one, and whether it is among them."""
    chars = 0
    for place in one.answered.nearest:
        chars += _lines_chars(root, place)
        if any(matches(place, target) for target in one.question.targets):
            return chars, True
    return chars, False


def grep_costs(root: Path, one: Scored) -> tuple[int, int | None]:
    """Return the characters read in grep's order until a right file: matching lines with context, whole files.

    The second is None where grep finds no right file.
    """
    by_lines = by_files = 0
    for match in grep(root, one.question.query):
        lines = _lines(root / match.path)
        by_lines += sum(len(lines[number - 1]) + 1 for number in _with_context(match, len(lines)))
        by_files += sum(len(line) + 1 for line in lines)
        if any(matches(Found(match.path, 1, len(lines), 0), target) for target in one.question.targets):
            return by_lines, by_files
    return by_lines, None


def _with_context(match: Match, count: int) -> Iterator[int]:
    shown = {
        near
        for number in match.lines
        for near in range(max(1, number - CONTEXT_LINES), min(count, number + CONTEXT_LINES) + 1)
    }
    yield from sorted(shown)


def reading_table(readings: Readings) -> str:
    """Return the table of medians, means and what the product saves against grep and whole files."""
    ways = (
        ("search, its answers alone", [one.answers for one in readings.compared]),
        ("… and grep and whole files where they do not help", [one.search for one in readings.compared]),
        ("… the same, reading on to fifty hits first", [one.patient for one in readings.compared]),
        ("ten hits, grep where needed, and the right hit whole", [one.search_and_hit for one in readings.compared]),
        (f"grep, matching lines and {CONTEXT_LINES} around", [one.grep_lines for one in readings.compared]),
        ("grep, whole files", [one.grep_files for one in readings.compared]),
    )
    bar = [one.grep_files for one in readings.compared]
    rows = [
        [
            name, f"{statistics.median(values):,.0f}", f"{statistics.fmean(values):,.0f}",
            f"{1 - statistics.fmean(values) / statistics.fmean(bar):.1%}",
            f"{statistics.median(1 - value / most for value, most in zip(values, bar, strict=True)):.1%}",
        ]
        for name, values in ways
    ]  # fmt: skip
    header = ("tokens read to the right place", "median", "mean", "saved of the mean", "saved, median question")
    found = sum(one.answers == one.search for one in readings.compared)
    note = (
        f"{len(readings.compared)} questions; search names the right place, among ten hits or as nearest, for {found}. "
        f"Left out: {readings.unread} questions whose right "
        f"file holds no word of the query. Tokens are characters / {CHARS_PER_TOKEN}."
    )
    return f"{table(header, rows)}\n\n{note}"


def _lines_chars(root: Path, hit: Found) -> int:
    lines = _lines(root / hit.path)
    return sum(len(line) + 1 for line in lines[hit.start_line - 1 : hit.end_line])


@lru_cache(maxsize=512)
def _lines(path: Path) -> list[str]:
    return path.read_bytes().decode(errors="replace").split("\n") if path.is_file() else []
