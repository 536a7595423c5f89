"""Finding chunks by words: queries against the FTS5 table, ranked by BM25 over fields."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from fluorite_mcp.models import GLOBAL_SCOPE

# How much a word says by where it stands; the scope column is only for filtering.
_FIELD_WEIGHTS = "0.0, 3.0, 4.0, 3.0, 1.0"  # scope, title, symbol, path, body

# More words than this make a pasted text, whose rarest words say the most.
MAX_WORDS = 24

# More pairs than this make a character that says little.
_BIGRAMS_PER_CHARACTER = 20

# Postings that may be scored for one query: about a millisecond's worth. The rarest `MIN_WORDS` always are.
POSTINGS_BUDGET = 2_000
MIN_WORDS = 2

# SQLite refuses more bound values than 32,766 in one statement, some builds fewer.
_WORDS_PER_STATEMENT = 900

# The largest factor BM25 gives one word: k1 + 1 with FTS5's fixed k1 = 1.2.
_SATURATION = 2.2


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


@dataclass(frozen=True, slots=True)
class LexicalMatches:
    """Chunks by BM25, best first, with the score a chunk would have that holds every word densely.

    `ideal` is the sum over the query's words of IDF times BM25's saturation, so `score / ideal` near 1 means that
    the rare words of the query are all there.
    """

    scores: tuple[tuple[int, float], ...]
    ideal: float


def scope_words(scope: int, kind: str, language: str | None) -> str:
    """Return the filter words of a chunk, as they stand in the scope column."""
    return f"p{scope} k{kind}" + (f" l{language}" if language else "")


class LexicalIndex:
    """Queries the word index of the store."""

    def __init__(self, sql: SqlReader) -> None:
        self._sql = sql
        self._counted: tuple[int, int] | None = None
        self._scopes: set[int] = set()

    async def search(self, words: Sequence[str], where: ScopeFilter, limit: int) -> LexicalMatches:
        """Find the chunks that hold the rarest of the words most.

        Args:
            words: Tokens as `text.tokens.query_words` makes them.
            where: Which chunks count.
            limit: At most so many chunks.
        """
        words = await self._with_bigrams(words)
        counts, size = await self._counts(words)
        if not counts:
            return LexicalMatches((), 0.0)
        chosen = choose_words(counts)
        idf = {word: inverse_frequency(count, size) for word, count in counts.items()}
        rows = await self._sql.fetch(
            f"SELECT rowid, -bm25(words, {_FIELD_WEIGHTS}) AS score FROM words WHERE words MATCH ?"  # noqa: S608 - constants
            " ORDER BY score DESC LIMIT ?",
            [match_expression(chosen, self._without_needless(where)), limit],
        )
        # Words the store has never seen count too: a query of unknown words is not answered by its known ones.
        # Those of another script do not: asking an English repository in Japanese is no sign of another topic.
        unseen = max(idf.values()) * len([word for word in words[:MAX_WORDS] if word.isascii() and word not in idf])
        ideal = _SATURATION * (sum(idf[word] for word in chosen) + unseen)
        return LexicalMatches(tuple((int(key), float(score)) for key, score in rows), ideal)

    async def _with_bigrams(self, words: Sequence[str]) -> Sequence[str]:
        """Turn a query of a single character of a script without spaces into the bigrams that hold it.

        The index holds such text as pairs of characters: 猫 alone would find only runs of one. Within a longer query
        such a character is a particle, and the bigrams around it say more.
        """
        if len(words) != 1 or len(words[0]) != 1 or words[0].isascii():
            return words
        rows = await self._sql.fetch(
            "SELECT term FROM word_counts WHERE term GLOB ? ORDER BY doc DESC LIMIT ?",
            [f"*{words[0]}*", _BIGRAMS_PER_CHARACTER],
        )
        return list(dict.fromkeys([*words, *(term for (term,) in rows)]))

    async def _counts(self, words: Sequence[str]) -> tuple[dict[str, int], int]:
        """Return in how many chunks each known word stands, and how many chunks there are."""
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(words), _WORDS_PER_STATEMENT):
            portion = list(words[start : start + _WORDS_PER_STATEMENT])
            marks = ",".join("?" * len(portion))
            rows += await self._sql.look_up(f"SELECT term, doc FROM word_counts WHERE term IN ({marks})", portion)  # noqa: S608
        counts = {word: int(count) for word, count in rows}
        return counts, max(await self._size(), *counts.values(), 1)

    def _without_needless(self, where: ScopeFilter) -> ScopeFilter:
        """Leave out a scope filter that every chunk passes: filtering costs half as much as scoring."""
        return replace(where, scopes=()) if self._scopes <= set(where.scopes) else where

    async def _size(self) -> int:
        """Return how many chunks there are, counted anew only when the store changed."""
        version = await self._sql.version()
        if self._counted is None or self._counted[0] != version:
            rows = await self._sql.fetch("SELECT count(*) FROM chunks WHERE retired_at IS NULL")
            projects = await self._sql.fetch("SELECT key FROM projects")
            self._counted = (version, int(rows[0][0]))
            self._scopes = {GLOBAL_SCOPE, *(int(key) for (key,) in projects)}
        return self._counted[1]


def choose_words(counts: Mapping[str, int]) -> list[str]:
    """Return the words to look up, rarest first, until their postings exceed `POSTINGS_BUDGET`.

    Scoring costs as much as there are postings, and a word that stands everywhere decides nothing.
    """
    chosen: list[str] = []
    postings = 0
    for word in sorted(counts, key=lambda word: (counts[word], word))[:MAX_WORDS]:
        postings += counts[word]
        if len(chosen) >= MIN_WORDS and postings > POSTINGS_BUDGET:
            break
        chosen.append(word)
    return chosen


def inverse_frequency(count: int, size: int) -> float:
    """Return log((N - n + 0.5) / (n + 0.5)), as FTS5's bm25() weighs a word that stands in n of N chunks."""
    return max(math.log((size - count + 0.5) / (count + 0.5)), 1e-6)


def match_expression(words: Sequence[str], where: ScopeFilter) -> str:
    """Compose the FTS5 expression: the scope's filters, and any of the words in any other field."""
    filters = [_any_of("p", [str(scope) for scope in where.scopes])] if where.scopes else []
    if where.kinds:
        filters.append(_any_of("k", where.kinds))
    if where.language:
        filters.append(_any_of("l", [where.language]))
    body = " OR ".join(f'"{word}"' for word in words)
    return " AND ".join([*(f"scope : ({part})" for part in filters), f"- scope : ({body})"])


def _any_of(prefix: str, values: Sequence[str]) -> str:
    return " OR ".join(f'"{prefix}{value}"' for value in values)
