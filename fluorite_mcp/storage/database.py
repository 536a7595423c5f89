"""The SQLite file: opening it safely, one way to write (`atomic`), one way to read (`fetch`).

WAL with `synchronous=FULL`: a commit that returned survives the death of the process and of the machine.
Writers of all processes queue on SQLite's own lock for `BUSY_TIMEOUT_SECONDS`; readers never wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite
import anyio

from fluorite_mcp.errors import FluoriteError, StoreBusyError, StoreCorruptError, StoreError, StoreFullError
from fluorite_mcp.storage.backup import backup_hint, list_backups
from fluorite_mcp.storage.log import find_logged_pages, log_of

Row = tuple[Any, ...]

# Long enough for a queue of learners on a slow disk, short enough that a user still waits for the answer.
BUSY_TIMEOUT_SECONDS = 30.0

# SQLite refuses more bound values than this in one statement (SQLITE_MAX_VARIABLE_NUMBER, 3.32+: 32,766).
MAX_VARIABLES = 30_000

# So many rows by key are read in less time than handing over to a thread takes on a busy machine, twice over.
LOOKUP_VALUES = 128

# So many rows of so many characters together are written in less time than that, too.
_FEW_ROWS = 8
_FEW_CHARACTERS = 32_768

# KiB of pages that a connection keeps: the hot ones of a repository. Look-ups of a search through a million chunks need
# more; what is read in bulk is read once.
_WRITER_CACHE = _READER_CACHE = 16_384
_LOOKUPS_CACHE = 65_536

# aiosqlite's own default; rows are read all at once here.
_READ_AHEAD_ROWS = 64

# One request asks for the version several times; another process's commit within this time may as well have come after.
_VERSION_FRESH_SECONDS = 0.005

# The low byte of an extended result code names its class.
_PRIMARY_CODE = 0xFF
# PROTOCOL: so many processes open the log at once that SQLite gave up waiting its turn.
_BUSY_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_FULL_CODES = frozenset(
    {
        sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
    }
)  # fmt: skip
_CORRUPT_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_HEADER_BYTES = 100
_MAGIC = b"SQLite format 3\x00"


class Database:
    """An open store: one connection that writes and one that reads, each with a thread, and one for look-ups.

    What takes microseconds runs where it is asked for, since handing over to a thread takes longer; what may wait for
    a lock, the disk or many rows runs on the connection's thread. Only the task inside `atomic` uses the writer.
    """

    def __init__(
        self, path: Path, writer: _Connection, reader: _Connection, lookups: sqlite3.Connection, busy_timeout: float
    ) -> None:
        self.path = path
        self._busy_milliseconds = round(busy_timeout * 1000)
        self._writer, self._at_once = writer
        self._reader, _ = reader
        self._lookups = lookups
        self._write_lock = anyio.Lock()
        # The version read last, and when; and how often this process wrote.
        self._seen: tuple[int, float] | None = None
        self._commits = 0
        # The task inside `atomic`, and how deep: inner blocks become savepoints. A task that it starts is outside.
        self._owner: asyncio.Task[Any] | None = None
        self._depth = 0

    @classmethod
    async def open(cls, path: Path, *, busy_timeout: float = BUSY_TIMEOUT_SECONDS) -> Database:
        """Open or create the database file.

        Raises:
            StoreCorruptError: The file is not a database or was truncated; it is left as it is.
            StoreFullError: The folder cannot be written.
            StoreBusyError: Another process holds the lock.
        """
        check_file(path)
        _check_folder(path)
        try:
            async with AsyncExitStack() as opened:
                writer = await _connect(path, busy_timeout, _WRITER_CACHE)
                opened.push_async_callback(writer.threaded.close)
                reader = await _connect(path, busy_timeout, _READER_CACHE)
                opened.push_async_callback(reader.threaded.close)
                lookups = await asyncio.to_thread(_connect_for_lookups, path, busy_timeout)
                opened.pop_all()
        except sqlite3.Error as error:
            raise translate(error, path) from error
        return cls(path, writer, reader, lookups, busy_timeout)

    async def close(self) -> None:
        """Close the connections; the write-ahead log is folded in by the last process that closes."""
        with anyio.CancelScope(shield=True):
            self._lookups.close()
            try:
                await self._reader.close()
            finally:
                await self._writer.close()

    @asynccontextmanager
    async def atomic(self) -> AsyncIterator[None]:
        """Write everything inside or nothing. Nested blocks are savepoints of the outermost.

        Raises:
            StoreBusyError: Another process held the write lock past the timeout; nothing was written.
            StoreFullError: The disk is full; nothing was written.
        """
        if self._is_inside():
            async with self._savepoint(f"s{self._depth}"):
                yield
            return
        async with self._write_lock:
            self._owner = asyncio.current_task()
            try:
                async with self._transaction():
                    yield
            finally:
                self._owner = None

    def _is_inside(self) -> bool:
        return self._owner is not None and self._owner is asyncio.current_task()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        self._depth += 1
        try:
            # A cancelled statement still runs on its thread, so a cancelled BEGIN or COMMIT is rolled back too.
            await self._begin()
            yield
            await self._writer.execute("COMMIT")
            self._seen = None
            self._commits += 1
        except BaseException as error:
            # A cancelled task must still give the lock back. What could not begin, did commit, or was rolled back by
            # SQLite itself needs nothing.
            with anyio.CancelScope(shield=True):
                await self._writer.rollback()
            if isinstance(error, sqlite3.Error):
                raise translate(error, self.path) from error
            raise
        finally:
            self._depth -= 1

    async def _begin(self) -> None:
        """Take the file's write lock: at once if nobody holds it, else waiting on the writer's thread."""
        try:
            self._at_once.execute("PRAGMA busy_timeout = 0")
            self._at_once.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if _primary_code(error) not in _BUSY_CODES:
                raise
            self._at_once.execute(f"PRAGMA busy_timeout = {self._busy_milliseconds}")
            await self._writer.execute("BEGIN IMMEDIATE")

    @asynccontextmanager
    async def _savepoint(self, name: str) -> AsyncIterator[None]:
        self._depth += 1
        try:
            self._at_once.execute(f"SAVEPOINT {name}")
            yield
            self._at_once.execute(f"RELEASE {name}")
        except BaseException as error:
            # A cancelled statement may still run on the thread; the rollback follows it there.
            with anyio.CancelScope(shield=True), contextlib.suppress(sqlite3.Error):
                await self._writer.execute(f"ROLLBACK TO {name}")
            if isinstance(error, sqlite3.Error):
                raise translate(error, self.path) from error
            raise
        finally:
            self._depth -= 1

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
        listed = list(rows)
        if _is_little(listed):
            self._at_once.executemany(sql, listed)
        else:
            await self._writer.executemany(sql, listed)

    def _require_atomic(self) -> None:
        if not self._is_inside():
            raise RuntimeError("a write outside Database.atomic()")
        if not self._writer.in_transaction:
            raise RuntimeError("a write after the transaction ended by an error that was caught inside it")

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Read rows; inside `atomic` this sees what the block wrote so far."""
        return await self._fetch(self._writer if self._is_inside() else self._reader, sql, parameters)

    async def _fetch(self, connection: aiosqlite.Connection, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        try:
            return list(await connection.execute_fetchall(sql, parameters))  # type: ignore[arg-type]
        except sqlite3.Error as error:
            raise translate(error, self.path) from error

    async def look_up(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Read a few rows by key, without a thread: handing over to one takes longer than SQLite does.

        For statements of some microseconds; all others belong into `fetch`.
        """
        try:
            connection = self._at_once if self._is_inside() else self._lookups
            return connection.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError:
            pass  # Busy for a moment: the reader waits where nobody else does.
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        return await self.fetch(sql, parameters)

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Look up the first row, or None."""
        rows = await self.look_up(sql, parameters)
        return rows[0] if rows else None

    async def version(self) -> int:
        """Return a number that changes with every commit of any process."""
        if self._seen is not None and time.monotonic() - self._seen[1] < _VERSION_FRESH_SECONDS:
            return self._seen[0]
        commits = self._commits
        # This connection sees commits of the process's own writer as foreign ones, which is what is wanted.
        try:
            version = int(self._lookups.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        # A commit meanwhile may have made it old already; its own task must not be told so.
        if commits == self._commits:
            self._seen = (version, time.monotonic())
        return version

    async def fetch_in(self, sql: str, values: Sequence[Any], *before: Any) -> list[Row]:
        """Read rows for many values: `{in}` in `sql` becomes the placeholders, in portions SQLite accepts."""
        rows: list[Row] = []
        for start in range(0, len(values), MAX_VARIABLES):
            portion = values[start : start + MAX_VARIABLES]
            marks = ",".join("?" * len(portion))
            read = self.look_up if len(values) <= LOOKUP_VALUES else self.fetch
            rows += await read(sql.replace("{in}", marks), [*before, *portion])
        return rows


def _check_folder(path: Path) -> None:
    """Refuse to create a store where none can be; a connection that fails to open leaves its thread for a moment."""
    if not path.exists() and not os.access(path.parent, os.W_OK):
        raise StoreFullError(f"The store {path} cannot be created. Check that its folder exists and is writable.")


class _Connection(NamedTuple):
    """One connection, on its thread and as it is. SQLite itself lets only one of them in at a time."""

    threaded: aiosqlite.Connection
    direct: sqlite3.Connection


async def _connect(path: Path, busy_timeout: float, cache_kibibytes: int) -> _Connection:
    # isolation_level None: transactions begin and end only where `atomic` says so.
    direct = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
    connection = await aiosqlite.Connection(lambda: direct, iter_chunk_size=_READ_AHEAD_ROWS)
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            f"cache_size = -{cache_kibibytes}",
            "journal_size_limit = 67108864",  # bytes; the log shrinks again after a large learning
        ):
            await connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        await connection.close()
        raise
    return _Connection(connection, direct)


def _connect_for_lookups(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """Connect for what is asked for on the event loop: waits while it connects, and never again."""
    connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
    try:
        # SQLite's own 2 MB would read the same pages of the word index anew at each query. This reads the schema.
        connection.execute(f"PRAGMA cache_size = -{_LOOKUPS_CACHE}")
        # What a look-up waits for is over in a moment, or left to the reader.
        connection.execute("PRAGMA busy_timeout = 0")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_little(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether rows are written in less time than handing over to a thread takes."""
    if len(rows) > _FEW_ROWS:
        return False
    return sum(len(value) for row in rows for value in row if isinstance(value, str | bytes)) <= _FEW_CHARACTERS


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
        _check_empty(path)
        return
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise StoreCorruptError(f"{path} is not a database. It was left as it is. {backup_hint(path)}")
    expected = _expected_size(header)
    if size < expected and not _log_holds_the_rest(path, size, header):
        raise StoreCorruptError(
            f"{path} is truncated ({size} of {expected} bytes). It was left as it is. {backup_hint(path)}"
        )


def _check_empty(path: Path) -> None:
    """Refuse an empty file that once held a store; SQLite would start anew and delete the write-ahead log."""
    log = log_of(path)
    if list_backups(path) or (log.exists() and log.stat().st_size):
        raise StoreCorruptError(f"{path} is empty, which it was not before. It was left as it is. {backup_hint(path)}")


def _expected_size(header: bytes) -> int:
    """Return the bytes that a database's header promises."""
    # The page count only counts while both change counters agree (same section).
    return int.from_bytes(header[28:32], "big") * _page_size(header) if header[24:28] == header[92:96] else 0


def _page_size(header: bytes) -> int:
    size = int.from_bytes(header[16:18], "big")
    return 65_536 if size == 1 else size


def _log_holds_the_rest(path: Path, size: int, header: bytes) -> bool:
    """Whether a file is short only because copying the write-ahead log into it is under way or was interrupted.

    The log's pages are copied in order, so the header may already promise pages that follow from the log.
    """
    page_size = _page_size(header)
    missing = range(size // page_size + 1, _expected_size(header) // page_size + 1)
    if find_logged_pages(log_of(path)).issuperset(missing):
        return True
    # Another process may have finished meanwhile; the log is only used anew after that.
    return path.stat().st_size >= _expected_size(header)


def translate(error: sqlite3.Error, path: Path) -> FluoriteError:
    """Turn an error of SQLite into one of ours, with what to do."""
    code = _primary_code(error)
    if code in _BUSY_CODES:
        return StoreBusyError("The store is busy with another process's writing. Try again; nothing was written.")
    if code in _FULL_CODES:
        return StoreFullError(
            f"The store {path} cannot be written ({error}). Free disk space or check permissions; nothing was written."
        )
    if code in _CORRUPT_CODES:
        return StoreCorruptError(f"The store {path} is damaged ({error}). {backup_hint(path)}")
    return StoreError(f"The store {path} failed: {error}.")


def _primary_code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & _PRIMARY_CODE
