"""A disk that is full: a clear error, nothing half-written, and all well once there is room again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.reliability.children import start, wait
from tests.reliability.soundness import check_store
from tests.storage.conftest import ask

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
async def test_a_full_disk_is_reported_and_loses_only_what_it_refused(data_dir: Path, work: Path) -> None:
    said = wait(start("full", data_dir, work, "full"))
    facts = {name: value for one in said for name, value in one.items()}
    stored = [one["stored"] for one in said if "stored" in one]

    assert facts["error"] == "StoreFullError"
    assert "Free disk space" in facts["text"]
    assert facts["learning"] == "StoreFullError"
    assert stored
    assert facts["before"] in facts["searched"]
    assert "not brought up to date" in facts["notices"]
    assert facts["files"] == 320

    ids = ask(data_dir / "fluorite.db", "SELECT id FROM chunks")
    assert {facts["before"], facts["after"], *stored} <= set(ids)
    assert facts["failed"] not in ids
    assert ask(data_dir / "fluorite.db", "SELECT count(*) FROM history WHERE chunk = ?", facts["failed"]) == [0]
    await check_store(data_dir)
