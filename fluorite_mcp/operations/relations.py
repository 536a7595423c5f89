"""What chunks have to do with each other: what is stored, and what is computed when a chunk is looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fluorite_mcp.learning.combinations import related_templates
from fluorite_mcp.learning.dependencies import MODULE, ONLY_ONE, Link
from fluorite_mcp.models import Chunk, RelationType
from fluorite_mcp.operations.combinations import Combinations
from fluorite_mcp.operations.dependencies import Dependencies
from fluorite_mcp.operations.similar import SimilarChunks
from fluorite_mcp.ports import ChunkStore, RelationStore
from fluorite_mcp.results import RelationView

# Of so many chunks of one answer, dependencies and neighbours are looked up: each costs milliseconds.
COMPUTED_CHUNKS = 10


@dataclass(frozen=True, slots=True)
class _Edge:
    """An edge, seen from a chunk. Its other end is known by id, and where it was read already, whole."""

    type: RelationType
    id: str
    weight: float
    direction: Literal["out", "in"]
    why: str = ""
    other: Chunk | None = None


class RelatedChunks:
    """Finds the relations of chunks. Only what was stored outlives the answer."""

    def __init__(
        self,
        chunks: ChunkStore,
        stored: RelationStore,
        combinations: Combinations,
        dependencies: Dependencies,
        similar: SimilarChunks,
    ) -> None:
        self._chunks = chunks
        self._stored = stored
        self._combinations = combinations
        self._dependencies = dependencies
        self._similar = similar

    async def of(self, chunks: Sequence[Chunk]) -> dict[str, tuple[RelationView, ...]]:
        """Return the relations of whole chunks, by id.

        Stored ones come first, then what goes with a template, what code depends on and is used by, what is similar.
        """
        edges = await self._stored_of(chunks)
        for chunk in [one for one in chunks if one.retired_at is None][:COMPUTED_CHUNKS]:
            edges[chunk.id] += await self._computed(chunk, {edge.id for edge in edges[chunk.id]})
        unread = {edge.id for found in edges.values() for edge in found if edge.other is None}
        ends = await self._chunks.find(sorted(unread))
        return {
            id_: tuple(_view(edge if edge.other else replace(edge, other=ends.get(edge.id))) for edge in found)
            for id_, found in edges.items()
        }

    async def _stored_of(self, chunks: Sequence[Chunk]) -> dict[str, list[_Edge]]:
        relations = await self._stored.of([chunk.id for chunk in chunks])
        return {
            chunk.id: [
                *(_Edge(one.type, one.target, one.weight, "out") for one in relations if one.source == chunk.id),
                *(_Edge(one.type, one.source, one.weight, "in") for one in relations if one.target == chunk.id),
            ]
            for chunk in chunks
        }

    async def _computed(self, chunk: Chunk, known: Collection[str]) -> list[_Edge]:
        edges: list[_Edge] = []
        if chunk.kind == "spike" and chunk.origin.path is None:
            edges += await self._templates(chunk)
        if chunk.kind == "code" and chunk.project is not None and chunk.origin.path:
            needs, users = await self._dependencies.needs(chunk), await self._dependencies.users(chunk)
            edges += [_dependence(link, "out") for link in needs] + [_dependence(link, "in") for link in users]
        known = {*known, *(edge.id for edge in edges)}
        for other, cosine in await self._similar.of(chunk):
            if other.id not in known:
                edges.append(_Edge("similar", other.id, round(cosine, 4), "out", "cosine of their vectors", other))
        return edges

    async def _templates(self, chunk: Chunk) -> list[_Edge]:
        stacks, combinations = await self._combinations.stacks(), await self._combinations.all()
        related = related_templates(chunk.id, stacks, combinations) if chunk.id in stacks else []
        living = await self._chunks.find([one.id for one in related])
        return [
            _Edge(one.type, one.id, one.weight, "out", one.why, living[one.id])
            for one in related
            if one.id in living and living[one.id].retired_at is None
        ]


def _dependence(link: Link, direction: Literal["out", "in"]) -> _Edge:
    if link.weight == MODULE:
        why = "imports its file"
    else:
        times = f" {link.count} times" if link.count > 1 else ""
        sure = "; nothing else here has this name" if link.weight == ONLY_ONE else ""
        why = f"{link.verb} {link.name}{times}{sure}"
    return _Edge("depends-on", link.found.chunk.id, link.weight, direction, why, link.found.chunk)


def _view(edge: _Edge) -> RelationView:
    # The ids of templates and their files say what they are.
    is_named = edge.other is None or (edge.other.kind == "spike" and not edge.why)
    title = "" if is_named or edge.other is None else _title(edge.other)
    return RelationView(
        type=edge.type, id=edge.id, weight=edge.weight, direction=edge.direction, title=title, why=edge.why
    )


def _title(chunk: Chunk) -> str:
    """Name a piece of a file by its place, as compilers print it; anything else by its title."""
    origin = chunk.origin
    if chunk.kind not in ("code", "doc") or not origin.path or not origin.start_line:
        return chunk.title
    place = f"{origin.path}:{origin.start_line}"
    return f"{place} {origin.symbol}" if origin.symbol else place
