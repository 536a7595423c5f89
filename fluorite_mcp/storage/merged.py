"""Merged profiles of files: what ranking asks of a file's text, kept in one row.

Which files wait for a new one the database itself knows: its triggers mark a file whenever one of its chunks changes,
whoever changes it (see `storage.migrations`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fluorite_mcp.models import WaitingFile
from fluorite_mcp.storage.database import Database


class MergedTable:
    """The `merged_profiles` table. `write` and `put` run inside `Database.atomic`.

    Args:
        database: The open store.
        version: Stamp of how profiles are merged; those of another stamp are not there.
    """

    def __init__(self, database: Database, version: int) -> None:
        self._database = database
        self._version = version

    async def find(self, project: int, paths: Sequence[str], model: str) -> dict[str, bytes]:
        """Return the profiles of some files, with the mean of one model's vectors; those that wait are left out."""
        # The plus keeps SQLite from looking through all that were made by the same.
        rows = await self._database.fetch_in(
            "SELECT path, data FROM merged_profiles WHERE project = ? AND +made_by = ? AND path IN ({in})",
            paths, project, self._maker(model),
        )  # fmt: skip
        return dict(rows)

    async def of_scope(self, scope: int, model: str) -> dict[str, bytes]:
        """Return the profiles of a project's files; no file belongs to `GLOBAL_SCOPE`."""
        rows = await self._database.fetch(
            "SELECT path, data FROM merged_profiles WHERE project = ? AND +made_by = ?", [scope, self._maker(model)]
        )
        return dict(rows)

    async def waiting(self, model: str, limit: int) -> list[WaitingFile]:
        """Return files whose profiles are missing or were made in another way, at most so many."""
        maker = self._maker(model)
        rows = await self._database.fetch(
            "SELECT project, path, stamp FROM merged_profiles"
            " WHERE made_by IS NULL OR made_by < ? OR made_by > ? LIMIT ?",
            [maker, maker, limit],
        )
        return [WaitingFile(*row) for row in rows]

    async def write(self, model: str, profiles: Sequence[tuple[WaitingFile, bytes | None]]) -> None:
        """Keep the profiles of files that did not change again meanwhile; a file without chunks has None."""
        await self._database.execute_many(
            "UPDATE merged_profiles SET made_by = ?, data = ? WHERE project = ? AND path = ? AND stamp = ?",
            [(self._maker(model), data, *file) for file, data in profiles if data is not None],
        )
        await self._database.execute_many(
            "DELETE FROM merged_profiles WHERE project = ? AND path = ? AND stamp = ?",
            [file for file, data in profiles if data is None],
        )

    async def put(self, project: int, model: str, profiles: Mapping[str, bytes]) -> None:
        """Keep the profiles of files whose chunks were written in the same transaction, by path."""
        await self._database.execute_many(
            "UPDATE merged_profiles SET made_by = ?, data = ? WHERE project = ? AND path = ?",
            [(self._maker(model), data, project, path) for path, data in profiles.items()],
        )

    def _maker(self, model: str) -> str:
        return f"{self._version} {model}"
