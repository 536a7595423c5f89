"""Words that are written together by one and apart by another."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.compounds import written_apart, written_together


def test_neighbours_may_be_meant_as_one_word() -> None:
    found = written_together("a rate limit for logins")

    assert found["rate"] == ("ratelimit",)
    assert "ratelimit" in found["limit"]


def test_no_word_is_made_with_a_stop_word_or_across_one_and_none_of_a_number() -> None:
    found = written_together("sort of list, 3 items")

    assert "sortof" not in str(found)
    assert "list3" not in str(found)
    assert found == {"list": ("listitem",), "item": ("listitem",)}


def test_each_word_of_a_name_may_be_meant_by_the_name_written_as_one() -> None:
    found = written_together("connect to ClickHouse")

    assert all("clickhous" in found[token] for token in ("clickhouse", "click", "hous"))


@pytest.mark.parametrize(("word", "parts"), [("webhook", ("web", "hook")), ("filename", ("file", "name"))])
def test_a_compound_is_made_of_two_words(word: str, parts: tuple[str, str]) -> None:
    assert parts in written_apart(word)


@pytest.mark.parametrize("word", ["reset", "webHook", "web_hook", "認証認証", "x" * 40, ""])
def test_a_short_or_mixed_word_is_made_of_nothing(word: str) -> None:
    assert written_apart(word) == ()


@given(st.text(alphabet=string.ascii_lowercase, max_size=30))
def test_a_compound_is_cut_at_most_once_and_never_near_its_ends(word: str) -> None:
    assert len(written_apart(word)) in {0, len(word) - 5}


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    for token, wholes in written_together(text).items():
        assert token
        assert all(wholes)
