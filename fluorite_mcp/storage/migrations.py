"""The schema, as numbered migrations: each atomic, after a backup, never edited once released."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from fluorite_mcp.errors import StoreTooNewError
from fluorite_mcp.storage.backup import create_backup
from fluorite_mcp.storage.database import Database

Migration = Callable[[Database], Awaitable[None]]

_SCHEMA_1 = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE projects (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    root TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    learned_at TEXT,
    commit_id TEXT
);

CREATE TABLE files (
    project INTEGER NOT NULL REFERENCES projects(key) ON DELETE CASCADE,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    hash BLOB,
    language TEXT,
    skipped TEXT,
    PRIMARY KEY (project, path)
) WITHOUT ROWID;

CREATE TABLE contents (
    key INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    compressed INTEGER NOT NULL,
    data BLOB NOT NULL
);

CREATE TABLE chunks (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    project INTEGER REFERENCES projects(key) ON DELETE CASCADE,
    title TEXT NOT NULL,
    content INTEGER NOT NULL REFERENCES contents(key),
    language TEXT,
    frameworks TEXT NOT NULL,
    tags TEXT NOT NULL,
    path TEXT,
    start_line INTEGER,
    end_line INTEGER,
    symbol TEXT,
    origin TEXT,
    quality REAL NOT NULL,
    helpful REAL NOT NULL DEFAULT 0,
    unhelpful REAL NOT NULL DEFAULT 0,
    usage INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    accessed_at TEXT NOT NULL,
    valid_from TEXT,
    valid_to TEXT,
    recorded_at TEXT NOT NULL,
    retired_at TEXT,
    metadata TEXT NOT NULL
);
CREATE INDEX chunks_by_file ON chunks (project, path);
CREATE INDEX chunks_by_content ON chunks (content);
CREATE INDEX chunks_by_kind ON chunks (kind, project);

CREATE TABLE embeddings (
    chunk INTEGER PRIMARY KEY REFERENCES chunks(key) ON DELETE CASCADE,
    scope INTEGER NOT NULL,
    model TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX embeddings_by_scope ON embeddings (scope, model, chunk);

CREATE TABLE removals (seq INTEGER PRIMARY KEY AUTOINCREMENT, scope INTEGER NOT NULL, chunk INTEGER NOT NULL);
CREATE INDEX removals_by_scope ON removals (scope, seq);

CREATE TABLE generations (
    scope INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    file TEXT NOT NULL,
    checksum TEXT NOT NULL,
    model TEXT NOT NULL,
    rows INTEGER NOT NULL,
    last_chunk INTEGER NOT NULL,
    last_removal INTEGER NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE relations (
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    type TEXT NOT NULL,
    weight REAL NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (source, type, target)
) WITHOUT ROWID;
CREATE INDEX relations_by_target ON relations (target, type);

CREATE TABLE history (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    chunk TEXT NOT NULL,
    at TEXT NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX history_by_chunk ON history (chunk);

CREATE TABLE undos (token TEXT PRIMARY KEY, at TEXT NOT NULL, chunks TEXT NOT NULL) WITHOUT ROWID;

CREATE VIRTUAL TABLE words USING fts5 (scope, title, symbol, path, body, content='', tokenize='ascii');
CREATE VIRTUAL TABLE word_counts USING fts5vocab (words, 'row')
"""


# Opening the store fills the new tables, since the stamp of its words is gone.
_SCHEMA_2 = """
DROP TABLE word_counts;
DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5 (scope, title, symbol, path, imports, body, content='', tokenize='ascii');
CREATE VIRTUAL TABLE word_counts USING fts5vocab (words, 'row');
CREATE VIRTUAL TABLE word_columns USING fts5vocab (words, 'col');
CREATE TABLE profiles (chunk INTEGER PRIMARY KEY REFERENCES chunks(key) ON DELETE CASCADE, data BLOB NOT NULL);
DELETE FROM meta WHERE name = 'words_version'
"""

# Judgements are few among events; sums of what happened are kept over all processes.
_SCHEMA_3 = """
CREATE INDEX history_judged ON history (chunk) WHERE event = 'feedback';
CREATE TABLE metrics (name TEXT NOT NULL, labels TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (name, labels))
WITHOUT ROWID
"""


# What was judged or used and left its file may come back with a branch, or have moved to another file.
_SCHEMA_4 = """
CREATE TABLE departed (
    chunk TEXT PRIMARY KEY,
    project INTEGER NOT NULL REFERENCES projects(key) ON DELETE CASCADE,
    at TEXT NOT NULL,
    successor TEXT,
    kept TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX departed_by_project ON departed (project, at)
"""


