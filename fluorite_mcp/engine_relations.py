"""The parts that tell what chunks have to do with each other, composed for an engine."""

from __future__ import annotations

from fluorite_mcp.index.generations import VectorIndex
from fluorite_mcp.index.lexical import LexicalIndex
from fluorite_mcp.operations.combinations import Combinations, ProjectFrameworks
from fluorite_mcp.operations.dependencies import Dependencies
from fluorite_mcp.operations.get import Get
from fluorite_mcp.operations.pattern_commits import PatternCommits
from fluorite_mcp.operations.quality import Qualities
from fluorite_mcp.operations.relations import RelatedChunks
from fluorite_mcp.operations.similar import SimilarChunks
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.ports import Embedder
from fluorite_mcp.search.headers import HeaderCache
from fluorite_mcp.storage.store import Store


def engine_frameworks(store: Store) -> ProjectFrameworks:
    """Return what keeps the frameworks of an engine's projects."""
    return ProjectFrameworks(store.database, store.chunks, store.projects, store.meta)


def engine_combinations(store: Store) -> Combinations:
    """Return what counts the combinations of frameworks."""
    return Combinations(store.chunks, engine_frameworks(store))


def engine_get(
    store: Store,
    index: VectorIndex,
    embedder: Embedder,
    headers: HeaderCache,
    combinations: Combinations,
    qualities: Qualities,
    usage: Usage,
) -> Get:
    """Return what shows an engine's chunks with all that they have to do with."""
    chunks = store.chunks
    dependencies = Dependencies(chunks, store.projects, store.mined, LexicalIndex(store.database), headers)
    similar = SimilarChunks(store.vectors, index, headers, embedder)
    related = RelatedChunks(chunks, store.relations, combinations, dependencies, similar)
    return Get(chunks, store.projects, store.history, related, PatternCommits(), qualities, usage)
