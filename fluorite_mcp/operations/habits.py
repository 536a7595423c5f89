"""What holds for every task in a project while its store does not change: reading it takes longer than the task."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Project
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.search.fields import definitions_of
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.suggest.adapting import MANIFESTS, ProjectNames, project_names
from fluorite_mcp.suggest.templates import Habitat, Offer, offer_of, used_by_many
from fluorite_mcp.suggest.ways import Ways, declared_ways

# Kinds that are told rather than learned from files.
NOTE_KINDS = ("note", "memory", "pattern", "insight")

# A language of fewer of the files is one that some script is written in.
_LANGUAGE_SHARE = 0.1
# A framework that one file imports may be tried out; a small project has few files of anything.
_FRAMEWORK_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Habits:
    """A project and the templates beside it.

    Attributes:
        spikes: The chunks of every template without their text, by the template's id.
        offers: What each template is for.
        shared: Names in the stacks of templates of several languages.
        stacks: The names in the stacks of templates.
        used: The project's frameworks, most used first.
        habitat: What decides which templates are offered.
        names: How the project calls its parts.
        declared: What its manifests and the names of its files say of how it does things.
        heads: The key of the chunk at the top of each file, by path.
        defined: Names that the project defines.
        has_notes: Whether anything was noted that may answer.
    """

    spikes: Mapping[str, Sequence[Chunk]]
    offers: Mapping[str, Offer]
    shared: frozenset[str]
    stacks: Sequence[str]
    used: tuple[str, ...]
    habitat: Habitat
    names: ProjectNames
    declared: Ways
    heads: Mapping[str, int]
    defined: frozenset[str]
    has_notes: bool


class HabitsReader:
    """Reads habits and keeps them until a text comes or goes: a judgement or a use changes none of them."""

    def __init__(self, chunks: ChunkStore) -> None:
        self._chunks = chunks
        self._known: dict[int, tuple[tuple[int, int], Habits]] = {}

    async def read(self, project: Project | None) -> Habits:
        """Return the habits of a project, or of no project."""
        scope = project.key if project else GLOBAL_SCOPE
        stamp = await self._chunks.text_stamp()
        known = self._known.get(scope)
        if known is not None and known[0] == stamp:
            return known[1]
        habits = await self._read(project, scope)
        self._known[scope] = stamp, habits
        return habits

    async def _read(self, project: Project | None, scope: int) -> Habits:
        spikes = await self._chunks.of_scope(GLOBAL_SCOPE, ["spike"])
        learned = await self._chunks.of_scope(scope, ["code", "doc"]) if project else []
        notes = [await self._chunks.of_scope(one, NOTE_KINDS) for one in {scope, GLOBAL_SCOPE}]
        manifests = {chunk.origin.path: chunk.key for chunk in learned if chunk.origin.path in MANIFESTS}
        whole = await self._chunks.load(sorted(manifests.values()))
        texts = {path: whole[key].content for path, key in manifests.items() if path and key in whole}
        code = [chunk for chunk in learned if chunk.kind == "code"]

        def compute() -> Habits:
            paths = sorted(_paths(code))
            by_spike = _by_spike(spikes)
            offers = {name: offer_of(found) for name, found in by_spike.items()}
            return Habits(
                spikes=by_spike,
                offers=offers,
                shared=used_by_many(offers.values()),
                stacks=sorted({name for chunk in spikes for name in chunk.frameworks}),
                used=_used(code),
                habitat=_habitat(code),
                names=project_names(project.name if project else "", paths, texts),
                declared=declared_ways(paths, texts),
                heads=_heads(code),
                defined=frozenset(one.name for chunk in code for one in definitions_of(chunk)),
                has_notes=any(notes),
            )

        return await asyncio.to_thread(compute)


def spike_of(chunk: Chunk) -> str:
    """Return the id of the template that a chunk belongs to."""
    return str(chunk.metadata.get("spike", chunk.id))


def _by_spike(chunks: Sequence[Chunk]) -> dict[str, list[Chunk]]:
    spikes: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        spikes.setdefault(spike_of(chunk), []).append(chunk)
    return spikes


def _used(code: Sequence[Chunk]) -> tuple[str, ...]:
    counts = Counter(name for chunk in code for name in chunk.frameworks)
    return tuple(name for name, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _habitat(code: Sequence[Chunk]) -> Habitat:
    languages = {path: chunk.language for chunk in code if (path := chunk.origin.path) and chunk.language}
    frameworks = {(chunk.origin.path, name) for chunk in code for name in chunk.frameworks}
    by_language, by_framework = Counter(languages.values()), Counter(name for _, name in frameworks)
    return Habitat(
        frozenset(name for name, count in by_language.items() if count >= _LANGUAGE_SHARE * len(languages)),
        frozenset(name for name, count in by_framework.items() if count >= _FRAMEWORK_SHARE * len(languages)),
    )


def _paths(code: Sequence[Chunk]) -> set[str]:
    return {chunk.origin.path for chunk in code if chunk.origin.path}


def _heads(code: Sequence[Chunk]) -> dict[str, int]:
    first: dict[str, tuple[int, int]] = {}
    for chunk in code:
        path, line = chunk.origin.path, chunk.origin.start_line or 0
        if path and not is_test_path(path) and (path not in first or line < first[path][0]):
            first[path] = (line, chunk.key)
    return {path: key for path, (_, key) in first.items()}
