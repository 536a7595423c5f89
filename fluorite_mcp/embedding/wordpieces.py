"""Words to rows of the bundled vocabulary: greedy longest match, remembered per word.

A word is a run of Latin letters and digits; everything else is a border. A compound such as `parseHTTPHeader`
counts as the whole and as its parts, as in the lexical index.

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
find_words = re.compile(f"[A-Za-z0-9{_LATIN_BEYOND_ASCII}{_COMBINING_MARKS}]+").findall
_find_parts = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+[0-9]*(?![a-z])|[0-9]+").findall

CONTINUATION = "##"
# A longer run is encoded data, not a word; BERT's tokenizer draws the line at the same length.
MAX_WORD_CHARACTERS = 100
MAX_PIECE_CHARACTERS = 18  # the longest piece of the vocabulary; a test holds it to that
# About 10 MB when full. Large repositories hold some 50,000 different words; clearing costs microseconds per word.
MAX_REMEMBERED_WORDS = 50_000


class WordPieces(dict[str, tuple[int, ...]]):
    """Maps a word to the rows of its pieces; `words[word]` computes on first sight and remembers.

    Threads may share it: each step is one dictionary operation, and two threads compute the same value.

    Args:
        vocabulary: Piece to row; a piece inside a word starts with `##`.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= MAX_REMEMBERED_WORDS:
            self.clear()
        rows = self[word] = self._rows(word)
        return rows

    def _rows(self, word: str) -> tuple[int, ...]:
        if len(word) > MAX_WORD_CHARACTERS:
            return ()
        rows = split_word(plain(word), self._vocabulary)
        parts = _find_parts(word) if word.isascii() else ()
        if len(parts) > 1:
            for part in parts:
                rows += split_word(part.lower(), self._vocabulary)
        return tuple(rows)


def plain(word: str) -> str:
    """Return the word in lower case without accents, as the vocabulary is."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn").lower()


def split_word(word: str, vocabulary: Mapping[str, int]) -> list[int]:
    """Return the rows of the longest pieces from left to right, or none if some part is unknown (WordPiece)."""
    rows: list[int] = []
    start, prefix = 0, ""
    while start < len(word):
        for end in range(min(len(word), start + MAX_PIECE_CHARACTERS), start, -1):
            row = vocabulary.get(prefix + word[start:end])
            if row is not None:
                rows.append(row)
                break
        else:
            return []
        start, prefix = end, CONTINUATION
    return rows
