"""`forget` and `restore`: nothing is found any more, and everything can come back."""

from __future__ import annotations

from typing import Any

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError, UnknownIdError

pytestmark = pytest.mark.anyio


async def ids(engine: Engine, query: str, **options: Any) -> list[str]:
    return [hit.id for hit in (await engine.search(query, limit=50, **options)).hits]


async def export(engine: Engine) -> list[str]:
    return [line async for line in engine.export()]


async def test_a_dry_run_says_what_and_writes_nothing(engine: Engine) -> None:
    stored = await engine.store("Falcon deploys on Fridays.")
    before = await export(engine)
    result = await engine.forget([stored.id])

    assert ([one.id for one in result.archived], result.total, result.dry_run, result.undo) == (
        [stored.id],
        1,
        True,
        None,
    )
    assert await export(engine) == before


async def test_what_is_forgotten_is_not_found_and_an_undo_brings_it_back_as_it_was(engine: Engine) -> None:
    stored = await engine.store("Falcon deploys on Fridays.", tags=["team"])
    before = (await engine.search("falcon deploys")).hits
    undo = (await engine.forget([stored.id], dry_run=False)).undo

    assert stored.id not in await ids(engine, "falcon deploys")
    assert (await engine.get([stored.id])).chunks[0].retired_at is not None
    assert (await engine.restore(undo=undo)).restored == (stored.id,)
    after = (await engine.search("falcon deploys")).hits
    assert [(hit.id, hit.score, hit.why) for hit in after] == [(hit.id, hit.score, hit.why) for hit in before]
    assert [event.event for event in (await engine.get([stored.id])).chunks[0].history] == [
        "stored",
        "archived",
        "restored",
    ]


async def test_forgetting_and_restoring_twice_changes_nothing_more(engine: Engine) -> None:
    stored = await engine.store("Falcon deploys on Fridays.")
    undo = (await engine.forget([stored.id], dry_run=False)).undo

    again = await engine.forget([stored.id], dry_run=False)
    assert (again.total, again.undo) == (0, None)
    assert (await engine.restore(ids=[stored.id])).restored == (stored.id,)
    assert (await engine.restore(undo=undo)).restored == ()


async def test_a_query_forgets_what_it_is_about(engine: Engine) -> None:
    about = (await engine.store("The falcon release calendar.", title="falcon release calendar")).id
    other = (await engine.store("Lunch is at noon.")).id
    result = await engine.forget(query="falcon release calendar", kinds=["note"], dry_run=False)

    assert [one.id for one in result.archived] == [about]
    assert other in await ids(engine, "lunch at noon", kinds=["note"])


async def test_a_filter_by_kind_is_for_the_project_and_global_knowledge(engine: Engine) -> None:
    note = (await engine.store("Falcon deploys on Fridays.")).id
    await engine.learn()
    result = await engine.forget(kinds=["note"], dry_run=False)

    assert [one.id for one in result.archived] == [note]
    assert await ids(engine, "DrainQueue", kinds=["code"])


async def test_a_subfolder_restricts_a_filter_too(engine: Engine) -> None:
    await engine.learn()
    result = await engine.forget(kinds=["code"], path="worker", dry_run=False)

    assert result.total == 1
    assert "billing/invoices.py" in [hit.path for hit in (await engine.search("parse_invoice_number")).hits]
    assert "worker/drain.go" not in [hit.path for hit in (await engine.search("DrainQueue")).hits]


async def test_age_is_counted_from_the_last_use(engine: Engine) -> None:
    old = (await engine.store("Falcon deploys on Fridays.")).id
    created = (await engine.get([old])).chunks[0].created_at
    new = (await engine.store("Falcon deploys on Mondays.")).id
    [chunk] = (await engine.get([new])).chunks

    everything = await engine.forget(kinds=["note"], older_than="2999-01-01T00:00:00+09:00")
    assert {one.id for one in everything.archived} == {old, new}
    assert (await engine.forget(kinds=["note"], older_than=created)).total == 0
    by_query = await engine.forget(query="falcon deploys on mondays", kinds=["note"], older_than=chunk.created_at)
    assert new not in [one.id for one in by_query.archived]


async def test_what_was_learned_stays_forgotten(engine: Engine) -> None:
    hit = (await engine.search("DrainQueue", language="go")).hits[0]
    undo = (await engine.forget([hit.id], dry_run=False)).undo
    await engine.learn(force=True)

    assert hit.id not in await ids(engine, "DrainQueue")
    await engine.restore(undo=undo)
    assert hit.id in await ids(engine, "DrainQueue")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "Nothing was chosen"),
        ({"ids": ["x"], "query": "y"}, "ids and a filter"),
        ({"query": " "}, "query is empty"),
        ({"kinds": ["nota"]}, "Did you mean 'note'"),
        ({"older_than": "yesterday"}, "older_than 'yesterday'"),
    ],
)
async def test_a_bad_choice_is_refused(engine: Engine, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        await engine.forget(**arguments)


async def test_an_unknown_undo_names_the_newest(engine: Engine) -> None:
    with pytest.raises(UnknownIdError, match="Nothing was forgotten yet"):
        await engine.restore(undo="undo-x")
    stored = await engine.store("Falcon deploys on Fridays.")
    undo = (await engine.forget([stored.id], dry_run=False)).undo
    with pytest.raises(UnknownIdError, match=f"The newest: {undo}"):
        await engine.restore(undo="undo-x")
    with pytest.raises(InputError, match="half of a surrogate"):
        await engine.restore(undo="\ud800")
    for arguments in ({}, {"undo": "u", "ids": ["x"]}):
        with pytest.raises(InputError, match="Pass either undo"):
            await engine.restore(**arguments)  # type: ignore[arg-type]
