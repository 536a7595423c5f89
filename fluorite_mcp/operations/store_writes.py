"""Writing stored chunks: what waits at the same time is written in one transaction.

A commit waits for the disk, and each commit makes the word index keep one more list. So a `store` that comes while
another one is being written waits for it, and then all that wait are written together. Nobody is answered before the
transaction that holds his chunk is on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from fluorite_mcp.errors import FluoriteError, InputError, StoreBusyError
from fluorite_mcp.learning.feedback import judged
from fluorite_mcp.models import Chunk, Event, PreparedChunk, Relation
from fluorite_mcp.ports import ChunkStore, HistoryStore, RelationStore, Transactions
from fluorite_mcp.results import SimilarChunk

# Written at once, other processes waiting meanwhile: some tens of milliseconds.
_GROUP = 200


@dataclass(slots=True, eq=False)
class Write:
    """A chunk to write, the model of its vector ("" without one), what is similar to it, and then the outcome.

    `outcome` is whether the chunk is new, or why it could not be written; None as long as it waits.
    """

    item: PreparedChunk
    model: str
    similar: Sequence[SimilarChunk]
    outcome: bool | FluoriteError | None = None


class StoreWrites:
    """Writes chunks in groups."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        history: HistoryStore,
        relations: RelationStore,
        now: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._history = history
        self._relations = relations
        self._now = now
        self._waiting: list[Write] = []
        self._turn = asyncio.Lock()

    async def write(self, writes: Sequence[Write]) -> list[bool]:
        """Write chunks, with whatever else waits. Returns for each whether it is new.

        Raises:
            InputError: An id is in use elsewhere; that chunk was not written.
            StoreError: The store cannot be written; no chunk of the same group was.
        """
        self._waiting += writes
        try:
            async with self._turn:
                while any(one.outcome is None for one in writes):
                    await self._write_group(self._take())
        finally:
            self._waiting = [one for one in self._waiting if one not in writes]
        created: list[bool] = []
        for one in writes:
            if isinstance(one.outcome, FluoriteError):
                raise one.outcome
            created.append(bool(one.outcome))
        return created

    def _take(self) -> list[Write]:
        """Take what is written next out of what waits: each id once, for the second changes what the first wrote."""
        taken: dict[str, Write] = {}
        for one in self._waiting:
            if len(taken) < _GROUP:
                taken.setdefault(one.item.chunk.id, one)
        group = list(taken.values())
        self._waiting = [one for one in self._waiting if one not in group]
        return group

    async def _write_group(self, group: Sequence[Write]) -> None:
        try:
            created = await self._transaction(group)
        except FluoriteError as error:
            if len(group) == 1 or isinstance(error, StoreBusyError):
                for one in group:
                    one.outcome = error
                return
            # One of them is to blame: alone, each gets its own answer.
            for one in group:
                await self._write_group([one])
        except BaseException:
            # Its own task was cancelled and nothing was written; the others still wait for it.
            self._waiting = [*(one for one in group if one.outcome is None), *self._waiting]
            raise
        else:
            for one, is_new in zip(group, created, strict=True):
                one.outcome = is_new

    async def _transaction(self, group: Sequence[Write]) -> list[bool]:
        now = self._now()
        async with self._transactions.atomic():
            old = await self._chunks.find([one.item.chunk.id for one in group])
            new = [one for one in group if one.item.chunk.id not in old]
            for model, part in groupby(sorted(new, key=lambda one: one.model), key=lambda one: one.model):
                await self._chunks.add([one.item for one in part], model)
            await self._history.note([one.item.chunk.id for one in new], "stored", now)
            for one in group:
                if before := old.get(one.item.chunk.id):
                    await self._update(before, one.item, one.model, now)
            edges = [
                Relation(one.item.chunk.id, other.id, "similar", other.score) for one in group for other in one.similar
            ]
            await self._relations.put(edges, now)
        return [one.item.chunk.id not in old for one in group]

    async def _update(self, old: Chunk, item: PreparedChunk, model: str, now: str) -> None:
        chunk = item.chunk
        if old.origin.path is not None:
            raise InputError(
                f"id {old.id!r} belongs to a learned file ({old.origin.path}). Choose another id, or none."
            )
        if chunk.project is not None and chunk.project != old.project and old.retired_at is None:
            owner = "global knowledge" if old.project is None else "another project"
            raise InputError(f"id {old.id!r} is in use by {owner}. Choose another id, or none.")
        kept = replace(
            chunk, created_at=old.created_at, usage=old.usage, helpful=old.helpful, unhelpful=old.unhelpful,
            quality=old.quality if old.helpful or old.unhelpful else chunk.quality,
        )  # fmt: skip
        if old.retired_at is None and _says_the_same(old, kept):
            return
        event = "updated" if old.retired_at is None else "restored"
        detail = {} if old.content == kept.content else {"before": old.content}
        if detail and (old.helpful or old.unhelpful):
            # New content may end what was said of the old one.
            events = (await self._history.of([chunk.id]))[chunk.id]
            kept = judged(kept, [*events, Event(now, event, detail)], now)
        await self._chunks.replace([replace(item, chunk=kept)], model)
        await self._history.note([chunk.id], event, now, detail)


def _says_the_same(old: Chunk, new: Chunk) -> bool:
    def said(chunk: Chunk) -> tuple[object, ...]:
        return (
            chunk.content, chunk.title, chunk.kind, chunk.project, chunk.language, chunk.frameworks, chunk.tags,
            chunk.quality, dict(chunk.metadata),
        )  # fmt: skip

    return said(old) == said(new)
