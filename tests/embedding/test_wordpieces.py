from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from fluorite_mcp.embedding.builtin import MODEL_DIR
from fluorite_mcp.embedding.wordpieces import (
    CONTINUATION,
    MAX_PIECE_CHARACTERS,
    MAX_WORD_CHARACTERS,
    WordPieces,
    find_words,
    plain,
    split_word,
)

VOCABULARY: dict[str, int] = json.loads((MODEL_DIR / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
ORACLE = Tokenizer.from_file(str(MODEL_DIR / "tokenizer.json"))
UNKNOWN = VOCABULARY["[UNK]"]
LATIN = "".join(find_words("".join(map(chr, range(0x20, 0x1F00)))))
PIECES = [piece.removeprefix(CONTINUATION) for piece in VOCABULARY if piece != "[UNK]"]


def pieces_of(word: str) -> list[str]:
    names = {row: piece for piece, row in VOCABULARY.items()}
    return [names[row] for row in WordPieces(VOCABULARY)[word]]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join) | st.text(LATIN, min_size=1, max_size=30))
def test_a_word_is_cut_as_the_tokenizers_library_cuts_it(word: str) -> None:
    expected = [row for row in ORACLE.encode(word, add_special_tokens=False).ids if row != UNKNOWN]
    assert split_word(plain(word), VOCABULARY) == expected


def test_no_piece_is_longer_than_the_search_for_one() -> None:
    assert max(map(len, PIECES)) == MAX_PIECE_CHARACTERS


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("cache", ["cache"]),
        ("Caching", ["ca", "##ching"]),
        ("getUser", ["get", "##user", "get", "user"]),
        ("HTMLParser", ["html", "##par", "##ser", "html", "par", "##ser"]),
        ("utf8Name", ["ut", "##f", "##8", "##name", "ut", "##f", "##8", "name"]),
        ("naïve", ["naive"]),
        ("re\u0301sume\u0301", ["resume"]),
    ],
)
def test_a_compound_counts_as_a_whole_and_as_its_parts(word: str, pieces: list[str]) -> None:
    assert pieces_of(word) == pieces


@pytest.mark.parametrize("text", ["", " \n", "{}();", "キャッシュ", "кэш", "缓存", "\ud800", "→ ≠"])
def test_text_without_latin_words_has_no_words(text: str) -> None:
    assert find_words(text) == []


def test_signs_and_other_scripts_are_borders_between_words() -> None:
    assert find_words("a_b.c-dキャッシュefg×h") == ["a", "b", "c", "d", "efg", "h"]


def test_encoded_data_is_no_word() -> None:
    words = WordPieces(VOCABULARY)
    assert words["a" * (MAX_WORD_CHARACTERS + 1)] == ()
    assert words["a" * MAX_WORD_CHARACTERS] != ()


def test_what_is_remembered_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluorite_mcp.embedding.wordpieces.MAX_REMEMBERED_WORDS", 3)
    words = WordPieces(VOCABULARY)
    first = words["red"]
    for i in range(10):
        _ = words[f"word{i}"]
        assert len(words) <= 3
    assert words["red"] == first
