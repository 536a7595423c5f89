"""Leaving out chunks that do not count: by words of the index itself, or by looking at the row of each match.

Each chunk's scope, kind and language stand in the word index as words. One that stands in most of a large store's
chunks costs more than all the words of a query, since BM25 counts its whole list: 35 ms for a million. There, looking
at the rows of what the query's words match costs a tenth of that. A filter that few chunks pass is asked of the index,
which passes over all others without a look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from fluorite_mcp.index.expressions import Filters, RowCondition, ScopeFilter, SqlReader, any_of_scope, newest
from fluorite_mcp.index.selection import has_drifted
from fluorite_mcp.models import GLOBAL_SCOPE

# A filter that n of N chunks pass costs n x 35 ns as words, and as rows 2 microseconds for each of 1,400 N / n matches:
# rows are cheaper where n x n / N is larger.
_WIDE = 80_000
# Of a language so many of the oldest and of the newest chunks say how many there are.
_SAMPLE = 2_500


class _Part(NamedTuple):
    """One part of a filter: as words, and as a condition on rows with its values, which an index may answer."""

    words: str
    condition: str
    values: tuple[int | str, ...]
    is_indexed: bool = True


class Filtering:
    """Chooses for each part of a filter how it is applied.

    Args:
        sql: Reads the store.
    """

    def __init__(self, sql: SqlReader) -> None:
        self._sql = sql
        # Whether many chunks pass, by words, and the number of chunks when they were counted.
        self._is_wide: dict[str, bool] = {}
        self._counted_at = 0

    async def filters(self, where: ScopeFilter, size: int) -> Filters:
        """Return how to leave out what does not count.

        Args:
            where: Which chunks count.
            size: How many chunks the store has.
        """
        if has_drifted(self._counted_at, size):
            self._is_wide, self._counted_at = {}, size
        parts = _parts(where)
        wide = [part for part in parts if size > _WIDE and await self._passes_many(part, size)]
        by_words = tuple(part.words for part in parts if part not in wide)
        if not wide:
            return Filters(by_words)
        values = tuple(value for part in wide for value in part.values)
        sql = " AND ".join(part.condition for part in wide)
        return Filters(by_words, RowCondition(sql, values, tuple(part.words for part in wide)))

    async def _passes_many(self, part: _Part, size: int) -> bool:
        """Whether so many chunks pass a part that looking at rows is cheaper."""
        if part.words not in self._is_wide:
            limit = math.isqrt(_WIDE * size)
            passing = await self._count(part, limit + 1) if part.is_indexed else await self._estimate(part.words)
            self._is_wide[part.words] = passing > limit
        return self._is_wide[part.words]

    async def _count(self, part: _Part, most: int) -> int:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM chunks c WHERE {part.condition} LIMIT ?)"  # noqa: S608 - constants
        return int((await self._sql.fetch(sql, [*part.values, most]))[0][0])

    async def _estimate(self, words: str) -> int:
        """Estimate how many chunks match, from how densely they stand among the oldest and among the newest.

        The lower of both: of what was learned in one piece, others before or after it say nothing.
        """
        last_of_all = await newest(self._sql.fetch)
        estimates = []
        for order in ("ASC", "DESC"):
            matched = f"SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid {order} LIMIT ?"  # noqa: S608 - a constant
            sql = f"SELECT count(*), min(rowid), max(rowid) FROM ({matched})"  # noqa: S608 - as before
            [(count, first, last)] = await self._sql.fetch(sql, [words, _SAMPLE])
            if count < _SAMPLE:
                return int(count)
            estimates.append(int(count * last_of_all / (last if order == "ASC" else last_of_all - first + 1)))
        return min(estimates)


def _parts(where: ScopeFilter) -> list[_Part]:
    """Return the parts of a filter."""
    parts = []
    if where.scopes:
        projects = tuple(scope for scope in where.scopes if scope != GLOBAL_SCOPE)
        alternatives = [f"c.project IN ({_marks(projects)})"] if projects else []
        alternatives += ["c.project IS NULL"] if GLOBAL_SCOPE in where.scopes else []
        parts.append(_Part(any_of_scope("p", where.scopes), f"({' OR '.join(alternatives)})", projects))
    if where.kinds:
        parts.append(_Part(any_of_scope("k", where.kinds), f"c.kind IN ({_marks(where.kinds)})", where.kinds))
    if where.language:
        words = any_of_scope("l", [where.language])
        parts.append(_Part(words, "c.language = ?", (where.language,), is_indexed=False))
    return parts


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
