"""A small source tree under version control, asked about as the code search data asks."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

FILES = {
    "src/invoices.py": """'Invoices.'


def parse_invoice_number(text):
    'Read the number of a scanned invoice.'
    return int(text.removeprefix("INV-"))
""",
    "src/mailer.py": """'Sending mail.'


def send_reminder(address, message):
    'Remind a customer by mail.'
    return deliver(address, message)
""",
    "src/ledger.py": """'The ledger.'


class Ledger:
    'Keeps bookings in order.'

    def outstanding_total(self, customer):
        return sum(one.amount for one in self.bookings[customer])
""",
    "src/currency.py": """'Exchange rates.'


def convert(amount, rate):
    'Convert between currencies.'
    return amount * rate
""",
    "docs/guide.md": "# Guide\n\nHow bookings are made.\n",
}

ANNOTATIONS = [
    {"query": "parse_invoice_number", "relevant": ["src/invoices.py"], "secondary": [], "category": "symbol"},
    {"query": "remind a customer by mail", "relevant": ["src/mailer.py"], "category": "semantic"},
    {
        "query": "where is the outstanding total of the ledger computed",
        "relevant": [{"path": "src/ledger.py", "start_line": 4, "end_line": 8}],
        "category": "architecture",
    },
]


@dataclass(frozen=True, slots=True)
class CodeData:
    """A data file about one repository, and the folder of bare clones it comes from."""

    file: Path
    mirror: Path
    revision: str


@pytest.fixture
def code_data(tmp_path: Path) -> CodeData:
    work, clone = tmp_path / "work", tmp_path / "mirror" / "owner+books" / "repo"
    for path, text in FILES.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
    _git(work, "init", "--quiet", "--initial-branch=main")
    _git(work, "add", ".")
    _git(work, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "first")
    revision = _git(work, "rev-parse", "HEAD")
    (work / "src" / "invoices.py").write_text("# another revision\n")
    _git(work, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-a", "-m", "later")
    clone.parent.mkdir(parents=True)
    _git(tmp_path, "clone", "--quiet", "--bare", str(work), str(clone))
    spec = {
        "name": "books", "language": "python", "url": "https://example.com/owner/books.git",
        "revision": revision, "benchmark_root": "src",
    }  # fmt: skip
    file = tmp_path / "codesearch-small.json"
    file.write_text(json.dumps({"repos": [spec], "annotations": {"books": ANNOTATIONS}}))
    return CodeData(file, tmp_path / "mirror", revision)


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()
