"""What was shown and then used: a use counts only if a search or a suggestion brought it.

An assistant that reads a chunk by an id it already knew says nothing about whether the chunk is worth finding. What
was shown is remembered for a day over all processes, since at a shell each command is a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from fluorite_mcp.errors import StoreError
from fluorite_mcp.measures import ACCEPTED, SUGGESTED, USES, Measures
from fluorite_mcp.ports import ChunkStore, MetaStore, MetricStore, Transactions

logger = logging.getLogger(__name__)

# How long a use is thought to come of what was shown: a working day and the night after it.
SHOWN_FOR = timedelta(hours=24)
# Some hundred searches; each place takes about a hundred bytes.
_REMEMBERED = 1_000
_NAME = "shown"
# By what a suggestion was brought that was used since.
_ACCEPTED = "accepted"

# How long an answer waits until its use is counted: a store that another process writes to still answers.
_COUNTING_SECONDS = 0.2

# What is measured is written when the process ends, and with other background work at most this often.
_FLUSH_EVERY = timedelta(minutes=5)


class Usage:
    """Remembers what was shown, counts what of it was used, and keeps what was measured."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        meta: MetaStore,
        metrics: MetricStore,
        measures: Measures,
        now: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._meta = meta
        self._metrics = metrics
        self._measures = measures
        self._now = now
        # Id → (by what, when), oldest first.
        self._shown: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._is_loaded = False
        self._is_changed = False
        self._flushed_at = now()
        self._counting: set[asyncio.Task[None]] = set()

    def shown(self, ids: Iterable[str], by: str) -> None:
        """Note that an answer showed chunks: of "search" or "suggest"."""
        at = self._now()
        found = list(ids)
        for id_ in found:
            self._shown[id_] = (by, at)
            self._shown.move_to_end(id_)
        self._is_changed |= bool(found)
        if by == "suggest":
            self._measures.count(SUGGESTED, len(found))
        while len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)

    async def used(self, ids: Sequence[str], how: str) -> None:
        """Count that chunks were "fetched" or "applied", those that were shown, if the store takes it soon."""
        task = asyncio.create_task(self._count(ids, how))
        self._counting.add(task)
        task.add_done_callback(self._counting.discard)
        await asyncio.wait([task], timeout=_COUNTING_SECONDS)

    async def judged(self, ids: Sequence[str], outcome: str) -> None:
        """Note which suggestions were judged helpful."""
        if outcome == "helpful":
            for id_, by in await self._brought(ids):
                self._note_accepted(id_, by, "helpful")

    async def _count(self, ids: Sequence[str], how: str) -> None:
        try:
            brought = await self._brought(ids)
            for id_, by in brought:
                self._measures.count(USES, how=how, after="search" if by == "search" else "suggest")
                self._note_accepted(id_, by, how)
            if brought:
                async with self._transactions.atomic():
                    await self._chunks.touch([id_ for id_, _ in brought], self._now())
        except StoreError as error:
            logger.info("a use was not counted: %s", error)

    def _note_accepted(self, id_: str, by: str, how: str) -> None:
        """Count what became of a suggestion, and once that it was of any use."""
        if by == "search":
            return
        self._measures.count(ACCEPTED, how=how)
        if by == "suggest":
            self._measures.count(ACCEPTED, how="any")
            self._shown[id_] = (_ACCEPTED, self._shown.get(id_, ("", self._now()))[1])
            self._is_changed = True

    async def _brought(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """Return which of some chunks were shown lately, with by what. A template was if one of its files was."""
        await self._load()
        oldest = _text(datetime.fromisoformat(self._now()) - SHOWN_FOR)
        found = []
        for id_ in ids:
            own = self._shown.get(id_)
            if own is None and id_.startswith("spike:"):
                own = next((value for shown, value in self._shown.items() if shown.startswith(f"{id_}/")), None)
            if own is not None and own[1] >= oldest:
                found.append((id_, own[0]))
        return found

    async def _load(self) -> None:
        if self._is_loaded:
            return
        self._is_loaded = True
        own = list(self._shown.items())
        self._shown = OrderedDict([*await self._kept(), *own])

    async def _kept(self) -> list[tuple[str, tuple[str, str]]]:
        try:
            return [(id_, (by, at)) for id_, by, at in json.loads(await self._meta.get(_NAME) or "[]")]
        except (ValueError, TypeError):
            return []

    async def flush_sometimes(self) -> None:
        """Write what was measured if that was not done lately."""
        if datetime.fromisoformat(self._now()) - datetime.fromisoformat(self._flushed_at) >= _FLUSH_EVERY:
            await self.flush()

    async def flush(self) -> None:
        """Write what was measured and shown since the last time; a store that does not take it costs only that."""
        taken = self._measures.take()
        if not taken and not self._is_changed:
            return
        self._flushed_at = self._now()
        try:
            async with self._transactions.atomic():
                await self._metrics.add(taken)
                if self._is_changed:
                    await self._meta.set(_NAME, json.dumps(await self._merged()))
            self._is_changed = False
        except StoreError as error:
            self._measures.give_back(taken)
            logger.info("figures were not kept: %s", error)

    async def _merged(self) -> list[tuple[str, str, str]]:
        """Return what this process and the others have shown lately, each place once, oldest first."""
        newest = dict(sorted([*await self._kept(), *self._shown.items()], key=lambda one: one[1][1]))
        ordered = sorted(newest.items(), key=lambda one: one[1][1])[-_REMEMBERED:]
        oldest = _text(datetime.fromisoformat(self._now()) - SHOWN_FOR)
        return [(id_, by, at) for id_, (by, at) in ordered if at >= oldest]

    async def stop(self) -> None:
        """Leave uses uncounted that still wait for the store, and write what was measured."""
        for task in self._counting:
            task.cancel()
        await asyncio.gather(*self._counting, return_exceptions=True)
        await self.flush()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
