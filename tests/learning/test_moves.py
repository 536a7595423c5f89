"""Which chunk of a new file takes the place of one whose file is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.learning.moves import find_successors
from fluorite_mcp.models import Chunk, Departed, Origin
from tests.conftest import OpenEngine

READ = "def read(path):\n    with open(path) as file:\n        return file.read()\n"


def chunk(path: str, content: str, symbol: str | None = "read", *, archived: bool = False) -> Chunk:
    return Chunk(
        id=f"code-{path}-{symbol}", kind="code", title=symbol or path, content=content, key=hash((path, symbol)),
        origin=Origin(path, 1, 3, symbol), retired_at="2026-01-01T00:00:00Z" if archived else None,
    )  # fmt: skip


def paired(leaving: list[Chunk], candidates: list[Chunk]) -> dict[str | None, str | None]:
    return {old.origin.path: new.origin.path for old, new in find_successors(leaving, candidates)}


def test_equal_texts_are_paired_by_the_end_of_their_paths() -> None:
    leaving = [chunk(f"jobs/{name}/read.py", READ) for name in "abc"]
    candidates = [chunk(f"workers/deep/{name}/read.py", READ) for name in "cba"]

    assert paired(leaving, candidates) == {f"jobs/{name}/read.py": f"workers/deep/{name}/read.py" for name in "abc"}


def test_an_equal_text_wins_over_a_nearer_place() -> None:
    edited = READ.replace("path", "name")

    assert paired([chunk("a/read.py", READ)], [chunk("b/read.py", edited), chunk("c/other.py", READ)]) == {
        "a/read.py": "c/other.py"
    }


def test_an_edit_is_followed_by_name_and_words() -> None:
    edited = READ.replace("open(path)", "open(path, encoding='utf-8')")

    assert paired([chunk("a.py", READ)], [chunk("b.py", edited)]) == {"a.py": "b.py"}
    assert paired([chunk("a.py", READ)], [chunk("b.py", edited, "load")]) == {}
    assert paired([chunk("a.py", READ, None)], [chunk("b.py", "something else entirely", None)]) == {}


def test_one_successor_is_nobody_elses() -> None:
    assert len(paired([chunk("a.py", READ), chunk("b.py", READ)], [chunk("c.py", READ)])) == 1


def test_what_was_archived_follows_only_as_it_was() -> None:
    old = chunk("a.py", READ, archived=True)

    assert paired([old], [chunk("b.py", READ)]) == {"a.py": "b.py"}
    assert paired([old], [chunk("b.py", READ.replace("path", "name"))]) == {}


@pytest.mark.timeout(20)
def test_thousands_of_pages_that_move_at_once_are_no_wait() -> None:
    text = "A page among its neighbours.\n" * 20
    leaving = [chunk(f"docs/{number}.md", f"{number} {text}", None) for number in range(2_000)]
    equal = [chunk(f"pages/{number}.md", f"{number} {text}", None) for number in range(2_000)]

    assert len(find_successors(leaving, equal)) == 2_000


@pytest.mark.anyio
async def test_only_the_newest_of_what_left_is_kept(open_engine: OpenEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluorite_mcp.storage.departed._KEPT_PER_PROJECT", 2)
    async with open_engine() as engine:
        await engine.learn()
        store = engine._stored
        project = (await store.projects.all())[0].key
        async with store.database.atomic():
            for number in range(4):
                await store.departed.put(project, [Departed(f"c{number}", f"2026-01-0{number + 1}", None, {})])

        assert sorted(await store.departed.of(project)) == ["c1", "c2", "c3"]


@pytest.mark.anyio
async def test_a_file_that_was_renamed_twice_is_found_by_its_first_id(engine: Engine, project: Path) -> None:
    hit = (await engine.search("parse_invoice_number")).hits[0]
    await engine.feedback([hit.id], "helpful")
    for old, new in (("invoices", "ledger"), ("ledger", "books")):
        (project / f"billing/{old}.py").rename(project / f"billing/{new}.py")
        await engine.learn()

    [found] = (await engine.get([hit.id])).chunks
    assert found.path == "billing/books.py"
    assert (await engine.feedback([hit.id], "helpful")).qualities.keys() == {found.id}
