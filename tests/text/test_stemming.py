from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.text.stemming import stem


@pytest.mark.parametrize(
    "family",
    [
        "query queries querying queried",
        "cache caches cached caching",
        "run runs running",
        "embed embeds embedding embeddings embedded",
        "retry retries retrying retried",
        "class classes",
        "box boxes boxed boxing",
        "note notes noted noting",
        "size sizes sized sizing",
        "process processes processed processing",
        "cookie cookies",
        "add adds added adding",
    ],
)
def test_forms_of_one_word_share_a_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    "word", ["string", "status", "this", "bring", "need", "key", "go", "analysis", "utf8", "größe"]
)
def test_words_that_only_look_inflected_stay(word: str) -> None:
    assert stem(word) == word


@given(st.text(st.sampled_from("abcdefgilnsty"), min_size=1, max_size=12))
def test_a_stem_is_never_empty_and_shares_the_beginning(word: str) -> None:
    stemmed = stem(word)
    assert stemmed
    assert stemmed[0] == word[0]
    assert len(stemmed) <= len(word)
