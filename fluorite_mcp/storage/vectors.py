"""What vector indexes read from the truth: vectors by scope, removals, published generations."""

from __future__ import annotations

from collections.abc import Sequence

from fluorite_mcp.models import Generation
from fluorite_mcp.storage.database import LOOKUP_VALUES, Database


class VectorTable:
    """The `embeddings`, `removals` and `generations` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        return await self._database.version()

    async def state(self, scope: int) -> tuple[int, int, int, int]:
        """Return what changes when a loaded index must follow, 0 where there is none.

        The generation's number, the newest embedded chunk of any scope, the newest removal, and how often chunks
        that already had a vector were embedded anew.
        """
        row = await self._database.fetch_one(
            "SELECT (SELECT number FROM generations WHERE scope = ?1),"
            # Of the scope alone it would cost a look at each of its vectors: no index begins with scope and chunk.
            " (SELECT max(chunk) FROM embeddings),"
            " (SELECT max(seq) FROM removals WHERE scope = ?1),"
            " (SELECT value FROM meta WHERE name = 'reembeddings')",
            [scope],
        )
        number, chunk, removal, reembeddings = row or (0, 0, 0, 0)
        return number or 0, chunk or 0, removal or 0, int(reembeddings or 0)

    async def count(self, scope: int, model: str, chunk: int) -> int:
        """Return how many vectors a scope has of a model for chunks newer than one."""
        sql = "SELECT count(*) FROM embeddings WHERE scope = ? AND model = ? AND chunk > ?"
        return int((await self._database.fetch(sql, [scope, model, chunk]))[0][0])

    async def after(self, scope: int, model: str, chunk: int, limit: int) -> list[tuple[int, bytes]]:
        """Return (chunk, vector) of a scope and model for the next chunks newer than one, in order."""
        read = self._database.look_up if limit <= LOOKUP_VALUES else self._database.fetch
        rows = await read(
            "SELECT chunk, vector FROM embeddings WHERE scope = ? AND model = ? AND chunk > ? ORDER BY chunk LIMIT ?",
            [scope, model, chunk, limit],
        )
        return [(key, vector) for key, vector in rows]

    async def find(self, chunks: Sequence[int], model: str) -> dict[int, bytes]:
        """Return the vectors that some chunks have of a model."""
        sql = "SELECT chunk, vector FROM embeddings WHERE model = ? AND chunk IN ({in})"
        return dict(await self._database.fetch_in(sql, chunks, model))

    async def removed_after(self, scope: int, removal: int) -> tuple[list[int], int]:
        """Return the chunks removed after a removal, and the number of the newest one."""
        rows = await self._database.fetch(
            "SELECT chunk, seq FROM removals WHERE scope = ? AND seq > ? ORDER BY seq", [scope, removal]
        )
        return [chunk for chunk, _ in rows], rows[-1][1] if rows else removal

    async def generation(self, scope: int) -> Generation | None:
        """Return the published generation of a scope."""
        row = await self._database.fetch_one(
            "SELECT scope, number, file, checksum, model, rows, last_chunk, last_removal, words_file, words_checksum"
            " FROM generations WHERE scope = ?",
            [scope],
        )
        return Generation(*row) if row else None

    async def publish(self, generation: Generation, at: str, reembeddings: int) -> bool:
        """Make a generation the current one and drop the removals it already knows.

        Args:
            generation: What was built.
            at: When.
            reembeddings: How often chunks had been embedded anew (see `state`) before the vectors were read.

        Returns:
            False if vectors were embedded anew meanwhile, which the generation may lack: nothing was published.
        """
        async with self._database.atomic():
            if (await self.state(generation.scope))[3] != reembeddings:
                return False
            await self._database.execute(
                "INSERT OR REPLACE INTO generations"
                " (scope, number, file, checksum, model, rows, last_chunk, last_removal, words_file, words_checksum,"
                " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    generation.scope, generation.number, generation.file, generation.checksum, generation.model,
                    generation.rows, generation.last_chunk, generation.last_removal, generation.words_file,
                    generation.words_checksum, at,
                ],
            )  # fmt: skip
            # A reader that knows an older generation loads this one before it asks for removals.
            await self._database.execute(
                "DELETE FROM removals WHERE scope = ? AND seq <= ?", [generation.scope, generation.last_removal]
            )
        return True

    async def scopes(self) -> list[int]:
        """Return every scope that holds embeddings."""
        # DISTINCT would look at every vector; this looks for the next larger scope as often as there are scopes.
        rows = await self._database.fetch(
            "WITH RECURSIVE found(scope) AS (SELECT min(scope) FROM embeddings UNION ALL"
            " SELECT (SELECT min(scope) FROM embeddings e WHERE e.scope > found.scope) FROM found"
            " WHERE found.scope IS NOT NULL) SELECT scope FROM found WHERE scope IS NOT NULL"
        )
        return [scope for (scope,) in rows]

    async def withdraw(self, scope: int, number: int) -> bool:
        """Unpublish a generation whose file is unusable; False if it is not the current one any more."""
        async with self._database.atomic():
            count = await self._database.execute(
                "DELETE FROM generations WHERE scope = ? AND number = ?", [scope, number]
            )
        return count > 0
