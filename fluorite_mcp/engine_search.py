"""The parts that find and rank, composed for an engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fluorite_mcp.index.generations import VectorIndex
from fluorite_mcp.index.lexical import LexicalIndex
from fluorite_mcp.index.word_files import WordFiles
from fluorite_mcp.ports import Embedder
from fluorite_mcp.search.ahead import ReadAhead
from fluorite_mcp.search.documents import DocumentCache
from fluorite_mcp.search.headers import HeaderCache
from fluorite_mcp.search.hybrid import HybridSearch
from fluorite_mcp.search.large_tables import LargeTables
from fluorite_mcp.search.named_files import NamedFiles
from fluorite_mcp.search.places import PlaceFinder
from fluorite_mcp.search.word_source import ProfileWordSource
from fluorite_mcp.search.word_tables import WordTables
from fluorite_mcp.storage.store import Store


def engine_index(store: Store, folder: Path, now: Callable[[], str]) -> tuple[WordFiles, VectorIndex]:
    """Return what opens published words, and the vector index that they are published with.

    Args:
        store: Where the chunks are.
        folder: Where the files lie.
        now: Gives the time.
    """
    files = WordFiles(folder)
    return files, VectorIndex(store.vectors, ProfileWordSource(store.words), files, folder, now)


def engine_search(
    store: Store,
    index: VectorIndex,
    embedder: Embedder,
    names: Embedder,
    files: WordFiles,
    headers: HeaderCache,
) -> HybridSearch:
    """Return what ranks an engine's chunks.

    Args:
        store: Where the chunks are.
        index: Their vectors.
        embedder: What embeds queries, measured.
        names: What compares names and words.
        files: The words of large scopes.
        headers: What is kept of chunks between queries.
    """
    chunks = store.chunks
    source = ProfileWordSource(store.words)
    tables = WordTables(store.words, source, LargeTables(store.words, store.vectors, source, files))
    words = LexicalIndex(store.database, tables)
    documents = DocumentCache(chunks, store.merged, words, embedder, names)
    places = PlaceFinder(store.projects, chunks, words, headers)
    named = NamedFiles(store.projects, chunks)
    ahead = ReadAhead(chunks, headers, documents)
    return HybridSearch(words, index, headers, documents, embedder, places, named, ahead=ahead)
