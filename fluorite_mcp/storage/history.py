"""What happened to chunks, how they relate, and what can be undone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fluorite_mcp.models import Event, Relation
from fluorite_mcp.storage.database import Database


class HistoryTable:
    """The `history` table: one line per event of a chunk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, ids: Sequence[str], event: str, at: str, detail: Mapping[str, Any] | None = None) -> None:
        """Write one event for each chunk. Runs inside `atomic`."""
        text = json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True)
        await self._database.execute_many(
            "INSERT INTO history (chunk, at, event, detail) VALUES (?, ?, ?, ?)",
            [(id_, at, event, text) for id_ in ids],
        )

    async def insert(self, chunk: str, events: Sequence[Event]) -> None:
        """Write events as they are, such as those of an import. Runs inside `atomic`."""
        for event in events:
            await self.note([chunk], event.event, event.at, event.detail)

    async def judged(self) -> list[str]:
        """Return the ids of all chunks that somebody judged, gone ones included. Uses `history_judged`."""
        rows = await self._database.fetch("SELECT DISTINCT chunk FROM history WHERE event = 'feedback' ORDER BY chunk")
        return [chunk for (chunk,) in rows]

    async def of(self, ids: Sequence[str]) -> dict[str, list[Event]]:
        """Return the events of chunks, oldest first."""
        rows = await self._database.fetch_in(
            "SELECT chunk, at, event, detail FROM history WHERE chunk IN ({in}) ORDER BY key", ids
        )
        events: dict[str, list[Event]] = {id_: [] for id_ in ids}
        for chunk, at, event, detail in rows:
            events[chunk].append(Event(at, event, json.loads(detail)))
        return events


class RelationTable:
    """The `relations` table: typed, weighted edges by public id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, relations: Sequence[Relation], at: str) -> None:
        """Write edges; an edge that exists gets the new weight. Runs inside `atomic`."""
        await self._database.execute_many(
            "INSERT INTO relations (source, target, type, weight, created_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (source, type, target) DO UPDATE SET weight = excluded.weight",
            [(edge.source, edge.target, edge.type, edge.weight, at) for edge in relations],
        )

    async def hand_on(self, old: str, new: str) -> None:
        """Let the edges of a chunk touch another one instead. Runs inside `atomic`."""
        for column in ("source", "target"):
            await self._database.execute(
                f"UPDATE OR REPLACE relations SET {column} = ? WHERE {column} = ?",
                [new, old],
            )

    async def of(self, ids: Sequence[str]) -> list[Relation]:
        """Return the edges that touch any of the chunks, both directions."""
        columns = "SELECT source, target, type, weight FROM relations"
        rows = await self._database.fetch_in(f"{columns} WHERE source IN ({{in}})", ids)
        rows += await self._database.fetch_in(f"{columns} WHERE target IN ({{in}})", ids)
        return [Relation(*row) for row in sorted(set(rows))]

    async def all(self) -> list[tuple[Relation, str]]:
        """Return every edge with the time it was made, ordered."""
        rows = await self._database.fetch(
            "SELECT source, target, type, weight, created_at FROM relations ORDER BY source, type, target"
        )
        return [(Relation(*row[:4]), row[4]) for row in rows]


class UndoTable:
    """The `undos` table: which chunks one forgetting archived."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, token: str, at: str, ids: Sequence[str]) -> None:
        """Remember a forgetting. Runs inside `atomic`."""
        await self._database.execute(
            "INSERT INTO undos (token, at, chunks) VALUES (?, ?, ?)", [token, at, json.dumps(ids)]
        )

    async def find(self, token: str) -> list[str] | None:
        """Return the ids a forgetting archived, or None for an unknown token."""
        row = await self._database.fetch_one("SELECT chunks FROM undos WHERE token = ?", [token])
        return list(json.loads(row[0])) if row else None

    async def newest(self, limit: int) -> list[str]:
        """Return the newest tokens, for hints at a mistyped one."""
        rows = await self._database.fetch("SELECT token FROM undos ORDER BY at DESC LIMIT ?", [limit])
        return [token for (token,) in rows]

    async def all(self) -> list[tuple[str, str, list[str]]]:
        """Return (token, time, ids) of every forgetting, oldest first."""
        rows = await self._database.fetch("SELECT token, at, chunks FROM undos ORDER BY at, token")
        return [(token, at, list(json.loads(chunks))) for token, at, chunks in rows]
