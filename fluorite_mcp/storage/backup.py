"""Copies of the database: one before each migration and one a day, the newest few kept."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

BACKUP_FOLDER = "backups"
BACKUPS_KEPT = 5
BACKUP_EVERY = timedelta(days=1)

# Pages copied between two looks at the lock: other processes write on meanwhile.
_PAGES_PER_STEP = 2048


def backup_folder(database: Path) -> Path:
    """Return the folder beside the database that holds its backups."""
    return database.parent / BACKUP_FOLDER


def list_backups(database: Path) -> list[Path]:
    """Return the backups, oldest first. Their names begin with the time, so they sort by it."""
    return sorted(backup_folder(database).glob("*.db"))


def backup_hint(database: Path) -> str:
    """Say where the newest backup lies and how to use it."""
    backups = list_backups(database)
    if not backups:
        return f"There is no backup in {backup_folder(database)}; move the file away to start with an empty store."
    return f"The newest backup is {backups[-1]}: move the damaged file away and copy the backup to its place."


def create_backup(database: Path, label: str, now: datetime) -> Path:
    """Copy the database as it stands into the backup folder, atomically.

    Args:
        database: The file to copy; writers may go on meanwhile.
        label: Why, as part of the name, such as "before-v2".
        now: The time that names the backup.

    Raises:
        OSError: The folder cannot be written.
        sqlite3.Error: The database cannot be read.
    """
    folder = backup_folder(database)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{now:%Y%m%dT%H%M%S}-{label}.db"
    partial = target.with_suffix(f".{os.getpid()}.partial")
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(partial)) as copy:
            source.backup(copy, pages=_PAGES_PER_STEP)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    for old in list_backups(database)[:-BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    return target


def backup_is_due(database: Path, now: datetime) -> bool:
    """Whether the newest backup is older than `BACKUP_EVERY`."""
    backups = list_backups(database)
    if not backups:
        return True
    made = datetime.fromtimestamp(backups[-1].stat().st_mtime, tz=now.tzinfo)
    return now - made >= BACKUP_EVERY
