"""A file that is renamed or moved keeps what its chunks were judged, used and related to."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.results import ChunkView, Hit
from tests.conftest import INVOICES

pytestmark = pytest.mark.anyio

SYMBOL = "parse_invoice_number"


async def find(engine: Engine, path: str, symbol: str = SYMBOL) -> Hit:
    """Return the chunk of a file that a symbol finds."""
    found = [hit for hit in (await engine.search(symbol, limit=20)).hits if hit.path == path]
    assert found, f"{symbol} is not found in {path}"
    return found[0]


def judgement(chunk: ChunkView) -> float:
    """Return the part of a chunk's quality that people gave it; where it lies and what is beside it are others."""
    return next(factor.value for factor in chunk.quality_factors if factor.name == "judgement")


async def judged(engine: Engine, path: str = "billing/invoices.py", symbol: str = SYMBOL) -> ChunkView:
    """Judge and use a chunk, and return how it is then."""
    hit = await find(engine, path, symbol)
    await engine.feedback([hit.id], "helpful", note="it works")
    return (await engine.get([hit.id])).chunks[0]


def assert_followed(before: ChunkView, after: ChunkView) -> None:
    """Assert that everything that was said of a chunk is said of the one that took its place."""
    assert after.id != before.id
    assert judgement(after) == pytest.approx(judgement(before), abs=1e-3)
    assert after.created_at == before.created_at
    assert after.usage >= before.usage
    assert [event.detail.get("note") for event in after.history if event.event == "feedback"] == ["it works"]


def rename(project: Path, old: str, new: str) -> None:
    (project / new).parent.mkdir(parents=True, exist_ok=True)
    (project / old).rename(project / new)


@pytest.mark.parametrize("new", ["billing/ledger.py", "accounts/deep/invoices.py", "elsewhere/other.py"])
async def test_a_judgement_follows_a_renamed_file(engine: Engine, project: Path, new: str) -> None:
    before = await judged(engine)
    rename(project, "billing/invoices.py", new)
    hit = await find(engine, new)

    assert_followed(before, (await engine.get([hit.id])).chunks[0])
    assert "moved" in [event.event for event in (await engine.get([hit.id])).chunks[0].history]


async def test_a_judgement_follows_git_mv_and_a_commit(engine: Engine, project: Path) -> None:
    run = ["git", "-C", str(project), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*run, "init", "--quiet"], check=True)
    subprocess.run([*run, "add", "billing"], check=True)
    subprocess.run([*run, "commit", "--quiet", "-m", "first"], check=True)
    before = await judged(engine)
    subprocess.run([*run, "mv", "billing/invoices.py", "billing/ledger.py"], check=True)
    subprocess.run([*run, "commit", "--quiet", "-m", "rename"], check=True)

    assert_followed(before, (await engine.get([(await find(engine, "billing/ledger.py")).id])).chunks[0])
    subprocess.run([*run, "checkout", "--quiet", "HEAD~1"], check=True)
    back = await find(engine, "billing/invoices.py")
    after = (await engine.get([back.id])).chunks[0]
    assert (after.id, judgement(after)) == (before.id, judgement(before))
    assert len([event for event in after.history if event.event == "feedback"]) == 1


async def test_a_judgement_follows_a_file_that_was_renamed_and_edited(engine: Engine, project: Path) -> None:
    before = await judged(engine)
    (project / "billing/invoices.py").unlink()
    (project / "billing/ledger.py").write_text(INVOICES.replace('"INV-"', '"BILL-"').replace("Keeps every", "Has each"))

    assert_followed(before, (await engine.get([(await find(engine, "billing/ledger.py")).id])).chunks[0])


