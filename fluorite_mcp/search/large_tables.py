"""Follows the store with the words of large scopes, of which files are published."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fluorite_mcp.errors import StoreError
from fluorite_mcp.index.compaction import words_in_portions
from fluorite_mcp.index.word_files import WordFiles, WordSource
from fluorite_mcp.models import Generation
from fluorite_mcp.search.large_table import LargeTable

logger = logging.getLogger(__name__)

# What changes when a table must follow; see `storage.words.WordRows.state`.
State = tuple[int, str | None, int, int]


class WordStates(Protocol):
    """Says which words are published, and what has happened since."""

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        ...

    async def state(self, scope: int) -> State:
        """Return the generation's number and its file of words, the newest chunk of all, and the newest removal."""
        ...

    async def withdraw(self, scope: int, number: int) -> None:
        """Unpublish the words of a generation."""
        ...


class Generations(Protocol):
    """Reads what is published, and removals."""

    async def generation(self, scope: int) -> Generation | None:
        """Return the published generation."""
        ...

    async def removed_after(self, scope: int, removal: int) -> tuple[list[int], int]:
        """Return the chunks removed after a removal, and the newest removal."""
        ...


@dataclass(slots=True)
class _Followed:
    """The words of a scope as this process has them; no table where none are published."""

    table: LargeTable | None
    state: State
    version: int
    last_chunk: int = 0
    last_removal: int = 0


class LargeTables:
    """Gives the words of large scopes as the store is now.

    Args:
        states: Says what there is.
        generations: Reads what is published.
        source: Reads the words of newer chunks.
        files: Opens what is published.
    """

    def __init__(self, states: WordStates, generations: Generations, source: WordSource, files: WordFiles) -> None:
        self._states = states
        self._generations = generations
        self._source = source
        self._files = files
        self._scopes: dict[int, _Followed] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    async def tables(self, scopes: Sequence[int]) -> dict[int, LargeTable]:
        """Return the tables of those scopes that have one."""
        version = await self._states.version()
        found = {scope: (await self._follow(scope, version)).table for scope in scopes}
        return {scope: table for scope, table in found.items() if table is not None}

    async def _follow(self, scope: int, version: int) -> _Followed:
        followed = self._scopes.get(scope)
        if followed is not None and followed.version == version:
            return followed
        async with self._locks.setdefault(scope, asyncio.Lock()):
            followed = self._scopes.get(scope)
            if followed is not None and followed.version == version:
                return followed
            state = await self._states.state(scope)
            if followed is None or followed.state[:2] != state[:2]:
                followed = self._scopes[scope] = await self._load(scope, state)
            if followed.table is not None and followed.state != state:
                await self._catch_up(scope, followed, followed.table, state)
            followed.state, followed.version = state, version
            return followed

    async def _load(self, scope: int, state: State) -> _Followed:
        """Open what is published; it has followed up to what its generation knows."""
        nothing = _Followed(None, state, -1)
        generation = await self._generations.generation(scope) if state[1] is not None else None
        if generation is None or generation.words_file is None:
            return nothing
        lists = await self._files.get(generation)
        if lists is None:
            await self._withdraw(generation)
            return nothing
        known = (generation.number, generation.words_file, generation.last_chunk, generation.last_removal)
        table = await asyncio.to_thread(LargeTable, lists)
        return _Followed(table, known, -1, generation.last_chunk, generation.last_removal)

    async def _withdraw(self, generation: Generation) -> None:
        try:
            await self._states.withdraw(generation.scope, generation.number)
        except StoreError as error:
            # A store that cannot be written now can still be searched.
            logger.warning("the words of generation %d stay published: %s", generation.number, error)

    async def _catch_up(self, scope: int, followed: _Followed, table: LargeTable, state: State) -> None:
        _, _, newest, removal = state
        gone: list[int] = []
        if removal > followed.last_removal:
            gone, followed.last_removal = await self._generations.removed_after(scope, followed.last_removal)
        portions = words_in_portions(self._source, scope, followed.last_chunk, newest)
        new = [words async for portion in portions for words in portion]
        followed.last_chunk = max(newest, followed.last_chunk)
        if gone or new:
            await asyncio.to_thread(table.follow, gone, new)
