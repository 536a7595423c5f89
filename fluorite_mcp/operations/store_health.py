"""Checks of the store for `doctor`, over a connection that cannot write: the file, the word index, the vectors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fluorite_mcp.errors import StoreError
from fluorite_mcp.operations.doctor import Finding

_BUSY_SECONDS = 5.0

# Chunks that should be findable and are not, and what is findable and should not be.
_WITHOUT_WORDS = "SELECT count(*) FROM chunks WHERE retired_at IS NULL AND key NOT IN (SELECT id FROM words_docsize)"
_WORDS_OF_NOTHING = (
    "SELECT count(*) FROM words_docsize WHERE id NOT IN (SELECT key FROM chunks WHERE retired_at IS NULL)"
)
_WITHOUT_VECTOR = (
    "SELECT count(*) FROM chunks WHERE retired_at IS NULL AND key NOT IN (SELECT chunk FROM embeddings WHERE model = ?)"
)
_VECTORS_OF_NOTHING = (
    "SELECT count(*) FROM embeddings WHERE chunk NOT IN (SELECT key FROM chunks WHERE retired_at IS NULL)"
)
_REBUILD = "Run fluorite-mcp doctor --rebuild."


@contextmanager
def open_read_only(database: Path) -> Iterator[sqlite3.Connection]:
    """Open a database so that nothing in it can change.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
    try:
        yield connection
    finally:
        connection.close()


def quick_check(database: Path) -> None:
    """Read every page of a database.

    Raises:
        sqlite3.DatabaseError: A page is damaged.
    """
    with open_read_only(database) as connection:
        verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if verdict != "ok":
        raise sqlite3.DatabaseError(" ".join(verdict.split()))


def check_store(
    database: Path, check_header: Callable[[Path], None], backup_hint: Callable[[Path], str], schema: int
) -> Finding:
    """Check the database file, header first: SQLite does not see a file that is no database.

    Args:
        database: The file.
        check_header: Raises `StoreError` for a file that is cut off or something else.
        backup_hint: Says where the newest backup lies and how to use it.
        schema: The newest schema this version knows.
    """
    if not database.exists():
        return Finding(check="store", state="ok", message=f"{database} (created at the first use)")
    try:
        check_header(database)
        quick_check(database)
        with open_read_only(database) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            chunks = connection.execute("SELECT count(*) FROM chunks").fetchone()[0] if version else 0
    except StoreError as error:
        return Finding(check="store", state="fail", message=str(error))
    except sqlite3.Error as error:
        message = f"{database} is damaged ({error}) and was left as it is"
        return Finding(check="store", state="fail", message=message, advice=backup_hint(database))
    if version > schema:
        message = f"{database} has schema {version}, this version knows {schema}"
        return Finding(check="store", state="fail", message=message, advice="Upgrade fluorite-mcp.")
    return Finding(check="store", state="ok", message=f"{database}, schema {version}, {chunks:,} chunks")


def check_words(connection: sqlite3.Connection, version: str) -> Finding:
    """Check the word index against the chunks.

    Args:
        connection: To the store.
        version: The stamp of this version's words.
    """
    try:
        # Reads every segment of the index, so that a damaged one shows.
        words = connection.execute("SELECT count(*) FROM word_counts").fetchone()[0]
        missing = _count(connection, _WITHOUT_WORDS)
        extra = _count(connection, _WORDS_OF_NOTHING)
        stamp = connection.execute("SELECT value FROM meta WHERE name = 'words_version'").fetchone()
    except sqlite3.Error as error:
        return Finding(check="word index", state="fail", message=f"damaged: {error}", advice=_REBUILD)
    if missing or extra:
        message = f"{missing} chunks are missing and {extra} are not in the store"
        return Finding(check="word index", state="fail", message=message, advice=_REBUILD)
    if stamp is None or stamp[0] != version:
        message = "made by another version"
        return Finding(check="word index", state="warn", message=message, advice="It is rebuilt at the next use.")
    return Finding(check="word index", state="ok", message=f"{words:,} words, every chunk is in it")


def check_vectors(
    connection: sqlite3.Connection,
    folder: Path,
    model: str,
    count_vectors: Callable[[Path, str], int | None],
    is_whole: Callable[[Path, str], bool],
) -> Finding:
    """Check vectors against the chunks, and the published index files against the vectors and their checksums.

    Args:
        connection: To the store.
        folder: Where the index files lie.
        model: The embedder's name.
        count_vectors: Returns how many vectors an index file with that checksum holds, None if it is another file.
        is_whole: Whether a file of words is there and has that checksum.
    """
    try:
        waiting = _count(connection, _WITHOUT_VECTOR, model)
        extra = _count(connection, _VECTORS_OF_NOTHING)
        lengths = _count(connection, "SELECT count(DISTINCT length(vector)) FROM embeddings WHERE model = ?", model)
        total = _count(connection, "SELECT count(*) FROM embeddings WHERE model = ?", model)
        published = connection.execute(
            "SELECT file, checksum, rows FROM generations WHERE model = ?", [model]
        ).fetchall()
        words = _published_words(connection)
    except sqlite3.Error as error:
        return Finding(check="vector index", state="fail", message=f"cannot be checked: {error}")
    if extra or lengths > 1:
        message = f"{extra} vectors belong to no chunk, {lengths} lengths of vectors"
        advice = "Export the memory and import it into an empty data folder."
        return Finding(check="vector index", state="fail", message=message, advice=advice)
    bad = [file for file, checksum, rows in published if count_vectors(folder / file, checksum) != rows]
    bad += [file for file, checksum in words if not is_whole(folder / file, checksum)]
    if bad:
        message = f"{', '.join(bad)} missing or damaged; vectors and words come from the store meanwhile"
        return Finding(check="vector index", state="warn", message=message, advice=_REBUILD)
    if waiting:
        message = f"{waiting:,} chunks wait for their vectors"
        advice = "They are made in the background while the server runs; search finds them by words."
        return Finding(check="vector index", state="warn", message=message, advice=advice)
    return Finding(
        check="vector index", state="ok", message=f"{total:,} vectors, {len(published) + len(words)} published files"
    )


def _published_words(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the files of words and their checksums; a store that waits for its migration has none."""
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(generations)")]
    if "words_file" not in columns:
        return []
    sql = "SELECT words_file, words_checksum FROM generations WHERE words_file IS NOT NULL"
    return connection.execute(sql).fetchall()


def _count(connection: sqlite3.Connection, sql: str, *parameters: str) -> int:
    return int(connection.execute(sql, parameters).fetchone()[0])
