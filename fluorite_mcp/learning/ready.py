"""Making chunks ready for the store: their words, their vectors if the model works, the merged profiles of files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fluorite_mcp.errors import EmbeddingError
from fluorite_mcp.index.vectors import to_bytes
from fluorite_mcp.learning.prepare import PreparedFile
from fluorite_mcp.models import Chunk, PreparedChunk, ProfiledChunk
from fluorite_mcp.ports import Embedder
from fluorite_mcp.search.assembly import merged_profiles
from fluorite_mcp.search.fields import embedding_text, lexical_fields

# A text of this length is made ready in a millisecond, which is how long handing over to a thread may take.
_SHORT_CHARACTERS = 4_096


def embed_chunks(embedder: Embedder, chunks: Sequence[Chunk]) -> list[bytes]:
    """Return the chunks' vectors as the float16 bytes that the store keeps.

    Raises:
        EmbeddingError: The model does not work.
    """
    if not chunks:
        return []
    return to_bytes(embedder.embed([embedding_text(chunk) for chunk in chunks]))


async def prepare_chunks(chunks: Sequence[Chunk], embedder: Embedder) -> tuple[list[PreparedChunk], str]:
    """Return chunks with words and vectors, and the name of the model ("" when it did not work).

    A chunk without a vector is found by its words; the engine embeds it when the model works again.
    """
    if not embedder.is_slow and sum(len(chunk.content) for chunk in chunks) <= _SHORT_CHARACTERS:
        return _prepare(chunks, embedder)
    import asyncio  # Worker processes start without it.

    return await asyncio.to_thread(_prepare, chunks, embedder)


def _prepare(chunks: Sequence[Chunk], embedder: Embedder) -> tuple[list[PreparedChunk], str]:
    words = [lexical_fields(chunk) for chunk in chunks]
    vectors: Sequence[bytes | None]
    try:
        vectors, model = embed_chunks(embedder, chunks), embedder.name
    except EmbeddingError:
        vectors, model = [None] * len(chunks), ""
    return [PreparedChunk(*parts) for parts in zip(chunks, words, vectors, strict=True)], model


def complete(files: Sequence[PreparedFile], embedder: Embedder) -> list[PreparedFile]:
    """Return files whose chunks have vectors, with their merged profiles.

    Raises:
        EmbeddingError: The model does not work.
    """
    chunks = [item.chunk for file in files for item in file.chunks or ()]
    vectors = iter(embed_chunks(embedder, chunks))
    embedded = [
        file if file.chunks is None else replace(file, chunks=tuple(_with_vectors(file.chunks, vectors)))
        for file in files
    ]
    profiles = iter(merged_profiles([_profiled(file.chunks) for file in embedded if file.chunks]))
    return [replace(file, merged=next(profiles)) if file.chunks else file for file in embedded]


def _with_vectors(chunks: Sequence[PreparedChunk], vectors: Iterator[bytes]) -> list[PreparedChunk]:
    return [PreparedChunk(item.chunk, item.words, next(vectors)) for item in chunks]


def _profiled(chunks: Sequence[PreparedChunk]) -> list[ProfiledChunk]:
    """Return chunks as ranking reads them; those that are not in the store have no key yet."""
    return [
        ProfiledChunk(0, item.chunk.origin.path, item.chunk.origin.end_line, item.words.profile, item.vector)
        for item in chunks
    ]
