"""Projects, the files they were learned from, and small named values of the store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from fluorite_mcp.models import FileRecord, Project
from fluorite_mcp.storage.database import LOOKUP_VALUES, Database


class ProjectTable:
    """The `projects` and `files` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, root: str) -> Project | None:
        """Return the project of a root folder, if it is known."""
        row = await self._database.fetch_one("SELECT key, name, root FROM projects WHERE root = ?", [root])
        return Project(*row) if row else None

    async def ensure(self, root: str, at: str) -> Project:
        """Return the project of a root folder, creating its row if needed."""
        if found := await self.find(root):
            return found
        async with self._database.atomic():
            await self._database.execute(
                "INSERT OR IGNORE INTO projects (root, name, created_at) VALUES (?, ?, ?)",
                [root, PurePath(root).name or root, at],
            )
        found = await self.find(root)
        assert found is not None  # noqa: S101 - the row was just written
        return found

    async def all(self) -> list[Project]:
        """Return every known project, by root."""
        rows = await self._database.fetch("SELECT key, name, root FROM projects ORDER BY root")
        return [Project(*row) for row in rows]

    async def learned_at(self, project: int) -> str | None:
        """Return when a project was last learned whole, or None."""
        row = await self._database.fetch_one("SELECT learned_at FROM projects WHERE key = ?", [project])
        return row[0] if row else None

    async def dates(self, project: int) -> tuple[str, str | None, str | None]:
        """Return when a project was first seen, when it was last learned, and at which commit."""
        rows = await self._database.fetch(
            "SELECT created_at, learned_at, commit_id FROM projects WHERE key = ?", [project]
        )
        created, learned, commit = rows[0]
        return created, learned, commit

    async def newest_learning(self) -> str | None:
        """Return when any project was last learned."""
        row = await self._database.fetch_one("SELECT max(learned_at) FROM projects")
        return row[0] if row else None

    async def mark_learned(self, project: int, at: str, commit: str | None) -> None:
        """Note a finished learning. Runs inside `atomic`."""
        await self._database.execute(
            "UPDATE projects SET learned_at = ?, commit_id = ? WHERE key = ?", [at, commit, project]
        )

    async def files(self, project: int) -> dict[str, FileRecord]:
        """Return what is known of a project's files, by path."""
        rows = await self._database.fetch(
            "SELECT path, size, modified_ns, hash, language, skipped FROM files WHERE project = ?", [project]
        )
        return {row[0]: FileRecord(*row) for row in rows}

    async def known_files(self, project: int) -> dict[str, tuple[int, int]]:
        """Return (size in bytes, modification time in nanoseconds) of all of a project's files, by path."""
        rows = await self._database.fetch("SELECT path, size, modified_ns FROM files WHERE project = ?", [project])
        return {path: (size, modified) for path, size, modified in rows}

    async def hashes(self, project: int, paths: Sequence[str]) -> dict[str, bytes]:
        """Return the content hashes of some files; those that were not read have none."""
        rows = await self._database.fetch_in(
            "SELECT path, hash FROM files WHERE hash IS NOT NULL AND project = ? AND path IN ({in})", paths, project
        )
        return dict(rows)

    async def skipped(self, project: int) -> dict[str, str]:
        """Return why files were not learned, by path."""
        rows = await self._database.fetch(
            "SELECT path, skipped FROM files WHERE project = ? AND skipped IS NOT NULL", [project]
        )
        return dict(rows)

    async def file_stats(self, project: int, paths: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return (size in bytes, modification time in nanoseconds) of some learned files, by path."""
        rows = await self._database.fetch_in(
            "SELECT path, size, modified_ns FROM files WHERE project = ? AND path IN ({in})", paths, project
        )
        return {path: (size, modified) for path, size, modified in rows}

    async def learned_paths(self, project: int, limit: int) -> list[str]:
        """Return the paths of the files that were learned, at most so many."""
        rows = await self._database.fetch(
            "SELECT path FROM files WHERE project = ? AND skipped IS NULL LIMIT ?", [project, limit]
        )
        return [path for (path,) in rows]

    async def paths_named(self, project: int, names: Sequence[str]) -> list[str]:
        """Return the paths of learned files whose last part is one of some names, in whatever case."""
        by_length: dict[int, list[str]] = {}
        for name in dict.fromkeys(name.lower() for name in names if name):
            by_length.setdefault(len(name), []).append(name)
        if not by_length:
            return []
        # Ends of equal length are compared together: to cut each path at its last `/` takes SQLite ten times as long.
        ends = [
            f"(lower(substr(path, -{length})) IN ({','.join('?' * len(some))})"
            f" AND (length(path) = {length} OR substr(path, -{length + 1}, 1) = '/'))"
            for length, some in by_length.items()
        ]
        read = self._database.look_up if len(names) <= LOOKUP_VALUES else self._database.fetch
        rows = await read(
            f"SELECT path FROM files WHERE project = ? AND skipped IS NULL AND ({' OR '.join(ends)})",
            [project, *(name for some in by_length.values() for name in some)],
        )
        return [path for (path,) in rows]

    async def put_files(self, project: int, files: Sequence[FileRecord]) -> None:
        """Write what is now known of files. Runs inside `atomic`."""
        await self._database.execute_many(
            "INSERT OR REPLACE INTO files (project, path, size, modified_ns, hash, language, skipped)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(project, f.path, f.size, f.modified_ns, f.hash, f.language, f.skipped) for f in files],
        )

    async def remove_files(self, project: int, paths: Sequence[str]) -> None:
        """Forget files that are gone. Runs inside `atomic`."""
        await self._database.execute_many(
            "DELETE FROM files WHERE project = ? AND path = ?", [(project, path) for path in paths]
        )


class MetaTable:
    """The `meta` table: small named values, such as the stamp of what derived data was made with."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """Return a value, or None."""
        row = await self._database.fetch_one("SELECT value FROM meta WHERE name = ?", [name])
        return row[0] if row else None

    async def set(self, name: str, value: str) -> None:
        """Write a value. Runs inside `atomic`."""
        await self._database.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", [name, value])

    async def remove(self, name: str) -> None:
        """Forget a value. Runs inside `atomic`."""
        await self._database.execute("DELETE FROM meta WHERE name = ?", [name])