# Merged profiles of files. Whatever changes what one is made of has its file wait for a new one: then `made_by` is
# NULL, and `stamp` another. A chunk is added and removed together with its profile and its vector, so that triggers on
# chunks suffice; what gives chunks new vectors marks their files itself.
_SCHEMA_5 = (
    """
CREATE TABLE merged_profiles (
    key INTEGER PRIMARY KEY,
    project INTEGER NOT NULL REFERENCES projects(key) ON DELETE CASCADE,
    path TEXT NOT NULL,
    stamp INTEGER NOT NULL DEFAULT 0,
    made_by TEXT,
    data BLOB,
    UNIQUE (project, path)
)
""",
    "CREATE INDEX merged_profiles_by_maker ON merged_profiles (made_by)",
    """
CREATE TRIGGER chunk_joins_file AFTER INSERT ON chunks
WHEN NEW.kind IN ('code', 'doc') AND NEW.project IS NOT NULL AND NEW.path IS NOT NULL
BEGIN
    INSERT INTO merged_profiles (project, path) VALUES (NEW.project, NEW.path)
    ON CONFLICT (project, path) DO UPDATE SET stamp = stamp + 1, made_by = NULL, data = NULL;
END
""",
    """
CREATE TRIGGER chunk_leaves_file AFTER DELETE ON chunks WHEN OLD.path IS NOT NULL
BEGIN
    UPDATE merged_profiles SET stamp = stamp + 1, made_by = NULL, data = NULL
    WHERE project = OLD.project AND path = OLD.path;
END
""",
    """
CREATE TRIGGER chunk_changes_file AFTER UPDATE OF project, kind, path, end_line, retired_at ON chunks
BEGIN
    UPDATE merged_profiles SET stamp = stamp + 1, made_by = NULL, data = NULL
    WHERE project = OLD.project AND path = OLD.path;
    INSERT INTO merged_profiles (project, path)
    SELECT NEW.project, NEW.path
    WHERE NEW.kind IN ('code', 'doc') AND NEW.project IS NOT NULL AND NEW.path IS NOT NULL
    ON CONFLICT (project, path) DO UPDATE SET stamp = stamp + 1, made_by = NULL, data = NULL;
END
""",
    """
INSERT INTO merged_profiles (project, path)
SELECT DISTINCT project, path FROM chunks
WHERE kind IN ('code', 'doc') AND project IS NOT NULL AND path IS NOT NULL AND retired_at IS NULL
""",
)


# Derived from the files: filled by the next mining.
_SCHEMA_6 = """
CREATE TABLE mined_files (
    project INTEGER NOT NULL REFERENCES projects(key) ON DELETE CASCADE,
    path TEXT NOT NULL,
    hash BLOB NOT NULL,
    version TEXT NOT NULL,
    skeletons BLOB NOT NULL,
    facts BLOB NOT NULL,
    PRIMARY KEY (project, path)
);
CREATE TABLE pattern_clusters (
    project INTEGER NOT NULL REFERENCES projects(key) ON DELETE CASCADE,
    signature BLOB NOT NULL,
    result BLOB NOT NULL,
    PRIMARY KEY (project, signature)
)
"""


# The words of a large scope have a file of their own beside its vectors.
_SCHEMA_7 = """
ALTER TABLE generations ADD COLUMN words_file TEXT;
ALTER TABLE generations ADD COLUMN words_checksum TEXT
"""


def _statements(*statements: str) -> Migration:
    async def run(database: Database) -> None:
        for statement in statements:
            await database.execute(statement)

    return run


MIGRATIONS: tuple[Migration, ...] = (
    _statements(*_SCHEMA_1.split(";")),
    _statements(*_SCHEMA_2.split(";")),
    _statements(*_SCHEMA_3.split(";")),
    _statements(*_SCHEMA_4.split(";")),
    _statements(*_SCHEMA_5),
    _statements(*_SCHEMA_6.split(";")),
    _statements(*_SCHEMA_7.split(";")),
)
SCHEMA_VERSION = len(MIGRATIONS)


async def migrate(database: Database, now: datetime, migrations: tuple[Migration, ...] = MIGRATIONS) -> list[str]:
    """Bring the store to the newest schema, one atomic step at a time, after a backup.

    Args:
        database: The open store.
        now: The time that names the backup.
        migrations: All migrations, in order; the position is the version.

    Returns:
        What was done, for the user; empty when there was nothing to do or the store was new.

    Raises:
        StoreTooNewError: A newer version of fluorite-mcp wrote this store.
        StoreFullError: No backup could be written; nothing was migrated.
    """
    backup: Path | None = None
    version = await _version(database)
    if version > len(migrations):
        raise StoreTooNewError(
            f"{database.path} has schema {version}, this fluorite-mcp knows {len(migrations)}. "
            "Upgrade fluorite-mcp; the store was left as it is."
        )
    for number, step in enumerate(migrations[version:], version + 1):
        async with database.atomic():
            # Another process may have migrated while this one waited for the lock.
            if await _version(database) >= number:
                continue
            if version > 0 and backup is None:
                # Under the lock, so that nothing is written between the backup and the step.
                backup = await asyncio.to_thread(create_backup, database.path, f"before-v{number}", now)
            await step(database)
            await database.execute(f"PRAGMA user_version = {number}")
    if backup is None:
        return []
    return [f"Migrated the store to schema {len(migrations)}; the backup before it is {backup}."]


async def _version(database: Database) -> int:
    row = await database.fetch_one("PRAGMA user_version")
    return int(row[0]) if row else 0
