"""`scripts/bench patterns`: mines a tree of 5,000 source files and more, then ten changed ones; prints a table."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.corpus import WORK_FOLDER
from benchmarks.memory import MemoryWatch
from benchmarks.quality.trees import ensure_tree
from fluorite_mcp.engine import Engine

LIMIT_SECONDS = 60
LIMIT_MEGABYTES = 1_000
LIMIT_AGAIN_SECONDS = 1.0
CHANGED_FILES = 10

# Public repositories in TypeScript, Python and PHP, each at a pinned commit.
REPOSITORIES = {
    "typeorm/typeorm": "281bfba42a5813b106bcf5ba79bc7f7251bd1e73",
    "wagtail/wagtail": "c2ae43b9265d085c95142cd1a1f8563ad2eb4de9",
}
_SOURCES = frozenset({".py", ".ts", ".tsx", ".js", ".php"})


@dataclass(frozen=True, slots=True)
class Work:
    """What one step took. Processor time and memory are those of the engine and its workers together."""

    seconds: float
    processor_seconds: float
    peak_megabytes: float
    patterns: int


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench patterns", description=__doc__)
    parser.add_argument("--mirror", type=Path, help="a folder of bare clones named OWNER+NAME/repo; else fetched")
    parser.add_argument("--tree", type=Path, help="mine this folder instead")
    parser.add_argument("--probe", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.probe:
        print(json.dumps([asdict(work) for work in asyncio.run(_probe(options.tree, options.probe))]))
        return
    with tempfile.TemporaryDirectory(prefix="fluorite-bench-") as name:
        tree = Path(name, "tree")
        for source in [options.tree] if options.tree else _trees(options.mirror):
            shutil.copytree(source, tree / source.name, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        (tree / ".git").mkdir()
        command = [
            sys.executable,
            "-m",
            "benchmarks",
            "patterns",
            "--tree",
            str(tree),
            "--probe",
            str(Path(name, "data")),
        ]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        files = sum(1 for path in tree.rglob("*") if path.suffix in _SOURCES)
    first, again = (Work(**values) for values in json.loads(done.stdout))
    _print(first, again, files)


def _trees(mirror: Path | None) -> list[Path]:
    return [
        ensure_tree(
            {"name": name.replace("/", "-"), "url": f"https://github.com/{name}", "revision": revision},
            mirror=mirror, cache=WORK_FOLDER / "trees",
        )
        for name, revision in REPOSITORIES.items()
    ]  # fmt: skip


def _print(first: Work, again: Work, files: int) -> None:
    print("| what | measured | bar | detail |\n|---|---|---|---|")
    print(
        f"| mining a tree that was learned, {files:,} source files | {first.seconds:.0f} s | < {LIMIT_SECONDS} s | "
        f"{first.processor_seconds:.0f} s of processor time; {first.patterns} patterns |"
    )
    print(f"| … memory, with its workers | {first.peak_megabytes:.0f} MB | < {LIMIT_MEGABYTES} MB | at the peak |")
    print(
        f"| learning and mining {CHANGED_FILES} changed files | {again.seconds:.2f} s | < {LIMIT_AGAIN_SECONDS:.0f} s |"
        f" {again.processor_seconds:.2f} s of processor time |"
    )
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")


async def _probe(tree: Path, data: Path) -> list[Work]:
    async with Engine.open(data, folder=tree) as engine:
        # A search learns, and has the background mine at once: what is measured begins when it has answered.
        await engine.search("retry with backoff")
        first = await _measure(engine)
        await engine.settle()
        _change_files(tree)
        again = await _measure(engine)
    return [first, again]


def _change_files(tree: Path) -> None:
    """Edit a definition in each of some files, spread over the tree."""
    sources = sorted(path for path in tree.rglob("*") if path.suffix in _SOURCES)
    for path in sources[:: len(sources) // CHANGED_FILES][:CHANGED_FILES]:
        text = path.read_text("utf-8", "replace")
        path.write_text(text.replace("return ", "return  ", 1) + "\n")


async def _measure(engine: Engine) -> Work:
    watch = MemoryWatch(os.getpid())
    started, spent = time.perf_counter(), _processor_seconds()
    with watch.looking():
        report = await engine.learn(mine=True)
    seconds, spent = time.perf_counter() - started, _processor_seconds() - spent
    return Work(seconds, spent, watch.peak_megabytes, report.patterns)


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
