"""`status`, the project of a request, and the work nobody waits for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import ProjectError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.operations import current

pytestmark = pytest.mark.anyio


async def test_status_counts_what_is_there_and_learns_nothing(engine: Engine, project: Path, data_dir: Path) -> None:
    before = await engine.status()
    assert "code" not in before.chunks
    assert before.last_learning is None
    await engine.learn()
    stored = await engine.store("One thing.")
    await engine.forget([stored.id], dry_run=False)
    await engine.search("invoice")
    await engine.settle()
    after = await engine.status()

    assert (after.healthy, after.archived, after.chunks["code"], after.chunks["doc"]) == (True, 1, 5, 3)
    assert after.project.root == str(project)
    assert after.data_dir == str(data_dir)
    assert after.model_state == "ready"
    assert after.last_learning is not None
    assert after.sizes["database_bytes"] > 0
    assert set(after.index) == {str(project), "global"}
    assert after.newest_backup is not None
    assert after.queue == {"rounds": 0}


async def test_status_answers_where_the_sessions_folder_is_gone(engine: Engine, tmp_path: Path) -> None:
    result = await engine.status(place=Place(tmp_path / "gone"))

    assert result.project.root is None
    assert any("does not exist" in notice for notice in result.notices)
    assert result.chunks["spike"] > 0


async def test_a_home_folder_is_not_learned_unasked(
    open_engine: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "letters").mkdir(parents=True)
    (home / "letters" / "private.py").write_text("def private_letter():\n    return 1\n")
    monkeypatch.setenv("HOME", str(home))
    async with open_engine(folder=home) as engine:
        result = await engine.search("private_letter")
        assert not any(hit.path == "letters/private.py" for hit in result.hits)
        assert any("home folder" in notice for notice in result.notices)
        with pytest.raises(ProjectError, match=r"1 files, 0 MB, among them letters.*force: true"):
            await engine.learn()
        assert (await engine.learn(force=True)).files_changed == 1
        assert (await engine.search("private_letter")).hits[0].path == "letters/private.py"


async def test_a_large_folder_that_is_no_repository_is_learned_only_when_asked(
    open_engine: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current, "MAX_UNASKED_FILES", 3)
    folder = tmp_path / "downloads"
    folder.mkdir()
    for number in range(5):
        (folder / f"a{number}.py").write_text(f"def numbered_{number}():\n    return 1\n")
    async with open_engine(folder=folder) as engine:
        result = await engine.search("numbered_1")
        assert any("holds more than 3 files" in notice for notice in result.notices)
        assert not any(hit.path == "a1.py" for hit in result.hits)
        await engine.learn()
        assert (await engine.search("numbered_1")).hits[0].path == "a1.py"


async def test_requests_that_come_together_learn_a_project_once(engine: Engine) -> None:
    results = await asyncio.gather(*(engine.search("parse_invoice_number") for _ in range(5)))

    assert {result.hits[0].path for result in results} == {"billing/invoices.py"}
    assert (await engine.learn()).files_changed == 0


async def test_times_are_utc(engine: Engine) -> None:
    stored = await engine.store("One thing.")
    [chunk] = (await engine.get([stored.id])).chunks

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", chunk.created_at)
