"""A project's patterns in the store: found anew where what was mined changed, written where they changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fluorite_mcp.learning.discovery import DISCOVERY_VERSION, DiscoveryTask, find_patterns_apart
from fluorite_mcp.learning.git import head_commit
from fluorite_mcp.learning.pattern_chunks import MINED, pattern_chunk
from fluorite_mcp.learning.ready import prepare_chunks
from fluorite_mcp.models import Chunk, Project
from fluorite_mcp.patterns.compared_files import MAX_COMPARED_FILES, sample_files
from fluorite_mcp.patterns.discover import Pattern
from fluorite_mcp.ports import ChunkStore, Embedder, HistoryStore, MetaStore, MinedStore, Transactions

# Marks a pattern that this module archived, not a user: it comes back when it is seen often enough again.
_FADED = "faded_at"
# After so many changed files nearly all clusters are known, and the rest is done before a process has started.
_FEW_FILES = 40
# Definitions of so many files are grouped anew in a second; an answer that needs their patterns may wait for that.
QUICK_FILES = 5_000

# Names, among the store's small values, what a project's patterns were found in.
_STAMP = "patterns_of_"

_FIRST, _LAST = "first_seen", "last_seen"


@dataclass(frozen=True, slots=True)
class _Changes:
    """What is to be written."""

    added: Sequence[Chunk]
    changed: Sequence[Chunk]
    faded: Sequence[Chunk]
    # How many patterns there are afterwards.
    count: int


class Patterns:
    """Keeps the patterns of projects."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        mined: MinedStore,
        history: HistoryStore,
        meta: MetaStore,
        embedder: Embedder,
        names: Embedder,
        now: Callable[[], str],
        *,
        threshold: float,
        worker_command: Sequence[str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._mined = mined
        self._history = history
        self._meta = meta
        self._embedder = embedder
        self._names = names
        self._now = now
        self._threshold = threshold
        self._worker_command = worker_command

    async def count(self, project: Project) -> int:
        """Return how many patterns a project has."""
        return len(await self._living(project))

    async def is_large(self, project: Project, more: int = 0) -> bool:
        """Whether finding the patterns of a project with so many more files is nothing that an answer waits for."""
        return await self._mined.count(project.key) + more > QUICK_FILES

    async def is_current(self, project: Project) -> bool:
        """Whether the patterns of a project are those of what is mined of it."""
        stamp = await self._stamp(project, await self._sample(project))
        return await self._meta.get(f"{_STAMP}{project.key}") == stamp

    async def _sample(self, project: Project) -> list[str] | None:
        """Return the files that are looked at; None for all."""
        if await self._mined.count(project.key) <= MAX_COMPARED_FILES:
            return None
        paths = [path for path, _ in await self._mined.digests(project.key)]
        return sample_files(paths, MAX_COMPARED_FILES)

    async def refresh(self, project: Project, *, changed_files: int, is_waited_for: bool) -> int:
        """Find the patterns of a project in what is mined of it, if that changed, and write what is different.

        Args:
            project: The project.
            changed_files: How many files changed since the last time: few are not worth a process.
            is_waited_for: Whether somebody waits: starting a process for a large project would take longer than
                doing it in this one, which other calls would notice.

        Returns:
            How many patterns it has.
        """
        sample = await self._sample(project)
        stamp = await self._stamp(project, sample)
        if await self._meta.get(f"{_STAMP}{project.key}") == stamp:
            return await self.count(project)
        known = await self._mined.clusters(project.key)
        files = await self._mined.skeletons(project.key, sample)
        task = DiscoveryTask(Path(project.root), files, known, self._threshold)
        is_much = changed_files > _FEW_FILES or not known or (len(files) > QUICK_FILES and not is_waited_for)
        found = await find_patterns_apart(task, self._names, self._worker_command if is_much else ())
        wanted = await self._as_chunks(project, found.patterns, len(sample) if sample else None)
        changes = await self._compare(project, wanted)
        prepared, model = await prepare_chunks([*changes.added, *changes.changed, *changes.faded], self._embedder)
        added = len(changes.added)
        async with self._transactions.atomic():
            await self._mined.put_clusters(project.key, found.results, known)
            await self._chunks.add(prepared[:added], model)
            await self._chunks.replace(prepared[added:], model)
            await self._note(changes)
            await self._meta.set(f"{_STAMP}{project.key}", stamp)
        return changes.count

    async def _stamp(self, project: Project, sample: Sequence[str] | None) -> str:
        fingerprint = await self._mined.fingerprint(project.key, None if sample is None else frozenset(sample))
        return f"{DISCOVERY_VERSION} {self._threshold} {fingerprint}"

    async def _living(self, project: Project) -> list[Chunk]:
        found = await self._chunks.of_scope(project.key, ["pattern"])
        return [chunk for chunk in found if MINED in chunk.metadata]

    async def _as_chunks(
        self, project: Project, patterns: Sequence[Pattern], looked_at: int | None
    ) -> dict[str, Chunk]:
        paths = sorted({member.path for pattern in patterns for member in pattern.members})
        frameworks = await self._chunks.frameworks_of_files(project.key, paths)
        commit = await asyncio.to_thread(head_commit, Path(project.root))
        chunks = (pattern_chunk(pattern, project, frameworks, self._now(), commit, looked_at) for pattern in patterns)
        by_id: dict[str, Chunk] = {}
        for chunk in chunks:
            by_id.setdefault(chunk.id, chunk)  # the better of two that begin alike
        return by_id

    async def _compare(self, project: Project, wanted: Mapping[str, Chunk]) -> _Changes:
        """Tell what is new, what differs from what is stored, and what is not seen often enough any more."""
        stored = await self._chunks.find(list(wanted))
        added = [_dated(chunk, None) for id_, chunk in wanted.items() if id_ not in stored]
        changed = [
            _dated(chunk, stored[id_])
            for id_, chunk in wanted.items()
            if id_ in stored and not _is_kept_away(stored[id_]) and _differs(chunk, stored[id_])
        ]
        gone = [chunk.id for chunk in await self._living(project) if chunk.id not in wanted]
        now = self._now()
        faded = [
            replace(chunk, retired_at=now, metadata={**chunk.metadata, _FADED: now})
            for chunk in (await self._chunks.find(gone)).values()
        ]
        kept_away = sum(_is_kept_away(chunk) for chunk in stored.values())
        return _Changes(added, changed, faded, len(wanted) - kept_away)

    async def _note(self, changes: _Changes) -> None:
        now = self._now()
        for event, chunks in (("found", changes.added), ("changed", changes.changed), ("faded", changes.faded)):
            for chunk in chunks:
                await self._history.note([chunk.id], event, now, {"count": chunk.metadata[MINED]["count"]})


def _is_kept_away(stored: Chunk) -> bool:
    """Whether a user archived a pattern: it stays so, however often it is seen."""
    return stored.retired_at is not None and _FADED not in stored.metadata


def _differs(chunk: Chunk, stored: Chunk) -> bool:
    return stored.retired_at is not None or _said(chunk) != _said(stored)


def _said(chunk: Chunk) -> tuple[Any, ...]:
    return chunk.title, chunk.content, chunk.frameworks, chunk.metadata[MINED]


def _dated(chunk: Chunk, stored: Chunk | None) -> Chunk:
    """Say when and at which commit a pattern was seen first and last, and keep what people said of it."""
    seen = {"at": chunk.recorded_at, "commit": chunk.origin.commit}
    if stored is None:
        return replace(chunk, metadata={**chunk.metadata, _FIRST: seen, _LAST: seen})
    return replace(
        chunk,
        quality=stored.quality if stored.helpful or stored.unhelpful else chunk.quality,
        helpful=stored.helpful,
        unhelpful=stored.unhelpful,
        usage=stored.usage,
        created_at=stored.created_at,
        accessed_at=stored.accessed_at,
        metadata={**chunk.metadata, _FIRST: stored.metadata.get(_FIRST, seen), _LAST: seen},
    )
