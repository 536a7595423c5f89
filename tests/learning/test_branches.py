"""Branches, worktrees and repositories inside a project, with real git: they do not mix, and nothing judged is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.results import Hit
from tests.conftest import OpenEngine

pytestmark = pytest.mark.anyio

PARSER = '''"""Reading invoices."""


def parse_invoice_number(text):
    """Read the number out of a scanned invoice."""
    return int(text.removeprefix("INV-"))
'''

FEATURE = '''"""Reminders."""


def schedule_reminder(invoice, days):
    """Remind the customer after so many days."""
    return invoice.due + days
'''


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def commit(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "change")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository on `main`, with a branch `feature` that has one file more."""
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root, {"billing/invoices.py": PARSER, "README.md": "# Shop\n\nSells things.\n"})
    git(root, "checkout", "--quiet", "-b", "feature")
    commit(root, {"billing/reminders.py": FEATURE})
    git(root, "checkout", "--quiet", "main")
    return root


@pytest.fixture
async def shop(open_engine: OpenEngine, repository: Path) -> AsyncIterator[Engine]:
    async with open_engine(folder=repository) as engine:
        yield engine


async def find(engine: Engine, symbol: str, path: str | None = None) -> Hit | None:
    """Return the hit that defines a symbol, asked as an assistant asks."""
    hits = (await engine.search(symbol, path=path)).hits
    return next((hit for hit in hits if hit.symbol == symbol), None)


async def defined(engine: Engine, symbol: str, path: str | None = None) -> Hit:
    hit = await find(engine, symbol, path)
    assert hit is not None
    return hit


async def test_an_edit_answers_the_next_call_within_a_second(shop: Engine, repository: Path) -> None:
    before = await defined(shop, "parse_invoice_number")
    (repository / "billing/invoices.py").write_text(PARSER.replace("INV-", "BILL-"))

    started = time.perf_counter()
    after = await defined(shop, "parse_invoice_number")
    assert time.perf_counter() - started < 1.0
    assert (after.id != before.id, after.fresh) == (True, "fresh")
    assert "BILL-" in after.snippet


async def test_only_the_branch_that_is_checked_out_answers(shop: Engine, repository: Path) -> None:
    assert await find(shop, "schedule_reminder") is None
    git(repository, "checkout", "--quiet", "feature")
    assert (await defined(shop, "schedule_reminder")).path == "billing/reminders.py"
    git(repository, "checkout", "--quiet", "main")
    assert await find(shop, "schedule_reminder") is None


async def test_worktrees_answer_with_their_own_files(shop: Engine, repository: Path, tmp_path: Path) -> None:
    tree = tmp_path / "shop-feature"
    git(repository, "worktree", "add", "--quiet", str(tree), "feature")
    here = await defined(shop, "parse_invoice_number")
    there = await defined(shop, "parse_invoice_number", str(tree))
    await shop.feedback([there.id], "wrong")

    assert here.id != there.id
    assert (await defined(shop, "schedule_reminder", str(tree))).path == "billing/reminders.py"
    assert await find(shop, "schedule_reminder") is None
    assert (await defined(shop, "parse_invoice_number")).quality == here.quality


async def test_a_worktree_inside_the_project_is_left_out_of_it(shop: Engine, repository: Path) -> None:
    git(repository, "worktree", "add", "--quiet", ".trees/feature", "feature")

    assert await find(shop, "schedule_reminder") is None
    result = await shop.learn()
    assert [(one.path, one.reason) for one in result.skipped if "worktree" in one.reason] == [
        (".trees/feature", "worktree of this repository, a project of its own")
    ]
    there = await shop.search("schedule_reminder", path=".trees/feature")
    assert there.project.root == str(repository / ".trees/feature")
    assert there.hits[0].path == "billing/reminders.py"


