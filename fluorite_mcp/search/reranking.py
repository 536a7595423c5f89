"""Re-ranking: a model that reads query and text together reorders the best hits. Off unless one is configured."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from fluorite_mcp.errors import RerankingError
from fluorite_mcp.models import Chunk
from fluorite_mcp.ports import Reranker
from fluorite_mcp.search.fields import embedding_text
from fluorite_mcp.search.hybrid import Ranker, Ranking, SearchFilter
from fluorite_mcp.search.odds import log_odds, probability
from fluorite_mcp.search.ranking import Ranked

# Each text costs the model some milliseconds; what answers is almost always among so many.
RERANKED = 20
# A model reads a few hundred tokens and leaves the rest out.
MAX_TEXT_CHARS = 2_000
# Log-odds for one standard deviation of the model's scores among the re-ranked. Scales differ from model to model, so
# only their order and relative distance count. 1.5 lets the model decide between chunks that ranking holds for nearly
# as likely (odds of up to 4.5 to 1), and leaves a definition of the very name that was asked for where it is. It is not
# measured: no such model could be had when this was written.
MODEL_WEIGHT = 1.5


class ChunkTexts(Protocol):
    """Reads whole chunks."""

    async def load(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Return whole chunks by key; gone keys are left out."""
        ...


class RerankedSearch:
    """Searches as another one does, and has a model reorder the best of it.

    Args:
        search: What finds and ranks.
        chunks: Reads the texts that the model is shown.
        reranker: The model.
    """

    def __init__(self, search: Ranker, chunks: ChunkTexts, reranker: Reranker) -> None:
        self._search = search
        self._chunks = chunks
        self._reranker = reranker

    async def search(self, text: str, where: SearchFilter) -> Ranking:
        """Rank what the scopes hold on a query. A failing model costs the re-ranking, not the answer."""
        ranking = await self._search.search(text, where)
        best = rerankable(ranking.ranked)
        # Between fewer than two there is nothing to decide, and nobody sees the order of what is not shown.
        if ranking.abstained or len(best) < 2:
            return ranking
        whole = await self._chunks.load([one.chunk.key for one in best])
        texts = [embedding_text(whole.get(one.chunk.key, one.chunk))[:MAX_TEXT_CHARS] for one in best]
        try:
            scores = await asyncio.to_thread(self._reranker.score, ranking.query.text, texts)
        except RerankingError as error:
            return replace(ranking, notices=(*ranking.notices, f"Not re-ranked: {error}"))
        return replace(ranking, ranked=blend(ranking.ranked, best, scores))


def rerankable(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return the hits that a model may reorder: the best ones, but for places that the query itself points at."""
    return [one for one in ranked if not _is_pointed_at(one)][:RERANKED]


def blend(ranked: Sequence[Ranked], best: Sequence[Ranked], scores: Sequence[float]) -> tuple[Ranked, ...]:
    """Return all hits, the best of them in a new order.

    Args:
        ranked: All hits in order.
        best: Those that were scored, in order.
        scores: The model's scores of these; more is better.
    """
    pushes = [MODEL_WEIGHT * deviation for deviation in standardised(scores)]
    pushed = [
        one._replace(score=probability(log_odds(one.score) + push)) for one, push in zip(best, pushes, strict=True)
    ]
    places = {one.chunk.key: place for place, one in enumerate(best)}
    pushed.sort(key=lambda one: (-one.score, places[one.chunk.key]))
    moved = [one._replace(moved=places[one.chunk.key] - place) for place, one in enumerate(pushed)]
    first = [one for one in ranked if _is_pointed_at(one)]
    rest = [one for one in ranked if not _is_pointed_at(one) and one.chunk.key not in places]
    # None falls below what the model was not asked about.
    least = max((one.score for one in rest), default=0.0)
    return (*first, *(one._replace(score=max(one.score, least)) for one in moved), *rest)


def standardised(scores: Sequence[float]) -> list[float]:
    """Return how many standard deviations each score lies above the mean; zeros where all are the same."""
    mean = sum(scores) / len(scores)
    deviation = math.sqrt(sum((score - mean) ** 2 for score in scores) / len(scores))
    # Differences at the edge of what floats tell apart are none.
    if deviation <= 1e-9 * max(1.0, abs(mean)):
        return [0.0] * len(scores)
    return [(score - mean) / deviation for score in scores]


def _is_pointed_at(one: Ranked) -> bool:
    return one.said is not None and one.said.rank is not None
