"""What is kept of chunks whose text left its project's files, and which chunk took the place of one that moved."""

from __future__ import annotations

import json
from collections.abc import Sequence

from fluorite_mcp.models import Departed
from fluorite_mcp.storage.database import Database

# Judged or used chunks whose text is gone; of more than that, the newest may come back.
_KEPT_PER_PROJECT = 20_000


class DepartedTable:
    """The `departed` table. Writing methods run inside `Database.atomic`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, project: int, departed: Sequence[Departed]) -> None:
        """Keep what was known of chunks; of one that left before, only the newest is kept."""
        await self._database.execute_many(
            "INSERT OR REPLACE INTO departed (chunk, project, at, successor, kept) VALUES (?, ?, ?, ?, ?)",
            [(one.chunk, project, one.at, one.successor, json.dumps(dict(one.kept))) for one in departed],
        )
        await self._database.execute(
            "DELETE FROM departed WHERE project = ?1 AND at < (SELECT at FROM departed WHERE project = ?1"
            " ORDER BY at DESC LIMIT 1 OFFSET ?2)",
            [project, _KEPT_PER_PROJECT],
        )

    async def of(self, project: int) -> dict[str, Departed]:
        """Return what left a project, by chunk id. Uses `departed_by_project`."""
        rows = await self._database.fetch(
            "SELECT chunk, at, successor, kept FROM departed WHERE project = ?", [project]
        )
        return {id_: Departed(id_, at, successor, json.loads(kept)) for id_, at, successor, kept in rows}

    async def remove(self, ids: Sequence[str]) -> None:
        """Forget that chunks left: they are back."""
        await self._database.execute_many("DELETE FROM departed WHERE chunk = ?", [(id_,) for id_ in ids])
