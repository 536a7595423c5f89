"""How far a run came, kept for the next one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fluorite_mcp.automatic.journal import Journal, running_process

NOW = "2026-01-02T03:30:00.000000Z"
LATER = "2026-01-02T09:00:00.000000Z"
NEXT_DAY = "2026-01-03T03:30:00.000001Z"


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    Journal.open(tmp_path, ["a", "b"], NOW).note("a", {"state": "learned"})
    resumed = Journal.open(tmp_path, ["a", "b"], LATER)

    assert (resumed.is_resumed, resumed.started_at, resumed.done) == (True, NOW, {"a": {"state": "learned"}})


@pytest.mark.parametrize(("sources", "at"), [(["a", "c"], LATER), (["a", "b"], NEXT_DAY)])
def test_other_sources_or_another_day_are_a_new_run(tmp_path: Path, sources: list[str], at: str) -> None:
    Journal.open(tmp_path, ["a", "b"], NOW).note("a", {})
    begun = Journal.open(tmp_path, sources, at)

    assert (begun.is_resumed, begun.done) == (False, {})


def test_a_finished_run_is_history(tmp_path: Path) -> None:
    for number in range(3):
        Journal.open(tmp_path, ["a"], NOW).finish({"run": number})
    lines = (tmp_path / "history.jsonl").read_text().splitlines()

    assert [json.loads(line)["run"] for line in lines] == [0, 1, 2]
    assert not Journal.open(tmp_path, ["a"], NOW).is_resumed


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"sources": ["a"], "started_at": "never"}'])
def test_a_damaged_journal_begins_anew(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "run.json").write_text(damaged)

    assert running_process(tmp_path) is None
    assert not Journal.open(tmp_path, ["a"], NOW).is_resumed


def test_what_is_kept_is_for_the_user_alone(tmp_path: Path) -> None:
    Journal.open(tmp_path / "runs", ["a"], NOW).note("a", {})

    assert (tmp_path / "runs/run.json").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["run.json"]
