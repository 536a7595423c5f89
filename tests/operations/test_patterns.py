"""Patterns in the store follow the files they come from."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.discovery import Discovery, DiscoveryTask, find_patterns_apart
from fluorite_mcp.operations import patterns as operations_patterns
from fluorite_mcp.operations.mine import FEW_FILES
from fluorite_mcp.ports import Embedder
from fluorite_mcp.results import ChunkView, Hit
from tests.conftest import OpenEngine

pytestmark = pytest.mark.anyio

HANDLER = """\
@router.get("/{name}s/{{{name}_id}}")
async def read_{name}({name}_id: int, session: Session):
    {name} = await session.get({title}, {name}_id)
    if {name} is None:
        raise HTTPException(status_code=404, detail="{title} not found")
    return {title}Schema.model_validate({name})
"""
NAMES = ("order", "user", "item", "ticket")


def handler(name: str) -> str:
    return "from fastapi import APIRouter, HTTPException\n\n\n" + HANDLER.format(name=name, title=name.title())


@pytest.fixture
def shop(project: Path) -> Path:
    for name in NAMES:
        (project / f"{name}s.py").write_text(handler(name))
    return project


async def patterns(engine: Engine) -> list[Hit]:
    result = await engine.search("read handler session not found", kinds=("pattern",), limit=10)
    return list(result.hits)


async def the_pattern(engine: Engine) -> ChunkView:
    [hit] = await patterns(engine)
    return (await engine.get([hit.id])).chunks[0]


async def test_learn_tells_how_many_patterns_there_are_and_search_finds_them(
    open_engine: OpenEngine, shop: Path
) -> None:
    async with open_engine() as engine:
        assert (await engine.learn()).patterns == 1
        assert (await engine.learn()).patterns == 1
        found = await the_pattern(engine)

    assert found.kind == "pattern"
    assert found.frameworks == ("fastapi",)
    mined = found.metadata["pattern"]
    assert (mined["count"], mined["files"]) == (4, 4)
    assert [hole["name"] for hole in mined["holes"]] == ["subject"]
    assert "items.py:4 read_item" in found.content
    assert "async def read_{{subject}}({{subject}}_id: int" in found.content
    assert found.metadata["first_seen"]["at"]
    assert [event.event for event in found.history] == ["found"]


async def test_an_edited_example_changes_the_count_under_the_same_id(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine() as engine:
        await engine.learn()
        before = await the_pattern(engine)
        (shop / "tickets.py").write_text("def nothing():\n    return 1\n")
        await engine.learn()
        after = await the_pattern(engine)

    assert after.id == before.id
    assert after.metadata["pattern"]["count"] == 3
    assert after.metadata["first_seen"] == before.metadata["first_seen"]


async def test_a_pattern_seen_twice_only_fades_and_comes_back_when_it_is_seen_again(
    open_engine: OpenEngine, shop: Path
) -> None:
    async with open_engine() as engine:
        await engine.learn()
        before = await the_pattern(engine)
        for name in NAMES[:2]:
            (shop / f"{name}s.py").unlink()
        assert (await engine.learn()).patterns == 0
        assert await patterns(engine) == []
        assert (await engine.get([before.id])).chunks[0].retired_at is not None

        (shop / "orders.py").write_text(handler("order"))
        assert (await engine.learn()).patterns == 1
        after = await the_pattern(engine)

    assert (after.id, after.created_at) == (before.id, before.created_at)


async def test_a_renamed_file_keeps_the_pattern(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine() as engine:
        await engine.learn()
        before = await the_pattern(engine)
        (shop / "orders.py").rename(shop / "bookings.py")
        await engine.learn()
        after = await the_pattern(engine)

    assert after.id == before.id
    assert after.metadata["pattern"]["count"] == 4
    assert "bookings.py:4 read_order" in after.content


async def test_what_a_user_forgot_stays_forgotten(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine() as engine:
        await engine.learn()
        found = await the_pattern(engine)
        await engine.forget([found.id], dry_run=False)
        (shop / "more.py").write_text(handler("invoice"))
        learned = await engine.learn()

        assert learned.patterns == 0
        assert await patterns(engine) == []


async def test_two_projects_do_not_mix(open_engine: OpenEngine, shop: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    for name in NAMES[:2]:
        shutil.move(shop / f"{name}s.py", other / f"{name}s.py")
    async with open_engine() as engine:
        assert (await engine.learn()).patterns == 0
        assert (await engine.learn(str(other))).patterns == 0


async def test_background_work_finds_patterns_after_a_search(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine() as engine:
        await engine.search("read order")
        await engine.settle()
        assert len(await patterns(engine)) == 1


async def test_suggest_offers_the_pattern(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine() as engine:
        await engine.learn()
        result = await engine.suggest("add a handler that reads an invoice from the session or raises not found")

    assert any(hit.kind == "pattern" for hit in result.notes)


async def test_a_promoted_pattern_is_a_template_that_gives_its_example(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine() as engine:
        await engine.learn()
        found = await the_pattern(engine)
        promoted = await engine.spikes.promote(found.id)
        again = await engine.spikes.promote(found.id)
        preview = await engine.spikes.preview(promoted.id)
        other = await engine.spikes.preview(promoted.id, {"subject": "invoice"})
        listed = await engine.spikes.find(f"read subject {promoted.name}", limit=10)

    assert again == replace(promoted, took_ms=again.took_ms)
    assert Path(promoted.file).read_text().startswith(f"id: {promoted.id}\n")
    example = found.metadata["pattern"]["exemplars"][0]
    lines = (shop / example["path"]).read_text().splitlines(keepends=True)[example["line"] - 1 : example["end_line"]]
    assert preview.files[0].content == "".join(lines)
    assert other.files[0].content == HANDLER.format(name="invoice", title="Invoice")
    assert promoted.id in [spike.id for spike in listed.spikes]


async def test_a_removed_template_comes_back_by_its_undo(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine() as engine:
        await engine.learn()
        promoted = await engine.spikes.promote((await the_pattern(engine)).id)
        removed = await engine.spikes.remove(promoted.id)
        gone = await engine.spikes.find(f"read subject {promoted.name}", limit=10)
        await engine.restore(undo=removed.undo)
        back = await engine.spikes.find(f"read subject {promoted.name}", limit=10)

    assert not Path(promoted.file).exists()
    assert promoted.id not in [spike.id for spike in gone.spikes]
    assert promoted.id in [spike.id for spike in back.spikes]


async def test_only_mined_patterns_can_be_promoted(open_engine: OpenEngine, project: Path) -> None:
    async with open_engine() as engine:
        stored = await engine.store("always retry with backoff", kind="note")
        with pytest.raises(InputError, match="no pattern that was mined"):
            await engine.spikes.promote(stored.id)
        with pytest.raises(InputError, match="comes along"):
            await engine.spikes.remove("flask-app-factory")


async def test_patterns_of_many_files_are_left_to_the_background_unless_waited_for(
    open_engine: OpenEngine, shop: Path
) -> None:
    for number in range(FEW_FILES):
        (shop / f"module_{number}.py").write_text(f"def area_{number}(width, height):\n    return width * height\n")
    async with open_engine() as engine:
        result = await engine.learn()
        assert any("background" in notice for notice in result.notices)
        await engine.settle()
        later = await engine.learn()

    assert later.patterns >= 1
    assert not later.notices


async def test_patterns_of_many_files_can_be_waited_for(open_engine: OpenEngine, shop: Path) -> None:
    for number in range(FEW_FILES):
        (shop / f"module_{number}.py").write_text(f"def area_{number}(width, height):\n    return width * height\n")
    async with open_engine() as engine:
        result = await engine.learn(mine=True)

    assert result.patterns >= 1
    assert not result.notices


async def test_of_a_very_large_project_some_files_are_looked_at_and_no_call_waits_for_that(
    open_engine: OpenEngine, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations_patterns, "MAX_COMPARED_FILES", 8)
    monkeypatch.setattr(operations_patterns, "QUICK_FILES", 8)
    for name in ("team", "plan", "page", "file", "note", "task"):
        (shop / f"{name}s.py").write_text(handler(name))
    async with open_engine() as engine:
        first = await engine.learn()
        await engine.settle()
        found = await the_pattern(engine)
        again = await engine.learn()
        # A round that still goes on could mine the edit before the call that learns it gets to say so.
        await engine.settle()
        (shop / "tickets.py").write_text("def nothing():\n    return 1\n")
        edited = await engine.learn()

    count = found.metadata["pattern"]["count"]
    assert 4 <= count <= 8
    assert f"Seen {count} times in {count} files, among the 8 that are looked at in so large a project" in found.content
    assert (first.patterns, again.patterns, again.notices) == (0, 1, ())
    assert all(any("background" in notice for notice in one.notices) for one in (first, edited))


async def test_a_large_project_whose_patterns_are_not_found_yet_is_not_called_finished(
    open_engine: OpenEngine, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_engine() as engine:
        await engine.learn()
        monkeypatch.setattr(operations_patterns, "DISCOVERY_VERSION", 99)
        monkeypatch.setattr(operations_patterns, "QUICK_FILES", 1)
        left = await engine.learn()
        await engine.settle()
        done = await engine.learn()

    assert any("background" in notice for notice in left.notices)
    assert not done.notices


async def test_a_large_project_is_grouped_apart_unless_somebody_waits(
    open_engine: OpenEngine, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[bool] = []

    async def find(task: DiscoveryTask, names: Embedder, command: Sequence[str]) -> Discovery:
        commands.append(bool(command))
        return await find_patterns_apart(task, names, command)

    async with open_engine() as engine:
        await engine.learn(mine=True)
        monkeypatch.setattr(operations_patterns, "QUICK_FILES", 1)
        monkeypatch.setattr(operations_patterns, "find_patterns_apart", find)
        (shop / "plans.py").write_text(handler("plan"))
        await engine.learn(mine=True)
        (shop / "pages.py").write_text(handler("page"))
        await engine.learn()
        await engine.settle()
        pattern = await the_pattern(engine)

    assert commands == [False, True]
    assert pattern.metadata["pattern"]["count"] == 6


async def test_tasks_side_by_side_find_the_patterns_of_a_project_once(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine() as engine:
        results = await asyncio.gather(
            engine.learn(mine=True), engine.suggest("read an order or answer not found"), engine.learn(mine=True)
        )
        assert len(await patterns(engine)) == 1

    assert (results[0].patterns, results[2].patterns) == (1, 1)
