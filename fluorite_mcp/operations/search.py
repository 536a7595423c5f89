"""`search`: the best places for a query, with the lines that show why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fluorite_mcp.errors import InputError
from fluorite_mcp.garbage import paused_collection
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.pipeline import Progress, ignore_progress
from fluorite_mcp.measures import CACHE_REQUESTS, SEARCH_SECONDS, SEARCHES, Measures
from fluorite_mcp.models import KINDS, Chunk, Freshness
from fluorite_mcp.operations.answered import Answered, AnsweredSearches
from fluorite_mcp.operations.arguments import check_choice, check_text, utc_text
from fluorite_mcp.operations.current import Current, CurrentProject
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.results import Hit, SearchResult
from fluorite_mcp.search.cursor import decode_cursor, encode_cursor
from fluorite_mcp.search.fields import is_learned
from fluorite_mcp.search.hybrid import Ranker, Ranking, SearchFilter
from fluorite_mcp.search.query import MAX_QUERY_CHARS
from fluorite_mcp.search.ranking import Ranked, explain
from fluorite_mcp.search.snippets import best_snippet
from fluorite_mcp.text.languages import LANGUAGES
from fluorite_mcp.text.secrets import redact_each

MAX_LIMIT = 50
MAX_SNIPPET_LINES = 400

_FEW_HITS = 10

# Places named where nothing is likely to answer: a line each, so that a wrong abstention costs little.
_NEAREST = 5

# Of a time such as 2026-01-31T12:34:56Z.
_MINUTE_CHARS = 16


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What to search for. Fields as in the `search` tool."""

    query: str
    path: str | None = None
    kinds: tuple[str, ...] = ()
    language: str | None = None
    frameworks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    limit: int = 5
    max_lines: int = 12
    min_score: float = 0.0
    as_of: str | None = None
    cursor: str | None = field(default=None)

    def identity(self, root: str | None) -> dict[str, object]:
        """What a cursor is tied to: everything that changes the order of the results."""
        return {
            "query": self.query, "root": root, "path": self.path, "kinds": self.kinds, "language": self.language,
            "frameworks": self.frameworks, "tags": self.tags, "min_score": self.min_score, "as_of": self.as_of,
        }  # fmt: skip


class Search:
    """Answers `search`."""

    def __init__(
        self,
        current: CurrentProject,
        hybrid: Ranker,
        chunks: ChunkStore,
        usage: Usage,
        measures: Measures,
        now: Callable[[], str],
    ) -> None:
        self._current = current
        self._hybrid = hybrid
        self._chunks = chunks
        self._usage = usage
        self._measures = measures
        self._now = now
        self._answered = AnsweredSearches()

    async def run(self, request: SearchRequest, place: Place, progress: Progress = ignore_progress) -> SearchResult:
        """Search the current project and global knowledge, learning first what changed.

        Raises:
            InputError: An argument cannot be used; the message names it.
        """
        check_request(request)
        result = await self._run(request, place, progress)
        root = result.project.root
        if root is not None and any(hit.fresh != "fresh" for hit in result.hits):
            # A look at a large project is left out if the last one was a moment ago; this hit shows it was needed.
            self._current.look_again(root)
            result = await self._run(request, place, progress)
        self._usage.shown([hit.id for hit in (*result.hits, *result.nearest)], "search")
        self._measures.count(SEARCHES, outcome="abstained" if result.abstained else "answered")
        return result

    async def _run(self, request: SearchRequest, place: Place, progress: Progress) -> SearchResult:
        current = await self._current.ensure(place, request.path, progress)
        # Not what is learned before the first answer: that has a figure of its own.
        with self._measures.timed(SEARCH_SECONDS):
            return await self._found(request, current)

    async def _found(self, request: SearchRequest, current: Current) -> SearchResult:
        version = await self._chunks.version()
        # What is valid only up to some moment may be shown a minute longer.
        question = (replace(request, path=None), current.project, current.part, self._now()[:_MINUTE_CHARS])
        answered = self._answered.find(version, question)
        self._measures.count(CACHE_REQUESTS, cache="answers", result="miss" if answered is None else "hit")
        if answered is not None:
            hits = tuple(self._looked_at(hit, current.root, answered.files) for hit in answered.result.hits)
            return replace(answered.result, hits=hits, notices=current.notices)
        with paused_collection():
            answered = await self._answer(request, current)
        # An answer that something went wrong with is not for keeping.
        if not answered.result.notices:
            self._answered.keep(version, question, answered)
        return replace(answered.result, notices=current.notices + answered.result.notices)

    async def _answer(self, request: SearchRequest, current: Current) -> Answered:
        identity = request.identity(current.ref.root)
        offset = decode_cursor(request.cursor, identity)
        ranking = await self.rank(request, current)
        ranked = [] if ranking.abstained else _likely(ranking, request.min_score)
        page = ranked[offset : offset + request.limit]
        following = offset + len(page)
        hits, files = await self._hits(page, ranking, current, request.max_lines)
        nearest = await self.hits(ranking.ranked[:_NEAREST], ranking, current, max_lines=0) if ranking.abstained else ()
        result = SearchResult(
            project=current.ref,
            hits=hits,
            mode=ranking.mode,
            abstained=ranking.abstained,
            nearest=nearest,
            next_cursor=encode_cursor(following, identity) if following < len(ranked) else None,
            notices=ranking.notices,
        )
        return Answered(result, files)

    async def rank_all(self, request: SearchRequest, place: Place) -> Ranking:
        """Rank what answers a request, learning first what changed."""
        check_request(request)
        return await self.rank(request, await self._current.ensure(place, request.path, ignore_progress))

    async def rank(self, request: SearchRequest, current: Current) -> Ranking:
        """Rank what the current project and global knowledge hold on a request."""
        where = SearchFilter(
            scopes=current.scopes, kinds=request.kinds, language=request.language, frameworks=request.frameworks,
            tags=request.tags, folder=current.part, now=self._now(),
            as_of=utc_text("as_of", request.as_of) if request.as_of is not None else None,
        )  # fmt: skip
        return await self._hybrid.search(request.query, where)

    async def hits(self, page: Sequence[Ranked], ranking: Ranking, current: Current, max_lines: int) -> tuple[Hit, ...]:
        """Return ranked chunks as hits, with snippets and whether their files still say so."""
        return (await self._hits(page, ranking, current, max_lines))[0]

    async def _hits(
        self, page: Sequence[Ranked], ranking: Ranking, current: Current, max_lines: int
    ) -> tuple[tuple[Hit, ...], dict[str, tuple[int, int]]]:
        """Return the hits, and what is known of their files, by path."""
        known = await self._chunks.shown([one.chunk.key for one in page])
        words, root = frozenset(ranking.query.words), current.root

        def build() -> tuple[Hit, ...]:
            scored = zip(page, ranking.shown_scores(page), strict=True)
            shown = [(one, score, known[one.chunk.key]) for one, score in scored if one.chunk.key in known]
            snippets = redact_each([best_snippet(said.text, words, max_lines).text for _, _, said in shown])
            return tuple(
                _hit(one, score, explain(ranking.query, one), snippet, self._freshness(one.chunk, root, said.file))
                for (one, score, said), snippet in zip(shown, snippets, strict=True)
            )

        # The usual few hits take less time than handing over to a thread.
        hits = build() if len(page) <= _FEW_HITS else await asyncio.to_thread(build)
        files = {one.chunk.origin.path: known[one.chunk.key].file for one in page if one.chunk.key in known}
        return hits, {path: file for path, file in files.items() if path is not None and file is not None}

    def _freshness(self, chunk: Chunk, root: Path | None, file: tuple[int, int] | None) -> Freshness:
        is_file = chunk.project is not None and is_learned(chunk)
        return self._current.freshness(root, chunk.origin.path, file) if is_file else "fresh"

    def _looked_at(self, hit: Hit, root: Path | None, known: dict[str, tuple[int, int]]) -> Hit:
        """Return a kept hit with whether its file still says so."""
        if hit.kind not in ("code", "doc") or hit.path not in known:
            return hit
        fresh = self._current.freshness(root, hit.path, known[hit.path])
        return hit if fresh == hit.fresh else replace(hit, fresh=fresh)


