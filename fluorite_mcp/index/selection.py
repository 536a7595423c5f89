"""Choosing which chunks of a large store are worth scoring by words.

Finding the chunks that hold some words costs little; BM25 costs twenty times as much for each. So where the rarest
words of a query stand in too many chunks, those are scored that hold several of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# The rarest so many words decide, if together they stand in no more chunks than this: BM25 first counts those.
_DECIDING_WORDS = 4
_DECIDING_POSTINGS = 40_000

# Remembered counts serve until the number of chunks has changed by this part.
_COUNTS_DRIFT = 0.02


def rarest_words(counts: Mapping[str, int], limit: int | None = None) -> list[str]:
    """Return words by how few chunks they stand in, rarest first; at most so many, if that is given."""
    return sorted(counts, key=lambda word: (counts[word], word))[:limit]


def deciding_words(counts: Mapping[str, int]) -> list[str]:
    """Return the words that decide which chunks are worth scoring, rarest first: two at least, if there are two.

    Args:
        counts: In how many chunks each word of the query stands.
    """
    chosen: list[str] = []
    postings = 0
    for word in rarest_words(counts, _DECIDING_WORDS):
        postings += counts[word]
        if len(chosen) >= 2 and postings > _DECIDING_POSTINGS:
            break
        chosen.append(word)
    return chosen


def narrowing(words: Sequence[str]) -> list[str]:
    """Return FTS5 expressions over words, from the one that admits most to the one that admits least.

    No word stands in one twice: BM25 would count it twice.

    Args:
        words: Two or more, rarest first.
    """
    first, *others = [f'"{word}"' for word in words]
    expressions = [f"{first} OR ({' AND '.join(others[:2])})", f"{first} AND ({' OR '.join(others)})"]
    expressions += [" AND ".join([first, *others[:count]]) for count in range(1, len(others) + 1)]
    return list(dict.fromkeys(expressions))


def has_drifted(counted_at: int, size: int) -> bool:
    """Whether a store has changed so much in size that what was counted at another one no longer serves."""
    return abs(size - counted_at) > _COUNTS_DRIFT * size


def row_count(averages: bytes) -> int:
    """Return how many rows an FTS5 table has.

    Args:
        averages: Its record of averages: the number of rows, then of the tokens of each column. Each is written in 7
            bits a byte, high ones first, the eighth set where more follow.
    """
    rows = 0
    for byte in averages:
        rows = rows << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return rows
