"""Keeps the words of all but large scopes in memory, where all words of a query can be weighed.

A table is made when its scope is first searched, and brought up to date when the store has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.search.profile import filter_term, term_hash
from fluorite_mcp.search.word_table import WordTable

# A larger scope's table would take more than some 25 MB, and longer to keep up to date than SQLite takes to answer.
MAX_TABLE_CHUNKS = 20_000


class WordSource(Protocol):
    """Reads what the tables are made of."""

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        ...

    async def living_keys(self, scope: int, limit: int) -> list[int]:
        """Return the living chunks of a scope, in order of their keys; at most so many."""
        ...

    async def profile_bytes(self, keys: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return the profiles of living chunks, in order of their keys."""
        ...


class WordTables:
    """Answers word searches of scopes that have a table."""

    def __init__(self, source: WordSource) -> None:
        self._source = source
        # A scope's table, and the version of the store it is of. One that was too large stays without.
        self._tables: dict[int, tuple[WordTable, int]] = {}
        self._large: set[int] = set()
        self._making = asyncio.Lock()

    async def counts(self, words: Sequence[str], scopes: Sequence[int]) -> dict[str, int] | None:
        """Return in how many chunks of some scopes each word stands; None where one has no table."""
        version = await self._source.version()
        kept = [self._tables[scope] for scope in scopes if scope in self._tables]
        tables = [table for table, made_of in kept if made_of == version]
        if len(tables) < len(scopes):
            return None  # Other projects' tables are not made for this alone.
        terms = [term_hash(word) for word in words]
        counted = [table.counts(terms) for table in tables]
        return dict(zip(words, map(sum, zip(*counted, strict=True)), strict=True))

    async def best(
        self, weights: Mapping[str, float], where: ScopeFilter, average: float, limit: int
    ) -> list[tuple[int, float]] | None:
        """Return (chunk, BM25) of the best chunks, best first; None where a scope has no table.

        Args:
            weights: The IDF of each word.
            where: Which chunks count.
            average: How many tokens the chunks of the whole store hold on average.
            limit: At most so many.
        """
        version = await self._source.version()
        tables = [await self._table(scope, version) for scope in where.scopes]
        known = [table for table in tables if table is not None]
        if len(known) < len(tables):
            return None
        terms = {term_hash(word): weight for word, weight in weights.items()}
        filters = [[filter_term("k", kind) for kind in where.kinds]] if where.kinds else []
        if where.language:
            filters.append([filter_term("l", where.language)])
        found = [pair for table in known for pair in table.best(terms, average, limit, filters)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]

    async def _table(self, scope: int, version: int) -> WordTable | None:
        """Return a scope's table as of a version of the store; None where it is too large for one."""
        if scope in self._large:
            return None
        table, made_of = self._tables.get(scope, (None, -1))
        if table is not None and made_of == version:
            return table
        async with self._making:
            table, made_of = self._tables.get(scope, (None, -1))
            if table is None or made_of != version:
                table = await self._made(scope, table)
                if table is None:
                    self._large.add(scope)
                    self._tables.pop(scope, None)
                    return None
                self._tables[scope] = table, version
        return table

    async def _made(self, scope: int, table: WordTable | None) -> WordTable | None:
        """Return a scope's table, made of the one before if there is any."""
        keys = await self._source.living_keys(scope, MAX_TABLE_CHUNKS + 1)
        if len(keys) > MAX_TABLE_CHUNKS:
            return None
        if table is None:
            return await asyncio.to_thread(WordTable.of, await self._source.profile_bytes(keys))
        held = set(table.keys.tolist())
        new, gone = [key for key in keys if key not in held], held.difference(keys)
        if not new and not gone:
            return table
        profiles = await self._source.profile_bytes(new)
        return await asyncio.to_thread(table.changed, gone, profiles)
