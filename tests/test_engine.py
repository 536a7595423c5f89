"""The engine as a program embeds it: opening, closing, several at once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import FluoriteError, InputError, ProjectError, StoreCorruptError
from fluorite_mcp.learning.locate import Place

pytestmark = pytest.mark.anyio

OTHER_PROCESS = """
import asyncio, sys
from fluorite_mcp import Engine

async def main():
    async with Engine.open(sys.argv[1], folder=sys.argv[2]) as engine:
        for number in range(10):
            await engine.store(f"Process {sys.argv[3]} noted number {number}.", id=f"{sys.argv[3]}-{number}")
        result = await engine.search("parse_invoice_number")
        print(result.hits[0].path, result.project.root)

asyncio.run(main())
"""


COUNTING_THREADS = """
import asyncio, os, sys
from fluorite_mcp import Engine

async def main():
    async with Engine.open(sys.argv[1], folder=sys.argv[2]):
        before = len(os.listdir("/proc/self/task"))
        import numpy
        print(len(os.listdir("/proc/self/task")) - before, os.environ["OPENBLAS_NUM_THREADS"])

asyncio.run(main())
"""


async def test_an_engine_is_opened_with_a_folder_and_little_else(tmp_path: Path, project: Path) -> None:
    async with Engine.open(tmp_path / "new", folder=project) as engine:
        result = await engine.search("parse_invoice_number")

        assert result.hits[0].path == "billing/invoices.py"
        assert result.took_ms > 0
    assert (tmp_path / "new" / "fluorite.db").exists()


async def test_what_was_stored_is_there_after_closing(open_engine: Callable[..., Any]) -> None:
    async with open_engine() as engine:
        stored = await engine.store("Falcon deploys on Fridays.")
    async with open_engine() as engine:
        assert (await engine.search("falcon deploys")).hits[0].id == stored.id


async def test_two_engines_see_what_the_other_does(open_engine: Callable[..., Any], project: Path) -> None:
    async with open_engine() as one, open_engine() as other:
        await one.search("invoice")
        stored = await one.store("Falcon deploys on Fridays.")
        assert (await other.search("falcon deploys")).hits[0].id == stored.id
        await other.forget([stored.id], dry_run=False)
        assert stored.id not in [hit.id for hit in (await one.search("falcon deploys")).hits]
        (project / "new.py").write_text("def written_for_both():\n    return 1\n")
        assert (await one.search("written_for_both")).hits[0].path == "new.py"
        assert (await other.search("written_for_both")).hits[0].path == "new.py"
        (project / "new.py").unlink()
        for engine in (other, one):
            assert "new.py" not in [hit.path for hit in (await engine.search("written_for_both")).hits]


async def test_two_engines_write_side_by_side(open_engine: Callable[..., Any]) -> None:
    async with open_engine() as one, open_engine() as other:
        await asyncio.gather(
            *(engine.store(f"Note {n} of {name}.") for n in range(10) for name, engine in (("a", one), ("b", other)))
        )

        assert (await one.status()).chunks["note"] == (await other.status()).chunks["note"] == 20


def test_two_processes_share_a_data_folder(data_dir: Path, project: Path) -> None:
    command = [sys.executable, "-c", OTHER_PROCESS, str(data_dir), str(project)]
    started = [
        subprocess.Popen([*command, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for name in "ab"
    ]
    finished = [(*process.communicate(timeout=60), process.returncode) for process in started]

    assert [(out.strip(), code) for out, _, code in finished] == [(f"billing/invoices.py {project}", 0)] * 2, finished

    async def counted() -> int:
        async with Engine.open(data_dir, folder=project) as engine:
            return (await engine.status()).chunks["note"]

    assert asyncio.run(counted()) == 20


async def test_one_project_never_answers_in_another(open_engine: Callable[..., Any], tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    (other / "invoices.py").write_text("def parse_invoice_number_elsewhere(text):\n    return text\n")
    async with open_engine() as engine:
        here = await engine.search("parse_invoice_number", limit=50)
        there = await engine.search("parse_invoice_number", path=str(other), limit=50)
        again = await engine.search("parse_invoice_number_elsewhere", limit=50)
        suggested = await engine.suggest("parse the invoice number elsewhere")

    assert there.project.root == str(other)
    assert {hit.path for hit in there.hits if hit.kind == "code"} == {"invoices.py"}
    assert "invoices.py" not in {hit.path for hit in (*here.hits, *again.hits) if hit.kind == "code"}
    assert "invoices.py" not in {hit.path for hit in suggested.code}


async def test_a_repository_inside_another_answers_for_itself(engine: Engine, project: Path) -> None:
    (project / "libs" / "inner" / ".git").mkdir(parents=True)
    (project / "libs" / "inner" / "a.py").write_text("def inner_helper():\n    return 1\n")
    result = await engine.search("inner_helper", path="libs/inner")

    assert result.project.root == str(project / "libs" / "inner")
    assert result.hits[0].path == "a.py"


async def test_many_queries_are_answered_in_their_order(engine: Engine) -> None:
    results = await engine.search_many(["DrainQueue", "parse_invoice_number", "drawRevenueChart"], kinds=["code"])

    assert [result.hits[0].path for result in results] == ["worker/drain.go", "billing/invoices.py", "web/chart.ts"]


async def test_a_request_may_stand_elsewhere_than_its_engine(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.py").write_text("def only_elsewhere():\n    return 1\n")

    assert (await engine.search("only_elsewhere", place=Place(tmp_path / "elsewhere"))).hits[0].path == "a.py"
    assert "a.py" not in [hit.path for hit in (await engine.search("only_elsewhere")).hits]


async def test_a_session_whose_folder_is_gone_is_told_so(open_engine: Callable[..., Any], tmp_path: Path) -> None:
    async with open_engine(folder=tmp_path / "gone") as engine:
        for call in (engine.search("x"), engine.suggest("add x"), engine.learn(), engine.store("x")):
            with pytest.raises(ProjectError, match="gone does not exist"):
                await call


async def test_rebuilding_derived_indexes_loses_nothing(engine: Engine) -> None:
    before = [(hit.id, hit.score) for hit in (await engine.search("invoice", limit=50)).hits]
    done = await engine.rebuild()

    assert done[0].startswith("word index: ")
    assert len(done) == 3
    after = [(hit.id, hit.score) for hit in (await engine.search("invoice", limit=50)).hits]
    assert dict(after).keys() == dict(before).keys()
    assert [score for _, score in after] == pytest.approx([score for _, score in before], abs=2e-3)


async def test_a_deleted_index_and_cache_are_made_again(open_engine: Callable[..., Any], data_dir: Path) -> None:
    async with open_engine() as engine:
        await engine.search("invoice")
        await engine.rebuild()
    for file in (data_dir / "vectors").glob("*.faiss"):
        file.unlink()
    async with open_engine() as engine:
        result = await engine.search("remind a customer to pay by mail")

        assert result.hits[0].path == "billing/mailer.py"
        assert result.mode == "hybrid"
        assert any("rebuilt" in notice for notice in result.notices)


async def test_a_damaged_store_is_left_alone(tmp_path: Path, project: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "fluorite.db").write_bytes(b"not a database at all" * 99)
    before = (tmp_path / "new" / "fluorite.db").read_bytes()

    with pytest.raises(StoreCorruptError, match="is not a database"):
        async with Engine.open(tmp_path / "new", folder=project):
            pass
    assert (tmp_path / "new" / "fluorite.db").read_bytes() == before


async def test_a_refused_request_leaves_the_engine_working(engine: Engine) -> None:
    for call in (engine.search(""), engine.store(""), engine.get([]), engine.feedback([], "helpful")):
        with pytest.raises(InputError):
            await call
    with pytest.raises(FluoriteError):
        await engine.restore(undo="none")

    assert (await engine.search("parse_invoice_number")).hits


@pytest.mark.skipif(sys.platform != "linux" or os.cpu_count() == 1, reason="counts threads in /proc")
@pytest.mark.parametrize(("asked", "threads"), [({}, "0 1"), ({"OPENBLAS_NUM_THREADS": "2"}, "1 2")])
def test_linear_algebra_starts_threads_only_if_asked(
    tmp_path: Path, project: Path, asked: dict[str, str], threads: str
) -> None:
    # Their team waits for each other, and for whoever parses meanwhile: half of the time of learning a small tree.
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | asked
    program = [sys.executable, "-c", COUNTING_THREADS, str(tmp_path / "new"), str(project)]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == threads
