"""The query's words in whole documents, where these differ in what else they hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.models import Chunk
from tests.search.conftest import found, piece, ranking, signal

EXPRESS = 'import express from "express";\nconst app = express();\napp.listen(port);\n'
WORDS = st.sampled_from(["express", "app", "listen", "port", "redis", "client", "socket", "queue", "worker", "cache"])


def told(key: int, content: str) -> Chunk:
    return Chunk(f"n{key}", "note", "", content, key=key)


def words_in(query: str, *chunks: Chunk) -> dict[int, float]:
    return signal("file_words", query, *map(found, chunks))


def test_a_template_that_holds_rarer_things_besides_is_no_better_for_being_as_short() -> None:
    # What most of them hold says less about a template than what it holds alone.
    plain, rare = told(1, EXPRESS), told(2, EXPRESS.replace("app", "kafka").replace("port", "topic"))
    alike = [told(key, EXPRESS.replace("listen", f"use{key}")) for key in range(3, 8)]

    values = words_in("an express server", plain, rare, *alike)

    assert values[1] > values[2]


def test_what_a_template_holds_besides_weighs_more_than_its_words() -> None:
    long_winded = told(1, EXPRESS + "app.listen(port);\n" * 6)
    others = [told(key, EXPRESS + "app.listen(port);\n") for key in range(2, 8)]
    broker = told(9, EXPRESS + "kafka(zookeeper, avro, registry, consumer);\n")

    values = words_in("express", long_winded, broker, *others)

    assert values[1] > values[9]


def test_a_note_answers_with_one_sentence_whatever_else_it_says() -> None:
    short = "We deploy on Tuesdays."
    longer = short + " Before that the team has tea, talks about the week, and reads what was written in it."
    notes = words_in("deploy", told(1, short), told(2, longer))
    code = words_in("deploy", piece(1, content=short), piece(2, content=longer))

    assert notes[2] > 0.8 > code[2]


def test_a_note_of_many_pages_is_held_back() -> None:
    short, pages = "We deploy on Tuesdays.", "We deploy. " + "Somebody tells another long story about gardens. " * 400

    assert words_in("deploy", told(1, short), told(2, pages))[2] < 0.6


def test_templates_keep_their_weight_beside_files() -> None:
    files = [piece(key, content="express server " * 40) for key in range(10, 14)]

    values = words_in("express server", told(1, EXPRESS), told(2, EXPRESS), *files)
    usual = words_in("express server", replace(told(1, EXPRESS), kind="code"), *files)

    assert values[1] == values[2] == pytest.approx(usual[1], rel=0.05)


@given(st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=6), st.lists(WORDS, min_size=1, max_size=4))
def test_any_templates_have_a_part_of_the_best_ones_words(texts: list[list[str]], query: list[str]) -> None:
    chunks = [told(key, "".join(f"{word}({word});\n" for word in text)) for key, text in enumerate(texts, 1)]
    ranked = ranking(" ".join(query), *map(found, chunks)).ranked
    values = signal("file_words", " ".join(query), *map(found, chunks))

    assert len(ranked) == len(texts)
    assert all(0 <= value <= 1 for value in values.values())
    for key, text in enumerate(texts, 1):
        assert (values[key] > 0) == bool(set(text) & set(query))
