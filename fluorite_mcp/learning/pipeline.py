"""Learning a project: what changed since the last time is read, cut, embedded and written, batch by batch.

Every batch is one transaction, so a learning that is cut off has learned what it reached, and the next one goes on
from there. One process learns a project at a time, under a file lock; others wait or search what is there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fluorite_mcp.errors import EmbeddingError, ProjectError
from fluorite_mcp.garbage import collect_young, paused_collection
from fluorite_mcp.learning.batches import prepare_batch
from fluorite_mcp.learning.carrying import Judgements, Remembered
from fluorite_mcp.learning.freshness import FreshnessWatch
from fluorite_mcp.learning.git import head_commit
from fluorite_mcp.learning.lock import project_lock
from fluorite_mcp.learning.prepare import FileTask, PreparedFile
from fluorite_mcp.learning.ready import embed_chunks
from fluorite_mcp.learning.scan import ROOT_FOLDER, Scan, scan_project
from fluorite_mcp.learning.workers import FileWorkers, WorkerCommands, readable_size
from fluorite_mcp.measures import CHUNKS_LEARNED, FILES_LEARNED, LEARN_SECONDS, Measures
from fluorite_mcp.models import Chunk, PreparedChunk, Project
from fluorite_mcp.search.fields import DEFINITIONS

if TYPE_CHECKING:
    from fluorite_mcp.ports import ChunkStore, Embedder, ProjectStore, Transactions


class MergedStore(Protocol):
    """Keeps what ranking asks of a file, put together from its chunks (see `search.merged`)."""

    async def put(self, project: int, model: str, profiles: Mapping[str, bytes]) -> None:
        """Keep the merged profiles of files whose chunks were written in the same transaction, by path."""
        ...


# Called with files done, files in all, and what is going on.
Progress = Callable[[int, int, str], Awaitable[None]]

# How long one process waits for another that learns the same project.
LOCK_TIMEOUT_SECONDS = 600.0


@dataclass(slots=True)
class LearningReport:
    """What a learning did."""

    files_seen: int = 0
    files_changed: int = 0
    files_removed: int = 0
    chunks_added: int = 0
    chunks_removed: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether the store differs now."""
        return bool(self.files_changed or self.files_removed or self.chunks_added or self.chunks_removed)


async def ignore_progress(_done: int, _total: int, _message: str) -> None:
    """Report to nobody."""


