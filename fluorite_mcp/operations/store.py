"""`store`: keep what was found out. Storing the same content twice is storing it once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fluorite_mcp.index.vectors import from_bytes
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.prepare import chunk_id
from fluorite_mcp.learning.ready import prepare_chunks
from fluorite_mcp.models import Chunk, Kind, PreparedChunk
from fluorite_mcp.operations.current import Current, CurrentProject
from fluorite_mcp.operations.store_request import Redactor, StoreRequest, check_request
from fluorite_mcp.operations.store_writes import StoreWrites, Write
from fluorite_mcp.ports import ChunkStore, Embedder
from fluorite_mcp.results import SimilarChunk, StoreResult
from fluorite_mcp.search.hybrid import VectorSearch

# What a note is worth before anyone judged it.
_NOTE_QUALITY = 0.6

_SIMILAR_SHOWN = 3
# The chunk itself and archived ones may stand among the nearest.
_SIMILAR_ASKED = 12

# Chunks that are made ready and written together; each portion finds the ones before it by their vectors.
_PORTION = 100


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A chunk to store: where it belongs, and how many secrets were taken out of it."""

    chunk: Chunk
    current: Current
    redacted: int


class StoreContent:
    """Answers `store`."""

    def __init__(
        self,
        current: CurrentProject,
        writes: StoreWrites,
        chunks: ChunkStore,
        vectors: VectorSearch,
        embedder: Embedder,
        *,
        max_bytes: int,
        similarity: float,
        now: Callable[[], str],
    ) -> None:
        self._current = current
        self._writes = writes
        self._chunks = chunks
        self._vectors = vectors
        self._embedder = embedder
        self._max_bytes = max_bytes
        self._similarity = similarity
        self._now = now

    async def run(self, request: StoreRequest, place: Place) -> StoreResult:
        """Store content, redacted, and link it to what says nearly the same.

        Raises:
            InputError: An argument cannot be used; the message names it.
            TooLargeError: The content is over the limit.
        """
        return (await self.run_many([request], place))[0]

    async def run_many(self, requests: Sequence[StoreRequest], place: Place) -> list[StoreResult]:
        """Store many contents as if one after the other, in a few transactions.

        Raises:
            InputError: An argument cannot be used; the message names it. Nothing was written, unless the error
                concerns an id that is in use elsewhere.
            TooLargeError: A content is over the limit. Nothing was written.
        """
        for request in requests:
            check_request(request, self._max_bytes)
        places: dict[str | None, Current] = {}
        wanted = [self._wanted(request, await self._belongs(request, place, places)) for request in requests]
        results: list[StoreResult] = []
        for start in range(0, len(wanted), _PORTION):
            results += await self._store(wanted[start : start + _PORTION])
        return results

    async def _belongs(self, request: StoreRequest, place: Place, known: dict[str | None, Current]) -> Current:
        if request.scope == "global":
            return Current(None)
        if request.path not in known:
            known[request.path] = await self._current.find(place, request.path)
        return known[request.path]

    async def _store(self, wanted: Sequence[_Wanted]) -> list[StoreResult]:
        prepared, model = await prepare_chunks([one.chunk for one in wanted], self._embedder)
        similar = [
            await self._similar(item, one.current, earlier=prepared[:number])
            for number, (one, item) in enumerate(zip(wanted, prepared, strict=True))
        ]
        writes = [Write(item, model, edges) for item, edges in zip(prepared, similar, strict=True)]
        created = await self._writes.write(writes)
        return [
            StoreResult(
                project=one.current.ref,
                id=one.chunk.id,
                created=is_new,
                similar=edges,
                redacted=one.redacted,
                notices=one.current.notices,
            )
            for one, edges, is_new in zip(wanted, similar, created, strict=True)
        ]

    def _wanted(self, request: StoreRequest, current: Current) -> _Wanted:
        now = self._now()
        redactor = Redactor()
        content = redactor.text(request.content)
        root = current.ref.root or "global"
        kind: Kind = request.kind  # type: ignore[assignment] # checked against KINDS
        chunk = Chunk(
            id=request.id or chunk_id(kind, root, content),
            kind=kind,
            title=redactor.text(request.title) if request.title else _first_line(content),
            content=content,
            project=current.project.key if current.project else None,
            language=request.language,
            frameworks=tuple(sorted({name.lower() for name in request.frameworks})),
            tags=tuple(sorted(set(map(redactor.text, request.tags)))),
            quality=_NOTE_QUALITY if request.quality_score is None else request.quality_score,
            created_at=now,
            accessed_at=now,
            recorded_at=now,
            metadata=redactor.values(request.metadata),
        )
        return _Wanted(chunk, current, redactor.count)

    async def _similar(
        self, item: PreparedChunk, current: Current, earlier: Sequence[PreparedChunk]
    ) -> tuple[SimilarChunk, ...]:
        """Return what says nearly the same: chunks of the scopes, and those that are about to be stored before."""
        if item.vector is None:
            return ()
        query = from_bytes([item.vector])[0]
        found = await self._vectors.search(current.scopes, self._embedder.name, query, _SIMILAR_ASKED)
        near = {key: score for key, score in found if score >= self._similarity}
        headers = await self._chunks.load_headers(list(near)) if near else {}
        scored = [(chunk, near[key]) for key, chunk in headers.items()]
        vectors = [(one.chunk, one.vector) for one in earlier if one.vector and one.chunk.project == item.chunk.project]
        if vectors:
            cosines = (from_bytes([vector for _, vector in vectors]) @ query).tolist()
            scored += [(one, score) for (one, _), score in zip(vectors, cosines, strict=True)]
        best = {chunk.id: (chunk, score) for chunk, score in scored if score >= self._similarity}
        best.pop(item.chunk.id, None)
        kept = sorted(best.values(), key=lambda pair: (-pair[1], pair[0].id))
        return tuple(
            SimilarChunk(id=chunk.id, title=chunk.title, score=round(min(score, 1.0), 4))
            for chunk, score in kept[:_SIMILAR_SHOWN]
        )


def _first_line(content: str) -> str:
    line = next(line for line in content.splitlines() if line.strip()).strip().lstrip("#").strip()
    return (line or "note")[:80]
