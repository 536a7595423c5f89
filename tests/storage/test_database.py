"""The one way to write, against real locks, real limits and really damaged files."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import anyio
import pytest

from fluorite_mcp.errors import StoreBusyError, StoreError, StoreFullError
from fluorite_mcp.storage.database import MAX_VARIABLES, Database, translate
from tests.storage.conftest import ask

pytestmark = pytest.mark.anyio


async def put(database: Database, name: str, value: int = 1) -> None:
    await database.execute("INSERT INTO pairs VALUES (?, ?)", [name, value])


def _connection_threads() -> int:
    return sum("connection" in thread.name for thread in threading.enumerate())


async def names(database: Database) -> list[str]:
    return [name for (name,) in await database.fetch("SELECT name FROM pairs ORDER BY name")]


@pytest.fixture
def rival(database: Database) -> Iterator[sqlite3.Connection]:
    """Another connection, as another process has it."""
    with closing(sqlite3.connect(database.path, isolation_level=None, timeout=0.1)) as connection:
        yield connection


async def test_a_commit_is_seen_by_other_connections(database: Database) -> None:
    async with database.atomic():
        await put(database, "a")
        assert ask(database.path, "SELECT name FROM pairs") == []
        assert await names(database) == ["a"]

    assert ask(database.path, "SELECT name FROM pairs") == ["a"]


async def test_an_error_rolls_everything_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with database.atomic():
            await put(database, "a")
            await put(database, "b", 1 // 0)

    assert await names(database) == []


async def test_an_inner_block_that_fails_undoes_only_itself(database: Database) -> None:
    async with database.atomic():
        await put(database, "outer")
        with suppress(ZeroDivisionError):
            async with database.atomic():
                await put(database, "inner")
                async with database.atomic():
                    await put(database, "innermost")
                raise ZeroDivisionError
        async with database.atomic():
            await put(database, "second")

    assert await names(database) == ["outer", "second"]


async def test_an_outer_block_that_fails_undoes_the_inner_ones(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with database.atomic():
            async with database.atomic():
                await put(database, "inner")
            raise ZeroDivisionError

    assert await names(database) == []


async def test_a_violated_constraint_is_a_store_error_and_rolls_back(database: Database) -> None:
    with pytest.raises(StoreError, match="UNIQUE"):  # noqa: PT012
        async with database.atomic():
            await put(database, "a")
            await put(database, "a")

    assert await names(database) == []


async def test_cancelling_a_block_rolls_it_back_and_frees_the_lock(
    database: Database, rival: sqlite3.Connection
) -> None:
    with anyio.move_on_after(0.05) as scope:
        async with database.atomic():
            await put(database, "cancelled")
            await anyio.sleep(10)
    assert scope.cancelled_caught

    rival.execute("BEGIN IMMEDIATE")
    rival.execute("ROLLBACK")
    async with database.atomic():
        await put(database, "next")
    assert await names(database) == ["next"]


async def test_a_task_cancelled_while_it_waits_for_the_write_lock_leaves_no_transaction(
    database: Database, rival: sqlite3.Connection
) -> None:
    async def write() -> None:
        async with database.atomic():
            await put(database, "cancelled")

    rival.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(write())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.sleep(0.05)
    rival.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await task

    rival.execute("BEGIN IMMEDIATE")
    rival.execute("ROLLBACK")
    async with database.atomic():
        await put(database, "next")
    assert await names(database) == ["next"]


@pytest.mark.parametrize("ticks", range(12))
async def test_a_task_cancelled_at_any_moment_writes_all_or_nothing(database: Database, ticks: int) -> None:
    async def write() -> None:
        async with database.atomic():
            await put(database, "a")
            async with database.atomic():
                await put(database, "b")

    task = asyncio.create_task(write())
    for _ in range(ticks):
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert await names(database) in ([], ["a", "b"])
    async with database.atomic():
        await put(database, "c")


async def test_two_tasks_write_one_after_the_other(database: Database) -> None:
    async def count() -> None:
        for _ in range(20):
            async with database.atomic():
                row = await database.fetch_one("SELECT value FROM pairs WHERE name = 'n'")
                await asyncio.sleep(0)
                await database.execute("REPLACE INTO pairs VALUES ('n', ?)", [(row[0] if row else 0) + 1])

    await asyncio.gather(count(), count())

    assert await database.fetch_one("SELECT value FROM pairs") == (40,)


async def test_a_task_started_inside_a_block_is_not_inside_it(database: Database) -> None:
    async def write() -> None:
        async with database.atomic():
            await put(database, "started")

    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with database.atomic():
            await put(database, "outer")
            task = asyncio.create_task(write())
            await asyncio.sleep(0.02)
            raise ZeroDivisionError
    await task

    assert await names(database) == ["started"]


async def test_a_write_outside_atomic_is_refused(database: Database) -> None:
    for write in (
        database.execute("DELETE FROM pairs"),
        database.insert("INSERT INTO pairs VALUES ('a', 1)"),
        database.execute_many("INSERT INTO pairs VALUES (?, ?)", [("a", 1)]),
    ):
        with pytest.raises(RuntimeError, match="outside"):
            await write


async def test_a_write_after_the_transaction_broke_is_refused(database: Database) -> None:
    with pytest.raises(RuntimeError, match="ended by an error"):  # noqa: PT012
        async with database.atomic():
            await put(database, "a")
            # A full disk or a failing one ends the transaction inside SQLite; so does this.
            await database.execute("ROLLBACK")
            await put(database, "b")

    assert await names(database) == []


async def test_insert_returns_the_new_key_and_execute_the_number_of_rows(database: Database) -> None:
    async with database.atomic():
        assert await database.insert("INSERT INTO pairs (rowid, name) VALUES (7, 'a')") == 7
        await database.execute_many("INSERT INTO pairs VALUES (?, ?)", [("b", 1), ("c", 2)])
        assert await database.execute("DELETE FROM pairs WHERE value > 0") == 2


async def test_many_values_are_fetched_in_portions(database: Database) -> None:
    async with database.atomic():
        await database.execute_many("INSERT INTO pairs VALUES (?, ?)", [("a", 1), ("z", 1), ("n", 2)])
    values = ["a", *(f"-{number}" for number in range(MAX_VARIABLES + 10)), "z", "n"]

    rows = await database.fetch_in("SELECT name FROM pairs WHERE value = ? AND name IN ({in})", values, 1)

    assert rows == [("a",), ("z",)]
    assert await database.fetch_in("SELECT name FROM pairs WHERE name IN ({in})", []) == []


async def test_the_version_changes_with_own_and_with_foreign_commits(
    database: Database, rival: sqlite3.Connection
) -> None:
    first = await database.version()
    assert await database.version() == first

    async with database.atomic():
        await put(database, "own")
    second = await database.version()
    rival.execute("INSERT INTO pairs VALUES ('foreign', 1)")
    await asyncio.sleep(0.01)
    third = await database.version()

    assert len({first, second, third}) == 3


async def test_the_version_inside_a_block_is_the_one_outside(database: Database, rival: sqlite3.Connection) -> None:
    for number in range(3):
        rival.execute("INSERT INTO pairs VALUES (?, 1)", [f"foreign{number}"])
    await asyncio.sleep(0.01)
    outside = await database.version()
    await asyncio.sleep(0.01)

    async with database.atomic():
        assert await database.version() == outside


async def test_a_version_asked_for_before_a_commit_is_not_taken_for_the_one_after(database: Database) -> None:
    before = await database.version()
    await asyncio.sleep(0.01)
    async with database.atomic():
        await put(database, "own")
        asked = asyncio.create_task(database.version())
        await asyncio.sleep(0)
    await asked

    assert await database.version() != before


async def test_a_rolled_back_block_does_not_change_the_version(database: Database) -> None:
    before = await database.version()
    with suppress(ZeroDivisionError):
        async with database.atomic():
            await put(database, "a")
            raise ZeroDivisionError

    await asyncio.sleep(0.01)
    assert await database.version() == before


async def test_a_lock_held_too_long_is_reported_and_the_next_write_works(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "busy.db", busy_timeout=0.05)
    async with database.atomic():
        await database.execute("CREATE TABLE pairs (name TEXT, value INTEGER)")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match="nothing was written"):
            async with database.atomic():
                await put(database, "a")
        assert await names(database) == []  # Readers do not wait.
        rival.execute("COMMIT")

    async with database.atomic():
        await put(database, "b")
    assert await names(database) == ["b"]
    await database.close()


async def test_a_short_wait_for_another_writer_is_not_noticed(database: Database) -> None:
    rival = sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    rival.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, lambda: rival.execute("COMMIT"))
    timer.start()
    async with database.atomic():
        await put(database, "a")
    timer.join()
    rival.close()

    assert await names(database) == ["a"]


async def test_opening_waits_for_who_has_the_file_for_itself(database: Database) -> None:
    await database.close()
    rival = sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    rival.execute("PRAGMA locking_mode = EXCLUSIVE")
    rival.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(0.2, rival.close)
    timer.start()

    opened = await Database.open(database.path)
    timer.join()

    assert await names(opened) == []
    await opened.close()


async def test_a_file_that_cannot_be_opened_leaves_no_connection_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, busy_timeout: float) -> sqlite3.Connection:
        raise sqlite3.OperationalError(f"{path} is locked after {busy_timeout} s")

    # The last of three: a connection whose thread went on would keep the process from ending.
    monkeypatch.setattr("fluorite_mcp.storage.database._connect_for_lookups", refuse)
    before = _connection_threads()

    with pytest.raises(StoreError, match="is locked"):
        await Database.open(database.path)

    with anyio.fail_after(5):  # A closed connection's thread ends a moment later.
        while _connection_threads() > before:
            await asyncio.sleep(0.01)


async def test_a_full_disk_is_reported_and_nothing_is_half_written(database: Database) -> None:
    (pages,) = await database.fetch_one("PRAGMA page_count") or (0,)
    async with database.atomic():
        await put(database, "before")
        await database.execute(f"PRAGMA max_page_count = {pages + 3}")

    with pytest.raises(StoreFullError, match="nothing was written"):  # noqa: PT012
        async with database.atomic():
            await put(database, "a")
            for number in range(100):
                await put(database, f"{number}" * 4_000)

    assert await names(database) == ["before"]
    async with database.atomic():
        await database.execute("PRAGMA max_page_count = 1000000")
        await put(database, "after")
    assert await names(database) == ["after", "before"]


async def test_a_store_that_may_not_be_written_is_reported(database: Database) -> None:
    with pytest.raises(StoreFullError, match="permissions"):  # noqa: PT012
        async with database.atomic():
            await database.execute("PRAGMA query_only = ON")
            await put(database, "a")


async def test_a_folder_in_the_place_of_the_store_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        await Database.open(tmp_path)


async def test_a_store_in_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreFullError, match="cannot be created"):
        await Database.open(tmp_path / "nowhere" / "fluorite.db")


async def test_a_wrong_statement_is_a_plain_store_error(database: Database) -> None:
    with pytest.raises(StoreError, match="no such table") as caught:
        await database.fetch("SELECT * FROM missing")

    assert type(caught.value) is StoreError


async def test_an_error_without_a_code_is_a_plain_store_error(tmp_path: Path) -> None:
    assert type(translate(sqlite3.ProgrammingError("locked, full, corrupt"), tmp_path)) is StoreError


async def test_closing_folds_the_log_in(database: Database, tmp_path: Path) -> None:
    async with database.atomic():
        await put(database, "a")
    await database.close()

    assert not database.path.with_name("plain.db-wal").exists()
    assert ask(database.path, "SELECT name FROM pairs") == ["a"]
