"""Many stores: side by side they share transactions, in a list they act as if one came after the other."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError
from fluorite_mcp.operations.store_request import StoreRequest

pytestmark = pytest.mark.anyio

NOTES = [f"Invoice export number {number} waits for the nightly ledger job." for number in range(60)]


async def kept(engine: Engine, ids: list[str]) -> list[str]:
    return [chunk.content for chunk in (await engine.get(ids)).chunks]


async def test_stores_side_by_side_share_commits(engine: Engine) -> None:
    await engine.store("The first store prepares the project.")
    await engine.settle()  # what a start leaves to the background writes too
    before = engine._stored.database._commits

    results = await asyncio.gather(*(engine.store(note) for note in NOTES))

    assert engine._stored.database._commits - before < len(NOTES) / 4
    assert await kept(engine, [result.id for result in results]) == NOTES


async def test_one_text_stored_side_by_side_is_new_once(engine: Engine) -> None:
    results = await asyncio.gather(*(engine.store("Only one of us is new.") for _ in range(8)))

    assert sorted(result.created for result in results) == [False] * 7 + [True]
    assert len({result.id for result in results}) == 1


async def test_a_refused_store_takes_nobody_with_it(engine: Engine) -> None:
    await engine.search("the project is learned")
    learned = next(iter((await engine.search("DrainQueue", kinds=["code"])).hits)).id

    outcomes = await asyncio.gather(
        *(engine.store(note) for note in NOTES[:10]),
        engine.store("Takes a learned id.", id=learned),
        *(engine.store(note) for note in NOTES[10:20]),
        return_exceptions=True,
    )

    assert isinstance(refused := outcomes.pop(10), InputError)
    assert "belongs to a learned file" in str(refused)
    assert await kept(engine, [result.id for result in outcomes if not isinstance(result, BaseException)]) == NOTES[:20]


@pytest.mark.parametrize("ticks", [0, 1, 2, 3, 5, 8, 13])
async def test_a_cancelled_store_leaves_the_others_written(engine: Engine, ticks: int) -> None:
    await engine.store("The first store prepares the project.")
    tasks = [asyncio.create_task(engine.store(note)) for note in NOTES[:6]]
    for _ in range(ticks):
        await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[3].cancel()
    with suppress(asyncio.CancelledError):
        await tasks[0]
    with suppress(asyncio.CancelledError):
        await tasks[3]

    others = [await task for task in (tasks[1], tasks[2], tasks[4], tasks[5])]
    assert await kept(engine, [one.id for one in others]) == [NOTES[1], NOTES[2], NOTES[4], NOTES[5]]
    assert (await engine.store("And the next one is written.")).created


async def test_a_list_is_stored_in_order_in_few_commits(engine: Engine) -> None:
    await engine.store("The first store prepares the project.")
    await engine.settle()  # what a start leaves to the background writes too
    before = engine._stored.database._commits
    requests = [StoreRequest(note, title=f"note {number}") for number, note in enumerate(NOTES)]

    results = await engine.store_many([*requests, requests[0]])

    assert engine._stored.database._commits - before <= 2
    assert [result.created for result in results] == [True] * len(NOTES) + [False]
    assert await kept(engine, [result.id for result in results[:-1]]) == NOTES
    hits = (await engine.search(NOTES[7], kinds=["note"], limit=1)).hits
    assert hits[0].title == "note 7"


async def test_a_list_names_what_is_similar_within_it(engine: Engine) -> None:
    twins = [
        StoreRequest("The refund webhook retries three times before it gives up."),
        StoreRequest("The refund webhook retries three times before giving up."),
    ]

    first, second = await engine.store_many(twins)

    assert first.id not in {one.id for one in first.similar}
    assert first.id in {one.id for one in second.similar}


async def test_a_list_with_a_bad_argument_writes_nothing(engine: Engine) -> None:
    before = (await engine.status()).chunks
    with pytest.raises(InputError, match="scope 'team'"):
        await engine.store_many([StoreRequest(NOTES[0]), StoreRequest(NOTES[1], scope="team")])

    assert (await engine.status()).chunks == before


async def test_an_empty_list_is_stored_at_once(engine: Engine) -> None:
    assert await engine.store_many([]) == []
