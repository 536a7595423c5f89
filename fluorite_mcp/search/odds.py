"""Between probabilities and log-odds."""

from __future__ import annotations

import math

# Odds of one to 10^12 and back lose nothing in double precision.
_MOST = 27.0


def log_odds(probability: float) -> float:
    """Return the log-odds of a probability; of what is sure, the most that still tells apart."""
    if probability <= 0 or probability >= 1:
        return math.copysign(_MOST, probability - 0.5)
    return max(-_MOST, min(_MOST, math.log(probability / (1 - probability))))


def probability(log_odds: float, most: float = _MOST) -> float:
    """Return the probability of log-odds, short of what is sure; those beyond `most`, either way, are taken as it."""
    # Every candidate has one: comparing takes half the time of `min` and `max`.
    within = log_odds if -most < log_odds < most else math.copysign(most, log_odds)
    return 1 / (1 + math.exp(-within))
