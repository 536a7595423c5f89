"""Hybrid search: candidates by words and by vectors, ranked together, cut off where nothing is relevant."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from fluorite_mcp.errors import EmbeddingError
from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.index.lexical import LexicalMatches
from fluorite_mcp.models import Chunk
from fluorite_mcp.results import Mode
from fluorite_mcp.search.ahead import ReadAhead
from fluorite_mcp.search.documents import DocumentCache, DocumentId, document_of
from fluorite_mcp.search.model import Calibration, RankingModel, load_model
from fluorite_mcp.search.named_files import NamedFiles
from fluorite_mcp.search.odds import log_odds
from fluorite_mcp.search.places import ChunkHeaders, PlaceFinder, Said
from fluorite_mcp.search.query import Query, understand
from fluorite_mcp.search.ranking import Candidate, Grouped, Ranked, grouped, of_best, rank
from fluorite_mcp.search.scores import best_log_odds, calibrated, shown_score

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.ports import Embedder

# Candidates from each side. The ranking rules reorder within these; more found nothing more on 10,000 chunks.
CANDIDATES = 50
# In a large scope a file must be put together from all of its chunks first. Among more than 40 files ranking chose no
# other first ten on 24 repositories; with 30 NDCG@10 was 0.001 less.
LARGE_SCOPE_FILES = 40
# Below this probability that anything answers, search says so instead of showing the least bad.
ANSWERABLE_CUTOFF = 0.5
# Filters that the indexes cannot apply leave only a part of the candidates.
FILTERED_CANDIDATES = 600
# A kind or language leaves only a part of the nearest: so many times as many are asked for, and of those that pass so
# many times as many are ranked. With one time, templates were found at MRR@3 0.743 instead of 0.748; all that pass of
# four times as many found them no better, and took a suggestion a quarter longer.
_FILTERED_NEAREST, _FILTERED_RANKED = 4, 2


class WordSearch(Protocol):
    """Finds chunks by words."""

    async def search(self, words: Sequence[str], where: ScopeFilter, limit: int) -> LexicalMatches:
        """Return chunk keys with scores, best first."""
        ...


class VectorSearch(Protocol):
    """Finds chunks by vector."""

    async def search(
        self,
        scopes: Sequence[int],
        model: str,
        query: NDArray[np.float32],
        limit: int,
        allowed: Collection[int] | None = None,
    ) -> list[tuple[int, float]]:
        """Return (chunk key, cosine), best first."""
        ...


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which chunks may answer. `folder` is a path inside the project; `as_of` a time at which it must be valid."""

    scopes: tuple[int, ...]
    kinds: tuple[str, ...] = ()
    language: str | None = None
    frameworks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    folder: str = ""
    as_of: str | None = None
    now: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether candidates are lost after the indexes answered."""
        return bool(self.frameworks or self.tags or self.folder or self.as_of)

    def admits(self, chunk: Chunk) -> bool:
        """Whether a chunk may answer."""
        moment = self.as_of or self.now
        return (
            (not self.kinds or chunk.kind in self.kinds)
            and (self.language is None or chunk.language == self.language)
            and (not self.frameworks or bool(set(self.frameworks) & set(chunk.frameworks)))
            and (not self.tags or set(self.tags) <= set(chunk.tags))
            and (not self.folder or in_folder(chunk, self.folder))
            and (not chunk.valid_to or chunk.valid_to > moment)
            and (self.as_of is None or (chunk.valid_from or chunk.created_at) <= moment)
        )


def in_folder(chunk: Chunk, folder: str) -> bool:
    """Whether a chunk comes from a file in a folder of its project, or is that file; any does for the root, ""."""
    if not folder:
        return True
    path = chunk.origin.path or ""
    # A template's files have paths too, but lie in no project.
    return chunk.project is not None and (path == folder or path.startswith(folder + "/"))


@dataclass(frozen=True, slots=True)
class Ranking:
    """The outcome: everything found, in order, and whether to abstain because none of it is relevant."""

    query: Query
    ranked: tuple[Ranked, ...]
    mode: Mode
    answerable: float
    calibration: Calibration
    notices: tuple[str, ...] = ()

    @property
    def abstained(self) -> bool:
        """Whether nothing relevant was found."""
        return self.answerable < ANSWERABLE_CUTOFF

    def shown_scores(self, some: Sequence[Ranked]) -> list[float]:
        """Return how likely each of these is the right place, 0..1, as users see it."""
        best = best_log_odds(self.ranked)
        return [shown_score(one, best, self._certainty, self.calibration) for one in some]

    def shown_fits(self, fits: Sequence[float]) -> list[float]:
        """Return the same for likelihoods, 0..1, that somebody moved since: how well each of a list fits."""
        odds = [log_odds(min(1.0, fit)) for fit in fits]
        best = max(odds, default=0.0)
        return [self._certainty * calibrated(one, best, self.calibration) for one in odds]

    @property
    def _certainty(self) -> float:
        return self.answerable if self.abstained else 1.0


class Ranker(Protocol):
    """Ranks what some scopes hold on a query."""

    async def search(self, text: str, where: SearchFilter) -> Ranking:
        """Return everything found, in order."""
        ...


class _Embedded(NamedTuple):
    """A query as vectors.

    `vector` is the query's under the chunks' model, None where that does not answer; `spoken` are the bundled model's
    of its text and each word; `notices` say what did not work.
    """

    vector: NDArray[np.float32] | None
    spoken: NDArray[np.float32]
    notices: tuple[str, ...] = ()


# A query as vectors, and the cosines of the nearest chunks.
_Meaning = tuple[_Embedded, Mapping[int, float]]


class HybridSearch:
    """Searches words and vectors side by side.

    Args:
        words: Finds chunks by words.
        vectors: Finds chunks by vector.
        chunks: Reads chunks without their text.
        documents: Reads what ranking asks of them.
        embedder: The model that the vectors are of.
        places: Finds the files and definitions that a query points at; nothing is pointed at if None.
        named: Finds the files whose name a query says; none if None.
        model: The weights of the ranking; those of the package if None.
        ahead: Reads what a scope holds before it is first searched; nothing if None.
    """

    def __init__(
        self,
        words: WordSearch,
        vectors: VectorSearch,
        chunks: ChunkHeaders,
        documents: DocumentCache,
        embedder: Embedder,
        places: PlaceFinder | None = None,
        named: NamedFiles | None = None,
        model: RankingModel | None = None,
        ahead: ReadAhead | None = None,
    ) -> None:
        self._words = words
        self._vectors = vectors
        self._chunks = chunks
        self._documents = documents
        self._embedder = embedder
        self._places = places
        self._named = named
        self._model = model
        self._ahead = ahead
        # The query that was embedded last.
        self._embedded: tuple[Query, _Embedded] | None = None

    async def search(self, text: str, where: SearchFilter) -> Ranking:
        """Rank what the scopes hold on a query.

        A failing embedding model costs the dense half, not the answer: the mode is then "lexical".
        """
        if self._ahead is not None:
            await self._ahead.read(where.scopes)
        query = understand(text)
        limit = FILTERED_CANDIDATES if where.is_narrow else CANDIDATES
        is_large = self._ahead is not None and self._ahead.is_large(where.scopes)
        lexical, ((vector, spoken, notices), dense) = await self._find(query, where, limit, is_large=is_large)
        said = await self._places.find(query.mentions, where.scopes) if self._places else {}
        candidates = await self._candidates(lexical, dense, where)
        found = of_best(grouped(candidates), LARGE_SCOPE_FILES if is_large else len(candidates))
        found = with_places(found, said, where)
        found = {**found, **await self._of_named_files(query, found.keys(), where)}
        documents = await self._documents.load(found.keys())
        model = self._model or load_model()
        outcome = rank(query, lexical.weights, found, documents, vector, spoken, model)
        mode: Mode = "lexical" if vector is None else "hybrid"
        return Ranking(query, outcome.ranked, mode, outcome.answerable, model.shown, notices)

    async def _of_named_files(self, query: Query, known: Collection[DocumentId], where: SearchFilter) -> Grouped:
        """Return the files that the query names beside those that were found already."""
        # Code and traces are full of words that nobody chose.
        if self._named is None or query.shape == "code" or query.is_trace:
            return {}
        found = await self._named.find(query.words, where.scopes, known)
        return grouped(Candidate(chunk) for chunk in found if where.admits(chunk))

    async def _lexical(self, query: Query, where: SearchFilter, limit: int) -> LexicalMatches:
        if not query.words:
            return LexicalMatches((), 0.0)
        return await self._words.search(query.words, ScopeFilter(where.scopes, where.kinds, where.language), limit)

    async def _find(
        self, query: Query, where: SearchFilter, limit: int, *, is_large: bool
    ) -> tuple[LexicalMatches, _Meaning]:
        if not is_large:
            # With little to do, tasks of their own would take longer than what they save.
            return await self._lexical(query, where, limit), await self._by_meaning(query, where, limit)
        # SQLite looks the words up on its own thread while this one goes on.
        return await asyncio.gather(self._lexical(query, where, limit), self._known_by_meaning(query, where, limit))

    async def _known_by_meaning(self, query: Query, where: SearchFilter, limit: int) -> _Meaning:
        embedded, dense = await self._by_meaning(query, where, limit)
        # They will be asked for with those that have the words, and are remembered.
        await self._chunks.load_headers(list(dense))
        return embedded, dense

    async def _by_meaning(self, query: Query, where: SearchFilter, limit: int) -> _Meaning:
        embedded = await self._embed(query)
        return embedded, await self._dense(embedded.vector, where, limit)

    async def _embed(self, query: Query) -> _Embedded:
        # Of one task templates, code and notes are searched, one after the other.
        if self._embedded is None or self._embedded[0] is not query:
            embedded = await self._embed_anew(query)
            if embedded.notices:
                return embedded  # The model may answer the next time.
            self._embedded = query, embedded
        return self._embedded[1]

    async def _embed_anew(self, query: Query) -> _Embedded:
        texts, names = [query.text, *query.spoken], self._documents.names
        if self._embedder.name == names.name:
            spoken = self._embedder.embed(texts)
            return _Embedded(spoken[0], spoken)
        spoken = names.embed(texts)
        try:
            if self._embedder.is_slow:
                return _Embedded(await asyncio.to_thread(self._embedder.embed_query, query.text), spoken)
            # A static model takes less time than handing over to a thread.
            return _Embedded(self._embedder.embed_query(query.text), spoken)
        except EmbeddingError as error:
            return _Embedded(None, spoken, (f"Searched by words only: {error}",))

    async def _dense(self, vector: NDArray[np.float32] | None, where: SearchFilter, limit: int) -> Mapping[int, float]:
        """Return the cosines of the nearest chunks, nearest first; those that a kind or language leaves out are not."""
        if vector is None or not vector.any():
            return {}
        if not (where.kinds or where.language):
            return dict(await self._vectors.search(where.scopes, self._embedder.name, vector, limit))
        # Few of the nearest may be left; asking for more is cheaper than a list of allowed keys.
        found = await self._vectors.search(where.scopes, self._embedder.name, vector, _FILTERED_NEAREST * limit)
        near: dict[int, float] = {}
        most = _FILTERED_RANKED * limit
        for start in range(0, len(found), limit):
            portion = dict(found[start : start + limit])
            headers = await self._chunks.load_headers(list(portion))
            near |= {key: portion[key] for key, chunk in headers.items() if where.admits(chunk)}
            if len(near) >= most:
                break
        return dict(itertools.islice(near.items(), most))

    async def _candidates(
        self, lexical: LexicalMatches, dense: Mapping[int, float], where: SearchFilter
    ) -> list[Candidate]:
        scores = dict(lexical.scores)
        headers = await self._chunks.load_headers(list(scores.keys() | dense.keys()))
        ideal = lexical.ideal or 1.0
        return [
            Candidate(chunk, min(1.0, scores.get(key, 0.0) / ideal), dense.get(key))
            for key, chunk in headers.items()
            if where.admits(chunk)
        ]


def with_places(found: Grouped, said: Mapping[int, tuple[Chunk, Said]], where: SearchFilter) -> Grouped:
    """Return the candidates with what the query points at: marked where it was found, added where it was not.

    Of a file that was only named, the first chunk stands in where nothing else of it was found.
    """
    if not said:
        return found
    marked = {
        document: [one._replace(said=said[one.chunk.key][1]) if one.chunk.key in said else one for one in members]
        for document, members in found.items()
    }
    seen = {one.chunk.key for members in found.values() for one in members}
    for key, (chunk, how) in said.items():
        document = document_of(chunk)
        is_needed = how.rank is not None or document not in marked
        if key not in seen and is_needed and where.admits(chunk):
            marked.setdefault(document, []).append(Candidate(chunk, said=how))
    return marked
