"""Learning a project again and again: what changed is read, the rest is left alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError, ProjectError
from fluorite_mcp.learning import workers
from fluorite_mcp.results import LearnResult
from fluorite_mcp.settings import LearningSettings, Settings

pytestmark = pytest.mark.anyio


def figures(result: LearnResult) -> tuple[int, int, int, int]:
    return result.files_changed, result.files_removed, result.chunks_added, result.chunks_removed


async def learned_ids(engine: Engine) -> set[str]:
    """Return what was learned of every project."""
    lines = [line async for line in engine.export() if '"type": "chunk"' in line]
    return {
        line.split('"id": "')[1].split('"')[0] for line in lines if '"kind": "code"' in line or '"kind": "doc"' in line
    }


async def found(engine: Engine, query: str) -> set[str | None]:
    return {hit.path for hit in (await engine.search(query, kinds=["code", "doc"], limit=50)).hits}


async def test_the_first_learning_reads_everything_and_the_second_nothing(engine: Engine, project: Path) -> None:
    first = await engine.learn()
    skipped = {one.path: one.reason for one in first.skipped}

    assert first.files_changed == 8
    assert first.chunks_added >= 8
    assert skipped[".env"] == ".env is a file for secrets"
    assert skipped["logo.png"] == "binary"
    assert skipped["linked.py"] == "symbolic link"
    assert first.project.root == str(project)
    again = await engine.learn()
    assert figures(again) == (0, 0, 0, 0)
    assert {one.path: one.reason for one in again.skipped} == skipped


async def test_an_edited_file_is_found_by_its_new_content(engine: Engine, project: Path) -> None:
    await engine.search("parse_invoice_number")
    (project / "billing/mailer.py").write_text("def telephone_customer(number):\n    return dial(number)\n")

    assert await found(engine, "telephone_customer") == {"billing/mailer.py"} | await found(
        engine, "telephone_customer"
    )
    assert "billing/mailer.py" not in await found(engine, "send_reminder")


async def test_a_new_file_is_found_and_a_deleted_one_is_not(engine: Engine, project: Path) -> None:
    await engine.learn()
    (project / "new.py").write_text("def freshly_written():\n    return 1\n")
    (project / "worker/drain.go").unlink()
    result = await engine.learn()

    assert (result.files_changed, result.files_removed) == (1, 1)
    assert "new.py" in await found(engine, "freshly_written")
    assert "worker/drain.go" not in await found(engine, "DrainQueue")


async def test_a_renamed_file_is_found_under_its_new_name(engine: Engine, project: Path) -> None:
    await engine.learn()
    (project / "web/chart.ts").rename(project / "web/graph.ts")

    assert {"web/graph.ts"} <= await found(engine, "drawRevenueChart")
    assert "web/chart.ts" not in await found(engine, "drawRevenueChart")


async def test_a_touched_file_is_read_and_not_changed(engine: Engine, project: Path) -> None:
    await engine.learn()
    os.utime(project / "billing/mailer.py", (1_700_000_000, 1_700_000_000))
    ids = await learned_ids(engine)

    assert figures(await engine.learn()) == (0, 0, 0, 0)
    assert await learned_ids(engine) == ids
    hit = (await engine.search("send_reminder")).hits[0]
    assert (hit.path, hit.fresh) == ("billing/mailer.py", "fresh")


async def test_lines_follow_when_text_moves(engine: Engine, project: Path) -> None:
    file = project / "worker/drain.go"
    before = (await engine.search("DrainQueue", language="go")).hits[0]
    file.write_text("// A licence.\n\n" * 400 + file.read_text())
    after = (await engine.search("DrainQueue", language="go")).hits[0]

    assert before.start_line is not None
    assert after.start_line is not None
    assert after.start_line > before.start_line
    lines = file.read_text().split("\n")[after.start_line - 1 : after.end_line]
    assert any("func DrainQueue" in line for line in lines)


async def test_force_reads_every_file_and_keeps_what_did_not_change(engine: Engine) -> None:
    await engine.learn()
    ids = await learned_ids(engine)
    result = await engine.learn(force=True)

    assert (result.files_changed, result.chunks_added, result.chunks_removed) == (8, 0, 0)
    assert await learned_ids(engine) == ids


async def test_judgements_survive_a_learning(engine: Engine, project: Path) -> None:
    hit = (await engine.search("send_reminder")).hits[0]
    better = (await engine.feedback([hit.id], "helpful")).qualities[hit.id]
    (project / "billing/invoices.py").write_text("x = 1\n")
    await engine.learn(force=True)

    assert (await engine.get([hit.id])).chunks[0].quality == pytest.approx(better, abs=1e-3)


async def test_one_kind_alone_can_be_learned_and_the_rest_follows(engine: Engine) -> None:
    code = await engine.learn(kinds=["code"])
    everything = await engine.learn()

    assert code.files_changed < 8
    assert code.files_changed + everything.files_changed == 8


async def test_after_learning_code_alone_a_search_still_learns_the_documents(engine: Engine) -> None:
    await engine.learn(kinds=["code"])

    assert "docs/guide.ja.md" in await found(engine, "督促メール")


async def test_an_unknown_kind_is_refused(engine: Engine) -> None:
    with pytest.raises(InputError, match="kinds 'note' is unknown"):
        await engine.learn(kinds=["note"])


async def test_a_file_that_becomes_unlearnable_is_taken_out(engine: Engine, project: Path) -> None:
    await engine.learn()
    (project / "worker/drain.go").write_bytes(b"\0\1\2" * 99)
    result = await engine.learn()

    assert {one.path: one.reason for one in result.skipped}["worker/drain.go"] == "binary"
    assert "worker/drain.go" not in await found(engine, "DrainQueue")


async def test_what_was_forgotten_stays_so_while_files_come_and_go(engine: Engine, project: Path) -> None:
    hit = (await engine.search("DrainQueue", language="go")).hits[0]
    await engine.forget([hit.id], dry_run=False)
    file, text = project / "worker/drain.go", (project / "worker/drain.go").read_text()

    await engine.learn(force=True)
    assert "worker/drain.go" not in await found(engine, "DrainQueue")
    file.unlink()
    await engine.learn()
    file.write_text(text)
    assert "worker/drain.go" not in await found(engine, "DrainQueue")


async def test_a_root_that_is_gone_does_not_lose_what_was_learned(
    engine: Engine, project: Path, tmp_path: Path
) -> None:
    await engine.learn()
    ids = await learned_ids(engine)
    project.rename(tmp_path / "away")

    for call in (engine.search("DrainQueue"), engine.learn()):
        with pytest.raises(ProjectError, match=str(project)):
            await call
    assert await learned_ids(engine) == ids
    (tmp_path / "away").rename(project)
    assert "worker/drain.go" in await found(engine, "DrainQueue")


async def test_progress_is_told_batch_by_batch(engine: Engine) -> None:
    told: list[tuple[int, int]] = []

    async def progress(done: int, total: int, _message: str) -> None:
        told.append((done, total))

    await engine.learn(progress=progress)

    assert told[-1][0] == told[-1][1] > 0
    assert told == sorted(told)


class InterruptionError(Exception):
    """What stops a learning in the middle."""


async def test_an_interrupted_learning_goes_on_where_it_stopped(open_engine: Callable[..., Any], project: Path) -> None:
    for number in range(100):
        (project / f"module_{number}.py").write_text(f"def numbered_{number}():\n    return {number}\n")

    async def interrupt(_done: int, _total: int, _message: str) -> None:
        raise InterruptionError

    async with open_engine() as engine:
        with pytest.raises(InterruptionError):
            await engine.learn(progress=interrupt)
    async with open_engine() as engine:
        rest = await engine.learn()
        assert 0 < rest.files_changed < 108
        assert len(await learned_ids(engine)) >= 108


async def test_without_a_model_files_are_learned_and_embedded_later(
    open_engine: Callable[..., Any], broken_model: str, data_dir: Path
) -> None:
    async with open_engine(model=broken_model) as engine:
        result = await engine.learn()
        assert any("without vectors" in notice for notice in result.notices)
        assert "worker/drain.go" in await found(engine, "DrainQueue")
    async with open_engine() as engine:
        assert "wait for their vectors" in (await engine.status()).model_state
        await engine.settle()
        assert (await engine.status()).model_state == "ready"
        best = (await engine.search("remind a customer to pay by mail")).hits[0]
        assert best.path == "billing/mailer.py"
        assert any("similar meaning" in reason for reason in best.why)


async def chunks_of(open_engine: Callable[..., Any], at: Path) -> tuple[set[str], str]:
    async with open_engine(at=at) as engine:
        await engine.learn()
        return await learned_ids(engine), (await engine.status()).model_state


@pytest.mark.parametrize("embeds_from", [1, workers.WORKERS_ONLY_FROM_BYTES])
async def test_worker_processes_learn_the_same_whether_they_embed_or_not(
    open_engine: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embeds_from: int
) -> None:
    alone = await chunks_of(open_engine, tmp_path / "alone")
    monkeypatch.setattr(workers, "PARALLEL_FROM_BYTES", 1)
    monkeypatch.setattr(workers, "WORKERS_ONLY_FROM_BYTES", embeds_from)
    monkeypatch.setattr(workers, "_process_count", lambda: 2)

    assert await chunks_of(open_engine, tmp_path / "together") == alone


async def test_a_killed_worker_loses_nothing(
    open_engine: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = await chunks_of(open_engine, tmp_path / "alone")
    started: list[Any] = []
    start = workers.start_worker

    def start_and_kill(command: Any) -> Any:
        process = start(command)
        assert process is not None
        process.kill()
        started.append(process)
        return process

    monkeypatch.setattr(workers, "PARALLEL_FROM_BYTES", 1)
    monkeypatch.setattr(workers, "_process_count", lambda: 2)
    monkeypatch.setattr(workers, "start_worker", start_and_kill)

    assert await chunks_of(open_engine, tmp_path / "killed") == alone
    assert started


@pytest.mark.parametrize(
    ("parallel", "embeds_from", "programs"),
    [(True, 2_000_000, {"fluorite_mcp.worker"}), (True, 1, {"builtin"}), (False, 1, set())],
)
async def test_worker_processes_embed_where_there_is_much_to_learn_and_may_be_switched_off(
    data_dir: Path,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    parallel: bool,
    embeds_from: int,
    programs: set[str],
) -> None:
    started: set[str] = set()
    start = workers.start_worker

    def start_noted(command: Any) -> Any:
        started.add(command[-1])
        return start(command)

    monkeypatch.setattr(workers, "start_worker", start_noted)
    monkeypatch.setattr(workers, "PARALLEL_FROM_BYTES", 1)
    monkeypatch.setattr(workers, "WORKERS_ONLY_FROM_BYTES", embeds_from)
    monkeypatch.setattr(workers, "_process_count", lambda: 2)
    settings = Settings(data_dir=data_dir, learning=LearningSettings(parallel_processing=parallel))
    async with Engine.open(settings=settings, folder=project) as engine:
        await engine.learn()

    assert started - {"--mine"} == programs


async def test_without_a_program_for_workers_files_are_prepared_here(tmp_path: Path, project: Path) -> None:
    assert workers.start_worker([str(tmp_path / "no-such-program")]) is None
