"""FTS5 expressions over words and filters, and asking the word index for what matches them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

# How much a word says by where it stands; the scope column is only for filtering.
FIELD_WEIGHTS = {"scope": 0, "title": 3, "symbol": 4, "path": 3, "imports": 0, "body": 1}
_FIELD_WEIGHTS = ", ".join(f"{weight}.0" for weight in FIELD_WEIGHTS.values())

# The fields that hold names.
NAME_FIELDS = "title symbol path"


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


async def scored(read: Read, expression: str, most: int, limit: int) -> list[tuple[int, float]]:
    """Return (chunk, BM25) of the best chunks that match an expression, best first.

    BM25 first counts the whole list of each word of the expression, however few chunks match.

    Args:
        read: How the store is read: `SqlReader.look_up` where that is over in a moment, else `SqlReader.fetch`.
        expression: What must match.
        most: Score at most so many.
        limit: Return at most so many.
    """
    rows = await read(
        f"SELECT rowid, score FROM (SELECT rowid, -bm25(words, {_FIELD_WEIGHTS}) AS score FROM words"  # noqa: S608 - constants
        " WHERE words MATCH ? LIMIT ?) ORDER BY score DESC LIMIT ?",
        [expression, most, limit],
    )
    return [(int(key), float(score)) for key, score in rows]


async def matching(read: Read, expression: str, most: int) -> list[int]:
    """Return the oldest chunks that match an expression."""
    rows = await read("SELECT rowid FROM words WHERE words MATCH ? LIMIT ?", [expression, most])
    return [key for (key,) in rows]


def match_expression(words: Sequence[str], where: ScopeFilter) -> str:
    """Compose the FTS5 expression: the scope's filters, and any of the words."""
    return compose(" OR ".join(f'"{word}"' for word in words), where)


def compose(body: str, where: ScopeFilter, fields: str | None = None) -> str:
    """Compose the FTS5 expression from one over words.

    Args:
        body: The expression over words.
        where: Which chunks count.
        fields: An FTS5 column filter: in which fields the words may stand; in any when None.
    """
    return " AND ".join([*scope_filters(where), f"{fields} : ({body})" if fields else f"({body})"])


def scope_filters(where: ScopeFilter) -> list[str]:
    """Return the FTS5 expressions that all must match for a chunk to count."""
    filters = [_any_of("p", [str(scope) for scope in where.scopes])] if where.scopes else []
    if where.kinds:
        filters.append(_any_of("k", where.kinds))
    if where.language:
        filters.append(_any_of("l", [where.language]))
    return [f"({part})" for part in filters]


def _any_of(prefix: str, values: Sequence[str]) -> str:
    return " OR ".join(f'"{_SCOPE_MARK}{prefix}{value}"' for value in values)
