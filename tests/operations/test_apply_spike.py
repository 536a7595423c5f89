"""Applying templates through the engine: crashes, other processes, home folders, many undos."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError, ProjectError, SpikeError, UnknownIdError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.operations import applications
from fluorite_mcp.spikes.target import TargetFolder
from tests.conftest import OpenEngine

pytestmark = pytest.mark.anyio


async def test_when_the_last_write_fails_nothing_remains_and_nothing_is_recorded(
    engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(path for path in project.rglob("*"))
    real = Path.replace

    def fail_last(self: Path, target: Path) -> Path:
        if target.name == "app.test.ts":
            raise OSError(errno.EIO, "Input/output error", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fail_last)
    with pytest.raises(InputError, match="Everything was put back"):
        await engine.spikes.apply("hono-zod-api", write=True)
    assert sorted(path for path in project.rglob("*")) == before
    monkeypatch.undo()
    assert (await engine.spikes.apply("hono-zod-api", write=True)).written


async def test_a_crash_in_the_middle_can_be_undone(
    engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[str] = []
    real = applications.Applications.begin

    async def note(self: applications.Applications, *arguments: object) -> str:
        tokens.append(await real(self, *arguments))  # type: ignore[arg-type]
        return tokens[-1]

    def crash(self: TargetFolder, files: dict[str, str], expected: dict[str, str]) -> None:
        """As if the process were killed after the first file: no roll-back runs."""
        first = next(iter(files))
        (project / first).parent.mkdir(parents=True)
        (project / first).write_text(files[first])
        raise KeyboardInterrupt

    monkeypatch.setattr(applications.Applications, "begin", note)
    monkeypatch.setattr(TargetFolder, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        await engine.spikes.apply("hono-zod-api", write=True)
    monkeypatch.undo()
    assert list(project.rglob("todos.ts"))
    await engine.restore(undo=tokens[0])
    assert not list(project.rglob("todos.ts"))


async def test_another_session_can_undo_and_merge(open_engine: OpenEngine, project: Path) -> None:
    async with open_engine() as first:
        done = await first.spikes.apply("hono-zod-api", write=True)
    async with open_engine() as second:
        changed = await second.spikes.apply("hono-zod-api", {"entity": "todo"}, strategy="merge")
        assert {one.action for one in changed.files} == {"unchanged"}
        assert done.undo is not None
        undone = await second.restore(undo=done.undo)
        assert (undone.kind, len(undone.restored)) == ("file", 3)
        with pytest.raises(UnknownIdError, match="No application has the undo"):
            await second.restore(undo=done.undo)


async def test_old_undos_are_forgotten(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applications, "_UNDOS_KEPT", 2)
    undos = [
        (await engine.spikes.apply("hono-zod-api", {"entity": name}, path=name, write=True)).undo
        for name in ("a", "b", "c")
    ]
    with pytest.raises(UnknownIdError, match=f"The newest: {undos[2]}, {undos[1]}"):
        await engine.restore(undo=undos[0])
    await engine.restore(undo=undos[2])


async def test_a_home_folder_is_no_project_but_may_hold_a_new_one(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(ProjectError, match="is a home folder"):
        await engine.spikes.apply("hono-zod-api", path=str(home), write=True)
    done = await engine.spikes.apply("hono-zod-api", path=str(home / "shop"), write=True)
    assert (done.project.root, done.files[0].path) == (str(home / "shop"), "src/todos.ts")
    assert (home / "shop/src/todos.ts").exists()


async def test_roots_of_a_client_are_the_limit(engine: Engine, project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    place = Place(project, (project,))
    for path in (str(outside), str(outside / "new"), "../elsewhere/new", "a/../../elsewhere/new"):
        with pytest.raises(InputError, match=r"outside the allowed root|leaves"):
            await engine.spikes.apply("hono-zod-api", path=path, write=True, place=place)
    assert list(outside.iterdir()) == []


async def test_a_file_is_no_folder_to_write_to(engine: Engine, project: Path) -> None:
    (project / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        await engine.spikes.apply("hono-zod-api", path="notes.txt", write=True)


@pytest.mark.parametrize("value", ["../x", "a/b", "C:", "x\0y", "\ud800"])
async def test_whatever_a_value_is_nothing_is_half_written(engine: Engine, project: Path, value: str) -> None:
    before = sorted(path for path in project.rglob("*"))
    for write in (False, True):
        try:
            await engine.spikes.apply("hono-zod-api", {"entity": value}, path="new", write=write)
        except (InputError, SpikeError):
            assert sorted(path for path in project.rglob("*")) == before


async def test_what_was_cut_off_is_told_and_its_litter_swept(
    engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: TargetFolder, files: dict[str, str], expected: dict[str, str]) -> None:
        (project / "src").mkdir()
        (project / "src/.todos.ts.0a1b2c3d.fluorite-new").write_text("half")
        (project / "src/.todos.ts.mine.fluorite-notes").write_text("mine")
        raise KeyboardInterrupt

    monkeypatch.setattr(TargetFolder, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        await engine.spikes.apply("hono-zod-api", write=True)
    monkeypatch.undo()

    [notice] = (await engine.spikes.apply("hono-zod-api")).notices
    assert "was cut off here" in notice
    await engine.restore(undo=notice.split("undo ")[1].split(" ")[0])
    assert [path.name for path in (project / "src").iterdir()] == [".todos.ts.mine.fluorite-notes"]
    assert (await engine.spikes.apply("hono-zod-api", write=True)).notices == ()
    assert (await engine.spikes.apply("hono-zod-api")).notices == ()
