"""The score that a hit shows: how likely it is the right place, given that something answers the query.

Ranking gives every document log-odds for itself. The best of a list is likelier to be right than these say, and what
stands far behind it is less likely, whatever kind of document it is. So the score shown weighs both; it keeps the
order.
"""

from __future__ import annotations

from collections.abc import Sequence

from fluorite_mcp.search.model import Calibration
from fluorite_mcp.search.odds import log_odds, probability
from fluorite_mcp.search.ranking import Ranked


def best_log_odds(ranked: Sequence[Ranked]) -> float:
    """Return the log-odds of the best that the query does not itself point at: what it points at is beyond compare."""
    return next((log_odds(one.score) for one in ranked if one.said is None), 0.0)


def shown_score(one: Ranked, best: float, answerable: float, calibration: Calibration) -> float:
    """Return how likely a ranked chunk is the right place, 0..1.

    Args:
        one: The chunk.
        best: The log-odds of the best, as `best_log_odds` returns them.
        answerable: How likely it is that anything answers; 1 where search does not doubt it.
        calibration: What turns log-odds into the score.
    """
    own = log_odds(one.score)
    if one.said is not None and own >= best:
        return one.score
    return answerable * calibrated(own, best, calibration)


def calibrated(own: float, best: float, calibration: Calibration) -> float:
    """Return the score, 0..1, of what has some log-odds where the best has log-odds of `best`."""
    behind = min(0.0, own - best)
    return probability(calibration.own * own + calibration.behind * behind + calibration.offset)
