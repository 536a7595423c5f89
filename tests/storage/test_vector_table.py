"""What vector indexes are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fluorite_mcp.models import GLOBAL_SCOPE, Generation
from fluorite_mcp.storage.store import Store
from tests.storage.conftest import AT, MODEL, add, note, vector

pytestmark = pytest.mark.anyio


def generation(last_chunk: int, last_removal: int = 0) -> Generation:
    return Generation(GLOBAL_SCOPE, 1, "0-1.faiss", "checksum", MODEL, 3, last_chunk, last_removal)


async def test_an_empty_scope_has_no_state(store: Store) -> None:
    assert await store.vectors.state(5) == (0, 0, 0, 0)
    assert await store.vectors.generation(5) is None
    assert await store.vectors.scopes() == []
    assert await store.vectors.version() == await store.chunks.version()


async def test_vectors_are_told_by_scope_and_model(store: Store) -> None:
    project = (await store.projects.ensure("/shop", AT)).key
    first, second, third = await add(store, note("a", "1"), note("b", "2", project=project), note("c", "3"))
    await add(store, note("d", "4"), model="other")

    assert await store.vectors.after(GLOBAL_SCOPE, MODEL, 0, 10) == [(first.key, vector(0)), (third.key, vector(2))]
    assert await store.vectors.after(GLOBAL_SCOPE, MODEL, first.key, 10) == [(third.key, vector(2))]
    assert await store.vectors.after(project, MODEL, 0, 10) == [(second.key, vector(1))]
    assert sorted(await store.vectors.scopes()) == [GLOBAL_SCOPE, project]


async def test_removals_are_told_once(store: Store) -> None:
    first, second = await add(store, note("a", "1"), note("b", "2"))
    async with store.database.atomic():
        await store.chunks.remove([first.key])
        await store.chunks.retire(["b"], AT)

    gone, newest = await store.vectors.removed_after(GLOBAL_SCOPE, 0)
    assert gone == [first.key, second.key]
    assert await store.vectors.removed_after(GLOBAL_SCOPE, newest) == ([], newest)
    assert await store.vectors.after(GLOBAL_SCOPE, MODEL, 0, 10) == []


async def test_publishing_drops_the_removals_a_generation_knows(store: Store) -> None:
    first, second = await add(store, note("a", "1"), note("b", "2"))
    for chunk in (first, second):
        async with store.database.atomic():
            await store.chunks.remove([chunk.key])
    _, (one, other) = [], [1, 2]

    published = generation(second.key, last_removal=one)
    assert await store.vectors.publish(published, AT, 0)

    assert await store.vectors.generation(GLOBAL_SCOPE) == published
    assert await store.vectors.removed_after(GLOBAL_SCOPE, 0) == ([second.key], other)
    assert (await store.vectors.state(GLOBAL_SCOPE))[0] == 1


async def test_only_the_generation_that_was_meant_is_withdrawn(store: Store) -> None:
    assert await store.vectors.publish(replace(generation(1), number=4), AT, 0)

    assert not await store.vectors.withdraw(GLOBAL_SCOPE, 3)
    assert await store.vectors.generation(GLOBAL_SCOPE) is not None
    assert await store.vectors.withdraw(GLOBAL_SCOPE, 4)
    assert await store.vectors.generation(GLOBAL_SCOPE) is None


async def test_a_vector_made_later_withdraws_a_generation_that_reaches_past_it(store: Store) -> None:
    first, second = await add(store, note("a", "1"), note("b", "2"))
    await store.vectors.publish(generation(first.key), AT, 0)
    async with store.database.atomic():
        await store.chunks.embed([(second.key, vector(9))], MODEL)
    assert await store.vectors.generation(GLOBAL_SCOPE) is not None

    async with store.database.atomic():
        await store.chunks.embed([(first.key, vector(9))], MODEL)

    assert await store.vectors.generation(GLOBAL_SCOPE) is None
    assert (await store.vectors.state(GLOBAL_SCOPE))[3] == 2


async def test_a_generation_built_before_vectors_were_made_anew_is_not_published(store: Store) -> None:
    (first,) = await add(store, note("a", "1"))
    before = (await store.vectors.state(GLOBAL_SCOPE))[3]
    async with store.database.atomic():
        await store.chunks.embed([(first.key, vector(9))], MODEL)

    assert not await store.vectors.publish(generation(first.key), AT, before)
    assert await store.vectors.generation(GLOBAL_SCOPE) is None
