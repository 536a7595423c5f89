"""Whatever happens to files and chunks, a kept profile is what the file's chunks give, and search finds the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.learning import workers
from fluorite_mcp.learning.prepare import PreparedFile
from fluorite_mcp.operations import file_profiles
from fluorite_mcp.search.assembly import merged_profiles

pytestmark = pytest.mark.anyio

FILES = 10


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / ".git").mkdir(parents=True)
    for number in range(FILES):
        text = f"def total_{number}(prices):\n    return sum(prices) * {number}\n\n\nclass Ledger{number}:\n    pass\n"
        (root / f"part_{number}.py").write_text(text)
    return root


@pytest.fixture
async def engine(tmp_path: Path, project: Path) -> AsyncIterator[Engine]:
    async with Engine.open(tmp_path / "data", folder=project) as opened:
        await opened.search("total of prices")
        await opened.settle()
        yield opened


async def kept(engine: Engine) -> dict[str, bytes]:
    return await engine._stored.merged.of_scope(1, engine._embedder.name)


async def assert_sound(engine: Engine) -> None:
    """Every profile that is kept is what the chunks of its file give now."""
    for path, data in (await kept(engine)).items():
        rows = await engine._stored.chunks.profiles_of_files(1, [path], engine._embedder.name)
        assert rows, f"{path} has no chunks any more"
        assert merged_profiles([rows]) == [data], path


async def test_learned_files_get_a_profile_in_the_background(engine: Engine) -> None:
    assert len(await kept(engine)) == FILES
    await assert_sound(engine)


@pytest.fixture
def learned_by_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files prepared as those of a large project are, and nothing written in the background."""
    monkeypatch.setattr(file_profiles, "WORTH_WRITING", 1_000)
    monkeypatch.setattr(workers, "PARALLEL_FROM_BYTES", 1)
    monkeypatch.setattr(workers, "WORKERS_ONLY_FROM_BYTES", 1)
    start = workers.FileWorkers._worker

    def started(self: workers.FileWorkers[PreparedFile]) -> workers._Worker | None:
        worker = start(self)
        assert worker is not None
        assert worker.is_ready.wait(60)
        return worker

    monkeypatch.setattr(workers.FileWorkers, "_worker", started)


@pytest.mark.usefixtures("learned_by_workers")
async def test_files_of_a_large_learning_get_theirs_with_their_chunks(tmp_path: Path, project: Path) -> None:
    (project / "empty.py").write_text("")
    async with Engine.open(tmp_path / "data", folder=project) as engine:
        await engine.learn()
        await engine.settle()

        assert len(await kept(engine)) == FILES
        await assert_sound(engine)


@pytest.mark.usefixtures("learned_by_workers")
async def test_what_was_archived_is_in_no_profile_when_its_file_comes_back(tmp_path: Path, project: Path) -> None:
    async with Engine.open(tmp_path / "data", folder=project) as engine:
        await engine.learn()
        id_ = next(hit.id for hit in (await engine.search("total_3")).hits if hit.path == "part_3.py")
        await engine.forget([id_], dry_run=False)
        for source, target in (("part_3.py", "../away.py"), ("../away.py", "part_3.py")):
            (project / source).rename(project / target)
            await engine.learn()
            await engine.settle()

        await assert_sound(engine)
        assert len(await kept(engine)) == FILES - 1


async def edit(engine: Engine, project: Path) -> None:
    (project / "part_3.py").write_text("def averages(numbers):\n    return sum(numbers) / len(numbers)\n")
    hits = (await engine.search("averages of numbers")).hits
    assert hits[0].path == "part_3.py"


async def delete(engine: Engine, project: Path) -> None:
    (project / "part_3.py").unlink()
    hits = (await engine.search("total_3 Ledger3")).hits
    assert "part_3.py" not in [hit.path for hit in hits]


async def rename(engine: Engine, project: Path) -> None:
    (project / "part_3.py").rename(project / "renamed.py")
    hits = (await engine.search("total_3")).hits
    assert hits[0].path == "renamed.py"


async def forget_and_restore(engine: Engine, project: Path) -> None:
    id_ = next(hit.id for hit in (await engine.search("total_3")).hits if hit.path == "part_3.py")
    undo = (await engine.forget([id_], dry_run=False)).undo
    await assert_sound(engine)
    await engine.restore(undo=undo)
    assert (await engine.search("total_3")).hits[0].path == "part_3.py"


async def judge(engine: Engine, project: Path) -> None:
    hits = (await engine.search("total_3")).hits
    await engine.feedback([hits[0].id], "helpful")
    assert len(await kept(engine)) == FILES


EVENTS: dict[str, Callable[[Engine, Path], Awaitable[None]]] = {
    one.__name__: one for one in (edit, delete, rename, forget_and_restore, judge)
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
async def test_no_profile_outlives_a_change(
    engine: Engine, project: Path, event: Callable[[Engine, Path], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    await event(engine, project)
    await assert_sound(engine)
    monkeypatch.setattr(file_profiles, "WORTH_WRITING", 1)
    await engine.settle()

    await assert_sound(engine)
    assert len(await kept(engine)) == len(list(project.glob("*.py")))


async def test_a_few_changed_files_are_put_together_as_they_are_met(engine: Engine, project: Path) -> None:
    await edit(engine, project)
    await engine.settle()

    assert "part_3.py" not in await kept(engine)


async def test_an_imported_memory_ranks_as_the_one_it_came_from(engine: Engine, tmp_path: Path, project: Path) -> None:
    lines = [line async for line in engine.export()]
    assert not any("merged" in line for line in lines)
    async with Engine.open(tmp_path / "other", folder=project) as other:
        await other.import_lines(lines)
        await other.settle()
        await assert_sound(other)
        there, here = await other.rank("total of prices"), await engine.rank("total of prices")

    assert [one.chunk.id for one in there.ranked] == [one.chunk.id for one in here.ranked]


async def test_two_processes_follow_each_other(engine: Engine, tmp_path: Path, project: Path) -> None:
    async with Engine.open(tmp_path / "data", folder=project) as other:
        await other.search("total of prices")
        await edit(other, project)
        await assert_sound(engine)

    assert (await engine.search("averages of numbers")).hits[0].path == "part_3.py"


async def test_ranking_is_the_same_with_and_without_kept_profiles(engine: Engine) -> None:
    before = await engine.rank("how are prices of a Ledger summed")
    async with engine._stored.database.atomic():
        await engine._stored.database.execute("UPDATE merged_profiles SET made_by = NULL, data = NULL")
    after = await engine.rank("how are prices of a Ledger summed")

    assert [(one.chunk.id, one.score) for one in after.ranked] == [(one.chunk.id, one.score) for one in before.ranked]
    assert after.answerable == before.answerable
