"""Qualities through the engine: explained by `get`, moved by `feedback`, seen by `search`, faded with time."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.learning.feedback import HALF_LIFE_DAYS
from fluorite_mcp.operations.quality import names_of_tests
from tests.conftest import OpenEngine

pytestmark = pytest.mark.anyio


async def test_get_explains_the_quality_of_code_factor_by_factor(engine: Engine) -> None:
    hit = next(one for one in (await engine.search("parse_invoice_number")).hits if one.path == "billing/invoices.py")
    [chunk] = (await engine.get([hit.id])).chunks
    factors = {one.name: one for one in chunk.quality_factors}

    assert factors["parse_health"].value == 1.0
    assert factors["tests"].why == "tested in tests/test_invoices.py"
    assert factors["documentation"].value == 1.0
    assert sum(one.value * one.weight for one in factors.values()) == pytest.approx(chunk.quality, abs=0.001)


async def test_files_of_one_name_share_a_test_of_that_name(engine: Engine, project: Path) -> None:
    (project / "billing/deep").mkdir()
    (project / "billing/deep/invoices.py").write_text("def deep_invoices():\n    return []\n")
    hit = (await engine.search("deep_invoices")).hits[0]
    [chunk] = (await engine.get([hit.id])).chunks

    assert any("tests/test_invoices.py" in one.why for one in chunk.quality_factors)


def test_tests_are_known_by_the_names_of_the_usual_frameworks() -> None:
    assert {"test_cart.py", "cart_test.py"} <= set(names_of_tests("shop/cart.py"))
    assert {"cart.test.ts", "cart.spec.ts"} <= set(names_of_tests("cart.ts"))
    assert "CartTest.java" in names_of_tests("src/main/java/Cart.java")


async def test_feedback_answers_with_the_quality_that_get_explains(engine: Engine) -> None:
    stored = await engine.store("Parcels leave at noon.")
    for outcome in ("helpful", "wrong", "unhelpful"):
        quality = (await engine.feedback([stored.id], outcome)).qualities[stored.id]
        assert (await engine.get([stored.id])).chunks[0].quality == pytest.approx(quality, abs=1e-4)


async def test_what_was_wrong_stands_behind_what_answers_as_well_and_comes_back_with_new_evidence(
    engine: Engine,
) -> None:
    wrong = await engine.store("Parcels leave at noon from the harbour.", title="Parcels leave at noon")
    right = await engine.store("Parcels leave at two from the airport.", title="Parcels leave at two")
    assert [hit.id for hit in (await engine.search("parcels leave at noon")).hits[:2]] == [wrong.id, right.id]

    await engine.feedback([wrong.id], "wrong")
    result = (await engine.search("parcels leave at noon")).hits

    assert [hit.id for hit in result if hit.id in (wrong.id, right.id)] == [right.id, wrong.id]
    demoted = next(hit for hit in result if hit.id == wrong.id)
    assert "judged wrong or outdated, set back" in demoted.why
    for _ in range(4):
        await engine.feedback([wrong.id], "helpful")
    assert (await engine.search("parcels leave at noon")).hits[0].id == right.id
    await engine.feedback([wrong.id], "helpful")
    assert (await engine.search("parcels leave at noon")).hits[0].id == wrong.id


async def test_an_outdated_note_is_as_good_as_before_once_it_says_something_new(engine: Engine) -> None:
    stored = await engine.store("Parcels leave at noon.", id="parcels")
    await engine.feedback([stored.id], "outdated")
    before = (await engine.get([stored.id])).chunks[0].quality
    await engine.store("Parcels leave at noon.", id="parcels")
    same = (await engine.get([stored.id])).chunks[0].quality
    await engine.store("Parcels leave at two.", id="parcels")
    hit = next(one for one in (await engine.search("parcels leave")).hits if one.id == stored.id)

    assert before == same < 0.1
    assert hit.quality == (await engine.get([stored.id])).chunks[0].quality == pytest.approx(0.6)


async def test_stored_qualities_fade_with_time(open_engine: OpenEngine, data_dir: Path) -> None:
    async with open_engine() as engine:
        stored = await engine.store("Parcels leave at noon.", quality_score=0.5)
        await engine.feedback([stored.id], "helpful")
    _make_older(data_dir, stored.id, days=HALF_LIFE_DAYS)
    async with open_engine() as engine:
        await engine.automatic.run([])
        [hit] = [one for one in (await engine.search("when do parcels leave")).hits if one.id == stored.id]

        assert hit.quality == pytest.approx((0.5 * 4 + 0.5) / 4.5, abs=1e-3)


def _make_older(data_dir: Path, id_: str, days: float) -> None:
    with closing(sqlite3.connect(data_dir / "fluorite.db")) as store, store:
        store.execute(
            "UPDATE history SET at = strftime('%Y-%m-%dT%H:%M:%fZ', at, ?) WHERE chunk = ?", [f"-{days} days", id_]
        )


async def test_a_judgement_of_an_older_version_still_counts(open_engine: OpenEngine, data_dir: Path) -> None:
    async with open_engine() as engine:
        stored = await engine.store("Parcels leave at noon.", quality_score=0.5)
        await engine.feedback([stored.id], "helpful")
    with closing(sqlite3.connect(data_dir / "fluorite.db")) as store, store:
        detail = json.dumps({"outcome": "helpful", "quality": 0.6})
        store.execute("UPDATE history SET detail = ? WHERE chunk = ? AND event = 'feedback'", [detail, stored.id])
    async with open_engine() as engine:
        quality = (await engine.feedback([stored.id], "helpful")).qualities[stored.id]

    assert quality == pytest.approx((0.5 * 4 + 2) / 6, abs=1e-3)
