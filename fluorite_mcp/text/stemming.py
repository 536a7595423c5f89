"""A light English stemmer: `queries`, `query` and `querying` become one token.

It takes off the plural `s`, `ing` and `ed`, then a final `e` of longer words, and writes a final `y` as `i`, so that
each ending leads to the same stem. Stems are tokens, not words. Short words and words that are not plain ASCII
letters stay as they are. It is deliberately weaker than Porter's: code has many words whose endings mean something
(`action`, `active`, `actor`).
"""

from __future__ import annotations

from functools import lru_cache

_VOWELS = frozenset("aeiouy")
_MIN_CHARS = 4
_MIN_STEM_CHARS = 3
# A final `e` goes from here on: `cache` and `caching` meet in `cach`, while `note` does not become `not`.
_MIN_SILENT_E_CHARS = 5
# A large repository has some 100,000 words, but they are made of some 20,000 parts.
_STEMS_KEPT = 50_000


@lru_cache(maxsize=_STEMS_KEPT)
def stem(word: str) -> str:
    """Return the stem of a lower-case word."""
    if len(word) < _MIN_CHARS or not (word.isascii() and word.isalpha()):
        return word
    return _without_e(_without_ending(_without_plural(word)))


def _without_plural(word: str) -> str:
    if word.endswith("xes"):
        return word[:-2]
    if word.endswith("s") and word[-2] not in "sui":
        return word[:-1]
    return word


def _without_ending(word: str) -> str:
    """Take off `ing`, then `ed` (twice: `embedded` meets `embed`, which looks like one), if a syllable is left."""
    for ending in ("ing", "ed", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= _MIN_STEM_CHARS and rest[-1] != "e" and not _VOWELS.isdisjoint(rest):
            word = _repaired(rest)
    return word


def _repaired(rest: str) -> str:
    """Undo what English did before the ending: `runn` was `run`, `siz` was `size`."""
    last, before = rest[-1], rest[-2]
    if last == before and last not in "aeioulsz" and len(rest) > _MIN_STEM_CHARS:
        return rest[:-1]
    short = len(rest) == _MIN_STEM_CHARS and rest[0] not in _VOWELS and before in _VOWELS
    return rest + "e" if short and last not in _VOWELS and last not in "wxy" else rest


def _without_e(word: str) -> str:
    if len(word) >= _MIN_SILENT_E_CHARS and word.endswith("e"):
        word = word[:-1]
    if len(word) >= _MIN_CHARS and word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "i"
    return word
