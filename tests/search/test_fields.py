"""What the indexes see of a chunk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.search.fields import definitions_of, embedding_text, lexical_fields
from fluorite_mcp.search.profile import decode_profile, filter_term, term_hash
from fluorite_mcp.text.tokens import index_words

LEARNED = Chunk(
    "c", "code", "Ledger.add", "import wire\nbody", project=3, language="python",
    origin=Origin("a/b_c.py", 1, 2, "Ledger.add"),
    metadata={"definitions": [["Ledger", "class", 40, 0], ["add", "method", 5, 1]]},
)  # fmt: skip


def test_a_learned_piece_knows_what_it_defines() -> None:
    first, second = definitions_of(LEARNED)
    decoded = decode_profile(lexical_fields(LEARNED).profile)

    assert (first.name, first.kind, second.name, second.kind) == ("Ledger", "class", "add", "method")
    assert first.strength > second.strength
    assert [one.name for one in decoded.definitions] == ["Ledger", "add"]
    assert lexical_fields(LEARNED).title == index_words("Ledger add")


@pytest.mark.parametrize("listed", [5, "text", [1, {"a": 1}], [["a", "class", "1", 0], ["a"]], {"a": 1}, None])
@pytest.mark.parametrize("kind", ["note", "code"])
def test_metadata_that_somebody_stored_is_not_taken_for_definitions(kind: Any, listed: object) -> None:
    stored = Chunk("n", kind, "title", "content", metadata={"definitions": listed})

    assert definitions_of(stored) == ()
    assert definitions_of(replace(LEARNED, metadata={"definitions": listed})) == ()
    assert lexical_fields(stored).title == index_words("title")


def test_imports_are_read_of_code_only() -> None:
    assert lexical_fields(LEARNED).imports == index_words("import wire")
    assert lexical_fields(replace(LEARNED, kind="doc")).imports == ""


def test_a_stored_chunk_is_found_by_its_title_whatever_its_kind() -> None:
    stored = Chunk("n", "code", "Backoff recipe", "content", tags=("net",), frameworks=("httpx",))

    assert lexical_fields(stored).title == index_words("Backoff recipe net httpx")
    assert term_hash(index_words("recipe")) in decode_profile(lexical_fields(stored).profile).terms


def test_a_learned_piece_has_its_scope_kind_and_language_to_be_filtered_by() -> None:
    assert lexical_fields(LEARNED).scope == "§p3 §kcode §lpython"
    assert lexical_fields(replace(LEARNED, project=None, language=None)).scope == "§p0 §kcode"


def test_a_profile_holds_what_each_field_counts_and_the_filters() -> None:
    learned = lexical_fields(LEARNED)
    profile = decode_profile(learned.profile)
    counted = dict(zip(profile.named.tolist(), profile.extra.tolist(), strict=True))

    # `add` is a definition's name and stands in the symbol: 3 and 4. The file's name is no part of the text.
    assert counted[term_hash("add")] == 7
    assert counted[term_hash("b")] == 3
    assert counted[filter_term("k", "code")] == counted[filter_term("l", "python")] == 0
    assert profile.width == sum(len(field.split()) for field in learned[:-1])


def test_a_stored_title_counts_beside_what_it_counts_as_text() -> None:
    profile = decode_profile(lexical_fields(Chunk("n", "note", "Backoff", "backoff")).profile)
    term = term_hash(index_words("Backoff"))
    counted = dict(zip(profile.named.tolist(), profile.extra.tolist(), strict=True))

    assert (dict(zip(profile.terms.tolist(), profile.counts.tolist(), strict=True))[term], counted[term]) == (2, 2)


@pytest.mark.parametrize(
    ("chunk", "is_code"),
    [
        (LEARNED, True),
        (replace(LEARNED, kind="doc"), False),
        (Chunk("n", "note", "", "src/a.ts\nconst app = express();\napp.listen(80);"), True),
        (Chunk("n", "spike", "", "def run() -> None:\n    start(now)"), True),
        (Chunk("n", "note", "", "We deploy on Tuesdays.\nNever on Fridays."), False),
        (Chunk("n", "code", "", "SELECT 1"), True),
    ],
)
def test_a_profile_says_whether_a_text_is_code(chunk: Chunk, is_code: bool) -> None:
    assert decode_profile(lexical_fields(chunk).profile).is_code is is_code


def test_the_meaning_of_a_chunk_begins_with_its_name() -> None:
    assert embedding_text(LEARNED) == "Ledger.add\nimport wire\nbody"
    assert embedding_text(Chunk("n", "note", "Title", "text")) == "Title\ntext"
    assert embedding_text(Chunk("n", "note", "", "text")) == "text"
