"""Conventions that changed: older files do it one way, newer ones another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Each side of a change has at least so many files, or it is chance.
MIN_FILES = 5
# So many of the newer files do it the new way, and at most so many of the older ones.
_NEW_SHARE, _OLD_SHARE = 0.8, 0.35


@dataclass(frozen=True, slots=True)
class FileDates:
    """When files came into the repository.

    Attributes:
        added: (seconds since 1970, abbreviated commit) by path; a file that is missing is older than all of them.
    """

    added: Mapping[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of habit: the newer way, and since when."""

    value: str
    text: str


def find_shift(by_value: Mapping[str, Mapping[str, tuple[int, ...]]], dates: FileDates) -> Shift | None:
    """Return the change of habit that divides old files from new ones best, None where there is none.

    Args:
        by_value: The places of each way of doing it. A file that does it in several ways counts for the commonest.
        dates: When files came.
    """
    ways = _way_of_each(by_value)
    if len(ways) < 2 * MIN_FILES:
        return None
    ordered = sorted(ways, key=lambda path: (*dates.added.get(path, (0, "")), path))
    best: tuple[float, str, int] | None = None
    for value in by_value:
        is_new = [ways[path] == value for path in ordered]
        total, before = sum(is_new), 0
        for place in range(1, len(ordered) - MIN_FILES + 1):
            before += is_new[place - 1]
            after_files = len(ordered) - place
            if place < MIN_FILES or not _is_border(ordered[place - 1], ordered[place], dates):
                continue
            new, old = (total - before) / after_files, before / place
            if new >= _NEW_SHARE and old <= _OLD_SHARE and (best is None or new - old > best[0]):
                best = (new - old, value, place)
    return _describe(best, ordered, ways, dates) if best else None


def _way_of_each(by_value: Mapping[str, Mapping[str, tuple[int, ...]]]) -> dict[str, str]:
    most: dict[str, tuple[int, str]] = {}
    for value, places in by_value.items():
        for path, lines in places.items():
            most[path] = max(most.get(path, (0, "")), (len(lines), value))
    return {path: value for path, (_, value) in most.items()}


def _is_border(older: str, newer: str, dates: FileDates) -> bool:
    """Whether two neighbours came at different times: what came in one commit is not divided."""
    return newer in dates.added and dates.added.get(older) != dates.added[newer]


def _describe(best: tuple[float, str, int], ordered: list[str], ways: Mapping[str, str], dates: FileDates) -> Shift:
    from datetime import UTC, datetime

    _, value, place = best
    newer = ordered[place:]
    new = [path for path in newer if ways[path] == value]

    def day(path: str) -> str:
        seconds, commit = dates.added[path]
        return f"{datetime.fromtimestamp(seconds, UTC).date().isoformat()} ({commit})"

    last = f", last {day(new[-1])}" if dates.added[new[-1]] != dates.added[newer[0]] else ""
    return Shift(value, f"since {day(newer[0])}{last}: {len(new)} of {len(newer)} newer files")
