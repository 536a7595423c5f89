"""How judgements move the quality of a chunk: the mean of a Beta posterior whose evidence fades.

Quality q with n observations stands for a Beta distribution with mean q and n = alpha + beta. A chunk starts with
`PRIOR_OBSERVATIONS` imagined ones, so that the first judgement moves it, and the tenth less.
(Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4.) The judgements themselves are kept in the chunk's
history, so a quality can be computed again at any later time.

What was `wrong` or `outdated` is demoted at once, whatever was said before, and no time mends it: only later
judgements that outweigh it do, and for what is outdated new content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from fluorite_mcp.models import DEMOTED_QUALITY, OUTCOMES, Chunk, Event, Outcome

PRIOR_OBSERVATIONS = 4.0

# A judgement half a year old counts half: what helped or failed then was said of other versions of everything around
# it. Shorter, and a judgement would be gone before a chunk that is needed twice a year is met again.
HALF_LIFE_DAYS = 180.0

# Observations that each outcome counts as: helpful ones, unhelpful ones. What was wrong does harm when it is
# believed, so it weighs as much as several that merely did not help.
WEIGHTS: Mapping[Outcome, tuple[float, float]] = {
    "helpful": (1.0, 0.0),
    "unhelpful": (0.0, 1.0),
    "outdated": (0.0, 2.0),
    "wrong": (0.0, 4.0),
}

# What is left of the quality of a demoted chunk: below every threshold, and above nothing, so that several of them
# still have an order.
DEMOTED_SHARE = DEMOTED_QUALITY

# By how many judgements the helpful ones after a demotion must exceed the unhelpful ones to end it: more than the
# demoting judgement itself counts. One person who finds a wrong answer helpful does not make it right.
REDEEMING_MARGIN: Mapping[str, float] = {"wrong": WEIGHTS["wrong"][1], "outdated": WEIGHTS["outdated"][1]}

# Events of a chunk's history: it was judged; its content is another one now.
FEEDBACK_EVENT = "feedback"
EDITED_EVENT = "edited"
# An import said that it was worth more before anybody judged it.
WEIGHED_EVENT = "weighed"
_STORED_AGAIN = ("updated", "restored", "imported")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was said of a chunk, or that its content changed, and when (ISO 8601 UTC)."""

    at: str
    outcome: Outcome | Literal["changed"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What judgements come to at one moment: faded observations, and whether the chunk is demoted.

    `demoted` is the outcome that demoted it, `redeeming` how many more helpful judgements would end that.
    """

    helpful: float = 0.0
    unhelpful: float = 0.0
    judgements: int = 0
    demoted: Outcome | None = None
    demoted_at: str | None = None
    redeeming: int = 0

    @property
    def observations(self) -> float:
        """How many observations there are, faded ones for less."""
        return self.helpful + self.unhelpful


NOT_JUDGED = Evidence()


def judgements_of(events: Iterable[Event]) -> list[Judgement]:
    """Return the judgements in a chunk's history, oldest first, with the changes of its content between them."""
    found = []
    for event in events:
        outcome = event.detail.get("outcome")
        if event.event == FEEDBACK_EVENT and outcome in OUTCOMES:
            found.append(Judgement(event.at, outcome))
        elif event.event == EDITED_EVENT or (event.event in _STORED_AGAIN and "before" in event.detail):
            found.append(Judgement(event.at, "changed"))
    # Histories that were merged by an import are in no order; whoever reads them must find the same.
    return sorted(found, key=lambda one: (one.at, one.outcome))


def weigh(judgements: Sequence[Judgement], now: str) -> Evidence:
    """Return what judgements, oldest first, come to at a time."""
    changed_at = max((one.at for one in judgements if one.outcome == "changed"), default="")
    helpful = unhelpful = 0.0
    count = 0
    for one in judgements:
        if one.outcome == "changed":
            continue
        count += 1
        # What was outdated was the content of then.
        if one.outcome == "outdated" and one.at < changed_at:
            continue
        share = _faded(one.at, now)
        good, bad = WEIGHTS[one.outcome]
        helpful, unhelpful = helpful + good * share, unhelpful + bad * share
    return _demoted(judgements, Evidence(helpful, unhelpful, count))


def _faded(at: str, now: str) -> float:
    # Whole days: what is weighed twice on a day weighs the same, to the last bit.
    days = (datetime.fromisoformat(now) - datetime.fromisoformat(at)).days
    return float(0.5 ** (max(0, days) / HALF_LIFE_DAYS))


def _demoted(judgements: Sequence[Judgement], evidence: Evidence) -> Evidence:
    """Follow the judgements in their order: each demotion lasts until what came after it outweighs it."""
    balances: dict[Outcome, tuple[str, float]] = {}
    for one in judgements:
        if one.outcome == "changed":
            balances.pop("outdated", None)
            continue
        good, bad = WEIGHTS[one.outcome]
        balances = {name: (since, balance + good - bad) for name, (since, balance) in balances.items()}
        balances = {name: (since, sum_) for name, (since, sum_) in balances.items() if sum_ <= REDEEMING_MARGIN[name]}
        if one.outcome in REDEEMING_MARGIN:
            balances[one.outcome] = (one.at, 0.0)
    if not balances:
        return evidence
    name: Outcome = "wrong" if "wrong" in balances else "outdated"
    since, balance = balances[name]
    return replace(evidence, demoted=name, demoted_at=since, redeeming=int(REDEEMING_MARGIN[name] - balance) + 1)


def posterior(prior: float, evidence: Evidence) -> float:
    """Return the quality, 0..1, of what was worth `prior` before anybody judged it."""
    mean = (prior * PRIOR_OBSERVATIONS + evidence.helpful) / (PRIOR_OBSERVATIONS + evidence.observations)
    return mean * DEMOTED_SHARE if evidence.demoted else mean


def prior_quality(chunk: Chunk, events: Iterable[Event]) -> float:
    """Return what a chunk was worth before anybody judged it; where stores were joined and differ, the larger."""
    said = [event.detail.get("prior") for event in events if event.event in (FEEDBACK_EVENT, WEIGHED_EVENT)]
    if known := [float(prior) for prior in said if isinstance(prior, int | float)]:
        return min(1.0, max(0.0, *known))
    # Judged by a version that kept the sums only; they give back what was there before.
    seen = chunk.helpful + chunk.unhelpful
    prior = (chunk.quality * (PRIOR_OBSERVATIONS + seen) - chunk.helpful) / PRIOR_OBSERVATIONS
    return min(1.0, max(0.0, prior))


def judged(chunk: Chunk, events: Sequence[Event], now: str) -> Chunk:
    """Return a chunk with the quality that its history gives it at a time."""
    evidence = weigh(judgements_of(events), now)
    quality = posterior(prior_quality(chunk, events), evidence)
    return replace(chunk, quality=quality, helpful=evidence.helpful, unhelpful=evidence.unhelpful)
