"""Small sets of chunks, ranked by the real model, with the profiles and vectors they would have in a store."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from fluorite_mcp.embedding.builtin import BuiltinEmbedder
from fluorite_mcp.models import Chunk, Origin, ProfiledChunk
from fluorite_mcp.search.documents import Document, DocumentCache, DocumentId, document_of
from fluorite_mcp.search.features import FEATURES
from fluorite_mcp.search.fields import embedding_text, lexical_fields
from fluorite_mcp.search.model import load_model
from fluorite_mcp.search.query import understand
from fluorite_mcp.search.ranking import Candidate, Ranking, grouped, rank


@cache
def bundled() -> BuiltinEmbedder:
    return BuiltinEmbedder()


class Shelf:
    """Chunks in memory, read as from a store; `imported` says how often words stand in imports."""

    def __init__(self, chunks: Sequence[Chunk], imported: Mapping[str, int] | None = None) -> None:
        self.chunks = list(chunks)
        self.imported = dict(imported or {})
        self.now = 1
        self.reads = 0

    async def version(self) -> int:
        return self.now

    async def profiles_of_files(self, project: int, paths: Sequence[str], model: str) -> list[ProfiledChunk]:
        self.reads += 1
        return [profiled(c) for c in self.chunks if c.project == project and c.origin.path in paths]

    async def profiles_of(self, keys: Sequence[int], model: str) -> list[ProfiledChunk]:
        self.reads += 1
        return [profiled(chunk) for chunk in self.chunks if chunk.key in keys]

    async def profiles_of_scope(self, scope: int, model: str, limit: int) -> list[ProfiledChunk]:
        self.reads += 1
        return [profiled(chunk) for chunk in self.chunks if (chunk.project or 0) == scope][:limit]

    async def find(self, project: int, paths: Sequence[str], model: str) -> dict[str, bytes]:
        return {}

    async def of_scope(self, scope: int, model: str) -> dict[str, bytes]:
        return {}

    async def importers(self, words: Sequence[str]) -> Mapping[str, int]:
        return {word: self.imported[word] for word in words if word in self.imported}


def profiled(chunk: Chunk) -> ProfiledChunk:
    vector = bundled().embed_query(embedding_text(chunk)).astype(np.float16).tobytes()
    origin, profile = chunk.origin, lexical_fields(chunk).profile
    return ProfiledChunk(chunk.key, origin.path, origin.end_line, profile, vector)


def piece(key: int, path: str = "", content: str = "sum totals", **fields: Any) -> Chunk:
    """Return a learned piece of a file; `defines` are its definitions: (name, kind, lines, depth)."""
    defines = [list(one) for one in fields.pop("defines", ())]
    line, end = fields.pop("line", 1), fields.pop("end", 40)
    base = Chunk(
        f"c{key}", "code", "", content, key=key, project=1, language="python", metadata={"definitions": defines}
    )
    return replace(base, origin=Origin(path or f"pkg/file{key}.py", line, end), **fields)


def found(chunk: Chunk, lexical: float = 0.5, cosine: float | None = 0.5) -> Candidate:
    return Candidate(chunk, lexical, cosine)


def documents_of(chunks: Sequence[Chunk], imported: Mapping[str, int] | None = None) -> dict[DocumentId, Document]:
    shelf = Shelf(chunks, imported)
    cache_ = DocumentCache(shelf, shelf, shelf, bundled(), bundled())
    return asyncio.run(cache_.load([document_of(chunk) for chunk in chunks]))


def ranking(text: str, *candidates: Candidate, imported: Mapping[str, int] | None = None) -> Ranking:
    """Rank candidates by the shipped weights; every word of the query has the same IDF."""
    query = understand(text)
    documents = documents_of([one.chunk for one in candidates], imported)
    weights = dict.fromkeys(query.words, 2.0)
    said = bundled().embed([query.text, *query.spoken])
    return rank(query, weights, grouped(candidates), documents, bundled().embed_query(text), said, load_model())


def order(text: str, *candidates: Candidate, imported: Mapping[str, int] | None = None) -> list[int]:
    return [one.chunk.key for one in ranking(text, *candidates, imported=imported).ranked]


def signal(name: str, text: str, *candidates: Candidate, imported: Mapping[str, int] | None = None) -> dict[int, float]:
    """Return one feature of each candidate, by the chunk's key."""
    column = list(FEATURES).index(name)
    return {one.chunk.key: float(one.signals[column]) for one in ranking(text, *candidates, imported=imported).ranked}
