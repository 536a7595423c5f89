"""Japanese words of programming in English, so that a Japanese question finds English code by its words.

The glossary is a file of terms with English words and weights, learned from translated documentation
(`scripts/build_glossary.py`). Only Katakana and Kanji carry terms; Hiragana is grammar. A verb written with one
Kanji and Hiragana (`使う`) has none: such verbs say little in a search.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    Words = tuple[tuple[str, float], ...]

# Weights stand in the file in hundredths.
WEIGHT_SCALE = 100

KATAKANA = "\u30a1-\u30fa\u30fc-\u30fe"
KANJI = "\u3005\u3400-\u4dbf\u4e00-\u9fff"
# One Kanji and Hiragana that is no particle: a verb or an adjective, whatever its ending.
SINGLE_KANJI_VERB = rf"(?<![{KANJI}])[{KANJI}](?=[\u3041-\u3096])(?![をはがのにとでへもや])"
# Katakana; two Kanji around the ending of a compound verb (`書き込む`); Kanji.
_RUN = re.compile(
    rf"[{KATAKANA}]{{2,}}"
    rf"|(?<![{KANJI}])再?[{KANJI}][いえきぎけしせちびべみめりれ][{KANJI}](?![{KANJI}])"
    rf"|(?!{SINGLE_KANJI_VERB})[{KANJI}]+"
)
_KATAKANA_START = re.compile(rf"[{KATAKANA}]")
_MIN_PIECE_CHARS = 2
# The glossary has no longer terms; bounds the work on long runs.
MAX_TERM_CHARS = 16
# A shorter piece of a Katakana word of which the rest is unknown is as a rule an accident (`イン`, `アプ`).
_MIN_LONE_KATAKANA_CHARS = 4


@dataclass(frozen=True, slots=True)
class Translation:
    """A Japanese term of a text and the English words it may stand for.

    Attributes:
        term: The term, as it stands in the text.
        words: English words and their weights, best first: the best has 1, the others less, all more than 0. None
            for a term that the glossary does not have.
    """

    term: str
    words: Words


def translate(text: str) -> list[Translation]:
    """Return the terms of a text, each once, in the order of the text.

    A run of Katakana or Kanji is one term if the glossary has it, else its longest known pieces; a run of which
    nothing is known is a term without words.
    """
    if text.isascii():
        return []
    glossary = load_glossary()
    terms = dict.fromkeys(term for run in find_runs(text) for term in split_run(run, glossary) or [run])
    return [Translation(term, glossary.get(term, ())) for term in terms]


def find_runs(text: str) -> list[str]:
    """Return the runs of Katakana and Kanji of a text that may be terms, in order."""
    return _RUN.findall(unicodedata.normalize("NFKC", text))


def split_run(run: str, known: Container[str]) -> list[str]:
    """Return the known terms that a run consists of: the run itself, or its longest pieces from the left."""
    if run in known:
        return [run]
    return _katakana_pieces(run, known) if _KATAKANA_START.match(run) else _kanji_pieces(run, known)


@cache
def load_glossary() -> Mapping[str, Words]:
    """Read the shipped file, once: the English words and weights of each term."""
    text = resources.files("fluorite_mcp.text").joinpath("glossaries/ja.tsv").read_text(encoding="utf-8")
    return dict(map(_parse_line, text.splitlines()))


def _parse_line(line: str) -> tuple[str, Words]:
    """Read `term<TAB>word word:WEIGHT …`; a word without weight has weight 1."""
    term, _, words = line.partition("\t")
    pairs = (word.partition(":") for word in words.split(" "))
    return term, tuple((word, int(weight) / WEIGHT_SCALE if weight else 1.0) for word, _, weight in pairs)


def _katakana_pieces(run: str, known: Container[str]) -> list[str]:
    """Cut a run into known pieces without a rest, as few as possible; else take the longest known one, if long."""
    # The shortest way to cut the first 0, 1, 2 … characters; None where there is none.
    ways: list[list[str] | None] = [[]]
    for end in range(1, len(run) + 1):
        found = [
            [*before, run[start:end]]
            for start in range(max(0, end - MAX_TERM_CHARS), end - _MIN_PIECE_CHARS + 1)
            if (before := ways[start]) is not None and run[start:end] in known
        ]
        ways.append(min(found, key=len, default=None))
    return ways[-1] or _longest_piece(run, known)


def _longest_piece(run: str, known: Container[str]) -> list[str]:
    sizes = range(min(len(run) - 1, MAX_TERM_CHARS), _MIN_LONE_KATAKANA_CHARS - 1, -1)
    pieces = (run[start : start + size] for size in sizes for start in range(len(run) - size + 1))
    return next(([piece] for piece in pieces if piece in known), [])


def _kanji_pieces(run: str, known: Container[str]) -> list[str]:
    """Take the longest known pieces from the left; a single Kanji only as the last, after a known piece."""
    pieces: list[str] = []
    start = end = 0
    while start < len(run):
        sizes = range(min(len(run) - start, MAX_TERM_CHARS), _MIN_PIECE_CHARS - 1, -1)
        size = next((size for size in sizes if run[start : start + size] in known), 1)
        if size > 1 or (0 < end == start == len(run) - 1 and run[start] in known):
            pieces.append(run[start : start + size])
            end = start + size
        start += size
    return pieces
