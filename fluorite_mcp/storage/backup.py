"""Copies of the database: one before each migration and one a day, the newest few kept."""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from fluorite_mcp.errors import StoreFullError

BACKUP_FOLDER = "backups"
BACKUPS_KEPT = 5
BACKUP_EVERY = timedelta(days=1)
_PARTIAL = ".partial"


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
    # A log left behind would be replayed into the backup.
    return (
        f"The newest backup is {backups[-1]}: move {database.name} and, if they are there, {database.name}-wal and "
        f"{database.name}-shm away, and copy the backup to {database}."
    )


def create_backup(database: Path, label: str, now: datetime) -> Path:
    """Copy the database as it stands into the backup folder, atomically.

    Args:
        database: The file to copy; writers may go on meanwhile.
        label: Why, as part of the name, such as "before-v2".
        now: The time that names the backup.

    Raises:
        StoreFullError: The folder cannot be written, or the database cannot be read.
    """
    folder = backup_folder(database)
    target = folder / f"{now:%Y%m%dT%H%M%S}-{label}.db"
    partial = target.with_suffix(f".{uuid.uuid4().hex[:12]}{_PARTIAL}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _copy(database, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        _prune(database)
    except (OSError, sqlite3.Error) as error:
        raise StoreFullError(
            f"No backup could be written to {folder} ({error}). Free disk space or check permissions."
        ) from error
    return target


def _copy(database: Path, target: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        # In one step: with a log, writers go on beside it, whereas between steps each of their commits would
        # make the copy begin anew.
        source.backup(copy)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _prune(database: Path) -> None:
    for old in list_backups(database)[:-BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    for partial in backup_folder(database).glob(f"*{_PARTIAL}"):
        # Left by a process that was killed; a young one may still be written.
        if time.time() - partial.stat().st_mtime > BACKUP_EVERY.total_seconds():
            partial.unlink(missing_ok=True)


def create_daily_backup(database: Path, now: datetime) -> Path | None:
    """Make the backup of the day if it is due; None when it is not, or another process makes it.

    Raises:
        StoreFullError: The folder cannot be written.
    """
    import filelock

    if not backup_is_due(database, now):
        return None
    try:
        backup_folder(database).mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(backup_folder(database) / "daily.lock", blocking=False, thread_local=False):
            # Many sessions start at once in the morning; each making one would push out those of other days.
            return create_backup(database, "daily", now) if backup_is_due(database, now) else None
    except filelock.Timeout:
        return None
    except OSError as error:
        raise StoreFullError(f"{backup_folder(database)} cannot be written ({error}). Check permissions.") from error


def backup_is_due(database: Path, now: datetime) -> bool:
    """Whether the newest backup is older than `BACKUP_EVERY`."""
    backups = list_backups(database)
    if not backups:
        return True
    made = datetime.fromtimestamp(backups[-1].stat().st_mtime, tz=now.tzinfo)
    return now - made >= BACKUP_EVERY
