"""What a project does again and again: its mined facts counted once, and file by file after that."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

from fluorite_mcp.conventions.derive import Stated, derive_stated
from fluorite_mcp.conventions.facts import FACTS_VERSION
from fluorite_mcp.conventions.relevance import TaskScope, conventions_for
from fluorite_mcp.conventions.shifts import FileDates
from fluorite_mcp.conventions.tally import Tally
from fluorite_mcp.learning.git import added_files, head_commit
from fluorite_mcp.models import Project
from fluorite_mcp.ports import ChunkStore, MinedStore, ProjectStore
from fluorite_mcp.results import Convention

# How long git may take to say when files came; it runs when the commit changes, in an answer that waits for it.
_GIT_SECONDS = 0.3


@dataclass(slots=True)
class _Counted:
    """What is known of a project: up to which version of the store, and of which files."""

    version: int = -1
    tally: Tally = field(default_factory=Tally)
    digests: dict[str, bytes] = field(default_factory=dict)
    commit: str | None = ""
    dates: FileDates = field(default_factory=FileDates)
    found: tuple[Convention, ...] = ()
    stated: tuple[Stated, ...] = ()


class ProjectConventions:
    """Finds the conventions of projects. The same files give the same conventions."""

    def __init__(self, chunks: ChunkStore, mined: MinedStore, projects: ProjectStore) -> None:
        self._chunks = chunks
        self._mined = mined
        self._projects = projects
        self._counted: dict[int, _Counted] = {}
        self._lock = asyncio.Lock()

    async def for_task(self, project: Project | None, scope: TaskScope) -> tuple[Convention, ...]:
        """Return the conventions of a project that a task needs, best first."""
        if project is None:
            return ()
        return conventions_for(await self.of(project), scope)

    async def of(self, project: Project) -> tuple[Convention, ...]:
        """Return all conventions of a project, strongest first."""
        async with self._lock:
            counted = self._counted.setdefault(project.key, _Counted())
            version = await self._chunks.version()
            if counted.version != version:
                await self._count(project, counted)
                counted.version = version
            return counted.found

    async def stated(self, project: Project | None) -> tuple[Stated, ...]:
        """Return all conventions of a project, each with what it states; none of no project."""
        if project is None:
            return ()
        await self.of(project)
        return self._counted[project.key].stated

    async def tally(self, project: Project) -> Tally:
        """Return the counted facts of a project."""
        await self.of(project)
        return self._counted[project.key].tally

    async def _count(self, project: Project, counted: _Counted) -> None:
        digests = dict(await self._mined.digests(project.key))
        bare = {} if digests else await self._unmined(project)
        wanted = digests or bare
        if wanted == counted.digests:
            return
        changed = [path for path, digest in wanted.items() if counted.digests.get(path) != digest]
        gone = counted.digests.keys() - wanted.keys()
        rows = await self._mined.facts(project.key, changed) if digests else [(p, bare[p], bare[p]) for p in changed]
        await asyncio.to_thread(_recount, counted, rows, gone, Path(project.root))
        counted.digests = wanted

    async def _unmined(self, project: Project) -> dict[str, bytes]:
        """Return facts that need no parsing, of a project that waits to be mined: its files and their languages."""
        files = await self._projects.files(project.key)
        return {
            path: json.dumps([FACTS_VERSION, record.language]).encode()
            for path, record in files.items()
            if record.language and not record.skipped
        }


def _recount(counted: _Counted, rows: list[tuple[str, bytes, bytes]], gone: set[str], root: Path) -> None:
    counted.tally.change(rows, gone)
    commit = head_commit(root)
    if commit != counted.commit:
        counted.commit = commit
        counted.dates = FileDates(added_files(root, _GIT_SECONDS) if commit else {})
    counted.stated = derive_stated(counted.tally, counted.dates, root.name)
    counted.found = tuple(one.convention for one in counted.stated)
