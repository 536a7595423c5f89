"""An export holds the whole memory; importing it into an empty one gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError
from fluorite_mcp.operations.export_lines import FORMAT, VERSION
from fluorite_mcp.operations.transfer import _HEADER

pytestmark = pytest.mark.anyio

HEADER = json.dumps({"type": "header", "format": FORMAT, "version": VERSION})
CHUNK: dict[str, Any] = {
    "type": "chunk", "id": "x", "kind": "note", "root": None, "title": "t", "content": "falcon", "language": None,
    "frameworks": [], "tags": [], "origin": {}, "quality": 0.5, "helpful": 0.0, "unhelpful": 0.0, "usage": 0,
    "created_at": "2026-03-01T00:00:00.000000Z", "accessed_at": "2026-03-01T00:00:00.000000Z", "valid_from": None,
    "valid_to": None, "recorded_at": "2026-03-01T00:00:00.000000Z", "retired_at": None, "metadata": {}, "history": [],
}  # fmt: skip
PROJECT = {"type": "project", "root": "/r", "created_at": "2026", "learned_at": None, "commit": None}
FILE = {
    "type": "file", "root": "/r", "path": "a.py", "size": 1, "modified_ns": 2, "hash": "00ff", "language": None,
    "skipped": None,
}  # fmt: skip


async def export(engine: Engine) -> list[str]:
    return [line async for line in engine.export()]


@pytest.fixture
async def rich(engine: Engine, project: Path) -> Engine:
    """A memory with something of everything."""
    away = (await engine.search("drawRevenueChart")).hits[0]
    await engine.feedback([away.id], "helpful", note="On another branch.")
    (project / "web/chart.ts").unlink()
    await engine.learn()
    notes = [
        (await engine.store(f"Falcon deploys on day {n}.", metadata={"n": n, "deep": ["漢"]})).id for n in range(3)
    ]
    await engine.store("Everybody's rule.", scope="global", id="rule", quality_score=0.9)
    await engine.store("Everybody's newer rule.", scope="global", id="rule")
    await engine.feedback([notes[0], "spike:hono-rate-limit"], "helpful", note="It did.")
    await engine.forget([notes[1]], dry_run=False)
    await engine.forget(["spike:hono-zod-api"], dry_run=False)
    await engine.get([notes[2]])
    return engine


async def test_export_wipe_import_export_gives_the_same_bytes(
    rich: Engine, open_engine: Callable[..., Any], tmp_path: Path
) -> None:
    lines = await export(rich)
    types = {json.loads(line)["type"] for line in lines}
    assert types == {"header", "project", "file", "chunk", "departed", "relation", "undo"}

    async with open_engine(at=tmp_path / "wiped") as engine:
        assert await engine.import_lines(lines) == sum('"type": "chunk"' in line for line in lines)
        assert await export(engine) == lines
        assert await engine.import_lines(lines) == 0
        assert await export(engine) == lines


async def test_what_was_imported_is_found_judged_and_undone_as_before(
    rich: Engine, open_engine: Callable[..., Any], tmp_path: Path
) -> None:
    before = await rich.search("falcon deploys", kinds=["note"])
    undo = next(json.loads(line) for line in await export(rich) if '"type": "undo"' in line)
    async with open_engine(at=tmp_path / "wiped") as engine:
        await engine.import_lines(await export(rich))

        after = await engine.search("falcon deploys", kinds=["note"])
        assert [(hit.id, hit.score) for hit in after.hits] == [(hit.id, hit.score) for hit in before.hits]
        assert set((await engine.restore(undo=undo["token"])).restored) == set(undo["ids"])
        assert (await engine.learn()).files_changed == 0


async def test_what_is_there_already_stays(engine: Engine) -> None:
    await engine.store("Ours.", id="x")
    lines = [HEADER, json.dumps(CHUNK | {"content": "Theirs."})]

    assert await engine.import_lines(lines) == 0
    assert (await engine.get(["x"])).chunks[0].content == "Ours."


async def test_an_old_export_does_not_bring_back_old_code(engine: Engine, project: Path) -> None:
    await engine.learn()
    old = await export(engine)
    (project / "worker/drain.go").write_text("package worker\n\nfunc EmptyQueue() {}\n")
    await engine.learn()
    new = await export(engine)

    await engine.import_lines(old)

    assert await export(engine) == new


async def test_a_model_that_does_not_work_does_not_stop_an_import(
    open_engine: Callable[..., Any], broken_model: str, tmp_path: Path
) -> None:
    async with open_engine(model=broken_model, at=tmp_path / "wiped") as engine:
        assert await engine.import_lines([HEADER, json.dumps(CHUNK)]) == 1
        assert (await engine.search("falcon", kinds=["note"])).hits[0].id == "x"


def test_the_header_that_is_written_is_the_one_that_is_read() -> None:
    assert _HEADER == {"format": FORMAT, "version": VERSION}


BAD: list[tuple[list[str], str]] = [
    ([], "line 1 is not the header"),
    ([json.dumps(CHUNK)], "line 1 is not the header"),
    ([json.dumps({"type": "header", "format": FORMAT, "version": 99})], "line 1 is not a line of an export"),
    ([HEADER, "{"], "line 2 is not a line of an export"),
    ([HEADER, "5"], "line 2 "),
    ([HEADER, "[]"], "line 2 "),
    ([HEADER, "", json.dumps({"type": "thing"})], "line 3 "),
    ([HEADER, json.dumps({"kind": "note"})], "line 2 "),
    ([HEADER, json.dumps(CHUNK), json.dumps(CHUNK)], "line 3 repeats the id 'x'"),
    ([HEADER, json.dumps({key: CHUNK[key] for key in CHUNK if key != "title"})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"more": 1})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"kind": "nota"})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"content": 5})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"content": "\ud800"})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"quality": 2})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"quality": float("nan")})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"usage": 2**70})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"tags": "abc"})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"history": [["a"]]})], "line 2 "),
    ([HEADER, json.dumps(CHUNK | {"root": "/r"})], "line 2 speaks of the project '/r'"),
    ([HEADER, json.dumps(FILE)], "line 2 speaks of the project '/r'"),
    ([HEADER, json.dumps(PROJECT), json.dumps(FILE | {"hash": "zz"})], "line 3 "),
    ([HEADER, json.dumps(PROJECT | {"root": None})], "line 2 "),
    ([HEADER, json.dumps({"type": "relation", "source": "a", "target": "b", "relation": "likes"})], "line 2 "),
    ([HEADER, json.dumps({"type": "undo", "token": "t", "at": "2026", "ids": "abc"})], "line 2 "),
]


@pytest.mark.parametrize(("tail", "said"), BAD, ids=[f"{said} {len(tail)}-{n}" for n, (tail, said) in enumerate(BAD)])
async def test_a_line_that_cannot_be_kept_is_named_and_nothing_is_written(
    engine: Engine, tail: list[str], said: str
) -> None:
    before = await export(engine)
    good = [json.dumps(CHUNK | {"id": "good"}), json.dumps(PROJECT)] if len(tail) < 2 else []

    with pytest.raises(InputError) as caught:
        await engine.import_lines(tail + (good if tail and tail[0] == HEADER else []))
    assert said in str(caught.value)
    assert str(caught.value).endswith("Nothing was imported.")
    assert await export(engine) == before
