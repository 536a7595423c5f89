"""The parts that tell what chunks have to do with each other, composed for an engine."""

from __future__ import annotations

from fluorite_mcp.index.generations import VectorIndex
from fluorite_mcp.index.lexical import LexicalIndex
from fluorite_mcp.operations.combinations import Combinations, ProjectFrameworks
from fluorite_mcp.operations.dependencies import Dependencies
from fluorite_mcp.operations.relations import RelatedChunks
from fluorite_mcp.operations.similar import SimilarChunks
from fluorite_mcp.ports import Embedder
from fluorite_mcp.storage.store import Store


def engine_frameworks(store: Store) -> ProjectFrameworks:
    """Return what keeps the frameworks of an engine's projects."""
    return ProjectFrameworks(store.database, store.chunks, store.projects, store.meta)


def engine_combinations(store: Store) -> Combinations:
    """Return what counts the combinations of frameworks."""
    return Combinations(store.chunks, engine_frameworks(store))


def engine_relations(store: Store, index: VectorIndex, embedder: Embedder, combinations: Combinations) -> RelatedChunks:
    """Return what finds the relations of an engine's chunks."""
    chunks = store.chunks
    return RelatedChunks(
        chunks,
        store.relations,
        combinations,
        Dependencies(chunks, store.projects, store.mined, LexicalIndex(store.database), chunks),
        SimilarChunks(store.vectors, index, chunks, embedder),
    )
