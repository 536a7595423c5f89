"""`spikes import`: a folder of templates from elsewhere becomes part of the memory, its filler set aside."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fluorite_mcp.learning import feedback
from fluorite_mcp.learning.pipeline import Progress, ignore_progress
from fluorite_mcp.learning.ready import prepare_chunks
from fluorite_mcp.models import Chunk, Event, LexicalFields, PreparedChunk, Relation, Spike
from fluorite_mcp.operations.templates import Templates
from fluorite_mcp.ports import ChunkStore, Embedder, HistoryStore, RelationStore, Transactions
from fluorite_mcp.results import ImportSpikesResult, SkippedFile
from fluorite_mcp.spikes.collection import Collection, read_collection
from fluorite_mcp.spikes.duplicates import GENERATED_FROM, find_duplicates
from fluorite_mcp.spikes.stored import stored_chunks
from fluorite_mcp.spikes.worth import (
    GENERATED_QUALITY,
    IMPORTED_QUALITY,
    MIN_SUBSTANCE,
    STUB_QUALITY,
    substance,
)
from fluorite_mcp.text.languages import detect_language
from fluorite_mcp.text.secrets import redact

# One transaction: long enough to be worth its flush to the disk, short enough that other sessions can write between.
_CHUNKS_AT_ONCE = 2_000

# What an archived chunk has for words: it is in no index, and gets its own when it is restored.
_NO_WORDS = LexicalFields("", "", "", "", "", "", b"")

_STAMP = "imported"

_LOCAL_LOGIN = re.compile(r"(://[\w.-]*:[^@\s/:]{1,40}@(?:localhost|127\.0\.0\.1|\[::1\])(?![\w.-]))")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A template with what it is worth, and the template that stands for it, if another does."""

    spike: Spike
    quality: float
    merged_into: str | None = None

    @property
    def is_stub(self) -> bool:
        """Whether there is nothing in it to copy."""
        return self.quality <= STUB_QUALITY

    @property
    def is_archived(self) -> bool:
        """Whether search shall not find it: it says nothing, or another says the same."""
        return self.is_stub or self.merged_into is not None


@dataclass(slots=True)
class _Counts:
    """What was written."""

    new: int = 0
    changed: int = 0
    redacted: int = 0


class ImportSpikes:
    """Imports templates. Importing the same folder again changes nothing."""

    def __init__(
        self,
        templates: Templates,
        transactions: Transactions,
        chunks: ChunkStore,
        relations: RelationStore,
        history: HistoryStore,
        embedder: Embedder,
        now: Callable[[], str],
    ) -> None:
        self._templates = templates
        self._transactions = transactions
        self._chunks = chunks
        self._relations = relations
        self._history = history
        self._embedder = embedder
        self._now = now

    async def run(self, folder: Path, progress: Progress = ignore_progress) -> ImportSpikesResult:
        """Import every template below a folder, or of a file that lists them.

        Near-duplicates and stubs are kept archived: preview and apply know them by their ids, search does not.

        Raises:
            InputError: There is no such folder, or nothing in it.
            StoreError: The store cannot be written; what was imported so far stays.
        """
        await progress(0, 1, "reading templates")
        collection = await asyncio.to_thread(read_collection, folder)
        await self._leave_out_bundled(collection)
        await progress(0, 1, "comparing templates")
        judged = await asyncio.to_thread(judge, list(collection.spikes.values()))
        counts = _Counts()
        total = done = 0
        for batch in _batches(judged, collection.sources):
            total = len(judged)
            await progress(done, total, "importing templates")
            await self._write(batch, counts)
            done += len(batch)
        await progress(total, total, "imported")
        return ImportSpikesResult(
            files=collection.files,
            imported=counts.new,
            updated=counts.changed,
            unchanged=len(judged) - counts.new - counts.changed,
            merged=sum(one.merged_into is not None for one in judged),
            stubs=sum(one.is_stub and one.merged_into is None for one in judged),
            redacted=counts.redacted,
            skipped=tuple(SkippedFile(path=where, reason=what) for where, what in sorted(collection.broken)),
        )

    async def _leave_out_bundled(self, collection: Collection) -> None:
        bundled = await self._templates.bundled()
        for id_ in [id_ for id_ in collection.spikes if id_ in bundled]:
            collection.broken.append(
                (collection.sources[id_], f"the id '{id_}' belongs to a template that comes along.")
            )
            del collection.spikes[id_]

    async def _write(self, batch: Sequence[tuple[_Judged, list[Chunk]]], counts: _Counts) -> None:
        stamped = [(one, *_stamped(one, chunks)) for one, chunks in batch]
        overviews = await self._chunks.find([chunks[0].id for _, chunks, _ in stamped])
        wanted = [
            (one, chunks, redacted, overviews.get(chunks[0].id))
            for one, chunks, redacted in stamped
            if not _is_stored(chunks[0], overviews.get(chunks[0].id))
        ]
        if not wanted:
            return
        now = self._now()
        dated = [_dated(one, chunks, old, now) for one, chunks, _, old in wanted]
        judged_before = [old for _, _, _, old in wanted if old is not None and (old.helpful or old.unhelpful)]
        await self._weigh_again(dated, judged_before, now)
        living = [chunk for chunks in dated for chunk in chunks if chunk.retired_at is None]
        archived = [chunk for chunks in dated for chunk in chunks if chunk.retired_at is not None]
        prepared, model = await prepare_chunks(living, self._embedder)
        prepared += [PreparedChunk(chunk, _NO_WORDS) for chunk in archived]
        async with self._transactions.atomic():
            await self._remove([old for _, _, _, old in wanted if old is not None])
            await self._chunks.add(prepared, model)
            edges = [Relation(chunk.id, chunks[0].id, "part-of") for chunks in dated for chunk in chunks[1:]]
            await self._relations.put(edges, now)
            known = {old.id: old.content for old in judged_before}
            await self._history.note([chunks[0].id for chunks in dated if chunks[0].id not in known], "imported", now)
            for id_, content in known.items():
                await self._history.note([id_], "imported", now, {"before": content})
        counts.new += sum(old is None for _, _, _, old in wanted)
        counts.changed += sum(old is not None for _, _, _, old in wanted)
        counts.redacted += sum(redacted for _, _, redacted, _ in wanted)

    async def _weigh_again(self, dated: Sequence[list[Chunk]], judged_before: Sequence[Chunk], now: str) -> None:
        """Weigh what was said of templates whose content is another one now: it may have been outdated."""
        histories = await self._history.of([old.id for old in judged_before])
        for chunks in dated:
            if (events := histories.get(chunks[0].id)) is not None:
                chunks[0] = feedback.judged(chunks[0], [*events, Event(now, "imported", {"before": ""})], now)

    async def _remove(self, overviews: Sequence[Chunk]) -> None:
        """Remove the chunks of templates that changed; files that are gone from them go too."""
        ids = [id_ for overview in overviews for id_ in overview.metadata.get("chunks", [overview.id])]
        await self._chunks.remove([chunk.key for chunk in (await self._chunks.find(ids)).values()])


