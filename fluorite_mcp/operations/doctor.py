"""`doctor`: what is well and what is not, each with what to do. Reads only; works on a damaged store, too."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from fluorite_mcp.errors import EmbeddingError, RerankingError
from fluorite_mcp.ports import Embedder, Reranker
from fluorite_mcp.results import Answer

State = Literal["ok", "warn", "fail"]

# A learning of a large repository needs this much; below the second, SQLite cannot even grow its log.
_WANTED_FREE_BYTES = 1_000_000_000
_NEEDED_FREE_BYTES = 50_000_000
_BYTES_PER_GB = 1_000_000_000

# The oldest version this is tested with (Debian 12).
_MIN_SQLITE = (3, 40, 0)

# A daily backup that is this old was missed more than once.
_BACKUP_OVERDUE = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found, and what to do about it."""

    check: str
    state: State
    message: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorResult(Answer):
    """All findings, in the order of the checks. `healthy` means that none failed."""

    healthy: bool
    findings: tuple[Finding, ...] = ()
    rebuilt: tuple[str, ...] = ()


def check_folder(folder: Path) -> Finding:
    """Check that the data folder can be written, or created at the first use."""
    existing = next(one for one in (folder, *folder.parents) if one.exists())
    advice = "Give yourself write permission, or set FLUORITE_DATA_DIR to another folder."
    try:
        if existing != folder:
            if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
                return _finding("data folder", "fail", f"{folder} cannot be created in {existing}", advice)
            return _finding("data folder", "ok", f"{folder} (created at the first use)")
        with tempfile.TemporaryFile(dir=folder):
            return _finding("data folder", "ok", str(folder))
    except OSError as error:
        return _finding("data folder", "fail", f"{folder} cannot be written: {error.strerror}", advice)


def check_disk(folder: Path) -> Finding:
    """Check the free space where the data folder lies."""
    free = shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free
    state: State = "ok" if free >= _WANTED_FREE_BYTES else "warn" if free >= _NEEDED_FREE_BYTES else "fail"
    advice = "" if state == "ok" else "Free disk space; nothing is lost, but writes will be refused when it is full."
    return _finding("free disk", state, f"{free / _BYTES_PER_GB:.1f} GB", advice)


def check_sqlite(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Finding:
    """Check that this Python's SQLite is new enough and has FTS5."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5 (body)")
    except sqlite3.OperationalError:
        return _finding("SQLite", "fail", "it has no FTS5", "Use a Python whose SQLite has full-text search.")
    finally:
        connection.close()
    name = ".".join(map(str, version))
    if version < _MIN_SQLITE:
        wanted = ".".join(map(str, _MIN_SQLITE))
        return _finding("SQLite", "warn", f"{name} is older than {wanted}", "Use a newer Python.")
    return _finding("SQLite", "ok", name)


def check_model(embedder: Embedder) -> Finding:
    """Check that the model loads and answers with vectors of its length."""
    try:
        vector = embedder.embed_query("retry with backoff")
        if vector.shape != (embedder.dimensions,):
            return _finding(
                "model", "fail", f"{embedder.name} answers with shape {vector.shape}", "Choose another model."
            )
    except EmbeddingError as error:
        return _finding("model", "fail", str(error), "Until it works, search goes by words alone.")
    return _finding("model", "ok", f"{embedder.name}, {embedder.dimensions} dimensions")


def check_reranker(reranker: Reranker) -> Finding:
    """Check that the re-ranking model loads and answers."""
    try:
        reranker.score("retry with backoff", ["def retry(): ...", "an unrelated text"])
    except RerankingError as error:
        return _finding("re-ranking model", "fail", str(error), "Until it works, hits keep the order of before.")
    return _finding("re-ranking model", "ok", reranker.name)


def check_grammars(languages: Iterable[str], grammar_for: Callable[[str], object | None]) -> Finding:
    """Check that every language's grammar loads."""
    names = list(languages)
    missing = [name for name in names if grammar_for(name) is None]
    if missing:
        advice = "Their files are read as lines. Reinstall fluorite-mcp to get the grammars back."
        return _finding("grammars", "warn", f"no grammar for {', '.join(missing)}", advice)
    return _finding("grammars", "ok", f"{len(names)} languages")


def check_cache(folder: Path, limit_mb: int) -> Finding:
    """Check that the cache can be read; it holds derived data only."""
    database = folder / "cache.db"
    if not database.exists():
        return _finding("cache", "ok", "empty")
    advice = f"Delete {folder}; it holds derived data only."
    try:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        try:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        return _finding("cache", "warn", f"{database} is damaged: {error}", advice)
    if verdict != "ok":
        return _finding("cache", "warn", f"{database} is damaged: {verdict}", advice)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return _finding("cache", "ok", f"{size / 1024 / 1024:.1f} of {limit_mb} MiB")


def check_backups(database: Path, backups: Sequence[Path], check: Callable[[Path], None], now: datetime) -> Finding:
    """Check that there is a recent backup and that it can be read.

    Args:
        database: The file they are backups of.
        backups: The files, oldest first.
        check: Raises `sqlite3.Error` for a file that is no whole database.
        now: The time to compare with.
    """
    if not database.exists():
        return _finding("backups", "ok", "none yet; there is no store yet")
    if not backups:
        return _finding(
            "backups", "warn", "none", "One is made each day of use; copy the data folder if you need one now."
        )
    newest = backups[-1]
    try:
        check(newest)
    except sqlite3.Error as error:
        return _finding("backups", "fail", f"{newest} is damaged: {error}", "Delete it; the next use makes a new one.")
    made = datetime.fromtimestamp(newest.stat().st_mtime, tz=UTC)
    if now - made > _BACKUP_OVERDUE:
        days = (now - made).days
        return _finding("backups", "warn", f"{newest}, {days} days old", "One is made each day of use; use it once.")
    return _finding("backups", "ok", f"{len(backups)}, the newest {newest}")


def _finding(check: str, state: State, message: str, advice: str = "") -> Finding:
    return Finding(check=check, state=state, message=message, advice=advice)