def check_request(request: SearchRequest) -> None:
    """Refuse a request that cannot be answered, naming the argument.

    Raises:
        InputError: An argument cannot be used.
    """
    check_text("query", request.query, max_chars=MAX_QUERY_CHARS * 8)
    check_choice("kinds", request.kinds, KINDS)
    if request.language is not None:
        check_choice("language", (request.language,), tuple(LANGUAGES))
    if not 1 <= request.limit <= MAX_LIMIT:
        raise InputError(f"limit is {request.limit}; it may be 1 to {MAX_LIMIT}. Use next_cursor for more.")
    if not 0 <= request.max_lines <= MAX_SNIPPET_LINES:
        raise InputError(f"max_lines is {request.max_lines}; it may be 0 (locations only) to {MAX_SNIPPET_LINES}.")
    if not 0.0 <= request.min_score <= 1.0:
        raise InputError(f"min_score is {request.min_score}; it may be 0 to 1.")
    if request.as_of is not None:
        utc_text("as_of", request.as_of)


def _likely(ranking: Ranking, min_score: float) -> Sequence[Ranked]:
    """Return what is at least so likely, in order."""
    if min_score <= 0.0:
        return ranking.ranked
    scores = ranking.shown_scores(ranking.ranked)
    return [one for one, score in zip(ranking.ranked, scores, strict=True) if score >= min_score]


def _hit(
    one: Ranked,
    score: float,
    why: tuple[str, ...],
    snippet: str,
    fresh: Freshness,
) -> Hit:
    chunk, origin = one.chunk, one.chunk.origin
    return Hit(
        id=chunk.id, kind=chunk.kind, title=chunk.title, score=round(score, 4), why=why, path=origin.path,
        start_line=origin.start_line, end_line=origin.end_line, symbol=origin.symbol, language=chunk.language,
        frameworks=chunk.frameworks, quality=round(chunk.quality, 3), snippet=snippet,
        origin=describe_origin(chunk),
        fresh=fresh,
    )  # fmt: skip


def describe_origin(chunk: Chunk) -> str:
    """Say where a chunk comes from, in a few words."""
    origin = chunk.origin
    if origin.url:
        return origin.url
    if origin.path and origin.start_line:
        return f"{origin.path}:{origin.start_line}-{origin.end_line}"
    if origin.path:
        return origin.path
    if chunk.kind == "spike":
        return "bundled spike"
    if chunk.kind == "pattern" and isinstance(mined := chunk.metadata.get("pattern"), dict):
        return f"seen {mined['count']} times in {mined['files']} files"
    return f"stored {chunk.recorded_at}"