def judge(spikes: Sequence[Spike]) -> list[_Judged]:
    """Say what each template of a collection is worth, and which others stand for it."""
    worth = {spike.id: substance(spike) for spike in spikes}
    ordered = sorted(spikes, key=lambda spike: (-worth[spike.id], spike.id))
    leaders = find_duplicates(ordered)
    sizes = Counter(leaders)
    judged = []
    for position, (spike, leader) in enumerate(zip(ordered, leaders, strict=True)):
        quality = IMPORTED_QUALITY
        if sizes[leader] >= GENERATED_FROM:
            quality = GENERATED_QUALITY
        if worth[spike.id] < MIN_SUBSTANCE:
            quality = STUB_QUALITY
        judged.append(_Judged(spike, quality, ordered[leader].id if leader != position else None))
    return judged


def _batches(judged: Sequence[_Judged], sources: dict[str, str]) -> Iterator[list[tuple[_Judged, list[Chunk]]]]:
    batch: list[tuple[_Judged, list[Chunk]]] = []
    size = 0
    for one in judged:
        chunks = stored_chunks(one.spike, one.quality, detect_language, sources[one.spike.id])
        batch.append((one, chunks))
        size += len(chunks)
        if size >= _CHUNKS_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _stamped(one: _Judged, chunks: list[Chunk]) -> tuple[list[Chunk], int]:
    """Redact a template's chunks, and stamp the overview with everything that was imported."""
    redacted = 0
    clean = []
    for chunk in chunks:
        text, count = _redacted(chunk.content)
        redacted += count
        clean.append(replace(chunk, content=text) if count else chunk)
    said = json.dumps(
        [one.quality, one.merged_into, [(chunk.id, chunk.content) for chunk in clean], dict(clean[0].metadata)],
        ensure_ascii=False, sort_keys=True,
    )  # fmt: skip
    stamp = hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=12).hexdigest()
    metadata = {**clean[0].metadata, _STAMP: stamp, "chunks": [chunk.id for chunk in clean]}
    if one.merged_into is not None:
        metadata["merged_into"] = one.merged_into
    return [replace(clean[0], metadata=metadata), *clean[1:]], redacted


def _redacted(text: str) -> tuple[str, int]:
    """Redact a template, but for logins at this machine: `postgres:postgres@localhost` is how it is meant to start."""
    parts = _LOCAL_LOGIN.split(text)
    results = [redact(part) for part in parts[::2]]
    if not any(result.count for result in results):
        return text, 0
    logins = [*parts[1::2], ""]
    clean = "".join(f"{result.text}{login}" for result, login in zip(results, logins, strict=True))
    return clean, sum(result.count for result in results)


def _is_stored(overview: Chunk, old: Chunk | None) -> bool:
    return old is not None and old.metadata.get(_STAMP) == overview.metadata[_STAMP]


def _dated(one: _Judged, chunks: Sequence[Chunk], old: Chunk | None, now: str) -> list[Chunk]:
    """Give chunks their times; what the user judged stays judged."""
    retired = now if one.is_archived else None
    created = old.created_at if old else now
    dated = [
        replace(chunk, created_at=created, accessed_at=now, recorded_at=now, retired_at=retired) for chunk in chunks
    ]
    if old is not None and (old.helpful or old.unhelpful):
        dated[0] = replace(dated[0], quality=old.quality, helpful=old.helpful, unhelpful=old.unhelpful)
    return dated
