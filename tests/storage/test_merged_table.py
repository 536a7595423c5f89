"""Merged profiles of files: kept until a chunk of the file changes, whoever changes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.storage.merged import MergedTable
from fluorite_mcp.storage.store import Store
from tests.storage.conftest import AT, MODEL, add, note, open_at, vector

pytestmark = pytest.mark.anyio

Change = Callable[[Store, Chunk], Awaitable[object]]


def piece(id_: str, path: str, project: int = 1) -> Chunk:
    return note(id_, f"text of {id_}", kind="code", project=project, origin=Origin(path, 1, 9))


async def keep_all(store: Store) -> list[str]:
    """Write a profile for each file that waits; returns their paths."""
    waiting = await store.merged.waiting(MODEL, 100)
    async with store.database.atomic():
        await store.merged.write(MODEL, [(file, file.path.encode()) for file in waiting])
    return [file.path for file in waiting]


async def waiting(store: Store) -> list[str]:
    return [file.path for file in await store.merged.waiting(MODEL, 100)]


@pytest.fixture
async def kept(store: Store) -> Store:
    """A store with two files of one chunk each, whose profiles are kept."""
    await store.projects.ensure("/shop", AT)
    await add(store, piece("a", "a.py"), piece("b", "b.py"))
    assert await keep_all(store) == ["a.py", "b.py"]
    return store


async def test_what_is_kept_is_found_by_its_file(kept: Store) -> None:
    assert await kept.merged.find(1, ["a.py", "none.py"], MODEL) == {"a.py": b"a.py"}
    assert await kept.merged.of_scope(1, MODEL) == {"a.py": b"a.py", "b.py": b"b.py"}
    assert await waiting(kept) == []


async def test_what_was_made_of_other_vectors_or_in_another_way_is_not_there_and_waits(kept: Store) -> None:
    assert await kept.merged.find(1, ["a.py"], "other") == {}
    assert [file.path for file in await kept.merged.waiting("other", 100)] == ["a.py", "b.py"]
    later = MergedTable(kept.database, 99)

    assert await later.of_scope(1, MODEL) == {}
    assert len(await later.waiting(MODEL, 100)) == 2


CHANGES: dict[str, Change] = {
    "a chunk is added": lambda store, chunk: add(store, replace(chunk, id="a2", content="more")),
    "a chunk is removed": lambda store, chunk: store.chunks.remove([chunk.key]),
    "a chunk is archived": lambda store, chunk: store.chunks.retire([chunk.id], AT),
    "a chunk has other lines": lambda store, chunk: store.chunks.move([replace(chunk, origin=Origin("a.py", 3, 12))]),
    "a chunk has another vector": lambda store, chunk: store.chunks.embed([(chunk.key, vector(7))], MODEL),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_file_waits_when(kept: Store, change: Change) -> None:
    [chunk] = (await kept.chunks.find(["a"])).values()
    async with kept.database.atomic():
        await change(kept, chunk)

    assert await kept.merged.find(1, ["a.py", "b.py"], MODEL) == {"b.py": b"b.py"}
    assert await waiting(kept) == ["a.py"]


async def test_every_file_waits_when_the_words_are_made_anew(kept: Store) -> None:
    async with kept.database.atomic():
        await kept.chunks.rebuild_words()

    assert await waiting(kept) == ["a.py", "b.py"]


async def test_use_and_judgement_of_a_chunk_change_nothing(kept: Store) -> None:
    [chunk] = (await kept.chunks.find(["a"])).values()
    async with kept.database.atomic():
        await kept.chunks.score([replace(chunk, quality=0.9, helpful=3.0)])
        await kept.chunks.touch(["a"], AT)

    assert await waiting(kept) == []


async def test_a_change_that_is_taken_back_leaves_what_was_kept(kept: Store) -> None:
    async def fail_halfway() -> None:
        async with kept.database.atomic():
            await kept.chunks.retire(["a"], AT)
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        await fail_halfway()

    assert await kept.merged.find(1, ["a.py"], MODEL) == {"a.py": b"a.py"}


async def test_what_changed_while_a_profile_was_made_waits_on(kept: Store) -> None:
    await add(kept, piece("a2", "a.py"))
    before = await kept.merged.waiting(MODEL, 100)
    await add(kept, piece("a3", "a.py"))
    async with kept.database.atomic():
        await kept.merged.write(MODEL, [(file, b"old") for file in before])

    assert await kept.merged.find(1, ["a.py"], MODEL) == {}
    assert await waiting(kept) == ["a.py"]


async def test_a_file_without_chunks_is_forgotten(kept: Store) -> None:
    async with kept.database.atomic():
        await kept.chunks.retire(["a"], AT)
    async with kept.database.atomic():
        await kept.merged.write(MODEL, [(file, None) for file in await kept.merged.waiting(MODEL, 100)])

    assert await kept.merged.of_scope(1, MODEL) == {"b.py": b"b.py"}
    assert await waiting(kept) == []


async def test_another_process_that_changes_a_file_has_it_wait_here(kept: Store, path: Path) -> None:
    other = await open_at(path)
    await add(other, piece("a2", "a.py"))
    await other.close()

    assert await kept.merged.find(1, ["a.py", "b.py"], MODEL) == {"b.py": b"b.py"}


async def test_what_was_stored_is_no_file(kept: Store) -> None:
    await add(kept, note("n", "a memory", kind="memory", project=1, origin=Origin("c.py")))
    await add(kept, note("s", "a snippet", kind="code"))

    assert await waiting(kept) == []


async def test_only_files_without_a_profile_are_read_chunk_by_chunk(kept: Store) -> None:
    await add(kept, piece("c", "c.py"), note("n", "a note", project=1))
    rows = await kept.chunks.profiles_of_scope(1, MODEL, 10)

    assert {row.path for row in rows} == {"c.py", None}
