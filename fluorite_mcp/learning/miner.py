"""Mining a project: files that were learned and not mined yet are parsed once more, for what many of them share.

Not part of learning, which a search waits for. It is written every few hundred files, so a mining that is cut
off goes on from there; what is known of a file is tied to its content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.learning.lock import project_lock
from fluorite_mcp.learning.mining import MINED_LANGUAGES, MINING_VERSION, mine_batch
from fluorite_mcp.learning.pipeline import LOCK_TIMEOUT_SECONDS, Progress, ignore_progress
from fluorite_mcp.learning.prepare import FileTask
from fluorite_mcp.learning.scan import FileStat
from fluorite_mcp.learning.workers import FileWorkers, readable_size
from fluorite_mcp.models import MinedFile, Project

if TYPE_CHECKING:
    from fluorite_mcp.ports import MinedStore, Transactions

# Whatever a search keeps of the store is forgotten with each commit; a mining that is cut off loses at most so many.
_FILES_PER_COMMIT = 256


@dataclass(frozen=True, slots=True)
class MiningReport:
    """What a mining did: how many files were mined, and how many forgotten."""

    mined: int = 0
    removed: int = 0


class ProjectMiner:
    """Brings what is mined of a project up to date with what is learned of it."""

    def __init__(
        self,
        transactions: Transactions,
        mined: MinedStore,
        *,
        lock_folder: Path,
        batch_size: int,
        worker_command: Sequence[str],
    ) -> None:
        self._transactions = transactions
        self._mined = mined
        self._lock_folder = lock_folder
        self._batch_size = batch_size
        self._worker_command = worker_command

    async def count_stale(self, project: Project) -> int:
        """Return how many files wait to be mined or to be forgotten."""
        return await self._mined.count_stale(project.key, MINING_VERSION, MINED_LANGUAGES)

    async def mine(self, project: Project, *, progress: Progress = ignore_progress, wait: bool = True) -> MiningReport:
        """Mine what changed since the last time.

        Args:
            project: A project that was learned.
            progress: Told about each finished batch.
            wait: Wait for another process that mines the same project now.

        Raises:
            StoreBusyError: Another process mines the project, and `wait` is false or took too long.
        """
        patience = LOCK_TIMEOUT_SECONDS if wait else 0.0
        async with project_lock(self._lock_folder, "mine", project.root, patience):
            stale = await self._mined.stale(project.key, MINING_VERSION, MINED_LANGUAGES)
            removed = await self._forget(project)
            tasks = [FileTask(project.key, path, FileStat(size, 0)) for path, size in stale]
            done = await self._mine(project, tasks, progress)
            return MiningReport(done, removed)

    async def _mine(self, project: Project, tasks: Sequence[FileTask], progress: Progress) -> int:
        size = sum(map(readable_size, tasks))
        done = 0
        waiting: list[MinedFile] = []
        async with FileWorkers(Path(project.root), "", mine_batch, command=self._worker_command, size=size) as workers:
            async for batch in workers.prepare(tasks, self._batch_size):
                waiting += batch
                done += len(batch)
                if len(waiting) >= _FILES_PER_COMMIT:
                    await self._put(project, waiting)
                    waiting = []
                await progress(done, len(tasks), f"mined {done} of {len(tasks)} files")
        await self._put(project, waiting)
        return done

    async def _put(self, project: Project, files: Sequence[MinedFile]) -> None:
        if files:
            async with self._transactions.atomic():
                await self._mined.put(project.key, MINING_VERSION, files)

    async def _forget(self, project: Project) -> int:
        gone = await self._mined.gone(project.key, MINED_LANGUAGES)
        if gone:
            async with self._transactions.atomic():
                await self._mined.remove(project.key, gone)
        return len(gone)
