"""Judgements move quality as the mean of a posterior does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.learning.feedback import PRIOR_OBSERVATIONS, judged
from fluorite_mcp.models import OUTCOMES, Chunk, Outcome

OUTCOME = st.sampled_from(OUTCOMES)


def chunk(quality: float) -> Chunk:
    return Chunk("c", "note", "t", "c", quality=quality)


@given(st.floats(0.01, 0.99), st.lists(OUTCOME, max_size=60))
def test_quality_stays_between_nothing_and_all(quality: float, outcomes: list[Outcome]) -> None:
    one = chunk(quality)
    for outcome in outcomes:
        after = judged(one, outcome)
        assert 0 < after.quality < 1
        assert after.quality > one.quality if outcome == "helpful" else after.quality < one.quality
        one = after


@given(st.floats(0.01, 0.99), st.lists(OUTCOME, max_size=20))
def test_quality_is_the_mean_of_the_evidence(quality: float, outcomes: list[Outcome]) -> None:
    one = chunk(quality)
    for outcome in outcomes:
        one = judged(one, outcome)
    good = PRIOR_OBSERVATIONS * quality + one.helpful

    assert one.quality == pytest.approx(good / (PRIOR_OBSERVATIONS + one.helpful + one.unhelpful))


@given(st.floats(0.01, 0.99), st.permutations(["helpful", "wrong", "helpful", "outdated", "unhelpful"]))
def test_the_order_of_judgements_does_not_matter(quality: float, outcomes: list[Outcome]) -> None:
    one = other = chunk(quality)
    for outcome in outcomes:
        one = judged(one, outcome)
    for outcome in sorted(outcomes):
        other = judged(other, outcome)

    assert one.quality == pytest.approx(other.quality)


def test_what_was_wrong_weighs_more_than_what_was_outdated_or_did_not_help() -> None:
    after = [judged(chunk(0.5), outcome).quality for outcome in ("wrong", "outdated", "unhelpful", "helpful")]

    assert after == sorted(after)


def test_the_tenth_judgement_moves_less_than_the_first() -> None:
    one, steps = chunk(0.5), []
    for _ in range(10):
        after = judged(one, "helpful")
        steps.append(after.quality - one.quality)
        one = after

    assert steps == sorted(steps, reverse=True)
