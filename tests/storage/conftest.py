"""Real stores in a folder of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fluorite_mcp.models import Chunk, PreparedChunk
from fluorite_mcp.search.fields import FIELDS_VERSION, lexical_fields
from fluorite_mcp.search.merged import MERGED_VERSION
from fluorite_mcp.storage.database import Database
from fluorite_mcp.storage.store import Store, open_store

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
AT = "2026-05-04T03:02:01.000000Z"
MODEL = "test-model"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "fluorite.db"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "plain.db")
    async with opened.atomic():
        await opened.execute("CREATE TABLE pairs (name TEXT PRIMARY KEY, value INTEGER)")
    yield opened
    await opened.close()


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    opened = await open_at(path)
    yield opened
    await opened.close()


async def open_at(path: Path, *, words_version: str = FIELDS_VERSION, compress: bool = True) -> Store:
    return await open_store(
        path,
        lexical_fields=lexical_fields,
        words_version=words_version,
        merged_version=MERGED_VERSION,
        compress=compress,
        now=NOW,
    )


def note(id_: str, content: str, **fields: Any) -> Chunk:
    fields = {"kind": "note", "title": id_, "created_at": AT, "accessed_at": AT, "recorded_at": AT} | fields
    return Chunk(id=id_, content=content, **fields)


def vector(seed: int, dimensions: int = 8) -> bytes:
    values = np.random.default_rng(seed).normal(size=dimensions)
    return (values / np.linalg.norm(values)).astype(np.float16).tobytes()


def prepared(chunk: Chunk, seed: int | None = 1) -> PreparedChunk:
    return PreparedChunk(chunk, lexical_fields(chunk), None if seed is None else vector(seed))


async def add(store: Store, *chunks: Chunk, model: str = MODEL) -> list[Chunk]:
    """Add chunks; they come back as stored, in the same order."""
    async with store.database.atomic():
        await store.chunks.add([prepared(chunk, number) for number, chunk in enumerate(chunks)], model)
    found = await store.chunks.find([chunk.id for chunk in chunks])
    return [found[chunk.id] for chunk in chunks]


async def change(store: Store, chunk: Chunk, content: str) -> Chunk:
    """Put new text under a chunk's id; it comes back as stored."""
    async with store.database.atomic():
        await store.chunks.replace([prepared(replace(chunk, content=content))], MODEL)
    return (await store.chunks.find([chunk.id]))[chunk.id]


def ask(path: Path, sql: str, *parameters: Any) -> list[Any]:
    """Read with a connection of our own, as another process would. Rows of one column come as values."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(sql, parameters).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]


def matches(path: Path, word: str) -> list[int]:
    return sorted(ask(path, "SELECT rowid FROM words WHERE words MATCH ?", f'"{word}"'))


def word_index(path: Path) -> dict[str, Sequence[int]]:
    """Return every token of the word index with the rows it is found in."""
    return {term: matches(path, term) for term in ask(path, "SELECT term FROM word_counts")}