async def test_the_worktrees_of_a_bare_repository_are_its_files(
    open_engine: OpenEngine, repository: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), str(home / ".bare"))
    (home / ".git").write_text("gitdir: ./.bare\n")
    git(home, "worktree", "add", "--quiet", "main", "main")

    async with open_engine(folder=home) as engine:
        assert (await defined(engine, "parse_invoice_number")).path == "main/billing/invoices.py"


async def test_a_repository_inside_the_project_is_a_part_of_it_and_a_project(shop: Engine, repository: Path) -> None:
    inner = repository / "vendor/mailer"
    inner.mkdir(parents=True)
    git(inner, "init", "--quiet", "--initial-branch=main")
    commit(inner, {"send.py": FEATURE})

    outside = await shop.search("schedule_reminder")
    inside = await shop.search("schedule_reminder", path="vendor/mailer")
    assert (outside.project.root, outside.hits[0].path) == (str(repository), "vendor/mailer/send.py")
    assert (inside.project.root, inside.hits[0].path) == (str(inner), "send.py")


async def test_another_branch_and_back_loses_nothing_that_was_judged(shop: Engine, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "feature")
    hit = await defined(shop, "schedule_reminder")
    await shop.feedback([hit.id], "helpful", note="worked on Friday")
    before = (await shop.get([hit.id])).chunks[0]
    git(repository, "checkout", "--quiet", "main")
    assert await find(shop, "schedule_reminder") is None
    git(repository, "checkout", "--quiet", "feature")

    again = await defined(shop, "schedule_reminder")
    after = (await shop.get([hit.id])).chunks[0]
    assert again.id == hit.id
    assert after.quality == pytest.approx(before.quality, abs=0.05)  # The looks of this test count as use.
    assert after.created_at == before.created_at
    assert after.usage >= before.usage
    assert [event.detail.get("note") for event in after.history if event.event == "feedback"] == ["worked on Friday"]


async def test_what_was_forgotten_on_a_branch_stays_forgotten(shop: Engine, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "feature")
    hit = await defined(shop, "schedule_reminder")
    undo = (await shop.forget([hit.id], dry_run=False)).undo
    for branch in ("main", "feature"):
        git(repository, "checkout", "--quiet", branch)
        assert await find(shop, "schedule_reminder") is None

    assert (await shop.restore(undo=undo)).restored == (hit.id,)
    assert (await defined(shop, "schedule_reminder")).id == hit.id


async def test_what_is_restored_is_compared_with_its_file_at_once(shop: Engine, repository: Path) -> None:
    hit = await defined(shop, "parse_invoice_number")
    await shop.forget([hit.id], dry_run=False)
    (repository / "billing/invoices.py").write_text(PARSER.replace("INV-", "BILL-"))
    new = await defined(shop, "parse_invoice_number")
    await shop.restore(ids=[hit.id])

    assert (await shop.get([hit.id])).chunks[0].fresh == "drifted"
    assert [one.id for one in (await shop.search("parse_invoice_number")).hits if one.symbol] == [new.id]


async def test_a_branch_that_is_taken_up_in_another_process_keeps_what_was_judged(
    open_engine: OpenEngine, repository: Path
) -> None:
    git(repository, "checkout", "--quiet", "feature")
    async with open_engine(folder=repository) as engine:
        hit = await defined(engine, "schedule_reminder")
        await engine.feedback([hit.id], "helpful")
        quality = (await defined(engine, "schedule_reminder")).quality
        assert quality > hit.quality
    git(repository, "checkout", "--quiet", "main")
    async with open_engine(folder=repository) as engine:
        assert await find(engine, "schedule_reminder") is None
    git(repository, "checkout", "--quiet", "feature")
    async with open_engine(folder=repository) as engine:
        assert (await defined(engine, "schedule_reminder")).quality == pytest.approx(quality, abs=1e-4)


async def test_a_project_whose_repository_is_gone_answers_from_its_files(shop: Engine, repository: Path) -> None:
    before = await defined(shop, "parse_invoice_number")
    shutil.rmtree(repository / ".git")
    os.utime(repository)

    assert (await defined(shop, "parse_invoice_number")).id == before.id
