"""Learning chunks through real stores: shared, imported in any order, joined."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.chunk_files import MANIFEST_NAME
from tests.conftest import OpenEngine
from tests.operations.test_import_spikes import OURS

pytestmark = pytest.mark.anyio


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
async def folder(engine: Engine, tmp_path: Path) -> Path:
    """What the first colleague shares."""
    note = await engine.store("Parcels leave at noon.", title="Parcels", tags=["parcel"])
    await engine.store(
        "def handler(request): ...", kind="pattern", scope="global", language="python", quality_score=0.8
    )
    await engine.store("A thought of my own.", kind="memory")
    await engine.feedback([note.id], "helpful", note="It did.")
    await engine.search("parse_invoice_number")
    await engine.automatic.export_learning_chunks(tmp_path / "shared")
    return tmp_path / "shared"


async def test_what_is_shared_is_notes_and_patterns_with_where_they_come_from(folder: Path) -> None:
    lines = [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]

    assert {(one["kind"], one["scope"]) for one in lines} == {("note", "project"), ("pattern", "global")}
    note = next(one for one in lines if one["kind"] == "note")
    assert [outcome for _, outcome in note["judgements"]] == ["helpful"]
    assert note["quality"] == pytest.approx(0.68)
    assert note["recorded_at"]
    assert note["hash"]


async def test_no_path_of_this_machine_is_shared(folder: Path, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/ours.yaml").write_text(OURS)
    await engine.spikes.import_from(tmp_path / "templates")
    await engine.automatic.export_learning_chunks(folder)
    text = "".join(path.read_text() for path in folder.iterdir())

    assert "our-audit-log" in text
    assert str(tmp_path) not in text


async def test_a_colleague_gets_everything_and_a_second_import_changes_nothing(
    folder: Path, open_engine: OpenEngine, tmp_path: Path
) -> None:
    async with open_engine(at=tmp_path / "colleague") as engine:
        first = await engine.automatic.import_learning_chunks(folder)
        await engine.automatic.export_learning_chunks(tmp_path / "again")
        second = await engine.automatic.import_learning_chunks(folder)
        hit = (await engine.search("when do parcels leave")).hits[0]
        [chunk] = (await engine.get([hit.id])).chunks

        assert (first.new, second.new, second.updated, second.unchanged) == (2, 0, 0, 2)
        assert bytes_of(tmp_path / "again") == bytes_of(folder)
        assert [event.detail["outcome"] for event in chunk.history if event.event == "feedback"] == ["helpful"]
        assert hit.quality == pytest.approx(0.68)


async def test_exporting_again_changes_no_file(folder: Path, engine: Engine) -> None:
    assert (await engine.automatic.export_learning_chunks(folder)).changed == ()


async def test_importing_in_any_order_gives_the_same_store(
    folder: Path, open_engine: OpenEngine, tmp_path: Path
) -> None:
    folders = [folder]
    for name, content, outcome in (
        ("two", "Parcels leave at two.", "wrong"), ("three", "Parcels leave at noon.", "outdated"),
    ):  # fmt: skip
        async with open_engine(at=tmp_path / name) as engine:
            await engine.automatic.import_learning_chunks(folder)
            [note] = await engine._stored.chunks.select(scope=None, kinds=["note"])
            await engine.feedback([note.id], outcome)
            await engine.store(content, id=note.id, title="Parcels", tags=["parcel"])
            await engine.store(f"Only {name} knows.", scope="global")
            await engine.automatic.export_learning_chunks(tmp_path / f"shared-{name}")
            folders.append(tmp_path / f"shared-{name}")
    outcomes = set()
    for number, order in enumerate(itertools.permutations(folders)):
        async with open_engine(at=tmp_path / f"store-{number}") as engine:
            for one in order:
                await engine.automatic.import_learning_chunks(one)
            await engine.automatic.export_learning_chunks(tmp_path / f"out-{number}")
            chunks = await engine._stored.chunks.select(scope=None, kinds=["note", "pattern"])
            qualities = sorted((chunk.id, round(chunk.quality, 9), chunk.recorded_at) for chunk in chunks)
        outcomes.add((str(bytes_of(tmp_path / f"out-{number}")), str(qualities)))

    assert len(outcomes) == 1
    assert "Parcels leave at two." in next(iter(outcomes))[0]


async def test_what_is_newer_here_is_kept_and_what_was_archived_stays_so(
    folder: Path, open_engine: OpenEngine, tmp_path: Path
) -> None:
    async with open_engine(at=tmp_path / "colleague") as engine:
        await engine.automatic.import_learning_chunks(folder)
        [note] = await engine._stored.chunks.select(scope=None, kinds=["note"])
        [pattern] = await engine._stored.chunks.select(scope=None, kinds=["pattern"])
        await engine.store("Parcels leave at two.", id=note.id)
        await engine.forget([pattern.id], dry_run=False)
        result = await engine.automatic.import_learning_chunks(folder)

        assert (result.new, result.updated, result.kept) == (0, 0, 2)
        assert (await engine.get([note.id])).chunks[0].content == "Parcels leave at two."
        assert (await engine.get([pattern.id])).chunks[0].retired_at is not None


async def test_a_damaged_line_stops_all_of_it(folder: Path, open_engine: OpenEngine, tmp_path: Path) -> None:
    (folder / "zz.jsonl").write_text('{"id": "x"}\n')
    async with open_engine(at=tmp_path / "colleague") as engine:
        with pytest.raises(InputError, match=r"zz\.jsonl:1: not a learning chunk"):
            await engine.automatic.import_learning_chunks(folder)
        assert await engine._stored.chunks.select(scope=None, kinds=["note"]) == []
    shutil.rmtree(folder)
    async with open_engine(at=tmp_path / "colleague") as engine:
        with pytest.raises(InputError, match=f"{MANIFEST_NAME} is missing"):
            await engine.automatic.import_learning_chunks(folder)


async def test_secrets_in_a_colleagues_lines_are_redacted(
    folder: Path, open_engine: OpenEngine, tmp_path: Path
) -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLQ"
    path = next(folder.glob("note-*.jsonl"))
    values = json.loads(path.read_text()) | {"content": f"Parcels leave with {key}."}
    del values["hash"]
    path.write_text(json.dumps(values) + "\n")
    async with open_engine(at=tmp_path / "colleague") as engine:
        await engine.automatic.import_learning_chunks(folder)
        [note] = await engine._stored.chunks.select(scope=None, kinds=["note"])

        assert key not in (await engine.get([note.id])).chunks[0].content
