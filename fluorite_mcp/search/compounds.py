"""Words written together by one and apart by another: `rate limit` and `ratelimit`, `webhook` and `web hook`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from fluorite_mcp.search.query import plain_words
from fluorite_mcp.text.stemming import stem
from fluorite_mcp.text.tokens import STOP_WORDS, word_tokens

# Shorter beginnings and endings are words by chance: `reset` is not made of `re` and `set`.
_MIN_PART = 3
_MAX_COMPOUND = 24
# Compounds of other queries are remembered too; one has some five.
_WORDS_KEPT = 10_000


def written_together(text: str) -> dict[str, tuple[str, ...]]:
    """Return, for tokens of a query, those of the word that they make with what stands beside them.

    That is the whole of a name with several words (`clickhouse` for each word of ClickHouse), and neighbours written as
    one (`ratelimit` for each word of `rate limit`).

    Args:
        text: The query. Neighbours have nothing between them but marks, blanks, numbers and other scripts.
    """
    words = [word for word in plain_words(text) if word.isalpha()]
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        tokens = word_tokens(word)
        if len(tokens) > 1:
            _add(found, tokens, stem(word.lower()))
    for left, right in pairwise(word.lower() for word in words):
        if not STOP_WORDS & {left, right}:
            _add(found, (*word_tokens(left), *word_tokens(right)), stem(left + right))
    return found


def _add(found: dict[str, tuple[str, ...]], tokens: Iterable[str], whole: str) -> None:
    for token in tokens:
        found[token] = (*found.get(token, ()), whole)


@lru_cache(maxsize=_WORDS_KEPT)
def written_apart(word: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of words, as tokens, that a word of a query may be made of: `webhook` of `web` and `hook`.

    Most of these are no words; no document holds both of their tokens.
    """
    if not (word.isascii() and word.isalpha() and word.islower() and len(word) <= _MAX_COMPOUND):
        return ()
    borders = range(_MIN_PART, len(word) - _MIN_PART + 1)
    return tuple((stem(word[:border]), stem(word[border:])) for border in borders)
