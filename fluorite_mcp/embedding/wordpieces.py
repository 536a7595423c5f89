"""Words to rows of the bundled vocabulary: greedy longest match, remembered per word.

A word is a run of Latin letters and digits, of katakana or of kanji; everything else is a border. A compound such
as `parseHTTPHeader` counts as its parts. Hiragana are a border too: they are mostly grammar, and what stands
between them carries the meaning.

A dictionary from word to rows is what makes embedding fast: source code repeats its words, so nearly every word
costs one look-up. (The `tokenizers` library cuts the text anew each time and took about three times as long.)
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LATIN_BEYOND_ASCII = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_COMBINING_MARKS = "\u0300-\u036f"  # decomposed accents, as macOS writes them in file names
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9f"
_KANJI = "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Blanks for all but letters and digits. Nearly all code is ASCII, and cutting at blanks takes less than half the time.
_WORDS_APART = bytes(code if chr(code).isalnum() else 32 for code in range(128)).ljust(256)
# Compiled when the first text beyond ASCII comes: that takes some milliseconds of a worker's start.
_ANY_WORD = f"[A-Za-z0-9{_LATIN_BEYOND_ASCII}{_COMBINING_MARKS}]+|[{_KATAKANA}]+|[{_KANJI}]+"
_JAPANESE = f"[{_KATAKANA}{_KANJI}]"
_find_parts = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+[0-9]*(?![a-z])|[0-9]+").findall

CONTINUATION = "##"
# A longer run is encoded data, not a word; BERT's tokenizer draws the line at the same length.
MAX_WORD_CHARACTERS = 100
# `サーバー` and `サーバ` are two spellings of one word; in short words the mark tells words apart (`キー`).
MIN_CHARACTERS_BEFORE_LONG_MARK = 3
_LONG_MARK = "ー"
# About 10 MB when full. Large repositories hold some 50,000 different words; clearing costs microseconds per word.
MAX_REMEMBERED_WORDS = 50_000


class WordPieces(dict[str, tuple[int, ...]]):
    """Maps a word to the rows of its pieces; `words[word]` computes on first sight and remembers.

    Threads may share it: each step is one dictionary operation, and two threads compute the same value.

    Args:
        vocabulary: Piece to row; a piece inside a Latin word starts with `##`.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self._longest = max(map(len, vocabulary), default=0)
        # Names share their parts: a third as many are cut into pieces.
        self._parts: dict[str, tuple[int, ...]] = {}

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= MAX_REMEMBERED_WORDS:
            self.clear()
        rows = self[word] = self._rows(word)
        return rows

    def _rows(self, word: str) -> tuple[int, ...]:
        rows: tuple[int, ...] = ()
        for part in parts_of(word):
            known = self._parts.get(part)
            rows += self._rows_of_part(part) if known is None else known
        return rows

    def _rows_of_part(self, part: str) -> tuple[int, ...]:
        if len(self._parts) >= MAX_REMEMBERED_WORDS:
            self._parts.clear()
        cut = split_run if not part.isascii() and re.match(_JAPANESE, part) else split_word
        rows = self._parts[part] = tuple(cut(part, self._vocabulary, self._longest))
        return rows


def find_words(text: str) -> list[str]:
    """Return the runs of Latin letters and digits, of katakana and of kanji in a text."""
    return text.encode().translate(_WORDS_APART).decode().split() if text.isascii() else re.findall(_ANY_WORD, text)


def parts_of(word: str) -> list[str]:
    """Return the parts of a word that `find_words` found, as the vocabulary spells them; none of encoded data."""
    if len(word) > MAX_WORD_CHARACTERS:
        return []
    if word.isascii():
        # Parts begin at capitals, and most words have none.
        return [word] if word.islower() else [part.lower() for part in _find_parts(word)]
    return [_plain_run(word) if re.match(_JAPANESE, word) else plain(word)]


def plain(word: str) -> str:
    """Return the word in lower case without accents, as the vocabulary is."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn").lower()


def _plain_run(run: str) -> str:
    """Return a run of katakana or kanji in full width, without the long mark at its end."""
    run = unicodedata.normalize("NFKC", run)
    return run[:-1] if len(run) > MIN_CHARACTERS_BEFORE_LONG_MARK and run.endswith(_LONG_MARK) else run


def split_word(word: str, vocabulary: Mapping[str, int], longest: int) -> list[int]:
    """Return the rows of the longest pieces from left to right, or none if some part is unknown (WordPiece).

    Args:
        word: Lower case, without accents.
        vocabulary: Piece to row.
        longest: No piece has more characters.
    """
    rows: list[int] = []
    start, prefix = 0, ""
    while start < len(word):
        for end in range(min(len(word), start + longest), start, -1):
            row = vocabulary.get(prefix + word[start:end])
            if row is not None:
                rows.append(row)
                break
        else:
            return []
        start, prefix = end, CONTINUATION
    return rows


def split_run(run: str, vocabulary: Mapping[str, int], longest: int) -> list[int]:
    """Return the rows of the longest pieces of a Japanese run; an unknown character is passed over.

    Japanese writes no borders between words, so a piece counts the same wherever it stands.
    """
    rows: list[int] = []
    start = 0
    while start < len(run):
        for end in range(min(len(run), start + longest), start, -1):
            row = vocabulary.get(run[start:end])
            if row is not None:
                rows.append(row)
                start = end
                break
        else:
            start += 1
    return rows
