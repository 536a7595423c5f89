"""Words of large scopes come from published files and say what the word index says, whatever comes, goes or breaks."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from fluorite_mcp.index import compaction, generations
from fluorite_mcp.index.building import BuildHere
from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.index.generations import VectorIndex
from fluorite_mcp.index.lexical import LexicalIndex, LexicalMatches
from fluorite_mcp.index.word_files import WordFiles
from fluorite_mcp.models import GLOBAL_SCOPE
from fluorite_mcp.search import large_table, word_tables
from fluorite_mcp.search.large_tables import LargeTables
from fluorite_mcp.search.word_source import ProfileWordSource
from fluorite_mcp.search.word_tables import WordTables
from fluorite_mcp.storage.store import Store
from fluorite_mcp.text.tokens import query_words
from tests.search.test_word_tables import FILTERS, QUERIES, SCOPES, made_up, open_made_up
from tests.storage.conftest import AT, MODEL, add, ask, note

pytestmark = pytest.mark.anyio

EVERY = 1_000
IN_ALL = ScopeFilter(SCOPES)
VECTOR = np.eye(8, dtype=np.float32)[0]
# BM25's average is rounded to a whole token, of some ten.
NEAR = 0.05


@asynccontextmanager
async def built_here() -> AsyncIterator[BuildHere]:
    yield BuildHere()


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (compaction, generations):
        monkeypatch.setattr(module, "WORD_LISTS_FROM", 10)
    monkeypatch.setattr(word_tables, "MAX_TABLE_CHUNKS", 10)
    monkeypatch.setattr(compaction, "PORTION", 16)
    # Starting a process for each takes most of a second; `tests.index.test_word_lists` does.
    monkeypatch.setattr(compaction, "start_build", built_here)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_made_up(tmp_path / "fluorite.db")
    yield opened
    await opened.close()


@dataclass
class Process:
    """The indexes of one process over a store."""

    store: Store
    files: WordFiles = field(init=False)
    vectors: VectorIndex = field(init=False)
    words: LexicalIndex = field(init=False)

    def __post_init__(self) -> None:
        folder = self.store.database.path.parent / "vectors"
        source = ProfileWordSource(self.store.words)
        self.files = WordFiles(folder)
        self.vectors = VectorIndex(self.store.vectors, source, self.files, folder, lambda: AT)
        large = LargeTables(self.store.words, self.store.vectors, source, self.files)
        self.tables = WordTables(self.store.words, source, large)
        self.words = LexicalIndex(self.store.database, self.tables)

    async def publish(self) -> None:
        """Publish both scopes."""
        for scope in SCOPES:
            await self.vectors.compact(scope, MODEL)

    async def find(self, words: list[str], where: ScopeFilter = IN_ALL) -> LexicalMatches:
        return await self.words.search(words, where, EVERY)

    async def is_published(self) -> bool:
        """Whether no scope is left to the word index."""
        return await self.tables.counts(["retri"], SCOPES) is not None


@pytest.fixture
async def process(store: Store) -> Process:
    made = Process(store)
    await made.publish()
    return made


async def check(process: Process, words: list[str], where: ScopeFilter = IN_ALL) -> int:
    """Compare what both find; return how many chunks they found. In all scopes words weigh the same."""
    assert await process.is_published()
    by_sql = dict((await LexicalIndex(process.store.database).search(words, where, EVERY)).scores)
    by_files = (await process.find(words, where)).scores

    assert {key for key, _ in by_files} == by_sql.keys()
    assert [score for _, score in by_files] == sorted((score for _, score in by_files), reverse=True)
    if where.scopes == SCOPES:
        assert dict(by_files) == pytest.approx(by_sql, rel=NEAR)
    return len(by_sql)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(words=QUERIES, where=FILTERS)
async def test_what_is_found_in_files_is_what_the_word_index_finds(
    process: Process, words: list[str], where: ScopeFilter
) -> None:
    await check(process, words, where)


async def test_words_follow_what_comes_and_goes_and_what_others_publish(process: Process, store: Store) -> None:
    other, rng, words = Process(store), random.Random(8), list(query_words("retry queue storage"))
    for step in range(4):
        async with store.database.atomic():
            await store.chunks.retire([f"n{10 * step + number}" for number in range(8)], AT)
        await add(store, *(made_up(1000 * (step + 1) + number, rng) for number in range(5)))
        assert await check(process, words)
        if step % 2:
            await other.publish()
            assert await check(process, words)
            assert await check(other, words)
    assert ask(store.database.path, "SELECT number, words_file FROM generations WHERE scope = 1") == [(3, "1-3.words")]
    assert ask(store.database.path, "SELECT count(*) FROM removals") == [0]


async def test_every_chunk_with_the_rarest_word_gets_what_all_words_say(
    process: Process, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = list(query_words("retry queue storage open tree"))
    whole = dict((await process.find(words)).scores)
    monkeypatch.setattr(large_table, "SCORED_POSTINGS", 1)
    some = dict((await process.find(words)).scores)

    assert 0 < len(some) < len(whole)
    assert some == pytest.approx({key: whole[key] for key in some})
    for scope in SCOPES:
        counts, _ = await process.tables.counts(words, (scope,)) or ({}, 0)
        rarest = min((word for word in words if counts[word]), key=counts.__getitem__)
        found = await process.tables.best({rarest: 1.0}, ScopeFilter((scope,)), EVERY)
        assert found
        assert {key for key, _ in found} <= some.keys()


async def test_copies_of_a_text_are_found_oldest_first(process: Process, store: Store) -> None:
    stored = await add(store, *(note(f"c{number}", "zebra crossing") for number in range(30)))
    await process.publish()
    found = await process.tables.best({"zebra": 2.0, "cross": 1.0}, ScopeFilter((GLOBAL_SCOPE,)), 7)

    assert found is not None
    assert [key for key, _ in found] == [chunk.key for chunk in stored[:7]]


async def test_no_sums_are_left_from_one_query_to_the_next(process: Process) -> None:
    words = list(query_words("retry queue storage"))
    first = await process.find(words)
    await process.find(list(query_words("tree open import")))

    assert await process.find(words) == first


@pytest.mark.parametrize("damage", ["changed", "missing"])
async def test_a_damaged_file_is_said_once_searched_around_and_made_again(
    store: Store, process: Process, damage: str
) -> None:
    path = store.database.path.parent / "vectors" / "1-1.words"
    data = path.read_bytes()
    path.unlink() if damage == "missing" else path.write_bytes(data[:-1] + b"?")
    later, words = Process(store), list(query_words("retry queue storage"))
    found = await later.find(words)
    await later.vectors.search(SCOPES, MODEL, VECTOR, 5)

    assert found.scores
    assert not await later.is_published()
    assert later.files.notices == ["The word index 1-1.words was missing or damaged and is rebuilt from the store."]
    assert later.vectors.needs_compaction(1)
    await later.publish()
    assert not later.vectors.needs_compaction(1)
    assert await check(later, words)
    assert len(later.files.notices) == 1


async def test_a_file_that_becomes_shorter_while_it_is_open_costs_no_answer(store: Store, process: Process) -> None:
    words = list(query_words("retry queue storage"))
    before = await process.find(words)
    path = store.database.path.parent / "vectors" / "1-1.words"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    found = await process.find(words)

    assert {key for key, _ in found.scores} == {key for key, _ in before.scores}


async def test_words_that_were_never_published_are_wanted(store: Store, process: Process) -> None:
    async with store.database.atomic():
        await store.database.execute("UPDATE generations SET words_file = NULL, words_checksum = NULL")
    later = Process(store)
    await later.vectors.search(SCOPES, MODEL, VECTOR, 5)
    assert later.vectors.needs_compaction(1)
    await later.vectors.compact(1, MODEL)

    assert not later.vectors.needs_compaction(1), "the next search follows"
    await later.vectors.compact(GLOBAL_SCOPE, MODEL)
    assert await check(later, list(query_words("retry queue storage")))


async def test_words_made_anew_leave_no_published_ones(store: Store, process: Process) -> None:
    assert await process.is_published()
    async with store.database.atomic():
        await store.chunks.rebuild_words()
    assert not await process.is_published()
    await process.publish()

    assert await check(process, list(query_words("retry queue storage")))


async def test_chunks_without_vectors_have_words(store: Store) -> None:
    async with store.database.atomic():
        await store.database.execute("DELETE FROM embeddings WHERE chunk % 3 = 0")
    process = Process(store)
    await process.publish()

    assert await check(process, list(query_words("retry queue storage")))
