"""Backups of databases that are in use."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from fluorite_mcp.errors import StoreFullError
from fluorite_mcp.storage.backup import (
    BACKUPS_KEPT,
    backup_folder,
    backup_hint,
    backup_is_due,
    create_backup,
    create_daily_backup,
    list_backups,
)
from fluorite_mcp.storage.database import Database
from tests.storage.conftest import NOW, ask

pytestmark = pytest.mark.anyio


def fill(path: Path, rows: int = 10) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (text)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * rows)
    return path


async def test_a_backup_holds_what_was_committed_and_nothing_else(database: Database) -> None:
    async with database.atomic():
        await database.execute("INSERT INTO pairs VALUES ('committed', 1)")
    async with database.atomic():
        await database.execute("INSERT INTO pairs VALUES ('open', 1)")
        backup = await asyncio.to_thread(create_backup, database.path, "daily", NOW)

    assert backup.name == "20260504T030201-daily.db"
    assert ask(backup, "SELECT name FROM pairs") == ["committed"]
    assert ask(backup, "PRAGMA integrity_check") == ["ok"]


def test_a_backup_is_one_file(tmp_path: Path) -> None:
    backup = create_backup(fill(tmp_path / "a.db"), "daily", NOW)

    assert list(backup_folder(tmp_path / "a.db").iterdir()) == [backup]


def test_the_newest_backups_are_kept(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.db")
    made = [create_backup(path, "daily", NOW + timedelta(days=day)) for day in range(BACKUPS_KEPT + 3)]

    assert list_backups(path) == made[-BACKUPS_KEPT:]
    assert str(made[-1]) in backup_hint(path)


@pytest.mark.timeout(30)  # A copy that began anew at every commit would never end.
def test_writers_go_on_while_a_backup_is_made_and_do_not_hold_it_up(tmp_path: Path) -> None:
    path, done, written = fill(tmp_path / "a.db", rows=60_000), threading.Event(), []

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            while not done.is_set():
                time.sleep(0.0005)
                written.append(connection.execute("INSERT INTO t VALUES ('more')").lastrowid)

    writer = threading.Thread(target=write)
    writer.start()
    backup = create_backup(path, "daily", NOW)
    done.set()
    writer.join()

    assert written
    assert ask(backup, "PRAGMA integrity_check") == ["ok"]
    assert ask(backup, "SELECT count(*) FROM t")[0] >= 60_000


def test_a_backup_that_cannot_be_written_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.db")
    (tmp_path / "backups").write_text("in the way")

    with pytest.raises(StoreFullError, match="backup"):
        create_backup(path, "daily", NOW)
    with pytest.raises(StoreFullError, match="cannot be written"):
        create_daily_backup(path, NOW)


def test_a_damaged_source_gives_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"no database" * 1000)

    with pytest.raises(StoreFullError):
        create_backup(path, "daily", NOW)

    assert list(backup_folder(path).iterdir()) == []


def test_what_killed_processes_left_is_removed_after_a_day(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.db")
    folder = backup_folder(path)
    folder.mkdir()
    old, young = folder / "20260101T000000-daily.1.partial", folder / "20260101T000000-daily.2.partial"
    for partial in (old, young):
        partial.write_bytes(b"half a copy")
    os.utime(old, (1, 1))

    create_backup(path, "daily", NOW)

    assert (old.exists(), young.exists()) == (False, True)


def test_a_backup_is_due_after_a_day(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.db")
    assert backup_is_due(path, NOW)
    backup = create_daily_backup(path, NOW)
    assert backup is not None
    os.utime(backup, (NOW.timestamp(), NOW.timestamp()))

    assert create_daily_backup(path, NOW + timedelta(hours=23)) is None
    assert create_daily_backup(path, NOW + timedelta(hours=24)) is not None
    assert len(list_backups(path)) == 2


DAILY = """
import sys, time
from datetime import datetime, timedelta
from pathlib import Path
from fluorite_mcp.storage.backup import create_daily_backup
now = datetime.now().astimezone() + timedelta(seconds=int(sys.argv[2]))
time.sleep(max(0.0, float(sys.argv[3]) - time.time()))
print(create_daily_backup(Path(sys.argv[1]), now) is not None)
"""


def test_sessions_that_start_together_make_one_backup(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.db", rows=40_000)
    # All begin at one moment, and each names its backup by another second.
    begin = str(time.time() + 1.5)
    started = [
        subprocess.Popen([sys.executable, "-c", DAILY, path, str(number), begin], stdout=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    answers = [process.communicate(timeout=60)[0].strip() for process in started]

    assert sorted(answers) == ["False", "False", "False", "True"]
    assert len(list_backups(path)) == 1
