"""Generations over a real store: whatever was published, lost or raced, a search sees what the store holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import filelock
import numpy as np
import pytest
from numpy.typing import NDArray

from fluorite_mcp.errors import StoreFullError
from fluorite_mcp.index import compaction, generations
from fluorite_mcp.index.generations import VectorIndex
from fluorite_mcp.index.vectors import from_bytes, to_bytes
from fluorite_mcp.index.word_files import WordFiles
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, PreparedChunk
from fluorite_mcp.search.fields import lexical_fields
from fluorite_mcp.search.word_source import ProfileWordSource
from fluorite_mcp.storage.store import Store
from tests.index.conftest import clustered
from tests.storage.conftest import AT, MODEL, ask, note, open_at

pytestmark = pytest.mark.anyio

VECTORS = clustered(400)
QUERY = clustered(1, seed=5)[0]


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


def new_index(store: Store, folder: Path) -> VectorIndex:
    """Return an index as another process has it."""
    return VectorIndex(store.vectors, ProfileWordSource(store.words), WordFiles(folder), folder, lambda: AT)


async def fill(store: Store, start: int, end: int, project: int | None = None) -> None:
    rows = to_bytes(VECTORS[start:end])
    chunks = [note(f"n{start + number}", "text", project=project) for number in range(len(rows))]
    items = [PreparedChunk(chunk, lexical_fields(chunk), row) for chunk, row in zip(chunks, rows, strict=True)]
    async with store.database.atomic():
        await store.chunks.add(items, MODEL)


async def chunk(store: Store, number: int) -> Chunk:
    return (await store.chunks.find([f"n{number}"]))[f"n{number}"]


async def truth(store: Store, query: NDArray[np.float32] = QUERY, model: str = MODEL) -> list[tuple[int, float]]:
    """Return (key, cosine) of the ten nearest by comparing with every vector in the store."""
    rows = ask(store.database.path, "SELECT chunk, vector FROM embeddings WHERE model = ?", model)
    if not rows:
        return []
    scores = from_bytes([vector for _, vector in rows]) @ query
    found = sorted(((key, float(score)) for (key, _), score in zip(rows, scores, strict=True)), key=lambda p: -p[1])
    return found[:10]


async def check(
    index: VectorIndex, store: Store, model: str = MODEL, scopes: tuple[int, ...] = (GLOBAL_SCOPE,)
) -> None:
    await asyncio.sleep(0.005)  # Another index may have asked for the version a moment ago.
    found, expected = await index.search(scopes, model, QUERY, 10), await truth(store, model=model)
    assert [key for key, _ in found] == [key for key, _ in expected]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-3)


async def test_an_empty_store_has_no_hits(index: VectorIndex) -> None:
    assert await index.search((GLOBAL_SCOPE, 5), MODEL, QUERY, 10) == []
    assert await index.compact(GLOBAL_SCOPE, MODEL) is None
    assert index.loaded_scopes() == (GLOBAL_SCOPE, 5)
    assert not index.needs_compaction(GLOBAL_SCOPE)
    assert not index.needs_compaction(7)


async def test_new_and_removed_chunks_are_seen_at_once(index: VectorIndex, store: Store) -> None:
    await fill(store, 0, 100)
    await check(index, store)
    await fill(store, 100, 200)
    await check(index, store)
    best = [key for key, _ in await truth(store)]
    async with store.database.atomic():
        await store.chunks.remove(best[:3])
        await store.chunks.retire([(await store.chunks.load(best[3:4]))[best[3]].id], AT)
    await check(index, store)

    assert index.sizes() == {GLOBAL_SCOPE: {"generation": 0, "published": 0, "tail": 200, "removed": 4}}


async def test_a_published_generation_a_tail_and_a_mask_answer_as_one(
    index: VectorIndex, store: Store, folder: Path
) -> None:
    await fill(store, 0, 200)
    generation = await index.compact(GLOBAL_SCOPE, MODEL)
    assert generation is not None
    assert (generation.number, generation.rows) == (1, 200)
    await fill(store, 200, 300)
    async with store.database.atomic():
        await store.chunks.remove([key for key, _ in (await truth(store))[:4]])

    for each in (index, new_index(store, folder)):
        await check(each, store)
        assert each.sizes() == {GLOBAL_SCOPE: {"generation": 1, "published": 200, "tail": 100, "removed": 4}}
        assert each.notices == []


async def test_what_waited_in_memory_is_dropped_as_soon_as_it_is_published(index: VectorIndex, store: Store) -> None:
    await fill(store, 0, 200)
    await check(index, store)
    assert index.sizes()[GLOBAL_SCOPE] == {"generation": 0, "published": 0, "tail": 200, "removed": 0}

    await index.compact(GLOBAL_SCOPE, MODEL)

    assert index.sizes()[GLOBAL_SCOPE] == {"generation": 1, "published": 200, "tail": 0, "removed": 0}


async def test_only_the_scopes_and_chunks_asked_for_count(index: VectorIndex, store: Store) -> None:
    project = (await store.projects.ensure("/shop", AT)).key
    await fill(store, 0, 100)
    await fill(store, 100, 200, project)
    keys = {(await chunk(store, number)).key for number in (3, 150)}

    assert {key for key, _ in await index.search((project,), MODEL, QUERY, 10, allowed=keys)} == keys & {151}
    assert {key for key, _ in await index.search((GLOBAL_SCOPE, project), MODEL, QUERY, 10, allowed=keys)} == keys
    await check(index, store, scopes=(project, GLOBAL_SCOPE))


async def test_another_instance_follows_what_is_published(index: VectorIndex, store: Store, folder: Path) -> None:
    other = new_index(store, folder)
    await fill(store, 0, 100)
    await check(other, store)
    await index.compact(GLOBAL_SCOPE, MODEL)
    await check(other, store)
    assert other.sizes()[GLOBAL_SCOPE] == {"generation": 1, "published": 100, "tail": 0, "removed": 0}

    await fill(store, 100, 150)
    async with store.database.atomic():
        await store.chunks.remove([(await chunk(store, 0)).key])
    await index.compact(GLOBAL_SCOPE, MODEL)
    await check(other, store)
    assert other.sizes()[GLOBAL_SCOPE] == {"generation": 2, "published": 149, "tail": 0, "removed": 0}
    assert ask(store.database.path, "SELECT count(*) FROM removals") == [0]


async def test_compaction_is_needed_when_tail_and_mask_have_grown(
    index: VectorIndex, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "TAIL_LIMIT", 50)
    await fill(store, 0, 50)
    await check(index, store)
    assert not index.needs_compaction(GLOBAL_SCOPE)
    await fill(store, 50, 51)
    await check(index, store)
    assert index.needs_compaction(GLOBAL_SCOPE)
    await index.compact(GLOBAL_SCOPE, MODEL)
    await check(index, store)
    assert not index.needs_compaction(GLOBAL_SCOPE)


@pytest.mark.parametrize("damage", ["missing", "truncated", "flipped", "empty"])
async def test_a_lost_file_costs_a_notice_and_no_hit(
    index: VectorIndex, store: Store, folder: Path, damage: str
) -> None:
    await fill(store, 0, 100)
    await index.compact(GLOBAL_SCOPE, MODEL)
    await fill(store, 100, 120)
    path = folder / "0-1.faiss"
    data = path.read_bytes()
    changed = {"truncated": data[:-7], "flipped": b"\xff" + data[1:], "empty": b""}
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(changed[damage])

    fresh = new_index(store, folder)
    await check(fresh, store)
    assert fresh.notices == ["The vector index 0-1.faiss was missing or damaged and is rebuilt from the store."]
    assert fresh.sizes()[GLOBAL_SCOPE]["tail"] == 120

    again = await fresh.compact(GLOBAL_SCOPE, MODEL)
    assert again is not None
    assert again.rows == 120
    last = new_index(store, folder)
    await check(last, store)
    assert last.notices == []


async def test_a_lost_file_is_answered_for_even_if_the_store_cannot_be_written(
    index: VectorIndex, store: Store, folder: Path
) -> None:
    await fill(store, 0, 100)
    await index.compact(GLOBAL_SCOPE, MODEL)
    (folder / "0-1.faiss").unlink()
    async with store.database.atomic():
        await store.database.execute("PRAGMA query_only = ON")

    fresh = new_index(store, folder)
    await check(fresh, store)
    assert len(fresh.notices) == 1


async def test_a_file_that_others_replaced_meanwhile_is_no_damage(
    index: VectorIndex, store: Store, folder: Path
) -> None:
    await fill(store, 0, 100)
    old = await index.compact(GLOBAL_SCOPE, MODEL)
    assert old is not None
    for _ in range(2):
        await index.compact(GLOBAL_SCOPE, MODEL)
    assert not (folder / old.file).exists()
    reader = new_index(store, folder)

    await reader._withdraw(old)

    assert reader.notices == []
    assert (await store.vectors.state(GLOBAL_SCOPE))[0] == 3


async def test_vectors_of_another_model_do_not_count(index: VectorIndex, store: Store) -> None:
    await fill(store, 0, 100)
    await index.compact(GLOBAL_SCOPE, MODEL)
    await check(index, store)
    await check(index, store, model="other")
    assert await index.search((GLOBAL_SCOPE,), "other", QUERY, 10) == []

    keys = await store.chunks.without_embedding("other", 60)
    async with store.database.atomic():
        await store.chunks.embed(list(zip(keys, to_bytes(clustered(60, seed=8)), strict=True)), "other")
    await check(index, store, model="other")
    await check(index, store)


async def test_a_query_of_other_length_finds_nothing(index: VectorIndex, store: Store) -> None:
    await fill(store, 0, 10)

    assert await index.search((GLOBAL_SCOPE,), MODEL, clustered(1, 16)[0], 10) == []


@pytest.mark.parametrize("published", [False, True])
async def test_vectors_made_anew_are_seen(index: VectorIndex, store: Store, folder: Path, published: bool) -> None:
    await fill(store, 0, 100)
    if published:
        await index.compact(GLOBAL_SCOPE, MODEL)
    await check(index, store)
    key = (await chunk(store, 7)).key
    async with store.database.atomic():
        await store.chunks.embed([(key, to_bytes(QUERY[None])[0])], MODEL)

    for each in (index, new_index(store, folder)):
        await check(each, store)
        assert (await each.search((GLOBAL_SCOPE,), MODEL, QUERY, 1))[0][0] == key


async def test_a_chunk_that_got_its_vector_after_the_generation_is_found(index: VectorIndex, store: Store) -> None:
    async with store.database.atomic():
        late = note("late", "the model did not work then")
        await store.chunks.add([PreparedChunk(late, lexical_fields(late), None)], "")
    await fill(store, 0, 100)
    await index.compact(GLOBAL_SCOPE, MODEL)
    await check(index, store)

    (key,) = await store.chunks.without_embedding(MODEL, 10)
    async with store.database.atomic():
        await store.chunks.embed([(key, to_bytes(QUERY[None])[0])], MODEL)

    assert (await index.search((GLOBAL_SCOPE,), MODEL, QUERY, 1))[0][0] == key


async def test_vectors_made_anew_while_a_generation_is_built_are_not_lost(
    index: VectorIndex, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, 0, 100)
    key = (await chunk(store, 7)).key
    build, loop = compaction._build_file, asyncio.get_running_loop()

    async def embed() -> None:
        async with store.database.atomic():
            await store.chunks.embed([(key, to_bytes(QUERY[None])[0])], MODEL)

    def slow_build(rows: list[tuple[int, bytes]], path: Path) -> str:
        asyncio.run_coroutine_threadsafe(embed(), loop).result(10)
        return build(rows, path)

    monkeypatch.setattr(compaction, "_build_file", slow_build)
    assert await index.compact(GLOBAL_SCOPE, MODEL) is None

    assert list(folder.glob("*.faiss")) == []
    await check(index, store)


async def test_a_chunk_removed_while_a_generation_is_built_stays_removed(
    index: VectorIndex, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, 0, 100)
    build, loop, best = compaction._build_file, asyncio.get_running_loop(), (await truth(store))[0][0]

    async def remove() -> None:
        async with store.database.atomic():
            await store.chunks.remove([best])

    def slow_build(rows: list[tuple[int, bytes]], path: Path) -> str:
        asyncio.run_coroutine_threadsafe(remove(), loop).result(10)
        return build(rows, path)

    monkeypatch.setattr(compaction, "_build_file", slow_build)
    assert await index.compact(GLOBAL_SCOPE, MODEL) is not None
    await check(index, store)


async def test_of_two_compactors_one_wins(index: VectorIndex, store: Store, folder: Path) -> None:
    await fill(store, 0, 100)
    results = await asyncio.gather(*(new_index(store, folder).compact(GLOBAL_SCOPE, MODEL) for _ in range(3)))

    assert [result.number for result in results if result is not None] == [1]
    assert await store.vectors.generation(GLOBAL_SCOPE) in results
    await check(index, store)


async def test_a_compactor_gives_way_to_another_process(index: VectorIndex, store: Store, folder: Path) -> None:
    await fill(store, 0, 10)
    folder.mkdir()
    with filelock.FileLock(folder / "0.lock"):
        assert await index.compact(GLOBAL_SCOPE, MODEL) is None
    assert await index.compact(GLOBAL_SCOPE, MODEL) is not None


async def test_old_files_and_those_of_killed_compactors_are_removed(
    index: VectorIndex, store: Store, folder: Path
) -> None:
    await fill(store, 0, 10)
    folder.mkdir()
    (folder / "0-1.999.partial").write_bytes(b"half")
    (folder / "1-1.999.partial").write_bytes(b"another scope's")
    for _ in range(4):
        await index.compact(GLOBAL_SCOPE, MODEL)

    names = {path.name for path in folder.iterdir() if path.suffix != ".lock"}
    assert names == {"0-3.faiss", "0-4.faiss", "1-1.999.partial"}


async def test_a_folder_that_cannot_be_written_is_reported_and_search_goes_on(
    index: VectorIndex, store: Store, folder: Path
) -> None:
    await fill(store, 0, 10)
    folder.write_text("in the way")

    with pytest.raises(StoreFullError, match="search goes on"):
        await index.compact(GLOBAL_SCOPE, MODEL)
    folder.unlink()
    (folder / "0-1.faiss" / "in the way").mkdir(parents=True)
    (folder / "0-2.faiss" / "in the way").mkdir(parents=True)
    with pytest.raises(StoreFullError, match="cannot be written"):
        await index.compact(GLOBAL_SCOPE, MODEL)
    await check(index, store)


async def test_files_of_other_names_are_left_alone(index: VectorIndex, store: Store, folder: Path) -> None:
    await fill(store, 0, 10)
    folder.mkdir()
    (folder / "0-notes.faiss").write_bytes(b"mine")

    generation = await index.compact(GLOBAL_SCOPE, MODEL)

    assert generation is not None
    assert replace(generation, checksum="") == replace(generation, number=1, checksum="")
