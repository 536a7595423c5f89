"""FTS5 expressions over words and filters, and asking the word index for what matches them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

# How much a word says by where it stands; the scope column is only for filtering.
FIELD_WEIGHTS = {"scope": 0, "title": 3, "symbol": 4, "path": 3, "imports": 0, "body": 1}
_FIELD_WEIGHTS = ", ".join(f"{weight}.0" for weight in FIELD_WEIGHTS.values())

# The fields that hold names.
NAME_FIELDS = "title symbol path"


# Where rows are looked at, so many for each that counts at most: beyond that words are asked.
_LOOKED_AT = 3

# Begins the words of the scope column, and no other: a column filter would make counting a word three times as slow.
_SCOPE_MARK = "§"


Read = Callable[[str, Sequence[Any]], Awaitable[list[tuple[Any, ...]]]]


class SqlReader(Protocol):
    """Reads rows of the store."""

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        ...

    async def look_up(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query that takes microseconds."""
        ...

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        ...


@dataclass(frozen=True, slots=True)
class ScopeFilter:
    """Which chunks count: the scopes (none given: all), and if given only some kinds and one language."""

    scopes: tuple[int, ...]
    kinds: tuple[str, ...] = ()
    language: str | None = None


def scope_words(scope: int, kind: str, language: str | None) -> str:
    """Return the filter words of a chunk, as they stand in the scope column."""
    words = [f"p{scope}", f"k{kind}", *([f"l{language}"] if language else [])]
    return " ".join(f"{_SCOPE_MARK}{word}" for word in words)


class RowCondition(NamedTuple):
    """What must hold of a chunk's row.

    Attributes:
        sql: The condition; the row is called `c`.
        values: What its question marks stand for.
        words: FTS5 expressions that say the same.
    """

    sql: str
    values: tuple[int | str, ...]
    words: tuple[str, ...]


class Filters(NamedTuple):
    """How chunks that do not count are left out: FTS5 expressions that must match, and what must hold of the row."""

    words: tuple[str, ...] = ()
    rows: RowCondition | None = None


class Expression(NamedTuple):
    """What chunks are asked for: an FTS5 expression, and what must hold of the row."""

    match: str
    rows: RowCondition | None = None

    @property
    def by_words(self) -> Expression:
        """The same without a condition on rows."""
        return Expression(" AND ".join([*self.rows.words, self.match])) if self.rows else self

    def matched(self, columns: str, most: int) -> tuple[str, list[int | str]]:
        """Return the statement that reads columns of the oldest that match, at most so many, and its values."""
        if self.rows is None:
            return f"SELECT {columns} FROM words WHERE words MATCH ? LIMIT ?", [self.match, most]  # noqa: S608 - constants
        # The word index comes first: the chunks' own indexes say nothing about words.
        sql = (
            f"SELECT m.* FROM (SELECT {columns} FROM words WHERE words MATCH ? LIMIT ?) m"  # noqa: S608 - as before
            f" CROSS JOIN chunks c ON c.key = m.key WHERE {self.rows.sql} LIMIT ?"
        )
        return sql, [self.match, _LOOKED_AT * most, *self.rows.values, most]


async def scored(read: Read, expression: Expression, most: int, limit: int) -> list[tuple[int, float]]:
    """Return (chunk, BM25) of the best chunks that match an expression, best first.

    BM25 first counts the whole list of each word of the expression, however few chunks match.

    Args:
        read: How the store is read: `SqlReader.look_up` where that is over in a moment, else `SqlReader.fetch`.
        expression: What must match.
        most: Score at most so many.
        limit: Return at most so many.
    """
    matched, values = expression.matched(f"rowid AS key, -bm25(words, {_FIELD_WEIGHTS}) AS score", most)
    rows = await read(f"SELECT key, score FROM ({matched}) ORDER BY score DESC LIMIT ?", [*values, limit])  # noqa: S608
    if len(rows) < limit and await _has_more(read, expression, most):
        return await scored(read, expression.by_words, most, limit)
    return [(int(key), float(score)) for key, score in rows]


async def matching(read: Read, expression: Expression, most: int) -> list[int]:
    """Return the oldest chunks that match an expression; where rows are looked at, of so many those that count."""
    sql, values = Expression(expression.match).matched("rowid AS key", most)
    if expression.rows is None:
        return [key for (key,) in await read(sql, values)]
    rows = await read(
        f"SELECT m.key, {expression.rows.sql} FROM ({sql}) m CROSS JOIN chunks c ON c.key = m.key",  # noqa: S608 - constants
        [*expression.rows.values, *values],
    )
    found = [key for key, counts in rows if counts]
    if len(rows) == most and len(found) < most / _LOOKED_AT:
        return await matching(read, expression.by_words, most)
    return found


async def _has_more(read: Read, expression: Expression, most: int) -> bool:
    """Whether chunks match beyond those whose rows were looked at: all of those may be of another project."""
    if expression.rows is None:
        return False
    looked_at = _LOOKED_AT * most
    return await counted(read, Expression(expression.match), looked_at + 1) > looked_at


async def newest(read: Read) -> int:
    """Return the key of the newest chunk; 0 if there is none."""
    return int((await read("SELECT max(id) FROM words_docsize", []))[0][0] or 0)


async def counted(read: Read, expression: Expression, most: int) -> int:
    """Return how many chunks match an expression, at most so many."""
    matched, values = expression.matched("rowid AS key", most)
    return int((await read(f"SELECT count(*) FROM ({matched})", values))[0][0])  # noqa: S608 - constants


def match_expression(words: Sequence[str], filters: Filters) -> Expression:
    """Compose the expression: the filters, and any of the words."""
    return compose(" OR ".join(f'"{word}"' for word in words), filters)


def compose(body: str, filters: Filters, fields: str | None = None) -> Expression:
    """Compose the expression from an FTS5 one over words.

    Args:
        body: The expression over words.
        filters: Which chunks count.
        fields: An FTS5 column filter: in which fields the words may stand; in any when None.
    """
    return Expression(" AND ".join([*filters.words, f"{fields} : ({body})" if fields else f"({body})"]), filters.rows)


def any_of_scope(prefix: str, values: Iterable[object]) -> str:
    """Compose the FTS5 expression that one of some words of the scope column matches: see `scope_words`."""
    alternatives = " OR ".join(f'"{_SCOPE_MARK}{prefix}{value}"' for value in values)
    return f"({alternatives})"
