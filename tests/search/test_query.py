"""What a query is understood as."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fluorite_mcp.search.query import MAX_QUERY_CHARS, understand

SHAPES = [
    ("parse_config", "symbol"),
    ("HttpClient.send()", "symbol"),
    ("std::vector", "symbol"),
    ("how does the cache expire", "language"),
    ("where is parse_config called", "mixed"),
    ("why does `flush` block", "mixed"),
    ("def load(path):\n    return open(path)", "code"),
    ("", "language"),
]


@pytest.mark.parametrize(("text", "shape"), SHAPES)
def test_a_query_has_a_shape(text: str, shape: str) -> None:
    assert understand(text).shape == shape


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("parse_config()", ("parse_config",)),
        ("does HttpClient call parseBody", ("HttpClient", "parseBody")),
        ("what is `ledger` for", ("ledger",)),
        ("who calls Ledger.add_invoice", ("Ledger.add_invoice",)),
        ("how are invoices summed", ()),
    ],
)
def test_names_are_found_as_they_are_written(text: str, names: tuple[str, ...]) -> None:
    assert understand(text).names == names


def test_the_last_part_of_a_dotted_name_is_known() -> None:
    assert understand("who calls Ledger.add_invoice").last_names == {"add_invoice"}


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("what is in billing/invoices.py", ("billing/invoices.py",)),
        ("open settings.toml", ("settings.toml",)),
        ("sum of invoices", ()),
    ],
)
def test_pieces_that_look_like_paths_are_found(text: str, paths: tuple[str, ...]) -> None:
    assert understand(text).paths == paths


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("retry in python", "python"),
        ("a golang worker", "go"),
        ("read a file in c++", "cpp"),
        ("ts type of a handler", "typescript"),
        ("go to the next page", None),
        ("make the sql faster", None),
        ("Hono の API を typescript で", "typescript"),
    ],
)
def test_a_language_is_hinted_at_unless_its_name_is_an_english_word(text: str, language: str | None) -> None:
    assert understand(text).language == language


@pytest.mark.parametrize(
    ("text", "wants"),
    [
        ("tests of the ledger", (True, False, False)),
        ("readme about deploying", (False, True, False)),
        ("example of a chart", (False, False, True)),
        ("ledger", (False, False, False)),
    ],
)
def test_what_is_asked_for_is_not_set_back(text: str, wants: tuple[bool, bool, bool]) -> None:
    query = understand(text)

    assert (query.wants_tests, query.wants_docs, query.wants_examples) == wants


def test_a_pasted_file_is_cut_before_it_is_understood() -> None:
    assert len(understand("word " * 10_000).text) <= MAX_QUERY_CHARS


@given(st.text())
def test_any_text_is_a_query(text: str) -> None:
    query = understand(text)

    assert query.shape in ("symbol", "language", "mixed", "code")
    assert len(query.words) == len(set(query.words))
    assert query == understand(text)


@given(st.text(alphabet="aB_.:()#>-`'\"/ \n{};=漢あ", max_size=200))
@example("'BB.`")
def test_any_punctuation_is_a_query(text: str) -> None:
    assert all(understand(text).last_names)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a_",
        "aA",
        "a.",
        "a/",
        "a$",
        "(",
        "[",
        "-a",
        "テスト",
        "not the tests, ",
        "a.py:1, ",
        "at a(",
        'File "',
        "`",
    ],
)
def test_a_long_run_of_anything_is_read_in_time(piece: str) -> None:
    started = time.process_time()
    understand(piece * (MAX_QUERY_CHARS // len(piece)))

    # Some tenths of a second; patterns that try every start with every end would take many times as long.
    assert time.process_time() - started < 3
