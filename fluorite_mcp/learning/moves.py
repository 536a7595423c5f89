"""What was judged, used and related follows a file that is renamed or moved, and waits for one that comes back.

The id of a learned chunk comes from its path and text, so the chunks of a renamed file are new ones. When files are
gone that held something that matters, the chunks of the files that are new in the same learning are compared with it:
first by equal text, then by name and words. What finds no successor is kept aside, since another branch may bring its
file back.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fluorite_mcp.learning.feedback import EDITED_EVENT, judged, judgements_of
from fluorite_mcp.models import Chunk, Departed, Event, PreparedChunk

if TYPE_CHECKING:
    from fluorite_mcp.ports import ChunkStore, DepartedStore, HistoryStore, RelationStore

# Half of the words are the same: an edit. With fewer, who judged it read something else.
SAME_SYMBOL_SIMILARITY = 0.5
# Without a name that says that it is the same, nearly all of the text must.
SAME_TEXT_SIMILARITY = 0.8
# Comparing words takes some 20 µs; a folder of thousands of pages may move at once.
_MAX_COMPARED = 100

MOVED_EVENT = "moved"
_KEPT = ("quality", "helpful", "unhelpful", "usage", "created_at", "accessed_at")
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Leave:
    """What one learning knows beforehand: what left the project earlier, and what matters in files that are gone."""

    departed: dict[str, Departed] = field(default_factory=dict)
    leaving: list[Chunk] = field(default_factory=list)


class Moves:
    """Keeps what people said of learned files while the files come, go and change their names.

    Methods that write run inside `Transactions.atomic`.
    """

    def __init__(
        self,
        chunks: ChunkStore,
        departed: DepartedStore,
        history: HistoryStore,
        relations: RelationStore,
        now: Callable[[], str],
    ) -> None:
        self._chunks = chunks
        self._departed = departed
        self._history = history
        self._relations = relations
        self._now = now

    async def begin(self, project: int, removed: Sequence[str], judged_ids: Collection[str]) -> Leave:
        """Look at what may come back or move in a learning that finds some files gone."""
        leave = Leave(await self._departed.of(project))
        if headers := await self._chunks.of_files(project, removed) if removed else []:
            ids = [one.id for one in headers]
            related = {id_ for edge in await self._relations.of(ids) for id_ in (edge.source, edge.target)}
            known = related.union(judged_ids)
            keys = [one.key for one in headers if one.usage or one.retired_at or one.id in known]
            leave.leaving = list((await self._chunks.load(keys)).values())
        return leave

    async def welcome(self, leave: Leave, new: Sequence[PreparedChunk]) -> Sequence[PreparedChunk]:
        """Return new chunks as they were when they left, where they are known from before."""
        if not leave.departed:
            return new
        back = [item.chunk.id for item in new if item.chunk.id in leave.departed]
        await self._departed.remove(back)
        kept = {id_: leave.departed.pop(id_).kept for id_ in dict.fromkeys(back)}
        return [
            replace(item, chunk=replace(item.chunk, **kept[item.chunk.id])) if item.chunk.id in kept else item
            for item in new
        ]

    async def depart(self, project: int, gone: Sequence[Chunk], successors: dict[str, str] | None = None) -> None:
        """Keep what is known of chunks whose text is gone, with those that took their place."""
        if gone:
            now, successors = self._now(), successors or {}
            await self._departed.put(
                project,
                [
                    Departed(one.id, now, successors.get(one.id), {name: getattr(one, name) for name in _KEPT})
                    for one in gone
                ],
            )

    async def relate(self, old: str, new: str) -> None:
        """Let what is related to a chunk be related to the one that took its place."""
        await self._relations.hand_on(old, new)

    async def follow(self, project: int, leave: Leave, added: Sequence[str]) -> None:
        """Hand on what is leaving to the chunks of new files that took its place, and keep the rest aside."""
        names = {(one.kind, one.origin.symbol) for one in leave.leaving}
        headers = await self._chunks.of_files(project, added) if added else []
        keys = [one.key for one in headers if (one.kind, one.origin.symbol) in names]
        found = list((await self._chunks.load(keys)).values()) if keys else []
        pairs = find_successors(leave.leaving, found)
        for old, new in pairs:
            await self._hand_on(old, new)
        await self.depart(project, leave.leaving, {old.id: new.id for old, new in pairs})

    async def _hand_on(self, old: Chunk, new: Chunk) -> None:
        histories = await self._history.of([old.id, new.id])
        there = {(event.at, event.event) for event in histories[new.id]}
        carried = [event for event in histories[old.id] if (event.at, event.event) not in there]
        # A file whose name differs between two branches moves at every checkout; once is enough to tell.
        if not any(event.detail.get("from") == old.id for event in histories[new.id]):
            event = EDITED_EVENT if old.content != new.content else MOVED_EVENT
            carried.append(Event(self._now(), event, {"from": old.id, "path": old.origin.path or ""}))
        await self._history.insert(new.id, carried)
        await self.relate(old.id, new.id)
        heir = replace(new, **{name: getattr(old, name) for name in _KEPT})
        events = (await self._history.of([new.id]))[new.id]
        await self._chunks.inherit([judged(heir, events, self._now()) if judgements_of(events) else heir])
        if old.retired_at is not None and new.retired_at is None:
            # What the user archived stays so under its new name.
            await self._chunks.retire([new.id], old.retired_at)
            await self._chunks.remove([old.key])


def find_successors(leaving: Sequence[Chunk], candidates: Sequence[Chunk]) -> list[tuple[Chunk, Chunk]]:
    """Pair chunks with those that took their place, each once: equal texts first, then the most alike."""
    by_text: dict[_Name, list[Chunk]] = defaultdict(list)
    for new in candidates:
        by_text[(*_name(new), new.content)].append(new)
    equal = _best_pairs((1.0, old, new) for old in leaving for new in by_text[(*_name(old), old.content)])
    taken = {chunk.id for pair in equal for chunk in pair}

    by_name: dict[_Name, list[Chunk]] = defaultdict(list)
    for new in candidates:
        if new.id not in taken:
            by_name[_name(new)].append(new)
    # What was archived is archived again only where it is the same.
    rest = [old for old in leaving if old.id not in taken and old.retired_at is None]
    return equal + _best_pairs(one for old in rest for one in _alike(old, by_name[_name(old)]))


_Name = tuple[str | None, ...]


def _name(chunk: Chunk) -> _Name:
    return chunk.kind, chunk.origin.symbol


def _alike(old: Chunk, candidates: Sequence[Chunk]) -> Iterator[tuple[float, Chunk, Chunk]]:
    near = sorted(candidates, key=lambda new: (-_common_end(old, new), new.id))[:_MAX_COMPARED]
    least = SAME_SYMBOL_SIMILARITY if old.origin.symbol else SAME_TEXT_SIMILARITY
    for new in near:
        if (alike := similarity(old.content, new.content)) >= least:
            yield alike, old, new


def _best_pairs(found: Iterable[tuple[float, Chunk, Chunk]]) -> list[tuple[Chunk, Chunk]]:
    """Choose pairs so that each chunk is in one at most, the most alike first, then the nearest by path."""
    # Files of one form differ by a word or two, so a little likeness does not outweigh the place.
    ranked = [(round(alike, 1), _common_end(old, new), alike, new.id, old, new) for alike, old, new in found]
    ranked.sort(key=lambda one: one[:4], reverse=True)
    pairs: list[tuple[Chunk, Chunk]] = []
    taken: set[str] = set()
    for *_, old, new in ranked:
        if not taken & {old.id, new.id}:
            taken |= {old.id, new.id}
            pairs.append((old, new))
    return pairs


def _common_end(old: Chunk, new: Chunk) -> int:
    """Count the parts at the end of two chunks' paths that are the same."""
    count = 0
    for one, other in zip(*(reversed((chunk.origin.path or "").split("/")) for chunk in (old, new)), strict=False):
        if one != other:
            break
        count += 1
    return count


def similarity(first: str, second: str) -> float:
    """Return the share of words, 0..1, that two texts have in common, each as often as it stands there (Dice)."""
    words, others = Counter(_WORD.findall(first)), Counter(_WORD.findall(second))
    together = words.total() + others.total()
    return 2 * (words & others).total() / together if together else 1.0
