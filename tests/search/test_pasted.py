"""Pasted code as a query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.pasted import code_words, is_code, read_code
from fluorite_mcp.search.query import understand
from fluorite_mcp.search.reading import Reading

SNIPPET = '''import json
from pathlib import Path

def load_rows(path: Path) -> list:
    """Read what somebody exported from the spreadsheet."""
    # the header is skipped
    for line in path.read_text().splitlines():
        rows.append(json.loads(line)["due_date"], "some text of the user")
    return rows
'''


@pytest.mark.parametrize(
    "text",
    [
        SNIPPET,
        "def load(path):\n    return open(path)",
        "import json\nfrom a import b\nfrom c import d\nimport e\n\ndef load(path):\n    return json.load(path)",
        "const rows = await fetchRows(url);",
        "for (const row of rows) {\n  total += row.price\n}",
        "rows = sorted(rows, key=lambda row: row.price)",
    ],
)
def test_code_is_seen(text: str) -> None:
    assert is_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "HttpClient.send()",
        "how is load(path) used",
        "usages of sum_totals(rows, key)",
        "parse_config",
        "retry (with backoff)",
        "first line of a question\nand the second; if it fails (again) what happens\nand a third",
        "",
    ],
)
def test_questions_are_not_code(text: str) -> None:
    assert not is_code(text)


def test_imports_comments_and_texts_are_not_searched_for() -> None:
    text = read_code(Reading(SNIPPET)).text

    assert "load_rows" in text
    assert "due_date" in text
    for left_out in ("pathlib", "spreadsheet", "header", "some text"):
        assert left_out not in text


def test_imports_alone_are_searched_for() -> None:
    assert "wire" in read_code(Reading("import wire\nfrom billing import ledger;\n")).text


def test_a_mark_of_a_comment_in_a_string_begins_none() -> None:
    text = read_code(Reading('url = "http://a/#b"\nsend(url, retries=3)\nwait(url)\n')).text

    assert "send(url, retries=3)" in text


def test_words_of_code_are_not_those_of_everyday_language() -> None:
    assert code_words("all def rows with all x") == ("all", "rows")
    assert code_words("def return") == ("def", "return")


def test_nothing_in_pasted_code_has_to_be_defined_where_it_is_found() -> None:
    query = understand(SNIPPET)

    assert query.shape == "code"
    assert (query.spellings, query.last_names, query.mentions) == (frozenset(), frozenset(), ())
    assert {"loadrows", "duedat"} & set(query.words) or "due" in query.words


@given(st.text(alphabet="def x(){};=#\"'/*\n-> `a.b,", max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    read = read_code(Reading(text))

    assert read.is_code or read.text == text
