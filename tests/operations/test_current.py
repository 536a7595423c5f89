"""While a project is being learned, what is stored answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import filelock
import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import StoreBusyError
from fluorite_mcp.learning import pipeline

pytestmark = pytest.mark.anyio


def change(project: Path) -> None:
    (project / "new.py").write_text("def freshly_written():\n    return 1\n")


async def test_while_another_process_learns_the_known_answers(engine: Engine, project: Path, data_dir: Path) -> None:
    await engine.learn()
    [lock] = (data_dir / "locks").glob("learn-*.lock")
    change(project)
    with filelock.FileLock(lock):
        result = await engine.search("parse_invoice_number")
        assert any("being learned by another process" in notice for notice in result.notices)
        assert result.hits[0].path == "billing/invoices.py"

    assert (await engine.search("freshly_written")).hits[0].path == "new.py"


async def test_learning_waits_for_the_other_process_and_gives_up_in_the_end(
    engine: Engine, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.learn()
    [lock] = (data_dir / "locks").glob("learn-*.lock")
    monkeypatch.setattr(pipeline, "LOCK_TIMEOUT_SECONDS", 0.1)
    with filelock.FileLock(lock), pytest.raises(StoreBusyError, match="Another process is learning"):
        await engine.learn()


async def test_while_another_request_learns_the_known_answers(engine: Engine, project: Path) -> None:
    await engine.search("invoice")
    change(project)
    both = await asyncio.gather(engine.search("parse_invoice_number"), engine.search("parse_invoice_number"))

    assert [result.hits[0].path for result in both] == ["billing/invoices.py"] * 2
    assert sum("is being learned" in notice for result in both for notice in result.notices) == 1