class ProjectLearner:
    """Brings the store's picture of a project up to date with its files."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        merged: MergedStore,
        projects: ProjectStore,
        judgements: Judgements,
        embedder: Embedder,
        watch: FreshnessWatch,
        measures: Measures,
        *,
        lock_folder: Path,
        now: Callable[[], str],
        batch_size: int,
        worker_commands: WorkerCommands,
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._merged = merged
        self._projects = projects
        self._judgements = judgements
        self._embedder = embedder
        self._watch = watch
        self._measures = measures
        self._lock_folder = lock_folder
        self._now = now
        self._batch_size = batch_size
        self._worker_commands = worker_commands

    async def learn(
        self,
        project: Project,
        *,
        force: bool = False,
        kinds: Sequence[str] = (),
        progress: Progress = ignore_progress,
        wait: bool = True,
    ) -> LearningReport:
        """Learn what changed in a project since the last time.

        Args:
            project: The project.
            force: Read every file again, even unchanged ones.
            kinds: Only files of these kinds ("code", "doc"); all when empty.
            progress: Told about each finished batch.
            wait: Wait for another process that learns the same project now.

        Raises:
            StoreBusyError: Another process learns the project, and `wait` is false or took too long.
            ProjectError: The root cannot be read.
        """
        root = Path(project.root)
        started = time.perf_counter()
        patience = LOCK_TIMEOUT_SECONDS if wait else 0.0
        async with project_lock(self._lock_folder, "learn", project.root, patience):
            before = None if force else self._watch.remembered(project.root)
            scan = await asyncio.to_thread(scan_project, root, before=before)
            if reason := scan.skipped.get(ROOT_FOLDER):
                # A folder on a disk that is gone for now must not look like one whose files were all deleted.
                raise ProjectError(f"{root} cannot be learned: {reason}. What was learned of it is kept.")
            report = await self._apply(project, scan, force=force, kinds=kinds, progress=progress)
            if not kinds:  # The rest is still to be learned.
                self._watch.remember(project.root, scan)
        if report.changed:
            self._measures.observe(LEARN_SECONDS, time.perf_counter() - started)
            self._measures.count(FILES_LEARNED, report.files_changed)
            self._measures.count(CHUNKS_LEARNED, report.chunks_added)
        return report

    async def _apply(
        self,
        project: Project,
        scan: Scan,
        *,
        force: bool,
        kinds: Sequence[str],
        progress: Progress,
    ) -> LearningReport:
        report = LearningReport(files_seen=len(scan.files), skipped=dict(scan.skipped))
        known = await self._projects.known_files(project.key)
        removed = sorted(known.keys() - scan.files.keys())
        changed = [path for path, stat in scan.files.items() if force or known.get(path) != stat]
        hashes = {} if force else await self._projects.hashes(project.key, [path for path in changed if path in known])
        tasks = [FileTask(project.key, path, scan.files[path], hashes.get(path)) for path in changed]
        skipped = await self._projects.skipped(project.key)
        report.skipped |= {path: reason for path, reason in skipped.items() if path in scan.files}
        known_judgements = await self._judgements.remember(project.key, removed)
        # What somebody judged may turn up in another file; until then its old place is all that is known of it.
        if not known_judgements.leaving:
            await self._forget_files(project, removed, report)
        done = 0
        size = sum(map(readable_size, tasks))
        command = self._worker_commands.for_size(size)
        workers = FileWorkers(Path(project.root), self._now(), prepare_batch, command=command, size=size)
        with paused_collection():
            async with workers:
                async for batch in workers.prepare(tasks, self._batch_size):
                    await self._write(project, _of_kinds(batch, kinds), known_judgements, report)
                    done += len(batch)
                    collect_young()
                    await progress(done, len(tasks), f"learned {done} of {len(tasks)} files")
        if known_judgements.leaving:
            added = [path for path in changed if path not in known]
            async with self._transactions.atomic():
                await self._judgements.follow(project.key, known_judgements, added)
                await self._forget_files(project, removed, report)
        commit = await asyncio.to_thread(head_commit, Path(project.root))
        async with self._transactions.atomic():
            await self._projects.mark_learned(project.key, self._now(), commit)
        return report

    async def _forget_files(self, project: Project, paths: Sequence[str], report: LearningReport) -> None:
        if not paths:
            return
        async with self._transactions.atomic():
            chunks = await self._chunks.of_files(project.key, paths)
            # What the user archived stays so: the file may come back, as it does on another branch.
            living = [chunk.key for chunk in chunks if chunk.retired_at is None]
            await self._chunks.remove(living)
            await self._projects.remove_files(project.key, paths)
        report.files_removed += len(paths)
        report.chunks_removed += len(living)

    async def _write(
        self, project: Project, batch: Sequence[PreparedFile], judgements: Remembered, report: LearningReport
    ) -> None:
        changed = [file for file in batch if file.chunks is not None]
        prepared = [item for file in changed for item in file.chunks or ()]
        records = [file.record for file in batch]
        for record in records:
            if record.skipped:
                report.skipped[record.path] = record.skipped
            else:
                report.skipped.pop(record.path, None)
        items = await self._embed(prepared, report)
        async with self._transactions.atomic():
            new = await self._merge(project, [file.record.path for file in changed], items, judgements, report)
            profiles = {file.record.path: file.merged for file in changed if file.merged and file.record.path in new}
            await self._merged.put(project.key, self._embedder.name, profiles)
            await self._projects.put_files(project.key, records)
        report.files_changed += sum(1 for file in changed if not file.record.skipped)

    async def _embed(self, items: Sequence[PreparedChunk], report: LearningReport) -> Sequence[PreparedChunk]:
        """Give vectors to the chunks that lack one; without a working model they are embedded later."""
        bare = [item for item in items if item.vector is None]
        if not bare:
            return items
        try:
            vectors = await asyncio.to_thread(embed_chunks, self._embedder, [item.chunk for item in bare])
        except EmbeddingError as error:
            notice = f"Learned without vectors, which follow when the model works: {error}"
            if notice not in report.notices:
                report.notices.append(notice)
            return items
        by_id = {item.chunk.id: vector for item, vector in zip(bare, vectors, strict=True)}
        return [replace(item, vector=by_id.get(item.chunk.id, item.vector)) for item in items]

    async def _merge(
        self,
        project: Project,
        paths: Sequence[str],
        items: Sequence[PreparedChunk],
        judgements: Remembered,
        report: LearningReport,
    ) -> set[str]:
        """Make the chunks of these files what they are now; unchanged text keeps its row.

        Returns the files that had none before, not even archived ones.
        """
        old = {chunk.id: chunk for chunk in await self._chunks.of_files(project.key, paths)}
        wanted = {item.chunk.id: item for item in items}
        gone = [chunk for id_, chunk in old.items() if id_ not in wanted and chunk.retired_at is None]
        unknown = [item for id_, item in wanted.items() if id_ not in old]
        new = await self._judgements.inherit(project.key, judgements, gone, unknown)
        kept = [(old[id_], item) for id_, item in wanted.items() if id_ in old and old[id_].retired_at is None]
        renamed = [_keep_history(before, item) for before, item in kept if _name(before) != _name(item.chunk)]
        moved = [
            replace(before, origin=item.chunk.origin)
            for before, item in kept
            if _name(before) == _name(item.chunk) and before.origin != item.chunk.origin
        ]
        model = self._embedder.name if any(item.vector is not None for item in items) else ""
        await self._chunks.remove([chunk.key for chunk in gone])
        await self._chunks.add(new, model)
        await self._chunks.replace(renamed, model)
        await self._chunks.move(moved)
        report.chunks_added += len(new)
        report.chunks_removed += len(gone)
        return set(paths) - {chunk.origin.path for chunk in old.values()}


def _name(chunk: Chunk) -> tuple[object, ...]:
    """What a chunk is called: where it changes while the text stays, the indexes must hear of it."""
    return chunk.title, chunk.origin.symbol, chunk.language, chunk.frameworks, chunk.metadata.get(DEFINITIONS)


def _keep_history(before: Chunk, item: PreparedChunk) -> PreparedChunk:
    kept = replace(
        item.chunk, quality=before.quality, helpful=before.helpful, unhelpful=before.unhelpful, usage=before.usage,
        created_at=before.created_at, accessed_at=before.accessed_at,
    )  # fmt: skip
    return replace(item, chunk=kept)


def _of_kinds(batch: Sequence[PreparedFile], kinds: Sequence[str]) -> Sequence[PreparedFile]:
    if not kinds:
        return batch
    return [file for file in batch if file.chunks is None or any(item.chunk.kind in kinds for item in file.chunks)]
