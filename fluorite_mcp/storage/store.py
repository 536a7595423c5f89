"""Opening the store: the database with every table, migrated, its word index in step with the code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fluorite_mcp.errors import StoreBusyError, StoreFullError
from fluorite_mcp.models import Chunk, LexicalFields
from fluorite_mcp.storage.chunks import WORDS_STAMP, ChunkTable
from fluorite_mcp.storage.database import BUSY_TIMEOUT_SECONDS, Database
from fluorite_mcp.storage.departed import DepartedTable
from fluorite_mcp.storage.history import HistoryTable, RelationTable, UndoTable
from fluorite_mcp.storage.merged import MergedTable
from fluorite_mcp.storage.metrics import MetricTable
from fluorite_mcp.storage.migrations import migrate
from fluorite_mcp.storage.mined import MinedTable
from fluorite_mcp.storage.projects import MetaTable, ProjectTable
from fluorite_mcp.storage.vectors import VectorTable
from fluorite_mcp.storage.words import WordRows


@dataclass(frozen=True, slots=True)
class Store:
    """An open store. `notices` says what opening it did."""

    database: Database
    chunks: ChunkTable
    projects: ProjectTable
    history: HistoryTable
    relations: RelationTable
    undos: UndoTable
    meta: MetaTable
    vectors: VectorTable
    words: WordRows
    metrics: MetricTable
    departed: DepartedTable
    merged: MergedTable
    mined: MinedTable
    notices: list[str] = field(default_factory=list)

    async def close(self) -> None:
        """Close the database."""
        await self.database.close()


async def open_store(
    path: Path,
    *,
    lexical_fields: Callable[[Chunk], LexicalFields],
    words_version: str,
    merged_version: int,
    compress: bool,
    now: datetime,
) -> Store:
    """Open or create a store.

    Args:
        path: The database file.
        lexical_fields: Makes a chunk's words.
        words_version: Stamp of `lexical_fields`; where it differs from the store's, the word index is rebuilt.
        merged_version: Stamp of how the profiles of a file's chunks are merged.
        compress: Whether to compress new content.
        now: The time that names backups.

    Raises:
        StoreError: The store cannot be used; the message says why and what to do.
    """
    _create_folder(path.parent)
    # Creating and migrating happen once, by one process; SQLite reports a switch to WAL as busy, without waiting.
    async with _alone(path):
        database = await Database.open(path)
        try:
            merged = MergedTable(database, merged_version)
            return await _prepare(database, merged, lexical_fields, words_version, now, compress=compress)
        except BaseException:
            await database.close()
            raise


async def _prepare(
    database: Database,
    merged: MergedTable,
    lexical_fields: Callable[[Chunk], LexicalFields],
    words_version: str,
    now: datetime,
    *,
    compress: bool,
) -> Store:
    notices = await migrate(database, now)
    store = Store(
        database,
        ChunkTable(database, lexical_fields, compress=compress, words_version=words_version),
        ProjectTable(database),
        HistoryTable(database),
        RelationTable(database),
        UndoTable(database),
        MetaTable(database),
        VectorTable(database),
        WordRows(database),
        MetricTable(database),
        DepartedTable(database),
        merged,
        MinedTable(database),
        notices,
    )
    stamp = await store.meta.get(WORDS_STAMP)
    if stamp != words_version:
        async with database.atomic():
            count = await store.chunks.rebuild_words()
            await store.meta.set(WORDS_STAMP, words_version)
        if stamp is not None:
            notices.append(f"The word index was rebuilt for this version ({count} chunks).")
    return store


def _create_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreFullError(f"The data folder {folder} cannot be created ({error}). Set FLUORITE_DATA_DIR.") from error


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """Hold the lock under which stores are created and migrated."""
    import filelock

    lock = filelock.AsyncFileLock(path.with_suffix(".lock"), timeout=BUSY_TIMEOUT_SECONDS, thread_local=False)
    try:
        await lock.acquire()
    except filelock.Timeout as error:
        raise StoreBusyError("Another process is opening the store. Try again; nothing was written.") from error
    except OSError as error:
        raise StoreFullError(f"The data folder {path.parent} cannot be written ({error}).") from error
    try:
        yield
    finally:
        await lock.release()
