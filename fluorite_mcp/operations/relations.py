"""Relations of templates that nobody wrote down: computed when a template is looked at, from all of them together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from fluorite_mcp.learning.combinations import Combination, Stack, find_combinations, related_templates
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Relation, RelationType
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.text.languages import LANGUAGES

_TYPES: Mapping[str, RelationType] = {"alternative": "alternative", "used-with": "used-with"}


class TemplateRelations:
    """Finds what goes with a template, and what may take its place. Nothing of it is stored."""

    def __init__(self, chunks: ChunkStore) -> None:
        self._chunks = chunks
        self._newest = -1
        self._stacks: Mapping[str, Stack] = {}
        self._combinations: Sequence[Combination] = ()

    async def of(self, chunks: Sequence[Chunk]) -> list[Relation]:
        """Return the computed relations of those chunks that are a template's overview."""
        wanted = [chunk.id for chunk in chunks if chunk.kind == "spike" and chunk.origin.path is None]
        if not wanted:
            return []
        # Not the store's version, which every counted use moves: a new template is a new chunk.
        newest = await self._chunks.newest()
        if newest != self._newest:
            spikes = await self._chunks.of_scope(GLOBAL_SCOPE, ["spike"])
            self._stacks = _stacks(spikes)
            stacks = [stack.frameworks for stack in self._stacks.values()]
            self._combinations = await asyncio.to_thread(find_combinations, stacks)
            self._newest = newest
        related = [
            Relation(id_, other, _TYPES[kind], weight)
            for id_ in wanted
            if id_ in self._stacks
            for kind, other, weight in related_templates(id_, self._stacks, self._combinations)
        ]
        living = await self._chunks.find([relation.target for relation in related])
        return [one for one in related if one.target in living and living[one.target].retired_at is None]


def _stacks(spikes: Sequence[Chunk]) -> dict[str, Stack]:
    return {
        chunk.id: Stack(
            frozenset(chunk.frameworks) - LANGUAGES.keys(),
            frozenset(chunk.tags),
            frozenset(chunk.frameworks) & LANGUAGES.keys(),
        )
        for chunk in spikes
        if chunk.origin.path is None
    }
