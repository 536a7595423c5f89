"""Finding by words in a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluorite_mcp.index.expressions import ScopeFilter, scope_words
from fluorite_mcp.index.lexical import MAX_WORDS, LexicalIndex
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Origin
from fluorite_mcp.storage.store import Store
from fluorite_mcp.text.tokens import query_words
from tests.storage.conftest import AT, add, note, open_at

pytestmark = pytest.mark.anyio

EVERYWHERE = ScopeFilter((GLOBAL_SCOPE,))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_at(tmp_path / "fluorite.db")
    yield opened
    await opened.close()


async def found(store: Store, query: str, where: ScopeFilter = EVERYWHERE, limit: int = 10) -> list[str]:
    matches = await LexicalIndex(store.database).search(query_words(query), where, limit)
    chunks = await store.chunks.load([key for key, _ in matches.scores])
    return [chunks[key].id for key, _ in matches.scores]


async def test_the_chunk_with_the_rarer_words_comes_first(store: Store) -> None:
    await add(
        store,
        note("common", "connection to the database"),
        note("both", "pool of database connections with backoff"),
        *(note(f"n{number}", "database") for number in range(20)),
    )

    assert (await found(store, "database connection backoff"))[:2] == ["both", "common"]
    assert await found(store, "backoff", limit=1) == ["both"]
    assert await found(store, "zebra") == []


async def test_names_weigh_more_than_text(store: Store) -> None:
    await add(
        store,
        note("body", "retry " * 3, title="x"),
        note("symbol", "nothing here", title="x", origin=Origin(symbol="retry")),
        *(note(f"n{number}", "other words") for number in range(10)),
    )

    assert await found(store, "retry") == ["symbol", "body"]


async def test_scope_kind_and_language_are_filters(store: Store) -> None:
    one, ten = 1, 10
    for number in range(ten):
        await store.projects.ensure(f"/p{number}", AT)
    await add(
        store,
        note("global", "tulip"),
        note("one", "tulip", project=one, kind="code", language="c"),
        note("ten", "tulip", project=ten, kind="code", language="cpp"),
        note("doc", "tulip", project=one, kind="doc"),
    )

    async def ids(*scopes: int, **where: Any) -> set[str]:
        return set(await found(store, "tulip", ScopeFilter(scopes, **where)))

    assert await ids(GLOBAL_SCOPE) == {"global"}
    assert await ids(one) == {"one", "doc"}
    assert await ids(ten, GLOBAL_SCOPE) == {"ten", "global"}
    assert await ids(one, ten, kinds=("code",)) == {"one", "ten"}
    assert await ids(one, ten, kinds=("doc", "note")) == {"doc"}
    assert await ids(one, ten, language="c") == {"one"}
    assert await ids(99) == set()


async def test_filter_words_are_no_text(store: Store) -> None:
    await add(store, note("a", "tulip"), note("b", "the word knote and p0"))

    assert await found(store, "knote") == ["b"]
    assert await found(store, "p0") == ["b"]


def test_scope_words_name_scope_kind_and_language() -> None:
    assert scope_words(0, "note", None) == "§p0 §knote"
    assert scope_words(12, "code", "python") == "§p12 §kcode §lpython"


async def test_archived_chunks_are_not_found(store: Store) -> None:
    await add(store, note("a", "tulip"), note("b", "tulip"))
    async with store.database.atomic():
        await store.chunks.retire(["a"], AT)

    assert await found(store, "tulip") == ["b"]


async def test_of_a_long_query_the_rarest_words_are_used(store: Store) -> None:
    common = [f"common{number}" for number in range(60)]
    await add(
        store,
        *(note(f"n{number}", " ".join(common)) for number in range(5)),
        note("rare", "needle " + " ".join(common[:2])),
    )
    query = " ".join([*common, "needle"])
    assert len(query_words(query)) > MAX_WORDS

    assert (await found(store, query))[0] == "rare"


async def test_a_query_of_very_many_words_is_answered(store: Store) -> None:
    await add(store, note("a", "tulip"))
    words = [f"w{number}" for number in range(40_000)]

    matches = await LexicalIndex(store.database).search([*words, "tulip"], EVERYWHERE, 5)

    assert len(matches.scores) == 1


async def test_the_ideal_is_near_the_score_of_a_chunk_that_holds_all_words(store: Store) -> None:
    await add(
        store,
        note("all", "tulip rose " * 20, title="tulip rose"),
        note("some", "tulip and much more besides"),
        *(note(f"n{number}", "other words in here") for number in range(50)),
    )
    index = LexicalIndex(store.database)

    matches = await index.search(["tulip", "rose"], EVERYWHERE, 5)
    best, second = (score / matches.ideal for _, score in matches.scores)
    assert 0.7 < best <= 1.0
    assert second < 0.5

    unknown = await index.search(["tulip", "rose", "zebra"], EVERYWHERE, 5)
    assert unknown.ideal > matches.ideal
    foreign = await index.search(["tulip", "rose", "督促"], EVERYWHERE, 5)
    assert foreign.ideal == matches.ideal
    assert (await index.search(["zebra"], EVERYWHERE, 5)).ideal == 0.0
    assert (await index.search([], EVERYWHERE, 5)).scores == ()


async def test_the_count_of_chunks_follows_the_store(store: Store) -> None:
    index = LexicalIndex(store.database)
    await add(store, note("a", "tulip"), note("b", "other"), note("c", "other"))
    before = (await index.search(["tulip"], EVERYWHERE, 5)).ideal

    await add(store, *(note(f"n{number}", "other") for number in range(50)))

    assert (await index.search(["tulip"], EVERYWHERE, 5)).ideal > before


@pytest.mark.parametrize("word", ["p1", "kcode", "lpython"])
async def test_a_word_like_a_filter_word_finds_only_text(store: Store, word: str) -> None:
    chunk, _ = await add(store, note("a", f"about {word}"), note("b", "about nothing"))

    found = await LexicalIndex(store.database).search(query_words(word), EVERYWHERE, 5)

    assert [key for key, _ in found.scores] == [chunk.key]


class Shared:
    """One store for all examples of a property, on a loop of its own."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.store = self.loop.run_until_complete(open_at(folder / "fluorite.db"))
        self.known = 0

    def stored_and_found(self, text: str) -> tuple[tuple[str, ...], bool]:
        """Store a text as a chunk and search for it; returns its words, and whether it was among the hits."""
        words, id_ = query_words(text), f"n{self.known}"
        self.known += 1

        async def run() -> bool:
            (chunk,) = await add(self.store, note(id_, text, title=""))
            matches = await LexicalIndex(self.store.database).search(words, EVERYWHERE, 10_000)
            return chunk.key in dict(matches.scores)

        return words, self.loop.run_until_complete(run())

    def close(self) -> None:
        self.loop.run_until_complete(self.store.close())
        self.loop.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    opened = Shared(tmp_path_factory.mktemp("shared"))
    yield opened
    opened.close()


