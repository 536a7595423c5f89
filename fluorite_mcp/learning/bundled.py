"""`learning-chunks/`: pre-learned knowledge as files, one JSON line per chunk, sorted and diffable.

The bundled spikes are learned into these files when they change, reviewed like code, and loaded into the store at
first start. A team can keep its own folder the same way.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.feedback import judged
from fluorite_mcp.learning.ready import prepare_chunks
from fluorite_mcp.models import Chunk, Event, Origin, Relation, Spike
from fluorite_mcp.ports import ChunkStore, Embedder, HistoryStore, MetaStore, RelationStore, Transactions
from fluorite_mcp.spikes.chunks import spike_chunks, spike_relations
from fluorite_mcp.text.languages import detect_language

_STAMP = "bundled_chunks"
_SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True)
class BundledChunk:
    """A chunk of pre-learned knowledge with the edges that start at it."""

    chunk: Chunk
    relations: tuple[Relation, ...] = ()


def bundled_folder() -> Path | None:
    """Return the folder of bundled knowledge: inside the package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "data" / "learning-chunks", package.parent / "learning-chunks"):
        if folder.is_dir():
            return folder
    return None


def learn_spikes(spikes: Iterable[Spike]) -> dict[str, str]:
    """Learn spikes into the contents of bundled files.

    Returns:
        The text of each file by name; the same spikes always give the same bytes.
    """
    lines: dict[str, list[str]] = defaultdict(list)
    for spike in sorted(spikes, key=lambda one: one.id):
        relations = spike_relations(spike)
        for chunk in spike_chunks(spike, detect_language):
            edges = tuple(edge for edge in relations if edge.source == chunk.id)
            lines[f"{spike.stack[0]}{_SUFFIX}"].append(_to_line(BundledChunk(chunk, edges)))
    return {name: "".join(f"{line}\n" for line in sorted(found)) for name, found in sorted(lines.items())}


def _to_line(bundled: BundledChunk) -> str:
    chunk = bundled.chunk
    values = {
        "id": chunk.id, "kind": chunk.kind, "title": chunk.title, "content": chunk.content, "language": chunk.language,
        "frameworks": list(chunk.frameworks), "tags": list(chunk.tags), "path": chunk.origin.path,
        "quality": chunk.quality, "metadata": dict(chunk.metadata),
        "relations": [[edge.type, edge.target, edge.weight] for edge in bundled.relations],
    }  # fmt: skip
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def read_bundled(text: str, source: str) -> list[BundledChunk]:
    """Read the lines of a bundled file.

    Raises:
        InputError: A line is not such a chunk; names file and line.
    """
    chunks = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            continue
        try:
            chunks.append(_from_line(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{source}:{number}: not a chunk of pre-learned knowledge ({error!r}).") from error
    return chunks


def _from_line(values: Mapping[str, Any]) -> BundledChunk:
    chunk = Chunk(
        id=values["id"], kind=values["kind"], title=values["title"], content=values["content"],
        language=values["language"], frameworks=tuple(values["frameworks"]), tags=tuple(values["tags"]),
        origin=Origin(path=values["path"]), quality=float(values["quality"]), metadata=values["metadata"],
    )  # fmt: skip
    edges = tuple(Relation(chunk.id, target, type_, weight) for type_, target, weight in values["relations"])
    return BundledChunk(chunk, edges)


class BundledKnowledge:
    """Keeps the store in step with the bundled files."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        relations: RelationStore,
        history: HistoryStore,
        meta: MetaStore,
        embedder: Embedder,
        now: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._relations = relations
        self._history = history
        self._meta = meta
        self._embedder = embedder
        self._now = now

    async def ensure(self, folder: Path | None) -> int:
        """Load the files if they changed since the last time. Returns how many chunks were written.

        What the user judged or archived stays judged or archived.

        Raises:
            InputError: A file is damaged.
        """
        if folder is None:
            return 0
        files = await asyncio.to_thread(_read_files, folder)
        stamp = hashlib.blake2b(json.dumps(files).encode(), digest_size=16).hexdigest()
        if await self._meta.get(_STAMP) == stamp:
            return 0
        bundled = [one for name, text in files.items() for one in read_bundled(text, name)]
        old = await self._chunks.find([one.chunk.id for one in bundled])
        wanted = [self._dated(one.chunk, old.get(one.chunk.id)) for one in bundled]
        new = [chunk for chunk in wanted if chunk.id not in old]
        changed = [chunk for chunk in wanted if chunk.id in old and _differs(chunk, old[chunk.id])]
        edited = [chunk.id for chunk in changed if chunk.helpful + chunk.unhelpful and _says_else(chunk, old[chunk.id])]
        changed = await self._judged_again(changed, edited)
        prepared, model = await prepare_chunks(new + changed, self._embedder)
        async with self._transactions.atomic():
            if await self._meta.get(_STAMP) == stamp:
                return 0  # Another process was faster.
            await self._chunks.add(prepared[: len(new)], model)
            await self._chunks.replace(prepared[len(new) :], model)
            await self._relations.put([edge for one in bundled for edge in one.relations], self._now())
            await self._history.note([chunk.id for chunk in new], "learned", self._now())
            await self._history.note([chunk.id for chunk in changed if chunk.id not in edited], "updated", self._now())
            for id_ in edited:
                await self._history.note([id_], "updated", self._now(), {"before": old[id_].content})
            await self._meta.set(_STAMP, stamp)
        return len(prepared)

    async def _judged_again(self, chunks: list[Chunk], edited: list[str]) -> list[Chunk]:
        """Weigh what was said of chunks whose content is another one now: it may have been outdated."""
        histories = await self._history.of(edited)
        now = self._now()
        return [
            judged(chunk, [*histories[chunk.id], Event(now, "updated", {"before": ""})], now)
            if chunk.id in histories
            else chunk
            for chunk in chunks
        ]

    def _dated(self, chunk: Chunk, old: Chunk | None) -> Chunk:
        now = self._now()
        if old is None:
            return replace(chunk, created_at=now, accessed_at=now, recorded_at=now)
        judged = bool(old.helpful or old.unhelpful)
        return replace(
            chunk, created_at=old.created_at, accessed_at=old.accessed_at, recorded_at=now, usage=old.usage,
            helpful=old.helpful, unhelpful=old.unhelpful, retired_at=old.retired_at,
            quality=old.quality if judged else chunk.quality,
        )  # fmt: skip


def _says_else(chunk: Chunk, old: Chunk) -> bool:
    return chunk.content != old.content


def _differs(chunk: Chunk, old: Chunk) -> bool:
    def said(one: Chunk) -> tuple[object, ...]:
        return one.title, one.content, one.language, one.frameworks, one.tags, one.origin.path, dict(one.metadata)

    return said(chunk) != said(old)


def _read_files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob(f"*{_SUFFIX}"))}
