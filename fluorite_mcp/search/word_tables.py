"""Keeps the words of all but large scopes in memory, where all words of a query can be weighed.

A table is made when its scope is first searched, and brought up to date when the store has changed.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol

from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.search.profile import filter_term, term_hash
from fluorite_mcp.search.word_table import WordTable

# A larger table would take more than some 25 MB, and longer to keep up to date than SQLite takes to answer.
MAX_TABLE_CHUNKS = 20_000
# Who works in many projects at once keeps the tables of those used last.
MAX_KEPT_CHUNKS = 60_000

Scopes = tuple[int, ...]


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
    """Answers word searches of scopes that have a table: one for all that are searched together."""

    def __init__(self, source: WordSource) -> None:
        self._source = source
        # The table of some scopes and the version of the store it is of, the one used last at the end.
        self._tables: OrderedDict[Scopes, tuple[WordTable, int]] = OrderedDict()
        self._large: set[Scopes] = set()
        self._making = asyncio.Lock()

    async def counts(self, words: Sequence[str], scopes: Sequence[int]) -> dict[str, int] | None:
        """Return in how many chunks of some scopes each word stands; None where these have no table."""
        table, made_of = self._tables.get(_key(scopes), (None, -1))
        # Other projects' tables are not made for this alone.
        if table is None or made_of != await self._source.version():
            return None
        return dict(zip(words, table.counts([term_hash(word) for word in words]), strict=True))

    async def best(
        self, weights: Mapping[str, float], where: ScopeFilter, average: float, limit: int
    ) -> list[tuple[int, float]] | None:
        """Return (chunk, BM25) of the best chunks, best first; None where the scopes have no table.

        Args:
            weights: The IDF of each word.
            where: Which chunks count.
            average: How many tokens the chunks of the whole store hold on average.
            limit: At most so many.
        """
        table = await self._table(_key(where.scopes))
        if table is None:
            return None
        terms = {term_hash(word): weight for word, weight in weights.items()}
        filters = [[filter_term("k", kind) for kind in where.kinds]] if where.kinds else []
        if where.language:
            filters.append([filter_term("l", where.language)])
        return table.best(terms, average, limit, filters)

    async def _table(self, scopes: Scopes) -> WordTable | None:
        """Return the table of some scopes as the store is now; None where they are too large for one."""
        version = await self._source.version()
        if scopes in self._large:
            return None
        table, made_of = self._tables.get(scopes, (None, -1))
        if table is None or made_of != version:
            async with self._making:
                table, made_of = self._tables.get(scopes, (None, -1))
                if made_of != version:
                    table = await self._made(scopes, table)
                    self._keep(scopes, table, version)
        if table is not None:
            self._tables.move_to_end(scopes)
        return table

    def _keep(self, scopes: Scopes, table: WordTable | None, version: int) -> None:
        if table is None:
            self._tables.pop(scopes, None)
            self._large.add(scopes)
            return
        self._tables[scopes] = table, version
        while len(self._tables) > 1 and sum(len(one.keys) for one, _ in self._tables.values()) > MAX_KEPT_CHUNKS:
            self._tables.popitem(last=False)

    async def _made(self, scopes: Scopes, table: WordTable | None) -> WordTable | None:
        """Return the table of some scopes, made of the one before if there is any."""
        keys = sorted([key for one in scopes for key in await self._source.living_keys(one, MAX_TABLE_CHUNKS + 1)])
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


def _key(scopes: Sequence[int]) -> Scopes:
    return tuple(sorted(scopes))