async def test_alike_files_of_a_moved_folder_keep_their_own_judgements(engine: Engine, project: Path) -> None:
    handler = 'def handle(event):\n    """Handle one event of a queue."""\n    return event.process(retries=3)\n'
    for name in ("a", "b", "c"):
        (project / "jobs" / name).mkdir(parents=True)
        (project / "jobs" / name / "handler.py").write_text(f'"""The {name} queue."""\n' + handler)
    hit = await find(engine, "jobs/b/handler.py", "handle")
    await engine.feedback([hit.id], "helpful")
    quality = {name: (await find(engine, f"jobs/{name}/handler.py", "handle")).quality for name in ("a", "b", "c")}
    assert quality["b"] > quality["a"]
    rename(project, "jobs", "workers/queues")

    for name in ("a", "b", "c"):
        moved = await find(engine, f"workers/queues/{name}/handler.py", "handle")
        assert moved.quality == pytest.approx(quality[name], abs=1e-3), name


async def test_relations_follow_and_old_ids_lead_to_the_new_ones(engine: Engine, project: Path) -> None:
    before = await judged(engine)
    note = await engine.store("Numbers of invoices are unique.", metadata={})
    await relate(engine, note.id, before.id)
    rename(project, "billing/invoices.py", "billing/ledger.py")
    new = await find(engine, "billing/ledger.py")

    [chunk] = (await engine.get([new.id])).chunks
    stored = [(edge.type, edge.id, edge.direction) for edge in chunk.relations if edge.type == "used-with"]
    assert stored == [("used-with", note.id, "in")]
    [asked] = (await engine.get([before.id])).chunks
    assert asked.id == new.id


async def relate(engine: Engine, source: str, target: str) -> None:
    from fluorite_mcp.models import Relation

    stored = engine._stored
    async with stored.database.atomic():
        await stored.relations.put([Relation(source, target, "used-with", 1.0)], "2026-01-01T00:00:00Z")


async def test_what_was_forgotten_stays_forgotten_in_a_renamed_file(engine: Engine, project: Path) -> None:
    hit = await find(engine, "billing/invoices.py")
    undo = (await engine.forget([hit.id], dry_run=False)).undo
    rename(project, "billing/invoices.py", "billing/ledger.py")

    assert "billing/ledger.py" not in [one.path for one in (await engine.search(SYMBOL)).hits]
    [restored] = (await engine.restore(undo=undo)).restored
    assert (await find(engine, "billing/ledger.py")).id == restored


async def test_a_judgement_follows_a_file_that_was_written_anew_before_it_was_deleted(
    engine: Engine, project: Path
) -> None:
    before = await judged(engine)
    (project / "billing/ledger.py").write_text(INVOICES)
    assert (await engine.get([(await find(engine, "billing/ledger.py")).id])).chunks[0].history == ()
    (project / "billing/invoices.py").unlink()

    assert_followed(before, (await engine.get([(await find(engine, "billing/ledger.py")).id])).chunks[0])


async def test_what_is_not_alike_inherits_nothing(engine: Engine, project: Path) -> None:
    before = await judged(engine)
    (project / "billing/invoices.py").unlink()
    text = (
        f"def {SYMBOL}(scan, alphabet, strict=False):\n    for letter in scan:\n        yield alphabet.index(letter)\n"
    )
    (project / "billing/ledger.py").write_text(text)
    after = (await engine.get([(await find(engine, "billing/ledger.py")).id])).chunks[0]

    assert before.quality > after.quality
    assert after.history == ()


async def test_a_file_that_was_copied_and_later_deleted_leaves_its_judgement_to_nobody_twice(
    engine: Engine, project: Path
) -> None:
    await judged(engine)
    quality = (await find(engine, "billing/invoices.py")).quality
    for name in ("one", "two"):
        (project / f"billing/{name}.py").write_text(INVOICES)
    (project / "billing/invoices.py").unlink()
    qualities = sorted([(await find(engine, f"billing/{name}.py")).quality for name in ("one", "two")])

    assert qualities[1] == pytest.approx(quality, abs=1e-3)
    assert qualities[0] < quality
