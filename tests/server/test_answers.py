"""Results on the wire."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.results import Hit, SearchResult
from fluorite_mcp.server.answers import answer, failure, structured


def test_structured_content_is_json_with_every_field() -> None:
    hit = Hit(id="code-1", kind="code", title="t", score=1.0, why=("a",), path="caf\udce9.py")
    content = structured(SearchResult(hits=(hit,)))
    assert content["hits"][0]["why"] == ["a"]
    assert content["hits"][0]["path"] == "caf?.py"
    assert content["project"] == {"name": None, "root": None}
    assert content["next_cursor"] is None
    json.dumps(content).encode()


@given(st.text(alphabet=st.characters(), max_size=50))
def test_every_answer_can_be_sent(text: str) -> None:
    answer(SearchResult(notices=(text,)), text).model_dump_json().encode()
    assert failure(text).is_error
    failure(text).model_dump_json().encode()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_json_values_stay_what_they_are(value: object) -> None:
    assert structured(value) == value
