"""`learn`: read a project's files into the store, incrementally."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from fluorite_mcp.errors import ProjectError
from fluorite_mcp.learning.locate import Location, Place, locate
from fluorite_mcp.learning.pipeline import Progress, ProjectLearner, ignore_progress
from fluorite_mcp.models import Project
from fluorite_mcp.operations.arguments import check_choice
from fluorite_mcp.operations.current import describe_size
from fluorite_mcp.operations.mine import Mine, Mined
from fluorite_mcp.ports import ProjectStore
from fluorite_mcp.results import LearnResult, ProjectRef, SkippedFile

LEARNABLE_KINDS = ("code", "doc")
_SHOWN = 100

# Fewer files are mined before anybody has read that they are.
_TOLD_FROM_FILES = 300


class Learn:
    """Answers `learn`.

    Args:
        projects: The known projects.
        learner: What reads files.
        mine: What finds patterns.
        in_background: Has the background work done for some scopes.
        now: The time.
    """

    def __init__(
        self,
        projects: ProjectStore,
        learner: ProjectLearner,
        mine: Mine,
        in_background: Callable[[Sequence[int]], None],
        now: Callable[[], str],
    ) -> None:
        self._projects = projects
        self._learner = learner
        self._mine = mine
        self._in_background = in_background
        self._now = now

    async def run(
        self,
        place: Place,
        path: str | None = None,
        *,
        kinds: Sequence[str] = (),
        force: bool = False,
        mine: bool = False,
        progress: Progress = ignore_progress,
    ) -> LearnResult:
        """Learn what changed in a project since the last time.

        Args:
            place: Where the session stands.
            path: The project; the session's own when None.
            kinds: Only "code" or "doc"; both when empty.
            force: Read unchanged files again; and learn a home folder after all.
            mine: Wait until the patterns of many changed files are found, too.
            progress: Told about each finished batch.

        Raises:
            InputError: An argument cannot be used.
            ProjectError: The folder is a home folder and `force` is false; says what it would read.
        """
        check_choice("kinds", kinds, LEARNABLE_KINDS)
        location = await asyncio.to_thread(locate, place, path)
        if not force:
            await _refuse_personal(location)
        project = await self._projects.ensure(str(location.root), self._now())
        told = _Steps(progress)
        report = await self._learner.learn(project, force=force, kinds=kinds, progress=told.learned)
        mined = await self._find_patterns(project, told, wait=mine)
        notices = [*report.notices, *_left_to_background(mined)]
        await self._mine.read_frameworks(project)
        skipped = sorted(report.skipped.items())
        return LearnResult(
            project=ProjectRef(name=project.name, root=project.root),
            files_seen=report.files_seen,
            files_changed=report.files_changed,
            files_removed=report.files_removed,
            chunks_added=report.chunks_added,
            chunks_removed=report.chunks_removed,
            patterns=mined.patterns,
            skipped=tuple(SkippedFile(path=path_, reason=reason) for path_, reason in skipped[:_SHOWN]),
            skipped_total=len(skipped),
            notices=tuple(notices),
        )

    async def _find_patterns(self, project: Project, told: _Steps, *, wait: bool) -> Mined:
        """Find the patterns of what changed, now or in the background: clients give a call a minute or so."""
        if wait:
            return Mined(await self._mine.ensure(project, told.mined))
        mined = await self._mine.ensure_quickly(project)
        if mined.is_left:
            self._in_background((project.key,))
        return mined


def _left_to_background(mined: Mined) -> tuple[str, ...]:
    if not mined.is_left:
        return ()
    return ("Everything is learned; patterns of what changed are looked for in the background.",)


class _Steps:
    """Tells learning and mining as one progress that only grows."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._learned = 0

    async def learned(self, done: int, total: int, message: str) -> None:
        self._learned = total
        await self._progress(done, total, message)

    async def mined(self, done: int, total: int, message: str) -> None:
        if total < _TOLD_FROM_FILES:
            return
        await self._progress(self._learned + done, self._learned + total, message)


async def _refuse_personal(location: Location) -> None:
    if location.is_personal:
        size = await asyncio.to_thread(describe_size, location.root)
        raise ProjectError(
            f"{location.root} is a home folder or the root of the file system ({size}). "
            "Pass a project's path, or force: true to learn all of it."
        )
