"""Judgements move quality as the mean of a posterior does, fade, and demote."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.learning.feedback import (
    HALF_LIFE_DAYS,
    PRIOR_OBSERVATIONS,
    REDEEMING_MARGIN,
    Judgement,
    judged,
    judgements_of,
    posterior,
    prior_quality,
    weigh,
)
from fluorite_mcp.models import DEMOTED_QUALITY, OUTCOMES, Chunk, Event, Outcome

Said: TypeAlias = Outcome | Literal["changed"]

START = datetime(2026, 1, 1, tzinfo=UTC)
OUTCOME = st.sampled_from(OUTCOMES)
SAID = st.lists(st.sampled_from((*OUTCOMES, "changed")), max_size=40)


def at(days: float) -> str:
    return (START + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def said(*outcomes: Said, apart: float = 0.001) -> list[Judgement]:
    return [Judgement(at(number * apart), outcome) for number, outcome in enumerate(outcomes)]


def quality(*outcomes: Said, prior: float = 0.5, days: float = 0.5) -> float:
    return posterior(prior, weigh(said(*outcomes), at(days)))


@settings(deadline=None)  # the machine may be busy
@given(st.floats(0.01, 0.99), SAID, st.floats(0, 2000))
def test_quality_stays_between_nothing_and_all(prior: float, outcomes: list[Outcome], days: float) -> None:
    assert 0 < posterior(prior, weigh(said(*outcomes), at(days))) < 1


@settings(deadline=None)  # the machine may be busy
@given(st.floats(0.01, 0.99), st.lists(st.sampled_from(("helpful", "unhelpful")), max_size=20))
def test_quality_is_the_mean_of_the_evidence(prior: float, outcomes: list[Outcome]) -> None:
    good = PRIOR_OBSERVATIONS * prior + outcomes.count("helpful")

    assert quality(*outcomes, prior=prior) == pytest.approx(good / (PRIOR_OBSERVATIONS + len(outcomes)))


def test_what_was_wrong_weighs_more_than_what_was_outdated_or_did_not_help() -> None:
    after = [quality(outcome) for outcome in ("wrong", "outdated", "unhelpful", "helpful")]

    assert after == sorted(after)


def test_the_tenth_judgement_moves_less_than_the_first() -> None:
    helpful: list[Said] = ["helpful"] * 10
    after = [quality(*helpful[:count]) for count in range(11)]
    steps = [second - first for first, second in itertools.pairwise(after)]

    assert steps == sorted(steps, reverse=True)


def test_a_judgement_counts_half_after_its_half_life() -> None:
    evidence = weigh(said("helpful"), at(HALF_LIFE_DAYS))

    assert evidence.helpful == pytest.approx(0.5)
    assert weigh(said("helpful"), at(4 * HALF_LIFE_DAYS)).helpful == pytest.approx(1 / 16)


def test_weighed_twice_on_a_day_a_judgement_weighs_the_same_to_the_last_bit() -> None:
    assert weigh(said("helpful"), at(30.2)) == weigh(said("helpful"), at(30.9))


@settings(deadline=None)  # the machine may be busy
@given(st.lists(OUTCOME, max_size=20), st.sampled_from(("wrong", "outdated")))
def test_what_was_wrong_or_outdated_is_demoted_at_once_whatever_was_said_before(
    before: list[Outcome], outcome: Outcome
) -> None:
    evidence = weigh(said(*before, outcome), at(1))

    assert evidence.demoted
    assert posterior(0.99, evidence) < DEMOTED_QUALITY


def test_no_time_ends_a_demotion() -> None:
    assert quality("wrong", days=20_000) < DEMOTED_QUALITY


@pytest.mark.parametrize("outcome", ["wrong", "outdated"])
def test_a_demotion_ends_when_later_judgements_outweigh_it_and_not_before(outcome: Outcome) -> None:
    margin = int(REDEEMING_MARGIN[outcome])
    helpful: list[Said] = ["helpful"] * margin
    many: list[Said] = ["helpful"] * 50

    assert weigh(said(*many, outcome, *helpful), at(1)).demoted == outcome
    assert weigh(said(*many, outcome, *helpful), at(1)).redeeming == 1
    assert weigh(said(outcome, *helpful, "helpful"), at(1)).demoted is None
    assert weigh(said(outcome, *helpful, "unhelpful", "helpful"), at(1)).demoted == outcome


def test_what_is_wrong_again_must_be_outweighed_again() -> None:
    helpful: list[Said] = ["helpful"] * 5

    assert weigh(said("wrong", *helpful), at(1)).demoted is None
    assert weigh(said("wrong", *helpful, "wrong", *helpful[1:]), at(1)).demoted == "wrong"


def test_new_content_ends_being_outdated_and_not_being_wrong() -> None:
    assert weigh(said("outdated", "changed"), at(1)).demoted is None
    assert weigh(said("outdated", "changed"), at(1)).unhelpful == 0
    assert weigh(said("changed", "outdated"), at(1)).demoted == "outdated"
    assert weigh(said("wrong", "outdated", "changed"), at(1)).demoted == "wrong"


@settings(deadline=None)  # the machine may be busy
@given(st.permutations(said("helpful", "wrong", "changed", "outdated", "helpful", "unhelpful")))
def test_the_order_in_which_a_history_was_written_does_not_matter(judgements: list[Judgement]) -> None:
    def event(one: Judgement) -> Event:
        name, detail = ("edited", {}) if one.outcome == "changed" else ("feedback", {"outcome": one.outcome})
        return Event(one.at, name, detail)

    assert judgements_of([event(one) for one in judgements]) == sorted(judgements, key=lambda one: one.at)


def test_what_a_chunk_was_worth_before_is_found_in_its_history() -> None:
    chunk = Chunk("c", "note", "t", "c", quality=0.9, helpful=3.0)
    events = [Event(at(0), "stored"), Event(at(1), "feedback", {"outcome": "helpful", "prior": 0.6})]

    assert prior_quality(chunk, events) == 0.6
    assert judged(chunk, events, at(1)).quality == pytest.approx((0.6 * 4 + 1) / 5)


def test_what_was_judged_by_an_older_version_gives_back_its_prior() -> None:
    old = Chunk("c", "note", "t", "c", quality=(0.6 * 4 + 2) / (4 + 3), helpful=2.0, unhelpful=1.0)

    assert prior_quality(old, [Event(at(0), "feedback", {"outcome": "helpful", "quality": 0.68})]) == pytest.approx(0.6)
    assert prior_quality(Chunk("c", "note", "t", "c", quality=0.7), []) == pytest.approx(0.7)
