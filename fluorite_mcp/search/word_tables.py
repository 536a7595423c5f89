"""Weighs all words of a query in arrays: in memory those of small scopes, in published files those of large ones.

A table is made when its scope is first searched, and brought up to date when the store has changed.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol

from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.index.word_files import WordSource
from fluorite_mcp.index.word_lists import WORD_LISTS_FROM
from fluorite_mcp.search.large_table import LargeTable
from fluorite_mcp.search.profile import filter_term, term_hash
from fluorite_mcp.search.word_table import WordTable

logger = logging.getLogger(__name__)

# A larger table would take more than some 25 MB, and longer to keep up to date than SQLite takes to answer.
MAX_TABLE_CHUNKS = WORD_LISTS_FROM
# Who works in many projects at once keeps the tables of those used last.
MAX_KEPT_CHUNKS = 60_000

Scopes = tuple[int, ...]


class LargeScopes(Protocol):
    """Has the words of large scopes."""

    async def tables(self, scopes: Sequence[int]) -> Mapping[int, LargeTable]:
        """Return the tables of those scopes that have one."""
        ...


class ScopeKeys(Protocol):
    """Says which chunks there are."""

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        ...

    async def living_keys(self, scope: int, limit: int) -> list[int]:
        """Return the living chunks of a scope, in order of their keys; at most so many."""
        ...


class WordTables:
    """Answers word searches of scopes that have a table: one for all small ones that are searched together.

    Args:
        keys: Says which chunks there are.
        source: Reads their words.
        large: Gives the tables of large scopes.
    """

    def __init__(self, keys: ScopeKeys, source: WordSource, large: LargeScopes) -> None:
        self._keys = keys
        self._source = source
        self._large = large
        # The table of some scopes and the version of the store it is of, the one used last at the end.
        self._tables: OrderedDict[Scopes, tuple[WordTable, int]] = OrderedDict()
        self._too_large: set[Scopes] = set()
        self._making = asyncio.Lock()

    async def counts(self, words: Sequence[str], scopes: Sequence[int]) -> tuple[dict[str, int], int] | None:
        """Return in how many chunks of some scopes each word stands, and how many they have; None where not known."""
        tables = await self._tables_of(scopes)
        if tables is None:
            return None
        terms = [term_hash(word) for word in words]
        sums = [sum(counts) for counts in zip(*(table.counts(terms) for table in tables), strict=True)]
        return dict(zip(words, sums, strict=True)), sum(table.size for table in tables)

    async def best(
        self, weights: Mapping[str, float], where: ScopeFilter, limit: int
    ) -> list[tuple[int, float]] | None:
        """Return (chunk, BM25) of the best chunks, best first; None where that is not known.

        The scopes may have no table, or its file cannot be read any more.

        Args:
            weights: The IDF of each word.
            where: Which chunks count.
            limit: At most so many.
        """
        tables = await self._tables_of(where.scopes)
        if tables is None:
            return None
        terms = {term_hash(word): weight for word, weight in weights.items()}
        filters = [tuple(filter_term("k", kind) for kind in where.kinds)] if where.kinds else []
        if where.language:
            filters.append((filter_term("l", where.language),))
        average = sum(table.tokens for table in tables) / max(1, sum(table.size for table in tables))
        try:
            found = [table.best(terms, average, limit, filters) for table in tables]
        except OSError as error:
            logger.warning("published words cannot be read, SQLite answers: %s", error)
            return None
        return found[0] if len(found) == 1 else sorted(itertools.chain(*found), key=_by_score)[:limit]

    async def _tables_of(self, scopes: Sequence[int]) -> list[LargeTable | WordTable] | None:
        """Return the tables that hold some scopes; None where one is too large and is not published yet."""
        large = await self._large.tables(scopes)
        tables: list[LargeTable | WordTable] = list(large.values())
        if small := tuple(sorted(scope for scope in scopes if scope not in large)):
            table = await self._table(small)
            if table is None:
                return None
            tables.append(table)
        return tables

    async def _table(self, scopes: Scopes) -> WordTable | None:
        """Return the table of some scopes as the store is now; None where they are too large for one."""
        version = await self._keys.version()
        if scopes in self._too_large:
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
            self._too_large.add(scopes)
            return
        self._tables[scopes] = table, version
        while len(self._tables) > 1 and sum(len(one.keys) for one, _ in self._tables.values()) > MAX_KEPT_CHUNKS:
            self._tables.popitem(last=False)

    async def _made(self, scopes: Scopes, table: WordTable | None) -> WordTable | None:
        """Return the table of some scopes, made of the one before if there is any."""
        keys = sorted([key for one in scopes for key in await self._keys.living_keys(one, MAX_TABLE_CHUNKS + 1)])
        if len(keys) > MAX_TABLE_CHUNKS:
            return None
        if table is None:
            return await asyncio.to_thread(WordTable.of, await self._source.words_of(keys))
        held = set(table.keys.tolist())
        new, gone = [key for key in keys if key not in held], held.difference(keys)
        if not new and not gone:
            return table
        words = await self._source.words_of(new)
        return await asyncio.to_thread(table.changed, gone, words)


def _by_score(pair: tuple[int, float]) -> tuple[float, int]:
    return -pair[1], pair[0]
