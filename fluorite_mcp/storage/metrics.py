"""The `metrics` table: sums of what happened in all processes. They say how it goes, and nothing depends on them."""

from __future__ import annotations

from collections.abc import Mapping

from fluorite_mcp.storage.database import Database


class MetricTable:
    """Sums that only grow, by name and labels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, sums: Mapping[tuple[str, str], float]) -> None:
        """Add to sums. Runs inside `atomic`."""
        await self._database.execute_many(
            "INSERT INTO metrics (name, labels, value) VALUES (?, ?, ?)"
            " ON CONFLICT (name, labels) DO UPDATE SET value = value + excluded.value",
            [(name, labels, value) for (name, labels), value in sums.items()],
        )

    async def all(self) -> dict[tuple[str, str], float]:
        """Return every sum by name and labels."""
        rows = await self._database.fetch("SELECT name, labels, value FROM metrics ORDER BY name, labels")
        return {(name, labels): value for name, labels, value in rows}
