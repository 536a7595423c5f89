"""A use counts if a search or a suggestion brought it, in this process or another, not long ago."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from tests.conftest import OpenEngine

pytestmark = pytest.mark.anyio


async def usage_of(engine: Engine, id_: str) -> int:
    return (await engine._stored.chunks.find([id_]))[id_].usage


async def test_a_use_counts_in_another_process_than_the_search(open_engine: OpenEngine) -> None:
    async with open_engine() as engine:
        stored = await engine.store("Parcels leave at noon.")
        await engine.search("when do parcels leave")
    async with open_engine() as engine:
        await engine.get([stored.id])

        assert await usage_of(engine, stored.id) == 1


async def test_what_was_shown_days_ago_brought_nothing(open_engine: OpenEngine, data_dir: Path) -> None:
    async with open_engine() as engine:
        stored = await engine.store("Parcels leave at noon.")
        await engine.search("when do parcels leave")
    with closing(sqlite3.connect(data_dir / "fluorite.db")) as store, store:
        store.execute("UPDATE meta SET value = replace(value, '2026', '2025') WHERE name = 'shown'")
        store.execute("UPDATE meta SET value = replace(value, '2027', '2025') WHERE name = 'shown'")
    async with open_engine() as engine:
        await engine.get([stored.id])

        assert await usage_of(engine, stored.id) == 0


@pytest.mark.parametrize("damaged", ["", "no JSON", "[1]", "{}"])
async def test_a_damaged_list_of_what_was_shown_costs_nothing_else(
    open_engine: OpenEngine, data_dir: Path, damaged: str
) -> None:
    async with open_engine() as engine:
        stored = await engine.store("Parcels leave at noon.")
    with closing(sqlite3.connect(data_dir / "fluorite.db")) as store, store:
        store.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('shown', ?)", [damaged])
    async with open_engine() as engine:
        assert (await engine.get([stored.id])).chunks
        await engine.search("when do parcels leave")


async def test_a_template_is_used_when_it_is_applied_after_it_was_found(engine: Engine, project: Path) -> None:
    name = (await engine.spikes.find("hono api with zod validation")).spikes[0].id

    await engine.spikes.apply(name, {}, write=False)
    assert await usage_of(engine, f"spike:{name}") == 0
    result = await engine.spikes.apply(name, {}, path=str(project / "new"), strategy="overwrite", write=True)
    assert result.written
    assert await usage_of(engine, f"spike:{name}") == 1


async def test_a_template_that_nothing_showed_is_not_used(engine: Engine) -> None:
    await engine.spikes.read("hono-zod-api")

    assert await usage_of(engine, "spike:hono-zod-api") == 0


async def test_suggestions_are_followed_to_what_came_of_them(engine: Engine) -> None:
    result = await engine.suggest("add rate limiting to the Hono API")
    spike = f"spike:{result.spikes[0].id}"
    await engine.get([spike])
    await engine.feedback([spike], "helpful")
    summary = (await engine.status()).metrics

    assert summary["suggested"] >= 1
    assert (summary["fetched"], summary["applied"], summary["helpful"]) == (1, 0, 1)
    assert summary["acceptance"] == pytest.approx(1 / summary["suggested"], abs=0.001)
