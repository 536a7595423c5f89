"""The knowledge that ships with the package: loaded once, updated, never taken from the user again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp import engine as composition
from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.bundled import bundled_folder, read_bundled

pytestmark = pytest.mark.anyio

LIMIT = "spike:hono-rate-limit"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of one bundled file that the engine loads from, and that a test may change."""
    source = bundled_folder()
    assert source is not None
    copy = tmp_path / "bundled"
    copy.mkdir()
    shutil.copy(source / "hono.jsonl", copy)
    monkeypatch.setattr(composition, "bundled_folder", lambda: copy)
    return copy


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "hono.jsonl"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


async def export(engine: Engine) -> list[str]:
    return [line async for line in engine.export()]


async def test_loading_twice_changes_nothing(open_engine: Callable[..., Any], tmp_path: Path, folder: Path) -> None:
    async with open_engine(at=tmp_path / "new") as engine:
        assert (await engine.search("rate limit", kinds=["spike"])).hits
        first = await export(engine)
    (folder / "hono.jsonl").write_text((folder / "hono.jsonl").read_text() + "\n")  # Another file, the same chunks.
    async with open_engine(at=tmp_path / "new") as engine:
        assert await export(engine) == first


async def test_an_update_brings_new_text_and_keeps_judgement_and_archive(
    open_engine: Callable[..., Any], tmp_path: Path, folder: Path
) -> None:
    at = tmp_path / "new"
    async with open_engine(at=at) as engine:
        quality = (await engine.feedback([LIMIT], "unhelpful")).qualities[LIMIT]
        other = next(hit.id for hit in (await engine.search("hono", kinds=["spike"], limit=50)).hits if hit.id != LIMIT)
        undo = (await engine.forget([other], dry_run=False)).undo
    edit(folder, "Stack: ", "Built with: ")
    async with open_engine(at=at) as engine:
        found = {chunk.id: chunk for chunk in (await engine.get([LIMIT, other])).chunks}
        assert "Built with: " in found[LIMIT].content
        assert found[LIMIT].quality == pytest.approx(quality, abs=1e-3)
        assert [event.event for event in found[LIMIT].history] == ["learned", "feedback", "updated"]
        assert found[other].retired_at is not None
        assert (await engine.restore(undo=undo)).restored == (other,)


async def test_a_damaged_file_is_told_and_does_not_stop_the_work(
    open_engine: Callable[..., Any], tmp_path: Path, folder: Path
) -> None:
    edit(folder, '"kind"', '"kynd"')
    async with open_engine(at=tmp_path / "new") as engine:
        result = await engine.search("parse_invoice_number")

        assert result.hits[0].path == "billing/invoices.py"
        assert any("bundled knowledge was not loaded: hono.jsonl:1:" in notice for notice in result.notices)
        assert not (await engine.search("invoice")).notices


async def test_without_bundled_knowledge_the_rest_works(
    open_engine: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "bundled_folder", lambda: None)
    async with open_engine(at=tmp_path / "new") as engine:
        assert (await engine.search("parse_invoice_number")).hits[0].path == "billing/invoices.py"


@pytest.mark.parametrize("line", ["{", "[]", "5", json.dumps({"id": "x"}), '{"id": 1, "kind": "spike"}'])
def test_a_line_that_is_no_chunk_is_named(line: str) -> None:
    with pytest.raises(InputError, match=r"own\.jsonl:2: not a chunk"):
        read_bundled(f"\n{line}\n", "own.jsonl")


def test_line_separators_inside_a_chunk_do_not_end_its_line() -> None:
    source = bundled_folder()
    assert source is not None
    line = (source / "hono.jsonl").read_text(encoding="utf-8").split("\n")[0]
    values = json.loads(line) | {"content": "one\u2028two\x85three"}
    [bundled] = read_bundled(json.dumps(values, ensure_ascii=False) + "\n", "own.jsonl")

    assert bundled.chunk.content == "one\u2028two\x85three"


async def test_a_template_that_was_outdated_is_as_good_as_before_once_it_was_updated(
    open_engine: Callable[..., Any], tmp_path: Path, folder: Path
) -> None:
    async with open_engine(at=tmp_path / "new") as engine:
        before = (await engine.get([LIMIT])).chunks[0].quality
        outdated = (await engine.feedback([LIMIT], "outdated")).qualities[LIMIT]
    edit(folder, "Stack: ", "Built with: ")
    async with open_engine(at=tmp_path / "new") as engine:
        [updated] = (await engine.get([LIMIT])).chunks

    assert outdated < 0.1
    assert updated.quality == before
