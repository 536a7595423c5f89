"""`scripts/bench spikes`: imports a generated collection of templates twice, each in a process; prints a table."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.spike_corpus import BROKEN, FILES, write_corpus

LIMIT_SECONDS = 60


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench spikes", description=__doc__)
    parser.add_argument("--files", type=int, default=FILES, help=f"how many files (default {FILES:,})")
    parser.add_argument("--broken", type=int, default=BROKEN, help=f"how many of them are broken (default {BROKEN})")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fluorite-bench-") as name:
        folder, data = Path(name, "spikes"), Path(name, "data")
        corpus = write_corpus(folder, options.files, options.broken)
        first, seconds = run_import(folder, data)
        again, seconds_again = run_import(folder, data)
    told = len(first["skipped"])
    print("| what | measured | bar | detail |\n|---|---|---|---|")
    print(
        f"| importing {corpus.files:,} templates | {seconds:.1f} s | < {LIMIT_SECONDS} s | "
        f"{first['imported']:,} imported, {first['merged']:,} near-duplicates and {first['stubs']:,} stubs set aside |"
    )
    print(f"| broken files told | {told} | {corpus.broken} | each with its reason |")
    print(
        f"| importing them again | {seconds_again:.1f} s | – | {again['imported'] + again['updated']} changed, "
        f"{again['unchanged']:,} unchanged |"
    )
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    if seconds > LIMIT_SECONDS or told != corpus.broken or again["imported"] or again["updated"]:
        sys.exit("the bar was missed")


def run_import(folder: Path, data: Path) -> tuple[dict[str, Any], float]:
    """Import a folder in a process of its own. Returns its report and the seconds it took, start and end included."""
    command = [sys.executable, "-m", "fluorite_mcp", "spikes", "import", str(folder), "--json", "--data-dir", str(data)]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    report: dict[str, Any] = json.loads(done.stdout)
    return report, time.perf_counter() - started