ODD = st.sampled_from(['"', "'", "* ", "NEAR(a, b)", "a AND b", "scope:x", "- scope", "^a", "{a b}:c", "\x00", ";--"])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.text(max_size=12) | ODD, max_size=8).map(" ".join))
def test_whatever_is_asked_is_no_syntax_error_and_finds_its_own_text(shared: Shared, text: str) -> None:
    text = text.encode(errors="ignore").decode()

    words, is_found = shared.stored_and_found(text)

    assert is_found == bool(words)


async def test_chunks_that_hold_words_in_named_fields_are_found_oldest_first(store: Store) -> None:
    project = (await store.projects.ensure("/p", AT)).key

    def piece(id_: str, path: str, content: str) -> Chunk:
        listed = {"definitions": [["parse_it", "function", 2, 0]]}
        origin = Origin(path, 1, 2, "parse_it")
        return note(id_, content, kind="code", project=project, language="python", origin=origin, metadata=listed)

    await add(
        store, piece("a", "lib/one.py", "x"), piece("b", "lib/two.py", "calls other_thing"), note("c", "parse_it here")
    )
    index, where = LexicalIndex(store.database), ScopeFilter((project,), ("code",))
    token = query_words("parse_it")[0]

    async def ids(words: dict[str, str], limit: int = 9) -> list[str]:
        chunks = await store.chunks.load(await index.holding(words, where, limit))
        return [chunk.id for chunk in chunks.values()]

    assert await ids({"title": token}) == ["a", "b"]
    assert await ids({"title": token}, limit=1) == ["a"]
    assert await ids({"title": token, "path": "two"}) == ["b"]
    assert await ids({"body": query_words("other_thing")[0]}) == ["b"]
    assert await ids({"body": token}) == []
