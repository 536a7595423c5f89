"""Killed at any moment, a process loses nothing it acknowledged, and the next one starts without repair."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import UnknownIdError
from tests.reliability.children import heard, start, wait_until_gone
from tests.reliability.conftest import size
from tests.reliability.soundness import check_store

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(3000)]

KILLS = size(8, 100)
# A life is counted in answers, so that a slow machine kills as much work as a fast one, and ends at any moment between.
MOST_ANSWERS = 30
LONGEST_PAUSE_SECONDS = 0.1


def run_and_kill(data: Path, work: Path, name: str, answers: int, pause: float) -> list[dict[str, Any]]:
    """Let a child write until it acknowledged so much, and seconds more; all that it acknowledged comes back."""
    child = start("write", data, work, name)
    assert heard(child) == {"ready": True}
    acknowledged = [heard(child) for _ in range(answers)]
    killer = threading.Timer(pause, lambda: child.send_signal(signal.SIGKILL))
    killer.start()
    assert child.stdout is not None
    # The last line may be cut off.
    acknowledged += [json.loads(line) for line in child.stdout if line.endswith("\n")]
    killer.join()
    _, errors = child.communicate()
    assert child.returncode == -signal.SIGKILL, errors
    return acknowledged


async def check_acknowledged(
    engine: Engine, all_ids: list[str], forgotten: set[str], new: list[dict[str, Any]]
) -> None:
    kept = [id_ for id_ in all_ids if id_ not in forgotten]
    for begin in range(0, len(kept), 50):
        portion = kept[begin : begin + 50]
        assert {chunk.id for chunk in (await engine.get(portion)).chunks} == set(portion)
    for one in new:
        if word := one.get("word"):
            assert one["id"] in {hit.id for hit in (await engine.search(word, limit=5)).hits}
        if symbol := one.get("learned"):
            assert symbol in {hit.symbol for hit in (await engine.search(symbol, limit=5)).hits}


async def test_a_killed_process_loses_nothing_it_acknowledged(data_dir: Path, work: Path) -> None:
    chance = random.Random(7)
    ids: list[str] = []
    forgotten: set[str] = set()
    for round_ in range(KILLS):
        answers, pause = chance.randint(0, MOST_ANSWERS), chance.uniform(0, LONGEST_PAUSE_SECONDS)
        new = run_and_kill(data_dir, work, f"r{round_}", answers, pause)
        assert wait_until_gone(data_dir, 10.0) == []
        ids += [one["id"] for one in new if "id" in one]
        forgotten |= {one["forgotten"] for one in new if "forgotten" in one}
        # What was asked for last may have happened without its answer.
        undecided = {one["id"] for one in new[-1:] if "id" in one and "word" not in one}

        async with Engine.open(data_dir, folder=work) as engine:
            first = await engine.search("deployment patience")
            assert [notice for notice in first.notices if "damaged" in notice or "failed" in notice] == []
            await check_acknowledged(engine, ids, forgotten | undecided, new)
            await engine.settle()
        await check_store(data_dir)
    assert len(ids) > 5 * KILLS
    assert forgotten


async def test_what_was_never_stored_is_not_there(engine: Engine) -> None:
    with pytest.raises(UnknownIdError):
        await engine.get(["note:never"])


def test_a_process_left_behind_would_be_noticed(tmp_path: Path, work: Path) -> None:
    child = start("race", tmp_path / "other", work, "left")
    assert heard(child) == {"ready": True}

    assert len(wait_until_gone(tmp_path / "other", 0.1)) == 1
    child.kill()
    child.communicate()
    started = time.monotonic()
    assert wait_until_gone(tmp_path / "other", 5.0) == []
    assert time.monotonic() - started < 5.0
