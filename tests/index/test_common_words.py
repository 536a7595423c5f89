"""Queries of words that stand almost everywhere: answered without having BM25 count them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fluorite_mcp.index import common_words, lexical
from fluorite_mcp.index.common_words import is_costly, rare_words
from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.index.lexical import LexicalIndex
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Origin
from fluorite_mcp.storage.store import Store
from fluorite_mcp.text.tokens import query_words
from tests.storage.conftest import AT, add, note, open_at

EVERYWHERE = ScopeFilter((GLOBAL_SCOPE,))


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that some hundred chunks reach."""
    monkeypatch.setattr(common_words, "_COSTLY_POSTINGS", 150)
    monkeypatch.setattr(common_words, "_RARE_POSTINGS", 10)
    monkeypatch.setattr(common_words, "_LEAST_WEIGHT", 0.01)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_at(tmp_path / "fluorite.db")
    yield opened
    await opened.close()


def test_only_words_in_very_many_chunks_are_costly() -> None:
    assert is_costly({"get": 120, "set": 90})
    assert not is_costly({"get": 60, "set": 60})
    assert not is_costly({"rare": 1, "other": 2, "get": 120, "set": 120})


def test_rare_words_are_those_that_stand_together_in_few_chunks() -> None:
    assert rare_words({"get": 120, "b": 4, "a": 4, "c": 3}) == ["c", "a"]
    assert rare_words({"get": 120, "set": 90}) == []


@pytest.mark.anyio
async def test_among_chunks_with_a_rare_word_the_one_with_the_common_words_is_first(store: Store) -> None:
    await add(store, *(note(f"n{number}", "apple pear plum", title="") for number in range(100)))
    await add(store, *(note(f"m{number}", "nothing here at all", title="") for number in range(150)))
    rare = await add(
        store,
        note("a", "quince stands alone", title=""),
        note("b", "quince with apple and pear", title=""),
        note("c", "quince with pear alone", title=""),
    )

    found = await LexicalIndex(store.database).search(query_words("quince apple pear"), EVERYWHERE, 10)

    assert [key for key, _ in found.scores] == [rare[1].key, rare[2].key, rare[0].key]
    assert all(0 < score <= found.ideal for _, score in found.scores)


@pytest.mark.anyio
async def test_of_common_words_alone_chunks_that_are_named_so_come_first(store: Store) -> None:
    await add(store, *(note(f"n{number}", "apple other", title="") for number in range(90)))
    await add(store, *(note(f"m{number}", "pear other", title="") for number in range(90)))
    await add(store, *(note(f"x{number}", "nothing here at all", title="") for number in range(200)))
    both, named = await add(
        store, note("both", "apple beside pear", title=""), note("named", "the text is elsewhere", title="apple pear")
    )

    found = await LexicalIndex(store.database).search(query_words("apple pear"), EVERYWHERE, 20)

    assert [key for key, _ in found.scores[:2]] == [named.key, both.key]
    assert len(found.scores) == 20
    assert all(0 < score <= found.ideal for _, score in found.scores)


@pytest.mark.anyio
async def test_importers_of_frequent_words_are_estimated_and_those_of_others_counted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "_COUNTED_EXACTLY", 40)
    monkeypatch.setattr(lexical, "_IMPORTS_LOOKED_AT", 20)
    project = (await store.projects.ensure("/p", AT)).key

    def piece(number: int, text: str) -> Chunk:
        return note(
            f"c{number}", text, kind="code", project=project, origin=Origin(f"{number}.py", 1, 2), language="python"
        )

    # Every second chunk that says `wire` imports it; `late` is imported after the places that are looked at alone.
    await add(store, *(piece(n, f"import wire\nx{n}" if n % 2 else f"wire = {n}") for n in range(100)))
    await add(store, *(piece(100 + n, f"late = {n}" if n < 30 else f"import late\ny{n}") for n in range(60)))
    await add(store, piece(900, "import rare"), piece(901, "rare = 1"))
    words = ["wire", "late", "rare", "none"]
    index = LexicalIndex(store.database)

    found = await index.importers(words)
    monkeypatch.setattr(lexical, "_COUNTED_SINGLY", 0)
    batched = await LexicalIndex(store.database).importers(words)

    assert found == batched
    assert 40 <= found["wire"] <= 100
    assert 5 <= found["late"] <= 60
    assert found["rare"] == 1
    assert "none" not in found
