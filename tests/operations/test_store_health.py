"""The checks of the store, on real stores that were damaged on purpose."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fluorite_mcp.engine import DATABASE_NAME, Engine
from fluorite_mcp.index.vectors import read_index
from fluorite_mcp.index.word_lists import read_word_lists
from fluorite_mcp.operations.doctor import Finding
from fluorite_mcp.operations.store_health import check_store, check_vectors, check_words, open_read_only
from fluorite_mcp.search.fields import FIELDS_VERSION
from fluorite_mcp.storage.backup import backup_hint
from fluorite_mcp.storage.database import check_file
from fluorite_mcp.storage.migrations import SCHEMA_VERSION

MODEL = "SELECT model FROM embeddings LIMIT 1"


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    async with Engine.open(tmp_path / "data", folder=tmp_path) as engine:
        await engine.store("Deploys need the VPN.")
        await engine.rebuild()
    return tmp_path / "data" / DATABASE_NAME


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def writing(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection


def examine(database: Path) -> Finding:
    return check_store(database, check_file, backup_hint, SCHEMA_VERSION)


def words(database: Path, version: str = FIELDS_VERSION) -> Finding:
    with open_read_only(database) as connection:
        return check_words(connection, version)


def count_vectors(file: Path, checksum: str) -> int | None:
    index = read_index(file, checksum)
    return None if index is None else int(index.ntotal)


def has_words(file: Path, checksum: str) -> bool:
    return read_word_lists(file, checksum) is not None


def vectors(database: Path, model: str | None = None) -> Finding:
    with open_read_only(database) as connection:
        model = model or connection.execute(MODEL).fetchone()[0]
        return check_vectors(connection, database.parent / "vectors", model, count_vectors, has_words)


@pytest.mark.anyio
async def test_a_sound_store_passes_every_check(database: Path) -> None:
    before = database.read_bytes()

    states = [finding.state for finding in (examine(database), words(database), vectors(database))]

    assert states == ["ok", "ok", "ok"]
    assert database.read_bytes() == before


@pytest.mark.anyio
async def test_a_read_only_connection_cannot_write(database: Path) -> None:
    with open_read_only(database) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM chunks")


def test_a_store_that_is_not_there_or_empty_is_well(tmp_path: Path) -> None:
    (tmp_path / "empty.db").write_bytes(b"")

    assert examine(tmp_path / "none.db").state == "ok"
    assert examine(tmp_path / "empty.db").state == "ok"


@pytest.mark.anyio
async def test_damaged_pages_are_found_and_left_alone(database: Path) -> None:
    damaged = bytearray(database.read_bytes())
    damaged[20_000:60_000] = b"\xff" * 40_000
    database.write_bytes(damaged)

    finding = examine(database)

    assert finding.state == "fail"
    assert "backup" in finding.advice
    assert database.read_bytes() == bytes(damaged)


@pytest.mark.anyio
async def test_a_store_of_a_newer_version_is_left_to_it(database: Path, writing: sqlite3.Connection) -> None:
    writing.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    finding = examine(database)

    assert (finding.state, finding.advice) == ("fail", "Upgrade fluorite-mcp.")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM words_docsize WHERE id = (SELECT max(id) FROM words_docsize)",
        "INSERT INTO words_docsize VALUES (999999, x'00')",
        "UPDATE words_data SET block = x'ffffffff' WHERE id > 10",
    ],
)
async def test_a_word_index_that_differs_from_the_chunks_fails(
    damage: str, database: Path, writing: sqlite3.Connection
) -> None:
    writing.execute(damage)

    finding = words(database)

    assert finding.state == "fail"
    assert "--rebuild" in finding.advice


@pytest.mark.anyio
async def test_words_of_another_version_are_a_warning(database: Path) -> None:
    assert words(database, "another").state == "warn"


@pytest.mark.anyio
async def test_chunks_without_vectors_are_a_warning_with_their_number(
    database: Path, writing: sqlite3.Connection
) -> None:
    writing.execute("DELETE FROM embeddings WHERE chunk = (SELECT max(chunk) FROM embeddings)")

    finding = vectors(database)

    assert (finding.state, finding.message) == ("warn", "1 chunks wait for their vectors")
    assert vectors(database, "another-model").state == "warn"


@pytest.mark.anyio
async def test_a_published_file_that_is_missing_is_a_warning(database: Path) -> None:
    next((database.parent / "vectors").glob("*.faiss")).unlink()

    finding = vectors(database)

    assert finding.state == "warn"
    assert ".faiss missing or damaged" in finding.message


@pytest.mark.anyio
async def test_a_published_file_that_holds_another_number_is_a_warning(
    database: Path, writing: sqlite3.Connection
) -> None:
    writing.execute("UPDATE generations SET rows = rows + 1")

    assert vectors(database).state == "warn"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE chunks SET retired_at = '2026-01-01' WHERE key = 1",
        "UPDATE embeddings SET vector = x'0000' WHERE chunk = 1",
    ],
)
async def test_vectors_that_fit_no_chunk_or_each_other_fail(
    damage: str, database: Path, writing: sqlite3.Connection
) -> None:
    writing.execute(damage)

    assert vectors(database).state == "fail"


@pytest.mark.anyio
async def test_tables_that_cannot_be_read_fail(database: Path, writing: sqlite3.Connection) -> None:
    writing.execute("ALTER TABLE embeddings RENAME TO elsewhere")

    with open_read_only(database) as connection:
        finding = check_vectors(connection, database.parent, "any", lambda *_: None, lambda *_: True)

    assert finding.state == "fail"
