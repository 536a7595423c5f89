"""Mining follows the files, by content, and goes on where it was cut off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.learning import miner, mining
from fluorite_mcp.learning.mining import MAX_MINED_BYTES, mine_file
from fluorite_mcp.learning.prepare import FileTask
from fluorite_mcp.learning.scan import FileStat
from fluorite_mcp.models import Project
from fluorite_mcp.patterns.skeletons import read_skeletons
from tests.conftest import OpenEngine

pytestmark = pytest.mark.anyio

VIEW = """\
@app.get("/{name}s/{{id}}")
def get_{name}(id: int):
    found = load_{name}(id)
    if found is None:
        raise NotFoundError("{name}")
    return jsonify(found)
"""


async def known_project(engine: Engine, root: Path) -> Project:
    [known] = [one for one in await engine._stored.projects.all() if one.root == str(root)]
    return known


async def mined_paths(engine: Engine, root: Path) -> list[str]:
    known = await known_project(engine, root)
    return [path for path, _, data in await engine._stored.mined.skeletons(known.key) if data]


async def test_learning_mines_and_follows_edits_renames_and_deletions(open_engine: OpenEngine, project: Path) -> None:
    for name in ("order", "user"):
        (project / f"{name}.py").write_text(VIEW.format(name=name))
    async with open_engine() as engine:
        await engine.learn()
        assert {"order.py", "user.py"} <= set(await mined_paths(engine, project))

        (project / "order.py").rename(project / "orders.py")
        (project / "user.py").unlink()
        await engine.learn()
        paths = await mined_paths(engine, project)

    assert "orders.py" in paths
    assert not {"order.py", "user.py"} & set(paths)


async def test_what_is_mined_already_is_not_mined_again(
    open_engine: OpenEngine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "order.py").write_text(VIEW.format(name="order"))
    async with open_engine() as engine:
        await engine.learn()
        known = await known_project(engine, project)
        assert await engine._mine._miner.count_stale(known) == 0
        (project / "order.py").write_text(VIEW.format(name="invoice"))
        await engine._learn._learner.learn(known)
        assert await engine._mine._miner.count_stale(known) == 1
        report = await engine._mine._miner.mine(known)

    assert report.mined == 1


async def test_background_work_mines_what_a_search_learned(open_engine: OpenEngine, project: Path) -> None:
    (project / "order.py").write_text(VIEW.format(name="order"))
    async with open_engine() as engine:
        await engine.search("order")
        await engine.settle()
        assert "order.py" in await mined_paths(engine, project)


def test_a_file_with_a_syntax_error_gives_what_parses(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(VIEW.format(name="order") + "\ndef broken(:\n    x = (\n")
    mined = mine_file(tmp_path, FileTask(1, "a.py", FileStat(1, 1)))

    assert mined is not None
    found = read_skeletons(mined.skeletons)
    assert found is not None
    assert [one.name for one in found.skeletons] == ["get_order"]


def test_a_deep_tree_does_not_outgrow_the_stack(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(x):\n    return " + "(" * 900 + "x" + ")" * 900 + "\n")
    assert mine_file(tmp_path, FileTask(1, "a.py", FileStat(1, 1))) is not None


def test_a_huge_file_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("x = 1\n" * (MAX_MINED_BYTES // 6 + 1))
    monkeypatch.setattr(mining, "parse_within", None)
    mined = mine_file(tmp_path, FileTask(1, "a.py", FileStat(1, 1)))

    assert mined is not None
    assert mined.skeletons == b""


def test_a_mining_worker_says_what_this_process_says(tmp_path: Path) -> None:
    import io

    from fluorite_mcp.learning.batches import READY, receive, send

    (tmp_path / "a.py").write_text(VIEW.format(name="order"))
    task = FileTask(1, "a.py", FileStat(1, 1))
    source = io.BytesIO()
    send(source, (tmp_path, [task], ""))
    command = [sys.executable, "-m", "fluorite_mcp.worker", "--mine"]
    done = subprocess.run(command, input=source.getvalue(), capture_output=True, timeout=60, check=True)
    answers = io.BytesIO(done.stdout)

    assert receive(answers) == READY
    assert receive(answers) == [mine_file(tmp_path, task)]


class InterruptionError(Exception):
    """What stops a mining in the middle."""


async def test_an_interrupted_mining_goes_on_where_it_stopped(
    open_engine: OpenEngine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        (project / f"a{number}.py").write_text(VIEW.format(name=f"order{number}"))
    monkeypatch.setattr(miner, "_FILES_PER_COMMIT", 1)

    async def interrupt(_done: int, _total: int, _message: str) -> None:
        raise InterruptionError

    async with open_engine() as engine:
        known = await engine._stored.projects.ensure(str(project), "2026-03-01T00:00:00.000000Z")
        await engine._learn._learner.learn(known)
        before = await engine._mine._miner.count_stale(known)
        with pytest.raises(InterruptionError):
            await engine._mine._miner.mine(known, progress=interrupt)
        left = await engine._mine._miner.count_stale(known)
        report = await engine._mine._miner.mine(known)

    assert 0 < left < before
    assert report.mined == left
