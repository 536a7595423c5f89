"""How a judgement moves the quality of a chunk: the mean of a Beta posterior.

Quality q with n observations stands for a Beta distribution with mean q and n = alpha + beta. A chunk starts with
`PRIOR_OBSERVATIONS` imagined ones, so that the first judgement moves it, and the tenth less.
(Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4.)
"""

from __future__ import annotations

from dataclasses import replace

from fluorite_mcp.models import Chunk, Outcome

PRIOR_OBSERVATIONS = 4.0

# Observations that each outcome counts as: helpful ones, unhelpful ones. What was wrong does harm when it is
# believed, so it weighs as much as several that merely did not help.
_WEIGHTS: dict[Outcome, tuple[float, float]] = {
    "helpful": (1.0, 0.0),
    "unhelpful": (0.0, 1.0),
    "outdated": (0.0, 2.0),
    "wrong": (0.0, 4.0),
}


def judged(chunk: Chunk, outcome: Outcome) -> Chunk:
    """Return the chunk with its quality after one more judgement."""
    good, bad = _WEIGHTS[outcome]
    observations = PRIOR_OBSERVATIONS + chunk.helpful + chunk.unhelpful
    quality = (chunk.quality * observations + good) / (observations + good + bad)
    return replace(chunk, quality=quality, helpful=chunk.helpful + good, unhelpful=chunk.unhelpful + bad)
