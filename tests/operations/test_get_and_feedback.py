"""`get` and `feedback`: whole chunks, counted uses, judgements."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError, TooLargeError, UnknownIdError

pytestmark = pytest.mark.anyio


async def test_chunks_come_in_the_order_asked_each_once(engine: Engine) -> None:
    first = (await engine.store("One thing.")).id
    second = (await engine.store("Another thing.")).id

    assert [chunk.id for chunk in (await engine.get([second, first, second])).chunks] == [second, first]


async def test_a_learned_chunk_names_its_file_and_project(engine: Engine, project: Path) -> None:
    hit = (await engine.search("DrainQueue", language="go")).hits[0]
    result = await engine.get([hit.id])
    [chunk] = result.chunks

    assert result.project.root == str(project)
    assert (chunk.path, chunk.language, chunk.fresh, chunk.symbol) == ("worker/drain.go", "go", "fresh", hit.symbol)
    (project / "worker/drain.go").write_text("package worker\n")
    assert (await engine.get([hit.id])).chunks[0].fresh == "drifted"
    (project / "worker/drain.go").unlink()
    assert (await engine.get([hit.id])).chunks[0].fresh == "gone"


async def test_a_file_that_was_just_written_is_fresh(engine: Engine, project: Path) -> None:
    (project / "now.py").write_text("def written_this_moment():\n    return 1\n")
    hit = (await engine.search("written_this_moment")).hits[0]

    assert (hit.path, hit.fresh) == ("now.py", "fresh")


async def test_lines_can_be_limited(engine: Engine) -> None:
    stored = await engine.store("one\ntwo\nthree")
    [chunk] = (await engine.get([stored.id], max_lines=2)).chunks

    assert (chunk.content, chunk.truncated) == ("one\ntwo\n", True)
    with pytest.raises(InputError, match="max_lines"):
        await engine.get([stored.id], max_lines=0)


async def test_each_use_is_counted_once_a_search_showed_it(engine: Engine) -> None:
    stored = await engine.store("Parcels leave at noon.")

    assert [(await engine.get([stored.id])).chunks[0].usage for _ in range(2)] == [0, 0]
    assert (await engine.search("when do parcels leave")).hits[0].id == stored.id
    assert [(await engine.get([stored.id])).chunks[0].usage for _ in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("id_", ["note-nothing", "", "a\0b", "\ud800", "x" * 5000])
async def test_an_unknown_id_is_refused(engine: Engine, id_: str) -> None:
    for call in (engine.get([id_]), engine.feedback([id_], "helpful"), engine.forget([id_]), engine.restore(ids=[id_])):
        with pytest.raises(UnknownIdError, match="No chunk has the id"):
            await call


async def test_the_nearest_ids_are_named(engine: Engine) -> None:
    await engine.store("One thing.", id="deploy-notes")

    with pytest.raises(UnknownIdError, match=r"The nearest: deploy-notes\."):
        await engine.get(["deploy-nots"])


async def test_the_number_of_ids_has_a_limit(engine: Engine) -> None:
    with pytest.raises(InputError, match="ids is empty"):
        await engine.get([])
    with pytest.raises(InputError, match="at most 200"):
        await engine.get([f"x{n}" for n in range(201)])


async def test_a_store_that_is_being_written_to_still_answers(engine: Engine, data_dir: Path) -> None:
    stored = await engine.store("One thing.")
    await engine.search("One thing.")
    other = sqlite3.connect(data_dir / "fluorite.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        result = await engine.get([stored.id])
    finally:
        other.execute("ROLLBACK")
        other.close()

    assert result.chunks[0].content == "One thing."
    assert result.took_ms < 5000
    await engine.store("Another thing.")
    assert (await engine.get([stored.id])).chunks[0].usage == 1


async def test_a_store_that_cannot_be_written_still_answers(engine: Engine) -> None:
    stored = await engine.store("One thing.")
    await engine.search("One thing.")
    await engine._stored.database._writer.execute("PRAGMA query_only = ON")

    assert (await engine.get([stored.id])).chunks[0].content == "One thing."
    assert (await engine.get([stored.id])).chunks[0].usage == 0


async def test_a_judgement_moves_quality_and_is_remembered(engine: Engine) -> None:
    stored = await engine.store("One thing.", quality_score=0.5)
    better = (await engine.feedback([stored.id, stored.id], "helpful", note="It did.")).qualities
    worse = (await engine.feedback([stored.id], "wrong")).qualities

    assert better[stored.id] > 0.5 > worse[stored.id]
    history = (await engine.get([stored.id])).chunks[0].history
    assert [(event.event, event.detail.get("outcome")) for event in history] == [
        ("stored", None),
        ("feedback", "helpful"),
        ("feedback", "wrong"),
    ]
    assert history[1].detail["note"] == "It did."


async def test_a_judgement_is_for_all_or_none(engine: Engine) -> None:
    stored = await engine.store("One thing.", quality_score=0.5)

    with pytest.raises(UnknownIdError):
        await engine.feedback([stored.id, "note-nothing"], "helpful")
    assert (await engine.get([stored.id])).chunks[0].quality == 0.5


async def test_a_bad_judgement_is_refused(engine: Engine) -> None:
    stored = await engine.store("One thing.")

    with pytest.raises(InputError, match="outcome 'good' is unknown"):
        await engine.feedback([stored.id], "good")
    with pytest.raises(InputError, match="note holds a NUL"):
        await engine.feedback([stored.id], "helpful", note="a\0")
    with pytest.raises(TooLargeError, match="note has"):
        await engine.feedback([stored.id], "helpful", note="x" * 20_000)
    assert (await engine.feedback([stored.id], "helpful", note=" ")).qualities
