"""Cursors come back as they were given, or not at all."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.errors import InputError
from fluorite_mcp.search.cursor import decode_cursor, encode_cursor

REQUESTS = st.dictionaries(st.text(), st.none() | st.text() | st.integers() | st.tuples(st.text(), st.text()))


@given(st.integers(0, 10**9), REQUESTS)
def test_a_cursor_gives_back_the_offset_it_was_made_of(offset: int, request: dict[str, object]) -> None:
    assert decode_cursor(encode_cursor(offset, request), request) == offset


def test_no_cursor_is_the_first_page() -> None:
    assert decode_cursor(None, {}) == 0


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="cursor"):
        decode_cursor(text, {"query": "x"})


@given(st.integers(0, 100), st.data())
def test_a_cursor_with_one_letter_changed_never_moves_to_another_request(offset: int, data: st.DataObject) -> None:
    cursor = encode_cursor(offset, {"query": "x"})
    position = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from("ABCabc012_-").filter(lambda letter: letter != cursor[position]))
    changed = cursor[:position] + letter + cursor[position + 1 :]
    try:
        decoded = decode_cursor(changed, {"query": "x"})
    except InputError:
        return
    # What is left to change is the offset alone, which points into the same results.
    assert decoded >= 0


def test_a_cursor_of_another_request_is_refused() -> None:
    with pytest.raises(InputError, match="belongs to another request"):
        decode_cursor(encode_cursor(5, {"query": "x"}), {"query": "y"})


def test_a_negative_offset_is_refused() -> None:
    fingerprint = base64.urlsafe_b64decode(encode_cursor(5, {}) + "==").decode().partition(":")[2]
    forged = base64.urlsafe_b64encode(f"-5:{fingerprint}".encode()).decode().rstrip("=")

    with pytest.raises(InputError):
        decode_cursor(forged, {})
