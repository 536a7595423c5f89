"""What word indexes read from the truth: the profiles of a scope's chunks, and which files of words are published."""

from __future__ import annotations

from collections.abc import Sequence

from fluorite_mcp.models import GLOBAL_SCOPE
from fluorite_mcp.storage.database import LOOKUP_VALUES, Database


class WordRows:
    """The words in the `profiles` table, and those columns of `generations` that are about words."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        return await self._database.version()

    async def living_keys(self, scope: int, limit: int) -> list[int]:
        """Return the living chunks of a project (or `GLOBAL_SCOPE`), in order of their keys; at most so many."""
        where = "project = ?" if scope else "project IS NULL"
        sql = f"SELECT key FROM chunks WHERE retired_at IS NULL AND {where} LIMIT ?"
        return sorted(key for (key,) in await self._database.fetch(sql, [*([scope] if scope else []), limit]))

    async def profile_bytes(self, keys: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return the profiles of living chunks, in order of their keys."""
        rows = await self._database.fetch_in("SELECT chunk, data FROM profiles WHERE chunk IN ({in})", keys)
        return sorted(rows)

    async def profiles_between(self, scope: int, after: int, until: int) -> list[tuple[int, bytes]]:
        """Return (chunk, profile) of the living chunks of a scope in a range of keys, in order.

        Args:
            scope: A project's key, or `GLOBAL_SCOPE`.
            after: Only chunks with a larger key.
            until: Only chunks with at most this key.
        """
        read = self._database.look_up if until - after <= LOOKUP_VALUES else self._database.fetch
        rows = await read(
            "SELECT p.chunk, p.data FROM profiles p JOIN chunks c ON c.key = p.chunk WHERE p.chunk > ? AND p.chunk <= ?"
            f" AND coalesce(c.project, {GLOBAL_SCOPE}) = ? ORDER BY p.chunk",
            [after, until, scope],
        )
        return [(key, data) for key, data in rows]

    async def state(self, scope: int) -> tuple[int, str | None, int, int]:
        """Return what changes when loaded words must follow, 0 where there is none.

        The generation's number and its file of words, the newest chunk of any scope, and the newest removal.
        """
        rows = await self._database.look_up(
            "SELECT (SELECT number FROM generations WHERE scope = ?1),"
            " (SELECT words_file FROM generations WHERE scope = ?1),"
            " (SELECT max(key) FROM chunks), (SELECT max(seq) FROM removals WHERE scope = ?1)",
            [scope],
        )
        number, file, chunk, removal = rows[0]
        return number or 0, file, chunk or 0, removal or 0

    async def withdraw(self, scope: int, number: int) -> None:
        """Unpublish the words of a generation, whose file is unusable."""
        async with self._database.atomic():
            await self._database.execute(
                "UPDATE generations SET words_file = NULL, words_checksum = NULL WHERE scope = ? AND number = ?",
                [scope, number],
            )
