from __future__ import annotations

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fluorite_mcp.text import tokens
from fluorite_mcp.text.tokens import count_tokens, index_words, query_words, split_identifier

# Letters of the scripts people write code and notes in; SQLite's tables of the newest scripts differ from Python's.
TEXT = st.text(
    st.one_of(
        st.characters(max_codepoint=0x24F),
        st.characters(min_codepoint=0x370, max_codepoint=0x52F),
        st.characters(min_codepoint=0x3000, max_codepoint=0x30FF),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
        st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
        st.characters(min_codepoint=0xFF00, max_codepoint=0xFFEF),
        st.sampled_from("-_ .\naAbB019"),
    )
)


@pytest.mark.parametrize(
    ("text", "stream"),
    [
        ("getHTTPResponse2", "gethttpresponse2 get http respons 2"),
        ("max_retry_count", "maxretrycount max retri count"),
        ("user-profile-card", "userprofilecard user profil card"),
        ("x-1", "x 1"),
        ("__init__", "init"),
        ("queries", "queri"),
        ("0x1F 1_000 10ms 3e10", "0x1f 1000 10ms 3e10"),
        ("認証する", "認証 証す する"),
        ("鍵 key", "鍵 key"),
        ("データbase", "デー ータ base"),
        ("ｶﾞｲﾄﾞ", "ガイ イド"),
        ("ＡＢＣ", "abc"),
        ("사용자", "사용 용자"),
        ("café", "cafe"),
        ("ÜberGröße2", "ubergroße2 uber große 2"),
        ("for the", "for the"),
        ("a.b(c)", "a b c"),
        ("___ ... !", ""),
        ("", ""),
    ],
)
def test_the_stream_of(text: str, stream: str) -> None:
    assert index_words(text) == stream


def test_a_run_of_data_is_one_cut_token() -> None:
    assert index_words("A" * 300) == "a" * tokens.MAX_WORD_CHARS
    assert index_words("0123456789abcdef" * 2) == "0123456789abcdef" * 2


@pytest.mark.parametrize("text", ["getUserById", "認証エラー", "retry-policy", "Größe", "embeddings", "HTTP2Server"])
def test_a_text_is_found_by_itself(text: str) -> None:
    assert set(query_words(text)) <= set(index_words(f"before {text} after").split())


@given(TEXT)
@example("ΟΔΟΣ οδός")
def test_fts5_keeps_every_token_whole(text: str) -> None:
    stream = index_words(text)
    with sqlite3.connect(":memory:") as database:
        database.execute('create virtual table t using fts5(x, tokenize="unicode61 remove_diacritics 0")')
        database.execute("create virtual table v using fts5vocab(t, row)")
        database.execute("insert into t values (?)", (stream,))
        terms = {term for (term,) in database.execute("select term from v")}
    database.close()
    assert terms == set(stream.split())


@pytest.mark.parametrize(
    ("text", "stream"),
    [
        ("git push --force-with-lease", "git push forcewithlease forc with leas"),
        ("x-1 -y- a--b", "x 1 y a b"),
        ("left->right", "left right"),
        ("_ - -- __", ""),
    ],
)
def test_hyphens_join_words_only_before_a_letter(text: str, stream: str) -> None:
    assert index_words(text) == stream


@given(st.text("ab1_-> \t", max_size=40))
def test_a_text_of_ascii_gives_the_tokens_that_it_gives_beside_other_letters(text: str) -> None:
    assert index_words(text + " é").split() == [*index_words(text).split(), "e"]


@given(TEXT)
def test_a_query_has_no_token_twice_and_all_are_indexed(text: str) -> None:
    words = query_words(text)
    assert len(words) == len(set(words))
    assert set(words) <= set(index_words(text).split())


@given(TEXT)
def test_a_query_with_a_letter_or_digit_is_never_empty(text: str) -> None:
    if any(char.isascii() and char.isalnum() for char in text):
        assert query_words(text)


def test_stop_words_leave_sentences_only() -> None:
    assert query_words("how do I add rate limiting to the Hono API?") == ("add", "rate", "limit", "hono", "api")
    assert query_words("for x in items:") == ("for", "x", "in", "item")
    assert query_words("the if") == ("the", "if")
    assert query_words("what is it") == ("what", "is", "it")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("getHTTPResponse2", ("get", "http", "response", "2")),
        ("XMLHttpRequest_v2", ("xml", "http", "request", "v", "2")),
        ("kebab-case", ("kebab", "case")),
        ("ÜberGrößeHTTPServer2", ("über", "größe", "http", "server", "2")),
        ("認証Token", ("認証", "token")),
        ("", ()),
    ],
)
def test_identifiers_split_at(name: str, parts: tuple[str, ...]) -> None:
    assert split_identifier(name) == parts


def test_the_cache_of_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_CACHED_WORDS", 10)
    index_words(" ".join(f"word{number}" for number in range(100)))
    assert len(tokens._WORD_TOKENS) <= 10


def test_budget_tokens_follow_the_documented_formula() -> None:
    assert count_tokens("") == 0
    assert count_tokens("hello world") == 2
    assert count_tokens("configuration") == 3
    assert count_tokens("認証") == 2
    assert count_tokens("a\n    b") == 3
    assert count_tokens("x == 12345;") == 5


@given(st.text(st.characters(max_codepoint=127), min_size=tokens._MAX_SHORT_CHARS + 1, max_size=300))
def test_long_texts_are_counted_as_their_pieces(text: str) -> None:
    assert count_tokens(text) == len(tokens._BUDGET_PIECE.findall(text))


@given(st.text(), st.text())
def test_budget_tokens_of_a_joined_text_are_near_the_sum(left: str, right: str) -> None:
    both = count_tokens(left + right)
    total = count_tokens(left) + count_tokens(right)
    assert max(count_tokens(left), count_tokens(right)) <= both
    assert total - 1 <= both <= total
