"""What many suites build on: a small real project, a data folder, engines in it, real models that do not work."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.settings import MlSettings, Settings

OpenEngine: TypeAlias = Callable[..., AbstractAsyncContextManager[Engine]]
WriteFiles: TypeAlias = Callable[[Path, dict[str, str]], Path]

# Files changed this moment count as unsettled: most tests are about a project that was there before.
AGE_SECONDS = 3600

INVOICES = '''"""Invoices and their totals."""

from fastapi import APIRouter

router = APIRouter()


class InvoiceLedger:
    """Keeps every invoice of a customer."""

    def add_invoice(self, number, amount):
        """Book an invoice under its number."""
        self.booked[number] = amount

    def outstanding_total(self, customer):
        """Sum what a customer still owes."""
        return sum(invoice.amount for invoice in self.booked.values() if invoice.customer == customer)


def parse_invoice_number(text):
    """Read the number out of a scanned invoice."""
    return int(text.removeprefix("INV-"))
'''

MAILER = '''"""Sending mail."""

from fastapi import BackgroundTasks


def send_reminder(address, invoice):
    """Remind a customer of an unpaid invoice by mail."""
    return deliver(address, subject=f"Reminder {invoice.number}")
'''

TEST_INVOICES = """from billing.invoices import parse_invoice_number


def test_parse_invoice_number():
    assert parse_invoice_number("INV-7") == 7
"""

CHART = """import { Hono } from "hono";

/** Draws the revenue of each month as a bar chart. */
export function drawRevenueChart(months: number[]): string {
  return months.map((value) => "#".repeat(value)).join("\\n");
}
"""

WORKER_GO = """package worker

// DrainQueue hands every waiting job to a handler until the queue is empty.
func DrainQueue(queue chan Job, handle func(Job)) int {
	count := 0
	for job := range queue {
		handle(job)
		count++
	}
	return count
}
"""

GUIDE_JA = """# 請求書の発行手順

月末に未払いの顧客へ督促メールを送信します。

## 締め処理

締め日は毎月二十五日です。夜間バッチが売上を集計します。
"""

README = """# Billing

Invoices, reminders and revenue charts.

## Deploying

Run `make ship` after the tests.
"""

FILES = {
    ".gitignore": "build/\n*.log\n",
    "README.md": README,
    "billing/invoices.py": INVOICES,
    "billing/mailer.py": MAILER,
    "tests/test_invoices.py": TEST_INVOICES,
    "web/chart.ts": CHART,
    "worker/drain.go": WORKER_GO,
    "docs/guide.ja.md": GUIDE_JA,
    "build/output.py": "def built_by_a_machine():\n    return 'left out'\n",
    "debug.log": "left out\n",
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def write_files() -> WriteFiles:
    """Writes files below a folder, dated an hour ago."""
    return _write_files


def _write_files(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    age_files(root)
    return root


def age_files(root: Path) -> None:
    """Date everything below a folder an hour ago, so that it counts as settled."""
    then = time.time() - AGE_SECONDS
    for path in (root, *root.rglob("*")):
        os.utime(path, times=(then, then), follow_symlinks=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in several languages, with a fake secret, a binary, and a link that leads outside."""
    outside = tmp_path / "outside.py"
    outside.write_text("def outside_of_the_project():\n    return 1\n")
    root = tmp_path / "billing"
    (root / ".git" / "info").mkdir(parents=True)
    (root / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0" + bytes(range(256)))
    (root / ".env").write_text("PAYMENT_TOKEN=do-not-read-this\n")
    (root / "linked.py").symlink_to(outside)
    return _write_files(root, FILES)


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the bundled knowledge is loaded: every test would load it anew."""
    folder = tmp_path_factory.mktemp("seed")

    async def load() -> None:
        async with Engine.open(folder / "data", folder=folder) as engine:
            await engine.status()

    asyncio.run(load())
    return folder / "data"


@pytest.fixture
def data_dir(tmp_path: Path, seed: Path) -> Path:
    return Path(shutil.copytree(seed, tmp_path / "data"))


@pytest.fixture
def open_engine(data_dir: Path, project: Path) -> OpenEngine:
    """Opens engines on this test's data folder; `folder` and `model` may be chosen."""

    @asynccontextmanager
    async def opened(
        folder: Path | None = None, model: str = "builtin", at: Path | None = None
    ) -> AsyncIterator[Engine]:
        settings = Settings(data_dir=at or data_dir, ml=MlSettings(embedding_model=model))
        async with Engine.open(settings=settings, folder=folder or project) as engine:
            yield engine

    return opened


@pytest.fixture
def broken_model(tmp_path: Path) -> str:
    """A model folder that can be configured and cannot be loaded."""
    folder = tmp_path / "broken-model"
    folder.mkdir()
    for name in ("model.onnx", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text("{}")
    return str(folder)


@pytest.fixture
async def engine(open_engine: OpenEngine) -> AsyncIterator[Engine]:
    async with open_engine() as opened:
        yield opened
