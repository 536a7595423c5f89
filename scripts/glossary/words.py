"""The units of the alignment: English words by their stems, Japanese terms as the glossary will look them up."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from fluorite_mcp.text.glossary import MAX_TERM_CHARS, SINGLE_KANJI_VERB, find_runs, split_run
from fluorite_mcp.text.stemming import stem
from fluorite_mcp.text.tokens import STOP_WORDS, split_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_ENGLISH_END = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`\"*\[(])|\n\s*\n")
_JAPANESE_END = re.compile(r"(?<=[。！？])|\n\s*\n")
_ADDRESS = re.compile(r"https?://\S+|%\(\w+\)\w|\{\{?\s*[\w.]+\s*\}?\}|%[sd]")
_VERB = re.compile(SINGLE_KANJI_VERB)
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z_-]*")
# Japanese has no words for these, or the same word says too little to search by.
_EMPTY_WORD_LIST = "also re ll ve eg ie etc may must not only other such per than both each"
_EMPTY_WORDS = STOP_WORDS | set(_EMPTY_WORD_LIST.split())
_MAX_UNITS = 60
# A run this often seen alone is a word of its own, of which longer runs may consist.
MIN_RUN_COUNT = 8
# A compound so often seen may mean something else than its pieces do.
MIN_COMPOUND_COUNT = 12


def split_sentences(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Cut paragraphs into sentences where both languages have as many; each pair stays once."""
    found: dict[tuple[str, str], None] = {}
    for english, japanese in pairs:
        left = [part for part in _ENGLISH_END.split(_ADDRESS.sub(" ", english)) if part.strip()]
        right = [part for part in _JAPANESE_END.split(_ADDRESS.sub(" ", japanese)) if part.strip()]
        sentences = zip(left, right, strict=True) if len(left) == len(right) else [(english, japanese)]
        found.update(dict.fromkeys(sentences))
    return list(found)


def english_words(text: str) -> list[str]:
    """Return the words of a text that mean something, identifiers split, in lower case."""
    words = (part for word in _LATIN_WORD.findall(text) for part in split_identifier(word))
    return [word for word in words if len(word) > 1 and word.isascii() and word not in _EMPTY_WORDS]


class Vocabulary:
    """What counts as a Japanese term, learned from how often runs occur.

    Args:
        texts: Japanese sentences.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        counts = Counter(run for text in texts for run in find_runs(text))
        self._known = {run for run, count in counts.items() if count >= MIN_RUN_COUNT and len(run) <= MAX_TERM_CHARS}
        self._counts = counts

    def pieces(self, text: str) -> list[str]:
        """Return the terms of a sentence, compounds taken apart."""
        return [piece for run in find_runs(text) for piece in self._pieces_of(run)]

    def wholes(self, text: str) -> list[str]:
        """Return the terms of a sentence, frequent compounds as one."""
        return [term for run in find_runs(text) for term in self._wholes_of(run)]

    def _wholes_of(self, run: str) -> list[str]:
        return [run] if self._counts[run] >= MIN_COMPOUND_COUNT else self._pieces_of(run)

    def _pieces_of(self, run: str) -> list[str]:
        pieces = split_run(run, _Without(self._known, run))
        # 文字列 is no 列: a run with a single Kanji over is a word of its own, if it is frequent.
        whole = run in self._known and ("".join(pieces) != run or min(map(len, pieces)) == 1)
        return [run] if whole or not pieces else pieces


class _Without:
    """A set that does not show one of its members."""

    def __init__(self, members: set[str], hidden: str) -> None:
        self._members = members
        self._hidden = hidden

    def __contains__(self, value: object) -> bool:
        return value != self._hidden and value in self._members


def to_units(
    sentences: Sequence[tuple[str, str]], terms_of: Callable[[str], list[str]]
) -> tuple[list[tuple[list[str], list[str]]], dict[str, str]]:
    """Return for each sentence its distinct English stems and Japanese terms, and the usual word of each stem.

    Latin words and verbs of a Japanese sentence are units as well, in brackets: they account for words of the English
    one, which would else be ascribed to the terms.

    Args:
        sentences: English and Japanese.
        terms_of: Gives the terms of a Japanese sentence.
    """
    forms: Counter[tuple[str, str]] = Counter()
    units: dict[tuple[tuple[str, ...], tuple[str, ...]], None] = {}
    for english, japanese in sentences:
        words = english_words(english)
        forms.update((stem(word), word) for word in words)
        stems = tuple(dict.fromkeys(map(stem, words)))
        terms = terms_of(japanese)
        others = [f"<{word}>" for word in (*map(stem, english_words(japanese)), *_VERB.findall(japanese))]
        japanese_units = tuple(dict.fromkeys([*terms, *others]))
        if terms and stems and max(len(stems), len(japanese_units)) <= _MAX_UNITS:
            units[stems, japanese_units] = None
    usual = {found: word for (found, word), _ in sorted(forms.items(), key=lambda form: (form[1], form[0]))}
    return [(list(stems), list(terms)) for stems, terms in units], usual
