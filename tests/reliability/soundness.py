"""Whether a store is whole: SQLite's own check, the words against a rebuild, vectors against comparing all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from fluorite_mcp.engine import DATABASE_NAME
from fluorite_mcp.index.generations import VectorIndex
from fluorite_mcp.index.vectors import from_bytes
from fluorite_mcp.index.word_files import WordFiles
from fluorite_mcp.search.word_source import ProfileWordSource
from tests.storage.conftest import AT, ask, open_at

_WORDS = "SELECT term, doc, col, offset FROM temp.every_word ORDER BY 1, 2, 3, 4"


def every_word(database: Path) -> list[Any]:
    """Return each word of the index with its chunk, column and place."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.every_word USING fts5vocab (main, words, 'instance')")
        return connection.execute(_WORDS).fetchall()


async def check_store(data: Path) -> None:
    """Check everything derived against what it is derived from."""
    database = data / DATABASE_NAME
    assert ask(database, "PRAGMA integrity_check") == ["ok"]
    assert ask(database, "PRAGMA foreign_key_check") == []
    assert ask(database, "SELECT count(*) FROM contents WHERE key NOT IN (SELECT content FROM chunks)") == [0]
    store = await open_at(database)
    try:
        before = every_word(database)
        async with store.database.atomic():
            await store.chunks.rebuild_words()
        assert every_word(database) == before
        folder = data / "vectors"
        index = VectorIndex(store.vectors, ProfileWordSource(store.words), WordFiles(folder), folder, lambda: AT)
        for scope, model in ask(database, "SELECT DISTINCT scope, model FROM embeddings"):
            await check_vectors(database, index, scope, model)
        assert index.notices == []
    finally:
        await store.close()


async def check_vectors(database: Path, index: VectorIndex, scope: int, model: str) -> None:
    rows = ask(database, "SELECT chunk, vector FROM embeddings WHERE scope = ? AND model = ?", scope, model)
    living = ask(database, "SELECT key FROM chunks WHERE retired_at IS NULL AND coalesce(project, 0) = ?", scope)
    assert sorted(key for key, _ in rows) == sorted(living)
    matrix = from_bytes([vector for _, vector in rows])
    for query in matrix[:: max(1, len(matrix) // 5)]:
        scores = np.sort(matrix @ query)[::-1][:10]
        found = await index.search((scope,), model, query, 10)
        np.testing.assert_allclose([score for _, score in found], scores, atol=2e-3)
