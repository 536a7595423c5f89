"""Mining a project when somebody asks for what comes of it, or in the background."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from fluorite_mcp.errors import StoreBusyError
from fluorite_mcp.learning.miner import ProjectMiner
from fluorite_mcp.learning.pipeline import Progress, ignore_progress
from fluorite_mcp.models import GLOBAL_SCOPE, Project
from fluorite_mcp.operations.combinations import ProjectFrameworks
from fluorite_mcp.operations.patterns import Patterns
from fluorite_mcp.ports import ProjectStore

logger = logging.getLogger(__name__)

# So many files are mined in well under a second: an answer that needs them may wait for that. More are left to the
# background.
FEW_FILES = 40
# Frameworks of a project change seldom; they are read again in the background after so long.
FRAMEWORKS_SECONDS = 600.0


class Mined(NamedTuple):
    """How many patterns a project has, and whether finding those of changed files is left to the background."""

    patterns: int
    is_left: bool = False


_NOTHING_MINED = Mined(0)


class Mine:
    """Keeps what is mined of projects in step with what is learned of them.

    Args:
        projects: The projects there are.
        version: Returns a number that changes with every commit to the store.
        miner: Mines files.
        patterns: Finds patterns in what was mined.
        frameworks: Reads which frameworks projects use.
    """

    def __init__(
        self,
        projects: ProjectStore,
        version: Callable[[], Awaitable[int]],
        miner: ProjectMiner,
        patterns: Patterns,
        frameworks: ProjectFrameworks,
    ) -> None:
        self._projects = projects
        self._version = version
        self._miner = miner
        self._patterns = patterns
        self._frameworks = frameworks
        # The learning after which a project was mined last: no later one, nothing to do.
        self._mined: dict[int, str] = {}
        self._finding: dict[int, asyncio.Lock] = {}
        # The version of the store at which nothing of a project was stale, since counting reads every file's row.
        self._fresh: dict[int, tuple[int, Mined]] = {}
        # When the frameworks of a project were read last: all of its files are looked at for that.
        self._framed: dict[int, float] = {}

    async def ensure(self, project: Project, progress: Progress = ignore_progress, *, wait: bool = True) -> int:
        """Mine what changed in a project, however much it is, and bring its patterns up to date.

        Returns:
            How many patterns the project has.

        Raises:
            StoreBusyError: Another process mines it, and `wait` is false or it takes very long.
        """
        # Two tasks that find the same patterns would write them twice.
        async with self._finding.setdefault(project.key, asyncio.Lock()):
            learned_at = await self._unmined(project)
            if learned_at is None:
                return await self._patterns.count(project)
            report = await self._miner.mine(project, progress=progress, wait=wait)
            changed = report.mined + report.removed
            count = await self._patterns.refresh(project, changed_files=changed, is_waited_for=wait)
            self._mined[project.key] = learned_at
            return count

    async def _unmined(self, project: Project) -> str | None:
        """Return the learning of a project that it was not mined after; None if there is none."""
        learned_at = await self._projects.learned_at(project.key)
        return None if self._mined.get(project.key) == learned_at else learned_at

    async def ensure_quickly(self, project: Project) -> Mined:
        """Mine what changed in a project if that is little; what is stored stands for the rest."""
        version = await self._version()
        fresh_at, known = self._fresh.get(project.key, (-1, _NOTHING_MINED))
        if fresh_at == version:
            return known
        stale = await self._miner.count_stale(project)
        if stale > FEW_FILES or await self._patterns.is_large(project, stale):
            # What a large project has in common takes seconds to find anew, and no call waits for that.
            is_left = stale > 0 or not await self._patterns.is_current(project)
            mined = Mined(await self._patterns.count(project), is_left)
        else:
            mined = await self._ensure_at_once(project)
        if not stale and not mined.is_left:
            self._fresh[project.key] = version, mined
        return mined

    async def _ensure_at_once(self, project: Project) -> Mined:
        try:
            return Mined(await self.ensure(project, wait=False))
        except StoreBusyError as error:
            logger.debug("not mined now: %s", error)
            return Mined(await self._patterns.count(project), is_left=True)

    async def keep_up(self, scopes: Sequence[int]) -> None:
        """Mine the projects of some scopes, as background work: one that another process mines is left to it."""
        wanted = set(scopes) - {GLOBAL_SCOPE}
        for project in await self._projects.all() if wanted else ():
            if project.key in wanted:
                try:
                    # Counting the patterns of a large project takes longer than storing a chunk.
                    if await self._unmined(project) is not None:
                        await self.ensure(project, wait=False)
                    await self.read_frameworks(project)
                except StoreBusyError as error:
                    logger.debug("not mined now: %s", error)

    async def read_frameworks(self, project: Project) -> None:
        """Read which frameworks a project uses, unless that was done a moment ago."""
        last = self._framed.get(project.key)
        if last is None or time.monotonic() - last >= FRAMEWORKS_SECONDS:
            await self._frameworks.refresh(project)
            self._framed[project.key] = time.monotonic()
