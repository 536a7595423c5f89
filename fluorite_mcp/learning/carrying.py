"""What people said of learned code stays with it when it is edited.

A learned chunk's id comes from its path and text, so an edited one is a new chunk. Where a chunk that was judged or
used disappears, the chunk that took its place inherits: the one with the same symbol and a similar text among those
learned with it. A chunk that comes back, as on another branch, finds its history. Files that go are followed by
`moves.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fluorite_mcp.learning.feedback import EDITED_EVENT, FEEDBACK_EVENT, judged
from fluorite_mcp.learning.moves import (
    MOVED_EVENT,
    SAME_SYMBOL_SIMILARITY,
    SAME_TEXT_SIMILARITY,
    Leave,
    Moves,
    similarity,
)
from fluorite_mcp.models import Chunk, Event, PreparedChunk

if TYPE_CHECKING:
    from fluorite_mcp.ports import ChunkStore, HistoryStore

_CARRIED_EVENTS = (FEEDBACK_EVENT, EDITED_EVENT, MOVED_EVENT)


@dataclass(slots=True)
class Remembered:
    """What one learning knows beforehand: the ids that were ever judged, what left and what is leaving the project."""

    judged: frozenset[str] = frozenset()
    leave: Leave = field(default_factory=Leave)

    @property
    def leaving(self) -> Sequence[Chunk]:
        """What matters in files that are gone."""
        return self.leave.leaving


class Judgements:
    """Lets new chunks inherit from those whose place they take."""

    def __init__(self, chunks: ChunkStore, history: HistoryStore, moves: Moves, now: Callable[[], str]) -> None:
        self._chunks = chunks
        self._history = history
        self._moves = moves
        self._now = now

    async def remember(self, project: int, removed: Sequence[str]) -> Remembered:
        """Look at what may be inherited in a learning that finds some files gone."""
        judged_ids = frozenset(await self._history.judged())
        return Remembered(judged_ids, await self._moves.begin(project, removed, judged_ids))

    async def inherit(
        self, project: int, known: Remembered, gone: Sequence[Chunk], new: Sequence[PreparedChunk]
    ) -> Sequence[PreparedChunk]:
        """Return new chunks with what those before them were judged and used. Runs inside `Transactions.atomic`."""
        lost = [one for one in gone if _matters(one, known)]
        new = await self._moves.welcome(known.leave, new)
        await self._moves.depart(project, lost)
        if not new or not (lost or any(item.chunk.id in known.judged for item in new)):
            return new
        by_id = {item.chunk.id: item for item in new}
        for old in await self._whole(lost):
            await self._hand_on(old, by_id)
        for id_ in by_id.keys() & known.judged:
            by_id[id_] = await self._with_history(by_id[id_])
        return list(by_id.values())

    async def follow(self, project: int, known: Remembered, added: Sequence[str]) -> None:
        """Hand on what lies in files that are gone to files that are new. Runs inside `Transactions.atomic`."""
        await self._moves.follow(project, known.leave, added)

    async def _hand_on(self, old: Chunk, new: dict[str, PreparedChunk]) -> None:
        """Give the place of a chunk to its successor, if there is one."""
        successor = find_successor(old, [item.chunk for item in new.values()])
        if successor is None:
            return
        histories = await self._history.of([old.id, successor.id])
        there = {(event.at, event.event) for event in histories[successor.id]}
        carried = [
            one for one in histories[old.id] if one.event in _CARRIED_EVENTS and (one.at, one.event) not in there
        ]
        event = EDITED_EVENT if successor.content != old.content else MOVED_EVENT
        origin = {"from": old.id, "path": old.origin.path or ""}
        await self._history.insert(successor.id, [*carried, Event(self._now(), event, origin)])
        await self._moves.relate(old.id, successor.id)
        kept = replace(successor, usage=old.usage, created_at=old.created_at, accessed_at=old.accessed_at)
        new[successor.id] = await self._with_history(replace(new[successor.id], chunk=kept))

    async def _with_history(self, item: PreparedChunk) -> PreparedChunk:
        events = (await self._history.of([item.chunk.id]))[item.chunk.id]
        return replace(item, chunk=judged(item.chunk, events, self._now()))

    async def _whole(self, headers: Sequence[Chunk]) -> list[Chunk]:
        found = await self._chunks.load([one.key for one in headers if one.retired_at is None])
        return list(found.values())


def find_successor(old: Chunk, candidates: Sequence[Chunk]) -> Chunk | None:
    """Return the chunk that took the place of another one, or None."""
    alike = [one for one in candidates if one.kind == old.kind and one.origin.symbol == old.origin.symbol]
    least = SAME_SYMBOL_SIMILARITY if old.origin.symbol else SAME_TEXT_SIMILARITY
    ranked = sorted(((similarity(old.content, one.content), one.id, one) for one in alike), reverse=True)
    return ranked[0][2] if ranked and ranked[0][0] >= least else None


def _matters(chunk: Chunk, known: Remembered) -> bool:
    return chunk.id in known.judged or chunk.usage > 0
