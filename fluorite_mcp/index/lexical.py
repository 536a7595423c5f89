"""Finding chunks by words: queries against the FTS5 table, ranked by BM25 over fields."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from fluorite_mcp.index.common_words import CommonWords, is_costly
from fluorite_mcp.index.expressions import (
    NAME_FIELDS,
    Expression,
    Filters,
    ScopeFilter,
    SqlReader,
    compose,
    counted,
    match_expression,
    matching,
    newest,
    scored,
)
from fluorite_mcp.index.filtering import Filtering
from fluorite_mcp.index.selection import deciding_words, has_drifted, narrowing, rarest_words, row_count
from fluorite_mcp.models import GLOBAL_SCOPE

# More words than this make a pasted text, whose rarest words say the most.
MAX_WORDS = 24

# More pairs than this make a character that says little.
_BIGRAMS_PER_CHARACTER = 20

# Chunks that may be scored for one query: in a large store some milliseconds' worth. The rarest `MIN_WORDS` always
# decide; where those stand in more chunks, only chunks that hold several words are scored.
POSTINGS_BUDGET = 1_400
MIN_WORDS = 2

# A word in this many chunks is counted once and then remembered, as counting costs as much as there are chunks; no
# word is counted further than the second number, which takes a quarter of a millisecond.
_REMEMBERED_COUNT = 1_000
_COUNTED_EXACTLY = 2_500
_COUNTS_KEPT = 50_000
# Of a word in so many chunks and more, import lines are counted among the first so many: dozens of files' names are
# counted for one query, and their logarithm is all that ranking takes.
_IMPORTS_LOOKED_AT = 400
_COUNTED_SINGLY = 100

# SQLite refuses more bound values than 32,766 in one statement, some builds fewer.
_WORDS_PER_STATEMENT = 900

# The largest factor BM25 gives one word: k1 + 1 with FTS5's fixed k1 = 1.2.
_SATURATION = 2.2


@dataclass(frozen=True, slots=True)
class LexicalMatches:
    """Chunks by BM25, best first, with the score a chunk would have that holds every word densely.

    `ideal` is the sum over the query's words of IDF times BM25's saturation, so `score / ideal` near 1 means that
    the rare words of the query are all there. `weights` are the IDFs of the query's words, known and unknown ones.
    """

    scores: tuple[tuple[int, float], ...]
    ideal: float
    weights: Mapping[str, float] = field(default_factory=dict)


class WordArrays(Protocol):
    """Holds in arrays what the word index holds: all but large scopes whose words are not published yet."""

    async def counts(self, words: Sequence[str], scopes: Sequence[int]) -> tuple[dict[str, int], int] | None:
        """Return in how many chunks of some scopes each word stands, and how many they have; None where not known."""
        ...

    async def best(
        self, weights: Mapping[str, float], where: ScopeFilter, limit: int
    ) -> list[tuple[int, float]] | None:
        """Return (chunk, BM25) of the best chunks, best first; None where a scope is not held.

        Args:
            weights: The IDF of each word.
            where: Which chunks count.
            limit: At most so many.
        """
        ...


class LexicalIndex:
    """Queries the word index of the store.

    Args:
        sql: Reads the store.
        arrays: Answers for the scopes it holds; none if None.
    """

    def __init__(self, sql: SqlReader, arrays: WordArrays | None = None) -> None:
        self._sql = sql
        self._arrays = arrays
        # The store's version, and how many chunks it has.
        self._counted: tuple[int, int] | None = None
        # What was counted of the store's present version: in how many chunks words stand, and in how many imports.
        self._known: dict[str, int] = {}
        self._imports: dict[str, int] = {}
        # Counts of frequent words, and the number of chunks when they were counted.
        self._frequent: dict[str, int] = {}
        self._frequent_of = 0
        self._scopes: set[int] = set()
        self._filtering = Filtering(sql)

    async def search(self, words: Sequence[str], where: ScopeFilter, limit: int) -> LexicalMatches:
        """Find the chunks that hold the rarest of the words most.

        Args:
            words: Tokens as `text.tokens.query_words` makes them.
            where: Which chunks count.
            limit: At most so many chunks.
        """
        words = await self._with_bigrams(words)
        counts, size = await self._counts(words, where.scopes)
        if not counts:
            return LexicalMatches((), 0.0)
        idf = {word: inverse_frequency(count, size) for word, count in counts.items()}
        chosen, rows = await self._best(counts, idf, where, limit)
        # Words the store has never seen count too: a query of unknown words is not answered by its known ones.
        # Those of another script do not: asking an English repository in Japanese is no sign of another topic.
        unseen = max(idf.values()) * sum(word.isascii() and word not in idf for word in words[:MAX_WORDS])
        ideal = _SATURATION * (sum(idf[word] for word in chosen) + unseen)
        weights = {word: idf.get(word, max(idf.values())) for word in words[:MAX_WORDS]} | idf
        return LexicalMatches(tuple((int(key), float(score)) for key, score in rows), ideal, weights)

    async def _best(
        self, counts: Mapping[str, int], idf: Mapping[str, float], where: ScopeFilter, limit: int
    ) -> tuple[list[str], list[tuple[int, float]]]:
        """Return the words that decide, and the best chunks with their scores."""
        if self._arrays is not None:
            rarest = rarest_words(counts, MAX_WORDS)
            found = await self._arrays.best({word: idf[word] for word in rarest}, where, limit)
            if found is not None:
                return rarest, found
        filters = await self._filters(where)
        if is_costly(counts):
            return await CommonWords(self._sql, filters).search(counts, idf, limit)
        chosen, expression = await self._choose(counts, filters)
        # Within the budget scoring is over before a busy machine has handed it to a thread and back.
        is_short = sum(counts[word] for word in chosen) <= POSTINGS_BUDGET
        read = self._sql.look_up if is_short else self._sql.fetch
        return chosen, await scored(read, expression, POSTINGS_BUDGET, limit)

    async def named(self, words: Sequence[str], where: ScopeFilter, limit: int) -> list[int]:
        """Return the keys of chunks whose title, symbol or path holds every one of some words, best first."""
        body = " AND ".join(f'"{word}"' for word in words)
        expression = compose(body, await self._filters(where), f"{{{NAME_FIELDS}}}")
        rows = await scored(self._sql.fetch, expression, POSTINGS_BUDGET, limit)
        return [int(key) for key, _ in rows]

    async def holding(self, words: Mapping[str, str], where: ScopeFilter, limit: int) -> list[int]:
        """Return the keys of the oldest chunks that hold a word in each of some fields; takes well under a millisecond.

        Args:
            words: One token by field: `title`, `symbol`, `path`, `imports` or `body`.
            where: Which chunks count.
            limit: At most so many chunks.
        """
        body = " AND ".join(f'{field} : "{word}"' for field, word in words.items())
        return await matching(self._sql.look_up, compose(body, await self._filters(where)).by_words, limit)

    async def importers(self, words: Sequence[str]) -> dict[str, int]:
        """Return in how many chunks' import lines each word stands, about; words in none are left out."""
        size = await self._size()
        known = self._imports
        unknown = [word for word in words if word not in known]
        if size > _COUNTED_EXACTLY:
            # What a word costs here grows with the chunks that hold it anywhere.
            frequent = unknown
            if len(unknown) > _COUNTED_SINGLY:
                counted = await self._count_all(unknown)
                frequent = [word for word in unknown if counted.get(word, 0) >= _IMPORTS_LOOKED_AT]
            estimated = {word: await self._estimated_importers(word) for word in frequent}
            known |= {word: min(count, size) for word, count in estimated.items() if count is not None}
            unknown = [word for word in unknown if word not in known]
        for start in range(0, len(unknown), _WORDS_PER_STATEMENT):
            portion = unknown[start : start + _WORDS_PER_STATEMENT]
            marks = ",".join("?" * len(portion))
            sql = f"SELECT term, doc FROM word_columns WHERE col = 'imports' AND term IN ({marks})"  # noqa: S608
            known |= dict.fromkeys(portion, 0) | dict(await self._sql.look_up(sql, portion))
        return {word: known[word] for word in words if known[word]}

    async def _estimated_importers(self, word: str) -> int | None:
        """Estimate in how many chunks' import lines a frequent word stands, from its first places.

        None for words that are not frequent. Where none of the places is an import, some more are looked at.
        """
        for limit in (_IMPORTS_LOOKED_AT, _COUNTED_EXACTLY):
            count, last = await self._first_places(word, limit)
            if count < limit:
                return None
            sql = "SELECT count(*) FROM words WHERE words MATCH ? AND rowid <= ?"
            importers = (await self._sql.look_up(sql, [f'imports : "{word}"', last]))[0][0]
            if importers:
                return int(importers * await newest(self._sql.look_up) / last)
        return 0

    async def _choose(self, counts: Mapping[str, int], filters: Filters) -> tuple[list[str], Expression]:
        """Return the words that decide, and the expression over them that admits as many chunks as can be scored."""
        chosen = choose_words(counts)
        expression = match_expression(chosen, filters)
        if sum(counts[word] for word in chosen) <= POSTINGS_BUDGET or len(counts) == 1:
            return chosen, expression
        deciding = deciding_words(counts)
        for body in narrowing(deciding):
            expression = compose(body, filters)
            # Of what passes a condition, all that match are a bound that takes no look at rows.
            if await counted(self._sql.look_up, Expression(expression.match), POSTINGS_BUDGET + 1) <= POSTINGS_BUDGET:
                break
        return deciding, expression

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

    async def _counts(self, words: Sequence[str], scopes: Sequence[int]) -> tuple[dict[str, int], int]:
        """Return in how many chunks each known word stands, and how many chunks there are.

        In the searched scopes if that is known, so that no other project changes what is found, else in all.
        """
        size = await self._size()
        words = list(dict.fromkeys(words))
        found = await self._arrays.counts(words, scopes) if self._arrays is not None and scopes else None
        if found is not None:
            counts, size = found
            return {word: count for word, count in counts.items() if count}, max(size, 1)
        if has_drifted(self._frequent_of, size) or len(self._frequent) > _COUNTS_KEPT:
            self._frequent, self._frequent_of = {}, size
        if len(self._known) > _COUNTS_KEPT:
            self._known = {}
        known = self._known
        unknown = [word for word in words if word not in known and word not in self._frequent]
        counted = await self._count_all(unknown)
        known |= dict.fromkeys(unknown, 0) | counted
        self._frequent |= {word: count for word, count in counted.items() if count >= _REMEMBERED_COUNT}
        counts = {word: self._frequent.get(word) or known[word] for word in words}
        counts = {word: count for word, count in counts.items() if count}
        return {word: min(count, size) for word, count in counts.items()}, max(size, 1)

    async def _count_all(self, words: Sequence[str]) -> dict[str, int]:
        """Return in how many chunks each word stands; those in none are left out."""
        if len(words) <= _COUNTED_SINGLY:
            return {word: count for word in words if (count := await self._count(word))}
        # A pasted text: a statement each for thousands of words would take a second.
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(words), _WORDS_PER_STATEMENT):
            portion = list(words[start : start + _WORDS_PER_STATEMENT])
            marks = ",".join("?" * len(portion))
            rows += await self._sql.look_up(f"SELECT term, doc FROM word_counts WHERE term IN ({marks})", portion)  # noqa: S608
        return {word: int(count) for word, count in rows}

    async def _count(self, word: str) -> int:
        """Return in how many chunks a word stands; beyond `_COUNTED_EXACTLY`, about how many.

        Chunks are counted from the oldest on: where so many stand among the first part of all, the rest is taken to
        hold as many in proportion.
        """
        count, last = await self._first_places(word, _COUNTED_EXACTLY)
        if count < _COUNTED_EXACTLY:
            return count
        return int(count * await newest(self._sql.look_up) / last)

    async def _first_places(self, word: str, limit: int) -> tuple[int, int]:
        """Return in how many of the oldest chunks a word stands, at most so many, and the key of the last of these."""
        sql = "SELECT count(*), max(rowid) FROM (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?)"
        count, last = (await self._sql.look_up(sql, [f'"{word}"', limit]))[0]
        return int(count), int(last or 0)

    async def _filters(self, where: ScopeFilter) -> Filters:
        """Return how to leave out what does not count; a filter that every chunk passes is none."""
        size = await self._size()
        needed = replace(where, scopes=()) if self._scopes <= set(where.scopes) else where
        return await self._filtering.filters(needed, size)

    async def _size(self) -> int:
        """Return how many chunks there are, counted anew only when the store changed."""
        version = await self._sql.version()
        if self._counted is None or self._counted[0] != version:
            rows = await self._sql.look_up("SELECT block FROM words_data WHERE id = 1")
            projects = await self._sql.look_up("SELECT key FROM projects")
            self._counted = (version, row_count(rows[0][0]))
            self._known, self._imports = {}, {}
            self._scopes = {GLOBAL_SCOPE, *(int(key) for (key,) in projects)}
        return self._counted[1]


def choose_words(counts: Mapping[str, int]) -> list[str]:
    """Return the words to look up, rarest first, until their postings exceed `POSTINGS_BUDGET`.

    Scoring costs as much as there are postings, and a word that stands everywhere decides nothing.
    """
    chosen: list[str] = []
    postings = 0
    for word in rarest_words(counts, MAX_WORDS):
        postings += counts[word]
        if len(chosen) >= MIN_WORDS and postings > POSTINGS_BUDGET:
            break
        chosen.append(word)
    return chosen


def inverse_frequency(count: int, size: int) -> float:
    """Return log((N - n + 0.5) / (n + 0.5)), as FTS5's bm25() weighs a word that stands in n of N chunks."""
    return max(math.log((size - count + 0.5) / (count + 0.5)), 1e-6)
