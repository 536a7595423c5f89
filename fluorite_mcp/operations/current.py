"""The project a request speaks of, brought up to date before it is answered."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fluorite_mcp.errors import StoreBusyError, StoreFullError
from fluorite_mcp.learning.freshness import FreshnessWatch
from fluorite_mcp.learning.locate import Location, Place, locate
from fluorite_mcp.learning.pipeline import LearningReport, Progress, ProjectLearner, ignore_progress
from fluorite_mcp.learning.scan import scan_project
from fluorite_mcp.models import GLOBAL_SCOPE, Freshness, Project
from fluorite_mcp.ports import ProjectStore
from fluorite_mcp.results import ProjectRef

# A folder that is no repository and holds more files is learned only when asked for: it may be anything.
MAX_UNASKED_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Current:
    """What a request speaks of. Without a project only global knowledge answers, and `notices` say why."""

    project: Project | None
    part: str = ""
    notices: tuple[str, ...] = ()

    @property
    def scopes(self) -> tuple[int, ...]:
        """The scopes that may answer: the project's and global knowledge."""
        return (self.project.key, GLOBAL_SCOPE) if self.project else (GLOBAL_SCOPE,)

    @property
    def root(self) -> Path | None:
        """The project's root folder."""
        return Path(self.project.root) if self.project else None

    @property
    def ref(self) -> ProjectRef:
        """The project as answers name it."""
        return ProjectRef(name=self.project.name, root=self.project.root) if self.project else ProjectRef()


class CurrentProject:
    """Finds the project of a request and learns what changed in it."""

    def __init__(
        self, projects: ProjectStore, learner: ProjectLearner, watch: FreshnessWatch, now: Callable[[], str]
    ) -> None:
        self._projects = projects
        self._learner = learner
        self._watch = watch
        self._now = now
        self._locks: dict[str, asyncio.Lock] = {}
        self._learned: dict[str, Project] = {}

    async def find(self, place: Place, path: str | None) -> Current:
        """Return the project of a request as it is stored, without learning it.

        Raises:
            InputError: The path does not exist, or lies outside what the session may read.
            ProjectError: The path is no project.
        """
        location = locate(place, path)
        if location.is_personal:
            return Current(None, notices=(_personal_notice(location),))
        return Current(await self._projects.ensure(str(location.root), self._now()), location.part)

    async def ensure(self, place: Place, path: str | None, progress: Progress = ignore_progress) -> Current:
        """Return the project of a request, learned as its files are now.

        Raises:
            InputError: The path does not exist, or lies outside what the session may read.
            ProjectError: The path is no project.
        """
        location = locate(place, path)
        project = await self._learned_project(str(location.root))
        if project is None and (reason := await asyncio.to_thread(_reason_not_to_learn, location)):
            return Current(None, notices=(reason,))
        known = project or await self._projects.ensure(str(location.root), self._now())
        notices = await self._update(known, progress, wait=project is None)
        return Current(known, location.part, notices)

    def look_again(self, root: str) -> None:
        """Have the next request look at every file of a project, whatever was seen a moment ago."""
        self._watch.forget(root)

    def freshness(self, root: Path | None, path: str | None, size_and_time: tuple[int, int] | None) -> Freshness:
        """Compare a file of a project that was just brought up to date with what was learned of it."""
        return self._watch.freshness(root, path, size_and_time)

    async def _learned_project(self, root: str) -> Project | None:
        """Return the project of a root if it was learned before; it stays learned, so that is remembered."""
        if root not in self._learned:
            project = await self._projects.find(root)
            if project is None or await self._projects.learned_at(project.key) is None:
                return None
            self._learned[root] = project
        return self._learned[root]

    async def _update(self, project: Project, progress: Progress, *, wait: bool) -> tuple[str, ...]:
        lock = self._locks.setdefault(project.root, asyncio.Lock())
        if lock.locked() and not wait:
            # Another request of this session learns it now; what is stored answers meanwhile.
            return (f"{project.name} is being learned; answers come from what is stored so far.",)
        async with lock:
            if not await self._has_changed(project.root):
                return ()
            try:
                report = await self._learner.learn(project, progress=progress, wait=wait)
            except StoreBusyError:
                if wait:
                    raise
                return (f"{project.name} is being learned by another process; this is what is stored so far.",)
            except StoreFullError as error:
                return (f"{project.name} was not brought up to date, this is what is stored so far: {error}",)
            return _notices(report)

    async def _has_changed(self, root: str) -> bool:
        if self._watch.is_cheap(root):
            return self._watch.has_changed(root)
        return await asyncio.to_thread(self._watch.has_changed, root)


def _notices(report: LearningReport) -> tuple[str, ...]:
    return tuple(report.notices)


def _reason_not_to_learn(location: Location) -> str | None:
    if location.is_personal:
        return _personal_notice(location)
    if (location.root / ".git").exists():
        return None
    scan = scan_project(location.root, limit=MAX_UNASKED_FILES + 1)
    if len(scan.files) > MAX_UNASKED_FILES:
        return (
            f"{location.root} is no repository and holds more than {MAX_UNASKED_FILES} files, so it was not learned. "
            "Pass path to choose a project, or call learn with this path and force."
        )
    return None


def _personal_notice(location: Location) -> str:
    return (
        f"{location.root} is a home folder or the root of the file system, so it was not learned; only global "
        "knowledge answers. Pass path to choose a project."
    )


def describe_size(root: Path) -> str:
    """Say how much learning a folder would read."""
    scan = scan_project(root)
    size = sum(stat.size for stat in scan.files.values())
    folders = sorted(itertools.islice({path.split("/", 1)[0] for path in scan.files if "/" in path}, 5))
    examples = f", among them {', '.join(folders)}" if folders else ""
    return f"{len(scan.files)} files, {size / 1_000_000:.0f} MB{examples}"
