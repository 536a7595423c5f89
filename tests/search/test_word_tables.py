"""Words in memory say the same as the word index of a real store, to the last bit, whatever comes and goes."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluorite_mcp.index import lexical
from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.index.lexical import LexicalIndex
from fluorite_mcp.index.word_files import WordFiles
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Origin
from fluorite_mcp.search import word_tables
from fluorite_mcp.search.large_tables import LargeTables
from fluorite_mcp.search.word_source import ProfileWordSource
from fluorite_mcp.search.word_tables import WordTables
from fluorite_mcp.storage.store import Store
from fluorite_mcp.text.tokens import query_words
from tests.storage.conftest import AT, add, note, open_at

pytestmark = pytest.mark.anyio

WORDS = ("retry", "backoff", "queue", "user_id", "parseHeader", "tree", "認証", "storage", "import", "open")
# Few chunks hold the first words, many the last.
SHARES = range(1, len(WORDS) + 1)
SCOPES = (1, GLOBAL_SCOPE)
LIMIT = 40


def made_up(number: int, rng: random.Random) -> Chunk:
    """A chunk of some of the words, learned from a file or stored, in a project or in none."""

    def some(most: int) -> str:
        return " ".join(rng.choices(WORDS, SHARES, k=rng.randint(0, most)))

    fields: dict[str, Any] = {"title": some(3) or "untitled", "tags": tuple(rng.sample(WORDS[:3], rng.randint(0, 2)))}
    if rng.random() < 0.6:
        fields |= {
            "kind": rng.choice(["code", "doc"]), "project": 1, "language": rng.choice(["python", "go", None]),
            "origin": Origin(f"src/{rng.choice(WORDS)}/{number}.py", 1, 9, rng.choice(["Tree.retry", None])),
            "metadata": {"definitions": [[rng.choice(["parse_header", "Queue"]), "class", 9, 0]]},
        }  # fmt: skip
    return note(f"n{number}", f"import {rng.choice(WORDS)}\n{some(8)}", **fields)


def word_tables_of(store: Store) -> WordTables:
    """Return words in memory, without files of words."""
    source = ProfileWordSource(store.words)
    large = LargeTables(store.words, store.vectors, source, WordFiles(store.database.path.parent))
    return WordTables(store.words, source, large)


async def open_made_up(path: Path) -> Store:
    """Return a store of 120 such chunks."""
    opened = await open_at(path)
    async with opened.database.atomic():
        await opened.projects.ensure("/shop", AT)
    rng = random.Random(7)
    await add(opened, *(made_up(number, rng) for number in range(120)))
    return opened


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_made_up(tmp_path / "fluorite.db")
    yield opened
    await opened.close()


async def same_in_both(store: Store, memory: WordTables, words: list[str], where: ScopeFilter) -> int:
    """Compare what both find; return how many chunks they found.

    The word index weighs words by all scopes: where only some are searched, just the chunks are the same.
    """
    limit = LIMIT if where.scopes == SCOPES else 1_000
    by_sql = await LexicalIndex(store.database).search(words, where, limit)
    by_memory = await LexicalIndex(store.database, memory).search(words, where, limit)

    if where.scopes == SCOPES:
        assert by_memory == by_sql
    assert {key for key, _ in by_memory.scores} == {key for key, _ in by_sql.scores}
    return len(by_sql.scores)


QUERIES = st.lists(st.sampled_from(query_words(" ".join(WORDS))), min_size=1, unique=True)
FILTERS = st.builds(
    ScopeFilter,
    st.sampled_from([SCOPES, (1,), (GLOBAL_SCOPE,)]),
    st.sampled_from([(), ("code",), ("code", "doc"), ("note",)]),
    st.sampled_from([None, "python"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(words=QUERIES, where=FILTERS)
async def test_what_is_found_in_memory_is_what_the_word_index_finds(
    store: Store, words: list[str], where: ScopeFilter
) -> None:
    await same_in_both(store, word_tables_of(store), words, where)


async def test_a_table_follows_what_comes_and_goes(store: Store) -> None:
    memory, rng = word_tables_of(store), random.Random(8)
    words = list(query_words("retry queue storage"))
    before = await same_in_both(store, memory, words, ScopeFilter(SCOPES))
    for step in range(4):
        async with store.database.atomic():
            await store.chunks.retire([f"n{10 * step + number}" for number in range(8)], AT)
        await add(store, *(made_up(1000 * (step + 1) + number, rng) for number in range(5)))
        found = await same_in_both(store, memory, words, ScopeFilter(SCOPES))
    async with store.database.atomic():
        await store.chunks.remove([chunk.key for chunk in (await store.chunks.find(["n50", "n51"])).values()])

    assert before
    assert found
    assert await same_in_both(store, memory, words, ScopeFilter(SCOPES))


async def test_in_memory_every_word_of_a_query_is_weighed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "POSTINGS_BUDGET", 1)
    words, where = query_words("retry queue storage open tree"), ScopeFilter(SCOPES)
    by_sql = await LexicalIndex(store.database).search(words, where, 200)
    by_memory = await LexicalIndex(store.database, word_tables_of(store)).search(words, where, 200)

    assert len(by_memory.scores) > len(by_sql.scores)
    assert by_memory.ideal > by_sql.ideal


async def test_a_large_scope_is_left_to_the_word_index(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_tables, "MAX_TABLE_CHUNKS", 10)
    memory, weights = word_tables_of(store), {"retry": 1.0}

    assert await memory.best(weights, ScopeFilter((1,)), LIMIT) is None
    assert await memory.counts(["retry"], (1,)) is None
    assert await same_in_both(store, memory, ["retri"], ScopeFilter((1,)))


async def test_tables_used_last_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_tables, "MAX_KEPT_CHUNKS", 120)
    memory, where = word_tables_of(store), [ScopeFilter((1,)), ScopeFilter((GLOBAL_SCOPE,)), ScopeFilter(SCOPES)]
    for one in (*where[:2], where[0]):
        await memory.best({"retri": 1.0}, one, LIMIT)
    assert len(memory._tables) == 2
    await memory.best({"retri": 1.0}, where[2], LIMIT)

    assert list(memory._tables) == [(GLOBAL_SCOPE, 1)]
    assert await same_in_both(store, memory, ["retri"], where[0])


async def test_words_are_counted_in_the_scopes_that_are_searched(store: Store) -> None:
    memory = word_tables_of(store)
    rows = await store.database.fetch("SELECT doc FROM word_counts WHERE term = 'retri'")
    in_all, in_one, in_none = [await memory.counts(["retri", "nowhere"], scopes) for scopes in (SCOPES, (1,), (9,))]

    assert in_all == ({"retri": rows[0][0], "nowhere": 0}, 120)
    assert in_one is not None
    assert 0 < in_one[0]["retri"] < rows[0][0]
    assert in_one[1] == len(await store.words.living_keys(1, 1_000))
    assert in_none == ({"retri": 0, "nowhere": 0}, 0)


async def test_what_another_project_holds_changes_nothing(store: Store) -> None:
    words, where = query_words("retry queue storage"), ScopeFilter(SCOPES)
    index = LexicalIndex(store.database, word_tables_of(store))
    before = await index.search(words, where, LIMIT)
    async with store.database.atomic():
        other = (await store.projects.ensure("/other", AT)).key
    await add(store, *(note(f"o{number}", "storage storage", project=other) for number in range(50)))
    after = await index.search(words, where, LIMIT)

    assert after.weights == before.weights
    assert [key for key, _ in after.scores] == [key for key, _ in before.scores]


async def test_a_scope_without_chunks_finds_nothing(store: Store) -> None:
    async with store.database.atomic():
        await store.projects.ensure("/empty", AT)

    assert await word_tables_of(store).best({"retry": 1.0}, ScopeFilter((2,)), LIMIT) == []
