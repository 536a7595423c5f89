"""Which of a project's patterns are kept: each example speaks for one pattern, the most telling."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from fluorite_mcp.patterns.discover import Pattern
from fluorite_mcp.patterns.grouping import Member

MAX_PATTERNS = 200

# So much of a pattern's examples may lie in those of a better one: the method of a class that is a pattern itself.
_MAX_OVERLAP = 0.5


def select(patterns: Iterable[Pattern]) -> list[Pattern]:
    """Return the patterns worth keeping, the best first."""
    ordered = sorted(patterns, key=lambda one: (-rank(one), one.shape))
    taken = _Ranges()
    chosen: list[Pattern] = []
    for pattern in ordered:
        covered = sum(1 for member in pattern.members if taken.touches(member))
        if covered <= _MAX_OVERLAP * len(pattern.members):
            chosen.append(pattern)
            for member in pattern.members:
                taken.add(member)
        if len(chosen) == MAX_PATTERNS:
            break
    return chosen


def rank(pattern: Pattern) -> float:
    """Return how much a pattern says: its quality, how often it is seen, and how much it saves to write."""
    size = min(200, len(pattern.template.show()))
    return pattern.quality.score * math.sqrt(min(len(pattern.members), 12) * size)


class _Ranges:
    """The places of examples, by file."""

    def __init__(self) -> None:
        self._by_path: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def add(self, member: Member) -> None:
        self._by_path[member.path].append((member.skeleton.start, member.skeleton.end))
        self._by_path[member.path].sort()

    def touches(self, member: Member) -> bool:
        """Whether a definition lies in, holds, or is one of these."""
        ranges, one = self._by_path.get(member.path, ()), member.skeleton
        after = bisect_right(ranges, (one.end, 0))
        return any(end > one.start for _, end in ranges[:after])
