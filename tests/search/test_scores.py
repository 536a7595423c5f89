"""The score that a hit shows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.search.model import load_model
from fluorite_mcp.search.odds import log_odds, probability
from fluorite_mcp.search.places import Said
from fluorite_mcp.search.ranking import Ranked
from fluorite_mcp.search.scores import best_log_odds, shown_score
from tests.conftest import OpenEngine
from tests.search.conftest import found, piece, ranking

pytestmark = pytest.mark.anyio

CALIBRATION = load_model().shown


def ranked(*scores: float) -> list[Ranked]:
    """Hits in the order of some probabilities."""
    [one] = ranking("sum", found(piece(1))).ranked
    return [one._replace(score=score, chunk=piece(key)) for key, score in enumerate(scores)]


def shown(hits: list[Ranked], answerable: float = 1.0) -> list[float]:
    best = best_log_odds(hits)
    return [shown_score(one, best, answerable, CALIBRATION) for one in hits]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=20))
def test_scores_lie_between_0_and_1_and_keep_the_order(values: list[float]) -> None:
    scores = shown(ranked(*sorted(values, reverse=True)))

    assert all(0 <= score <= 1 for score in scores)
    assert scores == sorted(scores, reverse=True)


def test_the_best_of_a_list_scores_higher_than_the_same_far_behind_another() -> None:
    alone = shown(ranked(0.1))
    behind = shown(ranked(0.9, 0.1))

    assert alone[0] > 0.1 > behind[1]


def test_a_place_that_the_query_points_at_is_sure_and_the_others_are_not_measured_by_it() -> None:
    hits = ranked(1.0, 0.4, 0.2)
    hits[0] = hits[0]._replace(said=Said(0, "here"))

    assert shown(hits)[0] == 1.0
    assert shown(hits)[1:] == shown(ranked(0.4, 0.2))


def test_where_most_likely_nothing_answers_scores_are_low() -> None:
    sure, doubtful = shown(ranked(0.6)), shown(ranked(0.6), answerable=0.2)

    assert doubtful[0] == pytest.approx(0.2 * sure[0])


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-11, 1 - 1e-11))
def test_log_odds_and_probabilities_are_each_others_inverse(value: float) -> None:
    assert probability(log_odds(value)) == pytest.approx(value, rel=1e-6)


def test_what_is_sure_has_finite_log_odds() -> None:
    assert log_odds(0.0) == -log_odds(1.0)
    assert 0 < probability(-1e9) < probability(1e9) < 1


async def test_the_template_that_is_asked_for_scores_as_what_it_is(open_engine: OpenEngine) -> None:
    async with open_engine() as engine:
        found = (await engine.spikes.find("rate limiter as hono middleware")).spikes

    assert found[0].id == "hono-rate-limit"
    assert found[0].score > 0.3
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
