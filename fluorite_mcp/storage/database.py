"""The SQLite file: opening it safely, one way to write (`atomic`), one way to read (`fetch`).

WAL with `synchronous=FULL`: a commit that returned survives the death of the process and of the machine.
Writers of all processes queue on SQLite's own lock for `BUSY_TIMEOUT_SECONDS`; readers never wait.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import aiosqlite
import anyio

from fluorite_mcp.errors import FluoriteError, StoreBusyError, StoreCorruptError, StoreError, StoreFullError
from fluorite_mcp.storage.backup import backup_hint

Row = tuple[Any, ...]

# Long enough for a queue of learners on a slow disk, short enough that a user still waits for the answer.
BUSY_TIMEOUT_SECONDS = 30.0

# SQLite refuses more bound values than this in one statement (SQLITE_MAX_VARIABLE_NUMBER, 3.32+: 32,766).
MAX_VARIABLES = 30_000

# One request asks for the version several times; another process's commit within this time may as well have come after.
_VERSION_FRESH_SECONDS = 0.002

_HEADER_BYTES = 100
_MAGIC = b"SQLite format 3\x00"


class Database:
    """An open store: one connection that writes and one that reads, each on its own thread."""

    def __init__(self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._write_lock = anyio.Lock()
        # The version read last, and when.
        self._seen: tuple[int, float] | None = None
        # The depth of nested `atomic` blocks in the current task, so that inner ones become savepoints.
        self._depth: ContextVar[int] = ContextVar(f"atomic_depth_{id(self)}", default=0)

    @classmethod
    async def open(cls, path: Path, *, busy_timeout: float = BUSY_TIMEOUT_SECONDS) -> Database:
        """Open or create the database file.

        Raises:
            StoreCorruptError: The file is not a database or was truncated; it is left as it is.
            StoreFullError: The folder cannot be written.
            StoreBusyError: Another process holds the lock.
        """
        check_file(path)
        try:
            writer = await _connect(path, busy_timeout)
            try:
                reader = await _connect(path, busy_timeout)
            except BaseException:
                await writer.close()
                raise
        except sqlite3.Error as error:
            raise translate(error, path) from error
        return cls(path, writer, reader)

    async def close(self) -> None:
        """Close both connections; the write-ahead log is folded in by the last process that closes."""
        with anyio.CancelScope(shield=True):
            await self._reader.close()
            await self._writer.close()

    @asynccontextmanager
    async def atomic(self) -> AsyncIterator[None]:
        """Write everything inside or nothing. Nested blocks are savepoints of the outermost.

        Raises:
            StoreBusyError: Another process held the write lock past the timeout; nothing was written.
            StoreFullError: The disk is full; nothing was written.
        """
        depth = self._depth.get()
        if depth:
            async with self._scope(depth, f"SAVEPOINT s{depth}", f"RELEASE s{depth}", f"ROLLBACK TO s{depth}"):
                yield
            return
        async with self._write_lock, self._scope(depth, "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"):
            yield

    @asynccontextmanager
    async def _scope(self, depth: int, begin: str, commit: str, rollback: str) -> AsyncIterator[None]:
        try:
            await self._writer.execute(begin)
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        token = self._depth.set(depth + 1)
        try:
            yield
            await self._writer.execute(commit)
            self._seen = None
        except BaseException as error:
            # A cancelled task must still give the lock back.
            with anyio.CancelScope(shield=True):
                await self._roll_back(rollback)
            if isinstance(error, sqlite3.Error):
                raise translate(error, self.path) from error
            raise
        finally:
            self._depth.reset(token)

    async def _roll_back(self, statement: str) -> None:
        if self._writer.in_transaction:
            await self._writer.execute(statement)

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement inside `atomic`. Returns the number of rows it changed."""
        self._require_atomic()
        cursor = await self._writer.execute(sql, parameters)
        return cursor.rowcount

    async def insert(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one INSERT inside `atomic`. Returns the new row's key."""
        self._require_atomic()
        cursor = await self._writer.execute(sql, parameters)
        return cursor.lastrowid or 0

    async def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for every row, inside `atomic`."""
        self._require_atomic()
        await self._writer.executemany(sql, rows)

    def _require_atomic(self) -> None:
        if not self._depth.get():
            raise RuntimeError("a write outside Database.atomic()")

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Read rows; inside `atomic` this sees what the block wrote so far."""
        connection = self._writer if self._depth.get() else self._reader
        try:
            return list(await connection.execute_fetchall(sql, parameters))  # type: ignore[arg-type]
        except sqlite3.Error as error:
            raise translate(error, self.path) from error

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Read the first row, or None."""
        rows = await self.fetch(sql, parameters)
        return rows[0] if rows else None

    async def version(self) -> int:
        """Return a number that changes with every commit of any process."""
        if self._seen is not None and time.monotonic() - self._seen[1] < _VERSION_FRESH_SECONDS:
            return self._seen[0]
        # The reader sees commits of this process's own writer as foreign ones, which is what is wanted.
        rows = await self.fetch("PRAGMA data_version")
        self._seen = (int(rows[0][0]), time.monotonic())
        return self._seen[0]

    async def fetch_in(self, sql: str, values: Sequence[Any], *before: Any) -> list[Row]:
        """Read rows for many values: `{in}` in `sql` becomes the placeholders, in portions SQLite accepts."""
        rows: list[Row] = []
        for start in range(0, len(values), MAX_VARIABLES):
            portion = values[start : start + MAX_VARIABLES]
            marks = ",".join("?" * len(portion))
            rows += await self.fetch(sql.replace("{in}", marks), [*before, *portion])
        return rows


async def _connect(path: Path, busy_timeout: float) -> aiosqlite.Connection:
    # isolation_level None: transactions begin and end only where `atomic` says so.
    connection = await aiosqlite.connect(path, timeout=busy_timeout, isolation_level=None)
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            "cache_size = -16384",  # KiB; enough for the hot pages of a repository
            "journal_size_limit = 67108864",  # bytes; the log shrinks again after a large learning
        ):
            await connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        await connection.close()
        raise
    return connection


def check_file(path: Path) -> None:
    """Refuse a file that is not a whole SQLite database, before SQLite could touch it.

    The header states the number of pages (file format, §1.3.7); a shorter file lost its end.

    Raises:
        StoreCorruptError: Names the file and the newest backup.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"The store {path} cannot be read ({error}). Check the folder's permissions.") from error
    if size == 0:
        return
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise StoreCorruptError(f"{path} is not a database. It was left as it is. {backup_hint(path)}")
    page_size = int.from_bytes(header[16:18], "big")
    page_size = 65_536 if page_size == 1 else page_size
    pages = int.from_bytes(header[28:32], "big")
    # The page count only counts while both change counters agree (same section).
    if header[24:28] == header[92:96] and size < pages * page_size:
        raise StoreCorruptError(
            f"{path} is truncated ({size} of {pages * page_size} bytes). It was left as it is. {backup_hint(path)}"
        )


def translate(error: sqlite3.Error, path: Path) -> FluoriteError:
    """Turn an error of SQLite into one of ours, with what to do."""
    text = str(error).lower()
    if "locked" in text or "busy" in text:
        return StoreBusyError("The store is busy with another process's writing. Try again; nothing was written.")
    if "full" in text or "readonly" in text or "unable to open" in text or "disk i/o" in text:
        return StoreFullError(
            f"The store {path} cannot be written ({error}). Free disk space or check permissions; nothing was written."
        )
    if "malformed" in text or "not a database" in text or "corrupt" in text:
        return StoreCorruptError(f"The store {path} is damaged ({error}). {backup_hint(path)}")
    return StoreError(f"The store {path} failed: {error}.")
