"""Re-ranking: how a model's scores and the ranking's become one order, and searches with a real model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.engine import Engine
from fluorite_mcp.search.places import Said
from fluorite_mcp.search.ranking import Ranked
from fluorite_mcp.search.reranking import RERANKED, blend, rerankable, standardised
from fluorite_mcp.settings import MlSettings, Settings
from tests.embedding.conftest import write_tiny_reranker
from tests.search.conftest import found, piece, ranking

pytestmark = pytest.mark.anyio

QUERY = "invoice customer"


def ranked(*scores: float) -> list[Ranked]:
    """Hits in the order of some scores."""
    [one] = ranking("sum", found(piece(1))).ranked
    return [one._replace(score=score, chunk=piece(key)) for key, score in enumerate(scores)]


def blended(hits: Sequence[Ranked], scores: Sequence[float]) -> list[int]:
    return [one.chunk.key for one in blend(hits, rerankable(hits), scores)]


def test_the_model_decides_between_nearly_equal_hits() -> None:
    assert blended(ranked(0.70, 0.69, 0.68), [0.0, 1.0, 5.0]) == [2, 1, 0]


def test_a_hit_that_ranking_is_sure_of_stays() -> None:
    assert blended(ranked(0.999, 0.3, 0.2), [0.0, 1.0, 5.0])[0] == 0


def test_the_scale_of_a_model_does_not_matter() -> None:
    hits = ranked(0.7, 0.6, 0.5, 0.4)
    scores = [0.1, 0.4, 0.2, 0.9]

    assert blended(hits, scores) == blended(hits, [1000 * score - 11 for score in scores])


def test_equal_scores_change_nothing() -> None:
    hits = ranked(0.7, 0.6, 0.5)

    assert blended(hits, [2.0, 2.0, 2.0]) == [0, 1, 2]
    assert standardised([0.1, 0.1, 0.1]) == [0.0, 0.0, 0.0]


def test_a_place_that_the_query_points_at_stays_first() -> None:
    hits = ranked(1.0, 0.6, 0.5)
    hits[0] = hits[0]._replace(said=Said(0, "here"))

    assert blended(hits, [0.0, 5.0]) == [0, 2, 1]


def test_what_moved_up_says_by_how_much() -> None:
    hits = ranked(0.70, 0.69, 0.68)

    assert [one.moved for one in blend(hits, hits, [0.0, 1.0, 5.0])] == [2, 0, -2]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-50, 50)), min_size=1, max_size=30))
def test_nothing_is_lost_and_scores_stay_sorted(pairs: list[tuple[float, float]]) -> None:
    hits = ranked(*sorted((score for score, _ in pairs), reverse=True))
    best = rerankable(hits)
    outcome = blend(hits, best, [score for _, score in pairs][: len(best)])
    scores = [one.score for one in outcome]

    assert sorted(one.chunk.key for one in outcome) == sorted(one.chunk.key for one in hits)
    assert scores == sorted(scores, reverse=True)
    assert [one.chunk.key for one in outcome[RERANKED:]] == [one.chunk.key for one in hits[RERANKED:]]


async def paths(engine: Engine, query: str = QUERY) -> list[str | None]:
    return [hit.path for hit in (await engine.search(query, kinds=["code"], limit=10)).hits]


async def test_a_configured_model_reorders_the_hits(engine: Engine, project: Path, tmp_path: Path) -> None:
    before = await paths(engine)
    # Worth is what only the file that came last says.
    last = (project / str(before[-1])).read_text()
    others = "".join((project / str(path)).read_text() for path in before if path != before[-1])
    words = sorted(set(last.split()) - set(others.split()))
    folder = write_tiny_reranker(tmp_path / "ranker", {word: 1.0 for word in words if word.isalpha()})

    chosen = Settings(data_dir=tmp_path / "with", ml=MlSettings(reranker=str(folder)))
    async with Engine.open(settings=chosen, folder=project) as reranked:
        result = await reranked.search(QUERY, kinds=["code"], limit=10)
        after = [hit.path for hit in result.hits]

        assert after.index(before[-1]) < before.index(before[-1])
        assert any("by the re-ranking model" in why for hit in result.hits for why in hit.why)
        assert str((await reranked.status()).reranker).startswith("folder:ranker@")
        assert not result.notices
    assert (await engine.status()).reranker is None


async def test_a_broken_model_costs_the_re_ranking_only(
    engine: Engine, project: Path, tmp_path: Path, broken_model: str
) -> None:
    before = await paths(engine)
    settings = Settings(data_dir=tmp_path / "with", ml=MlSettings(reranker=broken_model))
    async with Engine.open(settings=settings, folder=project) as reranked:
        result = await reranked.search(QUERY, kinds=["code"], limit=10)

        assert [hit.path for hit in result.hits] == before
        [notice] = [one for one in result.notices if "re-rank" in one]
        assert notice.startswith("Not re-ranked: The re-ranking model ")
