"""The Japanese glossary: what the shipped file knows, and how terms are found in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.text.glossary import find_runs, load_glossary, split_run, translate
from fluorite_mcp.text.stemming import stem
from fluorite_mcp.text.tokens import query_words

# Written from knowledge of the language, not from the file.
COMMON = """
認証 authentication|検証 validate verify|非同期 async asynchronous|画面 screen|遷移 transition navigate
設定 set configuration|取得 get retrieve fetch|追加 add|削除 delete remove|更新 update|作成 create|検索 search
表示 display show|送信 send|受信 receive|接続 connect connection|切断 disconnect|実行 run execute|実装 implement
定義 define definition|変数 variable|関数 function|引数 argument|配列 array|文字列 string|例外 exception|型 type
値 value|依存 dependency depend|継承 inherit|初期化 initialize|暗号化 encrypt|署名 sign signature|権限 permission
通知 notify notification|監視 monitor watch|圧縮 compress|翻訳 translate|画像 image|動画 video|共有 share
状態 state|同期 sync synchronize|管理 manage management|自動 automatic auto|アップロード upload
ダウンロード download|ストレージ storage|キャッシュ cache|トークン token|フォーム form|ファイル file
コンポーネント component|サーバー server|データベース database|ログイン login|ユーザー user|パスワード password
テスト test|エラー error|デプロイ deploy|ルーティング route routing|ミドルウェア middleware|スレッド thread
メモリ memory|ページ page
"""
COMMON_WORDS = [entry.split() for entry in COMMON.replace("\n", "|").split("|") if entry]


@pytest.mark.parametrize("entry", COMMON_WORDS, ids=lambda entry: entry[0])
def test_a_common_word_of_programming_is_known(entry: list[str]) -> None:
    term, *expected = entry
    known = {stem(word) for found in translate(term) for word, _ in found.words}
    assert known & set(map(stem, expected))


def test_every_line_of_the_file_holds_a_term_and_weighted_words() -> None:
    glossary = load_glossary()
    assert len(glossary) > 3000
    for term, words in glossary.items():
        assert find_runs(term) == [term]
        assert 1 <= len(words) <= 5
        assert words[0][1] == 1.0
        assert all(0 < weight <= 1 and query_words(word) for word, weight in words)
        assert [weight for _, weight in words] == sorted((weight for _, weight in words), reverse=True)


def test_a_sentence_gives_its_terms_in_order_and_once() -> None:
    terms = [found.term for found in translate("ストレージにファイルをアップロードし、ファイルを削除する")]
    assert terms == ["ストレージ", "ファイル", "アップロード", "削除"]


def test_half_width_katakana_is_the_same_word() -> None:
    assert translate("ｷｬｯｼｭ") == translate("キャッシュ") != []


def test_an_unknown_run_is_a_term_without_words() -> None:
    (found,) = translate("齉龘")
    assert (found.term, found.words) == ("齉龘", ())


def test_a_noun_of_one_kanji_counts_and_a_verb_does_not() -> None:
    assert find_runs("値を使う型") == ["値", "型"]


def test_a_compound_verb_is_one_run_with_its_ending_inside() -> None:
    assert find_runs("設定を読み込み、書き込む") == ["設定", "読み込", "書き込"]


@pytest.mark.parametrize(
    ("run", "known", "pieces"),
    [
        ("画面遷移", {"画面遷移", "画面", "遷移"}, ["画面遷移"]),
        ("画面遷移", {"画面", "遷移"}, ["画面", "遷移"]),
        ("設定値", {"設定", "値"}, ["設定", "値"]),
        ("開始", {"開", "始"}, []),
        ("再設定", {"設定"}, ["設定"]),
        ("ファイルシステム", {"ファイル", "システム", "ステム"}, ["ファイル", "システム"]),
        ("ログイン", {"ログ"}, []),
        ("ファイルネーム", {"ファイル"}, ["ファイル"]),
        ("ネットワークキー", {"ネット", "ワーク", "ネットワーク", "キー"}, ["ネットワーク", "キー"]),
    ],
)
def test_a_run_is_cut_into_its_longest_known_pieces(run: str, known: set[str], pieces: list[str]) -> None:
    assert split_run(run, known) == pieces


@given(st.text(st.characters(max_codepoint=127)))
def test_text_without_japanese_gives_nothing(text: str) -> None:
    assert translate(text) == []


JAPANESE = "ー々ァンログイファル値型検証認設定をのうみに aZ_0"


@given(st.text() | st.text(st.sampled_from(JAPANESE)))
def test_any_text_gives_distinct_terms_of_the_glossary_or_runs(text: str) -> None:
    found = translate(text)
    terms = [one.term for one in found]
    assert len(set(terms)) == len(terms)
    runs = set(find_runs(text))
    assert all(one.term in runs or one.words for one in found)
    assert all(any(term in run for run in runs) for term in terms)


@given(st.text(st.sampled_from("ァンログイファル"), min_size=1, max_size=300))
def test_long_runs_of_katakana_are_cut_in_reasonable_time(run: str) -> None:
    pieces = split_run(run, {"ァン", "ログ", "イ", "ファル", "ログイ"})
    assert all(piece in run for piece in pieces)
