"""Which chunks of a large store are scored."""

from __future__ import annotations

import itertools
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.index.selection import deciding_words, narrowing, row_count


def table(rows: int) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5 (body, content='')")
    connection.executemany(
        "INSERT INTO words (rowid, body) VALUES (?, ?)",
        [
            (row, " ".join(f"w{number}" for number in range(1, 5) if row % (number + 1) == 0) or "none")
            for row in range(rows)
        ],
    )
    connection.commit()  # only then is the record written
    return connection


@pytest.mark.parametrize("rows", [0, 1, 127, 128, 300, 20_000])
def test_the_number_of_rows_is_read_and_not_counted(rows: int) -> None:
    connection = table(rows)
    (block,) = connection.execute("SELECT block FROM words_data WHERE id = 1").fetchone()
    assert row_count(block) == rows

    if rows > 1:
        connection.execute("INSERT INTO words (words, rowid, body) VALUES ('delete', 1, 'none')")
        connection.commit()
        (block,) = connection.execute("SELECT block FROM words_data WHERE id = 1").fetchone()
        assert row_count(block) == rows - 1


@pytest.mark.parametrize("count", [2, 3, 4])
def test_each_expression_admits_some_and_none_more_than_the_one_before(count: int) -> None:
    connection = table(600)
    words = [f"w{number}" for number in range(4, 4 - count, -1)]

    admitted = [
        {row for (row,) in connection.execute("SELECT rowid FROM words WHERE words MATCH ?", [expression])}
        for expression in narrowing(words)
    ]

    assert all(admitted)
    assert all(later <= earlier for earlier, later in itertools.pairwise(admitted))
    assert len(admitted[-1]) == sum(all(row % number == 0 for number in range(5, 5 - count, -1)) for row in range(600))


@given(st.lists(st.text("abc", min_size=1, max_size=4), min_size=2, max_size=4, unique=True))
def test_no_word_stands_twice_in_an_expression(words: list[str]) -> None:
    for expression in narrowing(words):
        assert all(expression.count(f'"{word}"') <= 1 for word in words)
        assert f'"{words[0]}"' in expression


@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(1, 10**6), min_size=1, max_size=12))
def test_the_rarest_words_decide(counts: dict[str, int]) -> None:
    chosen = deciding_words(counts)

    assert len(chosen) >= min(2, len(counts))
    assert [counts[word] for word in chosen] == sorted(counts.values())[: len(chosen)]
    assert len(chosen) <= 2 or sum(counts[word] for word in chosen) <= 40_000
