"""Files that are no whole database: refused, named with their backup, and left as they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fluorite_mcp.errors import StoreCorruptError, StoreError
from fluorite_mcp.storage import database as database_module
from fluorite_mcp.storage.backup import create_backup
from fluorite_mcp.storage.database import Database, check_file
from tests.storage.conftest import NOW

pytestmark = pytest.mark.anyio


def closed_store(folder: Path, rows: int = 500) -> Path:
    """Write a database of many pages, without a log beside it."""
    file = folder / "whole.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (text)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 200,)] * rows)
    return file


@pytest.mark.parametrize("content", [b"short", b"not a database at all " * 100, b"\x00" * 8192])
async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "fluorite.db"
    file.write_bytes(content)

    with pytest.raises(StoreCorruptError, match="not a database") as caught:
        await Database.open(file)

    assert "no backup" in str(caught.value)
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("kept", [0.999, 0.5, 0.05])
async def test_a_truncated_database_is_refused_naming_the_backup_and_left_as_it_is(tmp_path: Path, kept: float) -> None:
    file = closed_store(tmp_path)
    backup = create_backup(file, "daily", NOW)
    cut = file.read_bytes()[: int(file.stat().st_size * kept)]
    file.write_bytes(cut)

    with pytest.raises(StoreCorruptError, match="truncated") as caught:
        await Database.open(file)

    assert str(backup) in str(caught.value)
    assert file.read_bytes() == cut


async def test_a_header_without_a_database_behind_it_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "fluorite.db"
    file.write_bytes(content := b"SQLite format 3\x00" + b"\x00" * 4080)

    with pytest.raises(StoreCorruptError, match=r"damaged.*no backup"):
        await Database.open(file)

    assert file.read_bytes() == content


async def test_a_store_whose_second_connection_fails_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = database_module._connect
    opened: list[database_module._Connection] = []

    async def connect_once(path: Path, busy_timeout: float, cache: int) -> database_module._Connection:
        if opened:
            raise sqlite3.OperationalError("unable to open database file")
        opened.append(await connect(path, busy_timeout, cache))
        return opened[0]

    monkeypatch.setattr(database_module, "_connect", connect_once)
    with pytest.raises(StoreError, match="unable to open"):
        await Database.open(tmp_path / "a.db")

    with pytest.raises(ValueError, match=r"closed|no active"):
        await opened[0].threaded.execute("SELECT 1")


async def test_an_emptied_store_with_a_backup_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    file = closed_store(tmp_path)
    backup = create_backup(file, "daily", NOW)
    file.write_bytes(b"")

    with pytest.raises(StoreCorruptError, match="is empty") as caught:
        await Database.open(file)

    assert str(backup) in str(caught.value)
    assert file.read_bytes() == b""


async def test_an_emptied_store_keeps_its_log(tmp_path: Path) -> None:
    file, log = tmp_path / "fluorite.db", tmp_path / "fluorite.db-wal"
    file.write_bytes(b"")
    log.write_bytes(b"what was written last")

    with pytest.raises(StoreCorruptError, match="is empty"):
        check_file(file)

    assert log.exists()


async def test_a_new_and_an_empty_file_are_no_damage(tmp_path: Path) -> None:
    check_file(tmp_path / "none.db")
    (tmp_path / "empty.db").write_bytes(b"")
    check_file(tmp_path / "empty.db")


def interrupted_checkpoint(folder: Path) -> Path:
    """Return a store that died while its log was copied into it: page 1 was, the pages at the end were not yet."""
    source, target = folder / "running.db", folder / "died.db"
    with closing(sqlite3.connect(source)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (text)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = source.stat().st_size
        with connection:
            connection.executemany("INSERT INTO t VALUES (?)", [("x" * 200,)] * 500)
        target.with_name("died.db-wal").write_bytes(source.with_name("running.db-wal").read_bytes())
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        target.write_bytes(source.read_bytes()[:size])
    return target


async def test_a_store_that_died_while_its_log_was_folded_in_opens_whole(tmp_path: Path) -> None:
    file = interrupted_checkpoint(tmp_path)

    database = await Database.open(file)

    assert await database.fetch_one("SELECT count(*) FROM t") == (500,)
    assert await database.fetch_one("PRAGMA integrity_check") == ("ok",)
    await database.close()


@pytest.mark.parametrize("log", [b"", b"x" * 20, b"no log" * 1000])
async def test_a_truncated_database_is_refused_whatever_lies_in_its_log(tmp_path: Path, log: bytes) -> None:
    file = interrupted_checkpoint(tmp_path)
    file.with_name("died.db-wal").write_bytes(log)

    with pytest.raises(StoreCorruptError, match="truncated"):
        check_file(file)


async def test_a_log_of_other_pages_does_not_excuse_a_truncated_database(tmp_path: Path) -> None:
    file = interrupted_checkpoint(tmp_path)
    log = file.with_name("died.db-wal")
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])

    with pytest.raises(StoreCorruptError, match="truncated"):
        check_file(file)


async def test_damage_inside_the_database_is_reported_with_the_backup(tmp_path: Path) -> None:
    file = closed_store(tmp_path)
    backup = create_backup(file, "daily", NOW)
    data = bytearray(file.read_bytes())
    data[4096 : 4096 * 3] = b"\xff" * 8192
    file.write_bytes(data)

    database = await Database.open(file)
    with pytest.raises(StoreCorruptError, match="damaged") as caught:
        await database.fetch("SELECT * FROM t")
    await database.close()

    assert str(backup) in str(caught.value)
