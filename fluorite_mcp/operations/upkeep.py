"""Work that no user waits for: missing vectors, merged profiles, index generations, mining, the daily backup."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from fluorite_mcp.errors import EmbeddingError, FluoriteError
from fluorite_mcp.learning.ready import embed_chunks
from fluorite_mcp.operations.file_profiles import FileProfiles
from fluorite_mcp.ports import ChunkStore, Embedder, Transactions

logger = logging.getLogger(__name__)

_EMBED_BATCH = 256
# Between two rounds: a thousand chunks stored one after the other must not ask for a thousand rounds.
_PAUSE_SECONDS = 0.2
# Keys looked at in one go for chunks without vectors: some milliseconds, in which searches wait for the connection.
_KEYS_LOOKED_AT = 10_000


class Compactor(Protocol):
    """Publishes generations of the vector index."""

    def needs_compaction(self, scope: int) -> bool:
        """Whether a scope's tail has grown enough."""
        ...

    async def compact(self, scope: int, model: str) -> object:
        """Build and publish the next generation."""
        ...


class Upkeep:
    """Runs one round of background work at a time; asked again meanwhile, it runs once more."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        embedder: Embedder,
        index: Compactor,
        profiles: FileProfiles,
        back_up: Callable[[], Path | None],
        mine: Callable[[Sequence[int]], Awaitable[None]],
        chores: Sequence[Callable[[], Awaitable[object]]] = (),
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._embedder = embedder
        self._index = index
        self._profiles = profiles
        self._back_up = back_up
        self._mine = mine
        self._chores = chores
        self._task: asyncio.Task[None] | None = None
        self._scopes: set[int] = set()
        self._asked = False
        # No chunk up to this key waits for a vector: one that gets a new text, or comes back, gets a new key.
        self._complete_to = 0
        # After a model failed, asking it again at every round would make every round slow.
        self._model_failed = False

    def ask(self, scopes: Sequence[int]) -> None:
        """Have the work done soon, for these scopes among others."""
        self._scopes.update(scopes)
        self._asked = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def waiting(self) -> dict[str, int]:
        """Return how much is going on."""
        return {"rounds": int(self._task is not None and not self._task.done())}

    async def stop(self) -> None:
        """Stop at once; what is not done is found again at the next start."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def finish(self) -> None:
        """Wait until there is nothing to do."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            self._asked = False
            scopes, self._scopes = self._scopes, set()
            try:
                await self._embed_missing()
                await self._profiles.write_waiting()
                for scope in sorted(scopes):
                    if self._index.needs_compaction(scope):
                        await self._index.compact(scope, self._embedder.name)
                await asyncio.to_thread(self._back_up)
                await self._mine(sorted(scopes))
                for chore in self._chores:
                    await chore()
            except (FluoriteError, OSError) as error:
                logger.warning("background work failed and is tried again later: %s", error)
            if not self._asked:
                return
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _embed_missing(self) -> None:
        newest = await self._chunks.newest()
        while self._complete_to < newest and not self._model_failed:
            until = min(self._complete_to + _KEYS_LOOKED_AT, newest)
            keys = await self._chunks.without_embedding(
                self._embedder.name, _EMBED_BATCH, after=self._complete_to, until=until
            )
            if keys:
                await self._embed(keys)
            else:
                self._complete_to = until

    async def _embed(self, keys: Sequence[int]) -> None:
        chunks = list((await self._chunks.load(keys)).values())
        try:
            vectors = await asyncio.to_thread(embed_chunks, self._embedder, chunks)
        except EmbeddingError as error:
            self._model_failed = True
            logger.warning("chunks stay without vectors: %s", error)
            return
        async with self._transactions.atomic():
            pairs = [(chunk.key, vector) for chunk, vector in zip(chunks, vectors, strict=True)]
            await self._chunks.embed(pairs, self._embedder.name)
