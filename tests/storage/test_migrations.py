"""Migrations of a real old file, interrupted, raced and refused."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fluorite_mcp.errors import StoreFullError, StoreTooNewError
from fluorite_mcp.search.fields import lexical_fields
from fluorite_mcp.storage.backup import list_backups
from fluorite_mcp.storage.database import Database
from fluorite_mcp.storage.migrations import MIGRATIONS, SCHEMA_VERSION, migrate
from tests.storage.conftest import AT, MODEL, NOW, add, ask, matches, note, open_at

pytestmark = pytest.mark.anyio

NEXT = SCHEMA_VERSION + 1


async def add_column(database: Database) -> None:
    await database.execute("ALTER TABLE projects ADD COLUMN color TEXT")
    await database.execute("UPDATE chunks SET title = title || '!'")


async def fail_halfway(database: Database) -> None:
    await add_column(database)
    await database.execute("INSERT INTO missing VALUES (1)")


@pytest.fixture
async def old(path: Path) -> Path:
    """A store as this version leaves it, with a chunk in it."""
    store = await open_at(path)
    await add(store, note("n1", "kept over the migration"))
    await store.close()
    return path


async def test_a_new_store_has_the_newest_schema_and_no_backup(path: Path) -> None:
    store = await open_at(path)
    await store.close()

    assert ask(path, "PRAGMA user_version") == [SCHEMA_VERSION]
    assert list_backups(path) == []
    assert store.notices == []


async def test_an_old_file_is_migrated_after_a_backup(old: Path) -> None:
    database = await Database.open(old)
    notices = await migrate(database, NOW, (*MIGRATIONS, add_column))
    again = await migrate(database, NOW, (*MIGRATIONS, add_column))
    await database.close()

    (backup,) = list_backups(old)
    assert len(notices) == 1
    assert str(backup) in notices[0]
    assert again == []
    assert ask(old, "PRAGMA user_version") == [NEXT]
    assert ask(old, "SELECT title FROM chunks") == ["n1!"]
    assert ask(backup, "PRAGMA user_version") == [SCHEMA_VERSION]
    assert ask(backup, "SELECT title FROM chunks") == ["n1"]


async def test_a_step_that_fails_halfway_changes_nothing(old: Path) -> None:
    database = await Database.open(old)
    with pytest.raises(Exception, match="no such table"):
        await migrate(database, NOW, (*MIGRATIONS, fail_halfway))
    await database.close()

    assert ask(old, "PRAGMA user_version") == [SCHEMA_VERSION]
    assert ask(old, "SELECT title FROM chunks") == ["n1"]
    assert "color" not in ask(old, "SELECT name FROM pragma_table_info('projects')")
    reopened = await open_at(old)
    assert await reopened.chunks.find(["n1"])
    await reopened.close()


async def test_without_a_backup_nothing_is_migrated(old: Path) -> None:
    (old.parent / "backups").write_text("in the way")
    database = await Database.open(old)
    with pytest.raises(StoreFullError, match="backup"):
        await migrate(database, NOW, (*MIGRATIONS, add_column))
    await database.close()

    assert ask(old, "PRAGMA user_version") == [SCHEMA_VERSION]


async def test_of_two_at_once_one_migrates_and_only_it_says_so(old: Path) -> None:
    one, other = await Database.open(old), await Database.open(old)
    migrations = (*MIGRATIONS, add_column)
    notices = await asyncio.gather(migrate(one, NOW, migrations), migrate(other, NOW, migrations))
    await one.close()
    await other.close()

    (backup,) = list_backups(old)
    assert sorted(map(len, notices)) == [0, 1]
    assert ask(backup, "SELECT title FROM chunks") == ["n1"]
    assert ask(old, "SELECT title FROM chunks") == ["n1!"]


async def test_a_newer_store_is_refused_and_left_as_it_is(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(f"PRAGMA user_version = {NEXT}")
        connection.commit()
    before = old.read_bytes()

    with pytest.raises(StoreTooNewError, match="Upgrade"):
        await open_at(old)

    assert old.read_bytes() == before


OLD_FIELDS = (
    "INSERT INTO chunks (key, id, kind, title, content, frameworks, tags, quality, created_at, accessed_at,"
    " recorded_at, metadata) VALUES (1, 'n1', 'note', 'VPN', 1, '[]', '[]', 0.5, ?, ?, ?, '{}')"
)


@pytest.fixture
async def schema_1(path: Path) -> Path:
    """A store of the first schema with a note in it, as the first version wrote it."""
    path.parent.mkdir()
    database = await Database.open(path)
    await migrate(database, NOW, MIGRATIONS[:1])
    async with database.atomic():
        await database.execute("INSERT INTO meta VALUES ('words_version', '1')")
        text = b"deploys need the vpn"
        await database.execute("INSERT INTO contents VALUES (1, ?, ?, 0, ?)", [b"hash", len(text), text])
        await database.execute(OLD_FIELDS, [AT, AT, AT])
        words = "INSERT INTO words (rowid, scope, title, symbol, path, body) VALUES (1, 'p0 knote', '', '', '', 'vpn')"
        await database.execute(words)
    await database.close()
    return path


async def test_a_store_of_the_first_schema_is_backed_up_migrated_and_searched(schema_1: Path) -> None:
    store = await open_at(schema_1)
    [found] = (await store.chunks.find(["n1"])).values()
    profiles = await store.chunks.profiles_of([found.key], MODEL)
    await store.close()

    [backup] = list_backups(schema_1)
    [notice] = store.notices
    assert ask(backup, "PRAGMA user_version") == [1]
    assert str(backup) in notice
    assert ask(schema_1, "PRAGMA user_version") == [SCHEMA_VERSION]
    assert found.content == "deploys need the vpn"
    assert [row.profile for row in profiles] == [lexical_fields(found).profile]
    assert matches(schema_1, "deploi") + matches(schema_1, "deploy") == [1]
    assert ask(schema_1, "SELECT count(*) FROM word_columns WHERE col = 'title'") == [1]


async def test_a_migrated_store_can_be_written_and_opens_without_a_word_again(schema_1: Path) -> None:
    store = await open_at(schema_1)
    await add(store, note("n2", "written later"))
    async with store.database.atomic():
        await store.chunks.remove([1])
        await store.database.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    await store.close()
    again = await open_at(schema_1)
    await again.close()

    assert again.notices == []
    assert matches(schema_1, "vpn") == []
    assert ask(schema_1, "SELECT chunk FROM profiles") == ask(schema_1, "SELECT key FROM chunks")


CREATE = """
import asyncio, sys
from pathlib import Path
from tests.storage.conftest import open_at

async def main():
    store = await open_at(Path(sys.argv[1]))
    print(store.notices, await store.chunks.counts())
    await store.close()

asyncio.run(main())
"""


async def test_several_processes_create_one_store_at_once(path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", CREATE, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    ended = [process.communicate(timeout=60) for process in started]

    assert ended == [("[] ({}, 0)\n", "")] * 4
    assert ask(path, "PRAGMA user_version") == [SCHEMA_VERSION]
