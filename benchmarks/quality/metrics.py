"""The measures of ranked lists, as the data sets define them: pure functions over ranks."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from benchmarks.quality.collection import Found, Target

DEPTH = 10


def matches(found: Found, target: Target) -> bool:
    """Whether a hit shows a target: one path ends with the other at a folder's border, and the lines overlap."""
    mine, wanted = _plain(found.path), _plain(target.path)
    if not (mine == wanted or mine.endswith("/" + wanted) or wanted.endswith("/" + mine)):
        return False
    if target.start_line is None or target.end_line is None:
        return True
    return found.end_line >= target.start_line and found.start_line <= target.end_line


def first_rank(found: Sequence[Found], target: Target, depth: int = DEPTH) -> int | None:
    """Return the rank, from 1, of the first hit among the top `depth` that shows a target."""
    return next((rank for rank, hit in enumerate(found[:depth], 1) if matches(hit, target)), None)


def ndcg(found: Sequence[Found], targets: Sequence[Target], depth: int = DEPTH) -> float:
    """Return the normalised discounted cumulative gain with binary gain.

    Targets found by one and the same hit gain once; the ideal finds each at a rank of its own.
    """
    ranks = {rank for target in targets if (rank := first_rank(found, target, depth))}
    ideal = sum(_discount(rank) for rank in range(1, min(depth, len(targets)) + 1))
    return sum(map(_discount, ranks)) / ideal if ideal else 0.0


def reciprocal_rank(found: Sequence[Found], targets: Sequence[Target], depth: int = DEPTH) -> float:
    """Return 1 / rank of the first target found, 0 beyond `depth`."""
    ranks = [rank for target in targets if (rank := first_rank(found, target, depth))]
    return 1 / min(ranks) if ranks else 0.0


def recall(found: Sequence[Found], targets: Sequence[Target], depth: int) -> float:
    """Return the share of targets among the top `depth`."""
    return sum(first_rank(found, target, depth) is not None for target in targets) / len(targets)


def hit_rate(found: Sequence[Found], targets: Sequence[Target], depth: int = DEPTH) -> float:
    """Return 1 where any target is among the top `depth`, else 0."""
    return float(any(first_rank(found, target, depth) for target in targets))


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return statistics.fmean(values) if values else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed (nearest rank), 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def _plain(path: str) -> str:
    return path.replace("\\", "/")
