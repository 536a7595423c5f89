from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from fluorite_mcp.embedding.builtin import MODEL_DIR
from fluorite_mcp.embedding.wordpieces import (
    CONTINUATION,
    MAX_WORD_CHARACTERS,
    WordPieces,
    find_words,
    parts_of,
    plain,
    split_run,
    split_word,
)

VOCABULARY: dict[str, int] = json.loads((MODEL_DIR / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
ORACLE = Tokenizer.from_file(str(MODEL_DIR / "tokenizer.json"))
UNKNOWN = VOCABULARY["[UNK]"]
LONGEST = max(map(len, VOCABULARY))
LATIN = "".join(find_words("".join(map(chr, range(0x20, 0x1F00)))))
PIECES = [
    piece.removeprefix(CONTINUATION)
    for piece in VOCABULARY
    if piece != "[UNK]" and find_words(piece) == [piece.removeprefix(CONTINUATION)] and piece < "\u3000"
]
SMALL = {
    piece: row
    for row, piece in enumerate(["load", "##er", "トランザクション", "データ", "ベース", "接続", "接", "キー"])
}


def pieces_of(word: str) -> list[str]:
    names = {row: piece for piece, row in SMALL.items()}
    return [names[row] for row in WordPieces(SMALL)[word]]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join) | st.text(LATIN, min_size=1, max_size=30))
def test_a_word_is_cut_as_the_tokenizers_library_cuts_it(word: str) -> None:
    expected = [row for row in ORACLE.encode(word, add_special_tokens=False).ids if row != UNKNOWN]
    assert split_word(plain(word), VOCABULARY, LONGEST) == expected


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("cache", ["cache"]),
        ("getUser", ["get", "user"]),
        ("HTMLParser", ["html", "parser"]),
        ("utf8Name", ["utf8", "name"]),
        ("naïve", ["naive"]),
        ("re\u0301sume\u0301", ["resume"]),
        ("サーバー", ["サーバ"]),
        ("キー", ["キー"]),
        ("ｻｰﾊﾞ", ["サーバ"]),
    ],
)
def test_a_word_counts_as_its_parts(word: str, parts: list[str]) -> None:
    assert parts_of(word) == parts


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("loader", ["load", "##er"]),
        ("loadLoader", ["load", "load", "##er"]),
        ("loadX", ["load"]),
        ("トランザクション", ["トランザクション"]),
        ("データベース", ["データ", "ベース"]),
        ("再接続", ["接続"]),
        ("未知", []),
    ],
)
def test_pieces_are_the_longest_and_unknown_characters_of_a_japanese_run_are_passed_over(
    word: str, pieces: list[str]
) -> None:
    assert pieces_of(word) == pieces


@given(st.text("データベース接続", max_size=30))
def test_a_run_of_known_characters_is_covered_by_its_pieces(run: str) -> None:
    vocabulary = {piece: row for row, piece in enumerate([*dict.fromkeys("データベース接続"), "データ", "接続"])}
    names = {row: piece for piece, row in vocabulary.items()}
    assert "".join(names[row] for row in split_run(run, vocabulary, 3)) == run


@pytest.mark.parametrize("text", ["", " \n", "{}();", "кэш", "ですます", "\ud800", "→ ≠"])
def test_text_of_other_scripts_has_no_words(text: str) -> None:
    assert find_words(text) == []


def test_signs_and_other_scripts_are_borders_between_words() -> None:
    assert find_words("a_b.c-dキャッシュefg×hを検索する") == ["a", "b", "c", "d", "キャッシュ", "efg", "h", "検索"]


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_words_of_ascii_are_its_runs_of_letters_and_digits(text: str) -> None:
    assert find_words(text) == re.findall("[A-Za-z0-9]+", text)


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
