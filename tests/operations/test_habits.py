"""What is read once for all tasks is read again when a text comes or goes, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.engine import Engine

pytestmark = pytest.mark.anyio


async def _habits(engine: Engine, project: Path) -> Any:
    suggest: Any = engine._suggest
    current = await suggest._current.ensure(engine._place, None)
    return await suggest._habits.read(current.project)


async def test_a_judgement_leaves_habits_as_they_are(engine: Engine, project: Path) -> None:
    stored = await engine.store("Invoices are numbered per tenant.")
    before = await _habits(engine, project)
    await engine.feedback([stored.id], "helpful")

    assert await _habits(engine, project) is before


async def test_habits_follow_what_is_stored_forgotten_and_restored(engine: Engine, project: Path) -> None:
    assert not (await _habits(engine, project)).has_notes
    stored = await engine.store("Invoices are numbered per tenant.")
    assert (await _habits(engine, project)).has_notes

    forgotten = await engine.forget([stored.id], dry_run=False)
    assert not (await _habits(engine, project)).has_notes

    await engine.restore(undo=forgotten.undo)
    assert (await _habits(engine, project)).has_notes


async def test_habits_follow_the_files(engine: Engine, project: Path) -> None:
    assert "book_refund" not in (await _habits(engine, project)).defined
    (project / "billing" / "refunds.py").write_text("def book_refund(number):\n    return number\n", encoding="utf-8")

    assert "book_refund" in (await _habits(engine, project)).defined
