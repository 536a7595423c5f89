"""Generations of a scope that is too large to be exact: built elsewhere, gone on from, killed, given up."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fluorite_mcp.errors import StoreError
from fluorite_mcp.index import compaction, generations, inverted, vectors
from fluorite_mcp.index.build_order import Portion
from fluorite_mcp.index.build_process import BuildProcess
from fluorite_mcp.index.generations import VectorIndex
from fluorite_mcp.index.inverted import InvertedIndex
from fluorite_mcp.models import GLOBAL_SCOPE, Generation
from fluorite_mcp.storage.store import Store
from tests.index.test_generations import QUERY, check, fill, new_index, truth
from tests.storage.conftest import MODEL, ask, open_at

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 100)
    monkeypatch.setattr(compaction, "PORTION", 64)
    monkeypatch.setattr(generations, "_TAIL_BLOCK", 40)
    # Every list is searched, so that what is found must be what the store holds.
    monkeypatch.setattr(inverted, "_FIRST_LISTS", 10_000)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_at(tmp_path / "fluorite.db")
    yield opened
    await opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors"


@pytest.fixture
def index(store: Store, folder: Path) -> VectorIndex:
    return new_index(store, folder)


def base_of(index: VectorIndex) -> InvertedIndex:
    base = index._scopes[GLOBAL_SCOPE].base
    assert isinstance(base, InvertedIndex)
    return base


async def test_a_large_scope_is_built_elsewhere_and_answers_in_exact_order(index: VectorIndex, store: Store) -> None:
    await fill(store, 0, 300)
    await check(index, store)

    generation = await index.compact(GLOBAL_SCOPE, MODEL)

    assert generation is not None
    assert generation.rows == 300
    assert index.sizes()[GLOBAL_SCOPE] == {"generation": 1, "published": 300, "tail": 0, "removed": 0}
    assert base_of(index).ntotal == 300
    await check(index, store)
    assert len(await index.search((GLOBAL_SCOPE,), MODEL, QUERY, 60)) == 60


async def test_the_next_generation_goes_on_from_the_one_before(index: VectorIndex, store: Store, folder: Path) -> None:
    await fill(store, 0, 250)
    await index.compact(GLOBAL_SCOPE, MODEL)
    await check(index, store)
    await fill(store, 250, 330)
    best = [key for key, _ in await truth(store)]
    async with store.database.atomic():
        await store.chunks.remove(best[:4])
    await check(index, store)

    generation = await index.compact(GLOBAL_SCOPE, MODEL)

    assert generation is not None
    assert (generation.number, generation.rows) == (2, 326)
    for each in (index, new_index(store, folder)):
        await check(each, store)
        assert each.sizes()[GLOBAL_SCOPE] == {"generation": 2, "published": 326, "tail": 0, "removed": 0}
        assert base_of(each).lists.trained == 250, "the lists were not made anew"
    assert ask(store.database.path, "SELECT count(*) FROM removals") == [0]


async def test_a_lost_base_is_built_anew(index: VectorIndex, store: Store, folder: Path) -> None:
    await fill(store, 0, 250)
    await index.compact(GLOBAL_SCOPE, MODEL)
    (folder / "0-1.faiss").unlink()
    await fill(store, 250, 300)

    generation = await index.compact(GLOBAL_SCOPE, MODEL)

    assert generation is not None
    assert generation.rows == 300
    await check(index, store)
    assert base_of(index).lists.trained == 300


async def test_a_killed_build_loses_nothing(
    index: VectorIndex, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, 0, 200)
    await index.compact(GLOBAL_SCOPE, MODEL)
    await fill(store, 200, 320)
    take = BuildProcess.take

    async def killing(self: BuildProcess, portion: Portion) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        await take(self, portion)

    with monkeypatch.context() as patch:
        patch.setattr(BuildProcess, "take", killing)
        with pytest.raises(StoreError, match="ended with -9"):
            await index.compact(GLOBAL_SCOPE, MODEL)

    assert {path.name for path in folder.glob("*.faiss")} == {"0-1.faiss"}
    for each in (index, new_index(store, folder)):
        await check(each, store)
    generation = await index.compact(GLOBAL_SCOPE, MODEL)
    assert generation is not None
    assert generation.rows == 320
    await check(index, store)


async def test_a_compaction_that_is_given_up_leaves_no_process_and_no_lock(
    index: VectorIndex, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, 0, 200)
    reached, processes = asyncio.Event(), []
    finish = BuildProcess.finish

    async def waiting(self: BuildProcess) -> tuple[str, int]:
        processes.append(self._process.pid)
        reached.set()
        await asyncio.sleep(60)
        return await finish(self)

    with monkeypatch.context() as patch:
        patch.setattr(BuildProcess, "finish", waiting)
        work = asyncio.create_task(index.compact(GLOBAL_SCOPE, MODEL))
        await reached.wait()
        await check(index, store)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)
    assert list(folder.glob("*.faiss")) == []
    assert await index.compact(GLOBAL_SCOPE, MODEL) is not None
    await check(index, store)


async def test_chunks_stored_during_a_build_are_found_before_and_after_it(
    index: VectorIndex, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, 0, 200)
    await check(index, store)
    finish = BuildProcess.finish

    async def late(self: BuildProcess) -> tuple[str, int]:
        await fill(store, 200, 260)
        await check(index, store)
        return await finish(self)

    monkeypatch.setattr(BuildProcess, "finish", late)
    assert await index.compact(GLOBAL_SCOPE, MODEL) is not None
    await check(index, store)
    assert index.sizes()[GLOBAL_SCOPE] == {"generation": 1, "published": 200, "tail": 60, "removed": 0}


async def test_the_file_is_open_before_a_search_could_wait_for_it(
    index: VectorIndex, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, 0, 200)
    await check(index, store)
    publish = store.vectors.publish
    seen: list[dict[str, int]] = []

    async def searched_at_once(generation: Generation, at: str, reembeddings: int) -> bool:
        done = await publish(generation, at, reembeddings)
        monkeypatch.setattr(vectors, "read_index", lambda *_: pytest.fail("a search opened the file"))
        await check(index, store)
        seen.append(index.sizes()[GLOBAL_SCOPE])
        return done

    monkeypatch.setattr(store.vectors, "publish", searched_at_once)
    await index.compact(GLOBAL_SCOPE, MODEL)
    await check(index, store)

    assert seen == [{"generation": 1, "published": 200, "tail": 0, "removed": 0}]


async def test_a_large_scope_does_not_wait_for_its_tenth_part(
    index: VectorIndex, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "TAIL_LIMIT", 5)
    monkeypatch.setattr(generations, "TAIL_MOST", 10)
    await fill(store, 0, 300)
    await index.compact(GLOBAL_SCOPE, MODEL)
    await fill(store, 300, 310)
    await check(index, store)
    assert not index.needs_compaction(GLOBAL_SCOPE)
    await fill(store, 310, 311)
    await check(index, store)
    assert index.needs_compaction(GLOBAL_SCOPE)
