"""Which frameworks go together: counted over the stacks of templates and what learned projects use."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from fluorite_mcp.learning.combinations import Combination, Stack, describe, find_combinations, strongest
from fluorite_mcp.learning.frameworks import frameworks_of_manifest
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Project
from fluorite_mcp.ports import ChunkStore, MetaStore, ProjectStore, Transactions
from fluorite_mcp.search.paths import is_example_path, is_test_path
from fluorite_mcp.text.languages import LANGUAGES
from fluorite_mcp.text.packages import PACKAGES

# Names, among the store's small values, the frameworks of a project.
_STORED = "frameworks_of_"
MANIFESTS = (
    "package.json", "pyproject.toml", "requirements.txt", "setup.cfg", "pipfile", "go.mod", "cargo.toml",
    "composer.json", "gemfile", "mix.exs", "pom.xml", "build.gradle", "build.gradle.kts",
)  # fmt: skip
# What a manifest does not declare counts from this part of a project's files on: one file may try something out.
_SHARE = 0.02


class ProjectFrameworks:
    """Keeps which frameworks each learned project uses: what its manifests declare, and what its code imports."""

    def __init__(self, transactions: Transactions, chunks: ChunkStore, projects: ProjectStore, meta: MetaStore) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._projects = projects
        self._meta = meta

    async def refresh(self, project: Project) -> None:
        """Read a project's frameworks anew; written only where they differ."""
        files = await self._chunks.frameworks_by_file(project.key)
        paths = await self._projects.paths_named(project.key, MANIFESTS)
        manifests = [path for path in paths if not is_test_path(path) and not is_example_path(path)]
        pieces = [one for one in await self._chunks.of_files(project.key, manifests) if one.retired_at is None]
        texts = await self._chunks.contents_of([one.key for one in pieces])
        declared = {name for text in texts.values() for name in frameworks_of_manifest(text)}
        value = json.dumps(sorted(declared | imported_by_many(files.values())))
        if await self._meta.get(f"{_STORED}{project.key}") != value:
            async with self._transactions.atomic():
                await self._meta.set(f"{_STORED}{project.key}", value)

    async def all(self) -> dict[int, frozenset[str]]:
        """Return the frameworks of each project of which they are known, by its key."""
        found: dict[int, frozenset[str]] = {}
        for project in await self._projects.all():
            value = await self._meta.get(f"{_STORED}{project.key}")
            if value is not None:
                found[project.key] = frozenset(json.loads(value))
        return found


def imported_by_many(files: Iterable[Sequence[str]]) -> set[str]:
    """Return the frameworks that enough of a project's files import.

    Args:
        files: The frameworks of each code file, none where it imports none.
    """
    counts: Counter[str] = Counter()
    total = 0
    for frameworks in files:
        total += 1
        counts.update(set(frameworks))
    return {name for name, count in counts.items() if count >= _SHARE * total}


class Combinations:
    """Counts combinations when somebody asks, and again when a template or a project is another."""

    def __init__(self, chunks: ChunkStore, frameworks: ProjectFrameworks) -> None:
        self._chunks = chunks
        self._frameworks = frameworks
        self._version = self._newest = -1
        self._projects: Mapping[int, frozenset[str]] = {}
        self._stacks: Mapping[str, Stack] = {}
        self._found: tuple[Combination, ...] = ()
        self._by_pair: Mapping[frozenset[str], Combination] = {}

    async def stacks(self) -> Mapping[str, Stack]:
        """Return what each template is made of and for, by the id of its overview."""
        await self._count()
        return self._stacks

    async def all(self) -> tuple[Combination, ...]:
        """Return every combination, the most surprising first."""
        await self._count()
        return self._found

    async def of_projects(self, limit: int) -> list[str]:
        """Return sentences on the combinations that learned projects have, those of most projects first."""
        found = [one for one in await self.all() if one.projects.both]
        found.sort(key=lambda one: (-one.projects.both, -one.lift, one.first, one.second))
        return [describe(one, one.first) for one in found[:limit]]

    async def with_any(self, own: Iterable[str], brought: Iterable[str]) -> str:
        """Say why what brings some frameworks goes with others, "" where it does not."""
        await self._count()
        found = strongest(canonical(own), canonical(brought), self._by_pair)
        return describe(found[1], found[0]) if found else ""

    async def _count(self) -> None:
        version = await self._chunks.version()
        if version == self._version:
            return
        self._version = version
        # Every counted use moves the version; a new template is a new chunk.
        newest, projects = await self._chunks.newest(), await self._frameworks.all()
        if newest == self._newest and projects == self._projects:
            return
        if newest != self._newest:
            self._stacks = _stacks(await self._chunks.of_scope(GLOBAL_SCOPE, ["spike"]))
        stacks = [stack.frameworks for stack in self._stacks.values()]
        self._found = await asyncio.to_thread(find_combinations, stacks, list(projects.values()))
        self._by_pair = {frozenset((one.first, one.second)): one for one in self._found}
        self._newest, self._projects = newest, projects


def canonical(names: Iterable[str]) -> frozenset[str]:
    """Return frameworks under the names that imports and manifests give them, without languages."""
    return frozenset(PACKAGES.get(name, name) for name in names if name not in LANGUAGES)


def _stacks(spikes: Sequence[Chunk]) -> dict[str, Stack]:
    return {
        chunk.id: Stack(
            canonical(chunk.frameworks), frozenset(chunk.tags), frozenset(chunk.frameworks) & LANGUAGES.keys()
        )
        for chunk in spikes
        if chunk.origin.path is None
    }
