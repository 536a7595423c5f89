"""Many processes on one data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.children import go, heard, start, unique_word, wait
from tests.reliability.conftest import size
from tests.reliability.soundness import check_store
from tests.storage.conftest import ask

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1800)]

PROCESSES = size(4, 8)
WRITES = size(15, 200)
RACES = size(10, 100)


async def test_processes_that_write_and_search_at_once_lose_nothing(data_dir: Path, work: Path) -> None:
    children = [start("share", data_dir, work, f"w{number}") for number in range(PROCESSES)]
    assert [heard(child) for child in children] == [{"ready": True}] * PROCESSES
    go(children, WRITES)
    words = {}
    for number, child in enumerate(children):
        for write in range(WRITES):
            stored = heard(child)
            assert stored == {"id": stored["id"], "created": True, "seen": True}
            words[stored["id"]] = unique_word(f"w{number}", write)
        assert heard(child) == {"done": True}
    assert len(words) == PROCESSES * WRITES

    sample = dict(list(words.items())[:: max(1, len(words) // 50)])
    go(children, sample)

    assert [wait(child) for child in children] == [[{"got": len(sample), "missing": []}]] * PROCESSES
    stored_ids = ask(data_dir / "fluorite.db", "SELECT id FROM chunks WHERE kind = 'note' AND retired_at IS NULL")
    assert words.keys() <= set(stored_ids)
    await check_store(data_dir)


async def test_of_writers_that_race_for_an_id_one_creates_it(data_dir: Path, work: Path) -> None:
    children = [start("race", data_dir, work, f"writer{number}") for number in range(PROCESSES)]
    assert [heard(child) for child in children] == [{"ready": True}] * PROCESSES
    go(children, RACES)

    answers = [heard(child)["created"] for child in children]

    assert [sum(created) for created in zip(*answers, strict=True)] == [1] * RACES
    assert [wait(child) for child in children] == [[]] * PROCESSES
    ids = ask(data_dir / "fluorite.db", "SELECT id FROM chunks WHERE id LIKE 'race-%'")
    assert sorted(ids) == sorted(f"race-{number}" for number in range(RACES))
    events = ask(data_dir / "fluorite.db", "SELECT chunk FROM history WHERE event = 'stored' AND chunk LIKE 'race-%'")
    assert sorted(events) == sorted(ids)
    await check_store(data_dir)
