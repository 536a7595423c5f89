from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.embedding.rows import MAX_TEXT_CHARACTERS, cut, embed_present, encodable, scaled


@given(st.text())
def test_text_that_can_be_sent_stays_as_it_is(text: str) -> None:
    assert encodable(text) == text


@given(st.text(st.characters()))
def test_any_text_can_be_sent_after_cleaning(text: str) -> None:
    assert len(encodable(text).encode().decode()) == len(text)


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert encodable("a\udc80b") == "a?b"


def test_only_the_beginning_of_a_long_text_counts() -> None:
    assert cut("a" * (MAX_TEXT_CHARACTERS + 1)) == "a" * MAX_TEXT_CHARACTERS


def test_a_row_of_zeros_stays_zero_when_scaled() -> None:
    assert scaled(np.array([[3, 4], [0, 0]], dtype=np.float32)).tolist() == [[np.float32(0.6), np.float32(0.8)], [0, 0]]


def test_only_texts_with_content_are_computed_and_each_row_lands_at_its_place() -> None:
    asked: list[str] = []

    def compute(texts: list[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        asked.extend(texts)
        return np.array([[len(text), 0] for text in texts], dtype=np.float32)

    vectors = embed_present(["", "ab", " ", "c\ud800"], compute, lambda: 99)
    assert asked == ["ab", "c?"]
    assert vectors.tolist() == [[0, 0], [1, 0], [0, 0], [1, 0]]
