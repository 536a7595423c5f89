"""The engine's calls about learning by itself, such as `engine.automatic.run()` and `engine.automatic.metrics()`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from fluorite_mcp.engine_spikes import Finish
from fluorite_mcp.errors import ProjectError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.pipeline import Progress, ignore_progress
from fluorite_mcp.models import Project
from fluorite_mcp.operations.auto_learn import AutoLearn, AutoLearnLimits
from fluorite_mcp.operations.current import CurrentProject
from fluorite_mcp.operations.import_spikes import ImportSpikes
from fluorite_mcp.operations.learn import Learn
from fluorite_mcp.operations.learn_page import LearnPage
from fluorite_mcp.operations.learning_chunks import LearningChunks, project_folder_name
from fluorite_mcp.operations.metrics import Metrics
from fluorite_mcp.operations.quality import Qualities
from fluorite_mcp.ports import ProjectStore
from fluorite_mcp.results import AutoLearnResult, LearningChunksExported, LearningChunksImported, MetricsResult
from fluorite_mcp.settings import Settings


class AutomaticCalls:
    """What runs without being asked each time, what it shares, and the figures of how it goes."""

    def __init__(
        self,
        settings: Settings,
        current: CurrentProject,
        projects: ProjectStore,
        learn: Learn,
        learn_page: LearnPage,
        imports: ImportSpikes,
        qualities: Qualities,
        learning_chunks: LearningChunks,
        metrics: Metrics,
        settle: Callable[[], Awaitable[None]],
        now: Callable[[], str],
        finish: Finish,
        place: Callable[[], Place],
    ) -> None:
        self._settings = settings
        self._current = current
        self._projects = projects
        self._qualities = qualities
        self._learning_chunks = learning_chunks
        self._metrics = metrics
        self._settle = settle
        self._finish = finish
        self._place = place
        limits = AutoLearnLimits(settings.learning.time_limit_minutes, settings.learning.max_page_size)
        chores = (("looking after the store", self._look_after), ("exporting learning chunks", self._export_all))
        self._auto_learn = AutoLearn(settings.data_dir, learn, learn_page, imports, chores, limits, now)

    async def run(
        self, sources: Sequence[str] | None = None, *, progress: Progress = ignore_progress
    ) -> AutoLearnResult:
        """Do one run of automatic learning, or the rest of one that was cut off.

        Args:
            sources: What to collect from; as configured when None.
            progress: Told about each step.

        Raises:
            InputError: A source is written wrongly. Nothing was done.
            StoreBusyError: Another run is at work. Nothing was done.
        """
        chosen = self._settings.learning.sources if sources is None else sources
        return await self._finish(self._auto_learn.run(tuple(dict.fromkeys(chosen)), progress))

    async def _look_after(self) -> str:
        changed = await self._qualities.refresh()
        await self._settle()
        return f"{changed} qualities weighed anew; vectors, indexes and the daily backup are current"

    async def _export_all(self) -> str:
        """Export global knowledge, and what belongs to each project into a folder of its own."""
        folder = self._settings.data_dir / "learning-chunks"
        done = [await self._learning_chunks.export(folder / "global", None)]
        for project in await self._projects.all():
            if await self._learning_chunks.has_any(project):
                target = folder / project_folder_name(project)
                done.append(await self._learning_chunks.export(target, project, with_global=False))
        changed = sum(len(one.changed) for one in done)
        return f"{sum(one.chunks for one in done)} chunks in {folder}, {changed} files changed"

    async def export_learning_chunks(
        self, folder: Path, *, kinds: Sequence[str] = (), path: str | None = None, place: Place | None = None
    ) -> LearningChunksExported:
        """Write what a team can share into a folder: of the current project, and global knowledge.

        Raises:
            InputError: The folder holds something else, or cannot be written.
        """
        project = await self._project(place, path)
        return await self._finish(self._learning_chunks.export(folder, project, kinds))

    async def import_learning_chunks(
        self, folder: Path, *, path: str | None = None, place: Place | None = None
    ) -> LearningChunksImported:
        """Join a folder of learning chunks with the store; importing twice, or in another order, changes nothing.

        Raises:
            InputError: A line cannot be read; nothing was imported.
        """
        project = await self._project(place, path)
        return await self._finish(self._learning_chunks.import_from(folder, project))

    async def _project(self, place: Place | None, path: str | None) -> Project | None:
        try:
            return (await self._current.find(place or self._place(), path)).project
        except ProjectError:
            if path is not None:
                raise
            return None

    async def metrics(self) -> MetricsResult:
        """Return figures of learning, quality, caches, times and suggestions."""
        return await self._finish(self._metrics.run())
