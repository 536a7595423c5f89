"""Queries whose words stand in very many chunks.

BM25 in FTS5 counts the list of every word of its expression: a tenth of a second for the common words of a million
chunks, though their weight is small. Finding the chunks that hold them costs little. So BM25 is asked of the rare words
alone, and a common word adds what it adds in a chunk of usual length that names it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from fluorite_mcp.index.expressions import (
    NAME_FIELDS,
    Expression,
    Filters,
    SqlReader,
    compose,
    match_expression,
    matching,
    scored,
)
from fluorite_mcp.index.selection import rarest_words

# BM25 counts so many places in the lists of a query's words in some five milliseconds.
_COSTLY_POSTINGS = 60_000

# Words that together stand in no more chunks are rare: each of these chunks is scored. Of 400 names of a million chunks
# more were found with 1,000 than with 2,500, in less time.
_RARE_POSTINGS = 1_000
# So many of the other words are asked for, the rarest.
_COMMON_WORDS = 2
_NARROWING_WORDS = 3
# Beside a rare word, one that stands in every sixth chunk decides nothing.
_LEAST_WEIGHT = 1.6

# Where the rarest word stands in more chunks, looking through its list for names takes too long.
_NAMES_POSTINGS = 40_000

# Chunks taken of those that hold several common words; which of them are better nobody knows before ranking.
_TAKEN = 300

# BM25's factor for a word that stands once in a chunk of usual length: in its text, and among its names.
_IN_TEXT = 1.0
_AMONG_NAMES = 1.7
_BY_FIELDS = ((f"{{{NAME_FIELDS}}}", _AMONG_NAMES), (None, _IN_TEXT))


def is_costly(counts: Mapping[str, int]) -> bool:
    """Whether BM25 over the rarest words of a query would take long."""
    rarest = sorted(counts.values())
    return sum(rarest[: _NARROWING_WORDS + 1]) > _COSTLY_POSTINGS and sum(rarest[:2]) > _RARE_POSTINGS


def rare_words(counts: Mapping[str, int]) -> list[str]:
    """Return the words that together stand in few chunks, rarest first; none if even the rarest is common."""
    rare: list[str] = []
    postings = 0
    for word in rarest_words(counts):
        postings += counts[word]
        if postings > _RARE_POSTINGS:
            break
        rare.append(word)
    return rare


class CommonWords:
    """Answers such queries."""

    def __init__(self, sql: SqlReader, filters: Filters) -> None:
        self._sql = sql
        self._filters = filters

    async def search(
        self, counts: Mapping[str, int], idf: Mapping[str, float], limit: int
    ) -> tuple[list[str], list[tuple[int, float]]]:
        """Return the words that were asked for, and (chunk, score), best first.

        Args:
            counts: In how many chunks each word stands.
            idf: How much each word says.
            limit: At most so many chunks.
        """
        rare = rare_words(counts)
        common = sorted(counts.keys() - set(rare), key=lambda word: (counts[word], word))
        if rare:
            common = [word for word in common[:_COMMON_WORDS] if idf[word] >= _LEAST_WEIGHT]
            scores = await self._around(rare, common, idf)
        else:
            common = common[:_NARROWING_WORDS]
            scores = await self._together(common, counts, idf, limit)
        best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        return [*rare, *common], best[:limit]

    async def _around(self, rare: list[str], common: list[str], idf: Mapping[str, float]) -> dict[int, float]:
        """Score the chunks that hold rare words, and add what common ones say."""
        any_rare = " OR ".join(f'"{word}"' for word in rare)
        # SQLite scores on its own thread, and finds the common words on this one meanwhile.
        scoring, holding = await asyncio.gather(
            scored(self._sql.fetch, match_expression(rare, self._filters), _RARE_POSTINGS, _RARE_POSTINGS),
            self._holding([Expression(f'"{word}" AND ({any_rare})') for word in common], _RARE_POSTINGS),
        )
        scores = dict(scoring)
        for word, keys in zip(common, holding, strict=True):
            for key in keys:
                if key in scores:
                    scores[key] += idf[word] * _IN_TEXT
        return scores

    async def _together(
        self, words: list[str], counts: Mapping[str, int], idf: Mapping[str, float], limit: int
    ) -> dict[int, float]:
        """Score chunks that hold several of some common words, and where that are too few, the rarest of them."""
        scores: dict[int, float] = {}
        places = _BY_FIELDS if counts[words[0]] <= _NAMES_POSTINGS else _BY_FIELDS[-1:]
        for count in range(len(words), 0, -1):
            body = " AND ".join(f'"{word}"' for word in words[:count])
            first, *others = [compose(body, self._filters, fields) for fields, _ in places]
            found, further = await asyncio.gather(
                matching(self._sql.fetch, first, _TAKEN), self._holding(others, _TAKEN)
            )
            said = sum(idf[word] for word in words[:count])
            for (_, factor), keys in zip(places, [found, *further], strict=True):
                scores |= {key: max(factor * said, scores.get(key, 0.0)) for key in keys}
            if len(scores) >= limit:
                break
        return scores

    async def _holding(self, expressions: Sequence[Expression], most: int) -> list[list[int]]:
        """Return the chunks that match each expression, looked up on this thread."""
        return [await matching(self._sql.look_up, expression, most) for expression in expressions]
