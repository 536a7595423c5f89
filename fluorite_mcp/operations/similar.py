"""Which chunks say nearly the same as one: its nearest neighbours by vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fluorite_mcp.index.vectors import from_bytes
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk
from fluorite_mcp.search.fields import definitions_of
from fluorite_mcp.search.hybrid import VectorSearch
from fluorite_mcp.search.places import ChunkHeaders

MAX_SIMILAR = 3
# Cosine of the bundled model from which on a person calls two pieces alike, judged on pairs of seven repositories
# (docs/decisions.md): prose of one subject is near each other without saying the same.
THRESHOLDS: Mapping[str, float] = {"code": 0.80}
OTHER_THRESHOLD = 0.90
# Neighbours that are looked at: some are of another kind, of the same file or the same template.
_NEIGHBOURS = 24


class KnownVectors(Protocol):
    """Reads the vectors of chunks."""

    async def find(self, chunks: Sequence[int], model: str) -> dict[int, bytes]:
        """Return the vectors that some chunks have of a model, by key."""
        ...


class ModelName(Protocol):
    """What embeds."""

    @property
    def name(self) -> str:
        """The stamp of its vectors."""
        ...


class SimilarChunks:
    """Finds the neighbours of chunks; what has no vector of the model in use has none."""

    def __init__(self, vectors: KnownVectors, index: VectorSearch, headers: ChunkHeaders, model: ModelName) -> None:
        self._vectors = vectors
        self._index = index
        self._headers = headers
        self._model = model

    async def of(self, chunk: Chunk) -> list[tuple[Chunk, float]]:
        """Return (neighbour, cosine) of a living chunk: of its kind, those of other files first, the nearest first."""
        model = self._model.name
        kept = {} if is_head(chunk) else await self._vectors.find([chunk.key], model)
        if not kept:
            return []
        own = chunk.project or GLOBAL_SCOPE
        # Files are of projects alone.
        scopes = [own] if chunk.origin.path and own else sorted({own, GLOBAL_SCOPE})
        found = await self._index.search(scopes, model, from_bytes(list(kept.values()))[0], _NEIGHBOURS)
        least = THRESHOLDS.get(chunk.kind, OTHER_THRESHOLD)
        near = {key: cosine for key, cosine in found if cosine >= least and key != chunk.key}
        headers = (await self._headers.load_headers(list(near))).values()
        fitting = [one for one in headers if one.kind == chunk.kind and not is_head(one) and not _is_part(one, chunk)]
        fitting.sort(key=lambda one: (_is_beside(one, chunk), -round(near[one.key], 4), one.origin.path or "", one.id))
        return [(one, min(1.0, near[one.key])) for one in fitting[:MAX_SIMILAR]]


def is_head(chunk: Chunk) -> bool:
    """Whether a piece of code is the top of a file without a definition: licences and imports are like any other."""
    return chunk.kind == "code" and chunk.origin.start_line == 1 and not definitions_of(chunk)


def _is_beside(one: Chunk, chunk: Chunk) -> bool:
    return one.origin.path is not None and one.origin.path == chunk.origin.path and one.project == chunk.project


def _is_part(one: Chunk, chunk: Chunk) -> bool:
    """Whether two chunks are of one template."""
    return chunk.kind == "spike" and _template(one) == _template(chunk)


def _template(chunk: Chunk) -> object:
    return chunk.metadata.get("spike", chunk.id)
