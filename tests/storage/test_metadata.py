"""Metadata that is read where somebody asks for it."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.storage.metadata import StoredMetadata

VALUES = st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8) | st.lists(st.booleans()))


@given(VALUES)
def test_it_is_the_object_that_was_kept(values: dict[str, object]) -> None:
    stored = StoredMetadata(json.dumps(values))

    assert stored == values
    assert dict(stored) == {**stored} == values
    assert repr(stored) == repr(values)


def test_it_is_read_only_when_asked_for() -> None:
    stored = StoredMetadata("no JSON")

    with pytest.raises(ValueError, match="Expecting value"):
        stored.get("name")


def test_it_passes_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(StoredMetadata('{"a": [1]}'))) == {"a": [1]}
