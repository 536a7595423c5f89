"""Whether scores mean what they say: of the hits shown with some score, how many are right places."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.quality.metrics import matches, mean
from benchmarks.quality.scores import Scored
from benchmarks.quality.tables import table

# Upper edges of the score's ranges; few hits score high, and each range should hold enough to count.
_EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def calibration_table(scored: Sequence[Scored]) -> str:
    """Return, by ranges of the score shown, how many hits there are and which part of them is a right place."""
    shown = [
        (score, any(matches(hit, target) for target in one.question.targets))
        for one in scored
        for hit, score in zip(one.answered.found, one.answered.scores, strict=True)
    ]
    rows = []
    for low, high in zip((0.0, *_EDGES), _EDGES, strict=False):
        some = [(score, right) for score, right in shown if low <= score < high or score == high == 1.0]
        if some:
            parts = mean([score for score, _ in some]), mean([float(right) for _, right in some])
            rows.append([f"{low:.1f} to {high:.1f}", str(len(some)), *(f"{part:.0%}" for part in parts)])
    return table(("score shown", "hits", "mean score", "right places"), rows)
