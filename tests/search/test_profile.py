"""What a chunk's name and place say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.search.fields import embedding_text, lexical_fields
from fluorite_mcp.search.profile import is_test_path, profile_of
from fluorite_mcp.text.tokens import index_words

LEARNED = Chunk(
    "c", "code", "Ledger.add", "body", project=3, language="python", origin=Origin("a/b_c.py", 1, 2, "Ledger.add")
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/a.py", True),
        ("pkg/test_a.py", True),
        ("pkg/a_test.go", True),
        ("web/a.spec.ts", True),
        ("src/ATest.java", True),
        ("conftest.py", True),
        ("pkg/contest.py", False),
        ("pkg/latest.py", False),
        ("src/attestation/key.py", False),
    ],
)
def test_test_code_is_known_by_its_path(path: str, expected: bool) -> None:
    assert is_test_path(path) is expected


def test_a_profile_holds_every_symbol_of_a_piece() -> None:
    profile = profile_of(replace(LEARNED, metadata={"symbols": ["add", "remove_all"]}))

    assert [symbol.name for symbol in profile.symbols] == ["Ledger.add", "add", "remove_all"]
    assert profile.symbols[0].scopes == {"Ledger"}
    assert profile.symbols[2].words == set(index_words("remove all").split())
    assert {"b", "c"} <= profile.path.stem
    assert profile.path.folders == {"a"}


@pytest.mark.parametrize("symbols", [5, "text", [1, {"a": 1}], {"a": 1}, None])
@pytest.mark.parametrize("kind", ["note", "code"])
def test_metadata_that_somebody_stored_is_not_taken_for_symbols(kind: Any, symbols: object) -> None:
    stored = Chunk("n", kind, "title", "content", metadata={"symbols": symbols})

    assert profile_of(stored).symbols == ()
    assert lexical_fields(stored)[1] == index_words("title")


def test_a_stored_chunk_is_found_by_its_title_whatever_its_kind() -> None:
    stored = Chunk("n", "code", "Backoff recipe", "content", tags=("net",), frameworks=("httpx",))

    assert lexical_fields(stored)[1] == index_words("Backoff recipe net httpx")


def test_a_learned_piece_has_its_scope_kind_and_language_to_be_filtered_by() -> None:
    assert lexical_fields(LEARNED)[0] == "p3 kcode lpython"
    assert lexical_fields(replace(LEARNED, project=None, language=None))[0] == "p0 kcode"


def test_the_meaning_of_a_chunk_begins_with_its_name() -> None:
    assert embedding_text(LEARNED) == "Ledger.add\nbody"
    assert embedding_text(Chunk("n", "note", "Title", "text")) == "Title\ntext"
    assert embedding_text(Chunk("n", "note", "", "text")) == "text"
