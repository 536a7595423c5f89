"""A store of any size: a tree of varied copies of real code, learned by the product itself."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path

from benchmarks.corpus import WORK_FOLDER, ensure_repository
from benchmarks.scale_tree import Names, read_sources, start_tree, write_copy
from fluorite_mcp.engine import Engine

_SHOWN_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ScaleStore:
    """A learned store: its folders, its size, and what learning it took in all (seconds)."""

    data: str
    tree: str
    files: int
    chunks: int
    copies: float
    learning: float


def ensure_store(chunks: int, trees: Sequence[Path]) -> ScaleStore:
    """Return a store of about so many chunks in one project; one that was built whole is used again.

    Args:
        chunks: How many chunks; reached within some hundredths by a last copy that is cut short.
        trees: Folders of real code; the tree of the other benchmarks when empty.
    """
    folder = WORK_FOLDER / f"scale-{chunks}"
    done = folder / "complete.json"
    if not done.exists():
        store = asyncio.run(_build(folder, chunks, trees or [ensure_repository()]))
        done.write_text(json.dumps(asdict(store)))
    return ScaleStore(**json.loads(done.read_text()))


async def _build(folder: Path, chunks: int, trees: Sequence[Path]) -> ScaleStore:
    """Learn one copy to see how many chunks it has, then the rest. A build that was cut off goes on."""
    tree, data, noted = folder / "tree", folder / "data", folder / "first.json"
    sources = read_sources(trees)
    names = Names(sources)
    start_tree(tree)
    if not noted.exists():
        write_copy(tree, sources, names, 0)
        noted.write_text(json.dumps(await _learn(data, tree)))
    of_copy, seconds = json.loads(noted.read_text())
    copies = max(1.0, chunks / of_copy)
    files = len(sources)
    for copy in range(1, ceil(copies)):
        files += write_copy(tree, sources, names, copy, min(1.0, copies - copy))
    learned, rest = await _learn(data, tree)
    return ScaleStore(str(data), str(tree), files, learned, copies, seconds + rest)


async def _learn(data: Path, tree: Path) -> tuple[int, float]:
    """Learn a tree; returns how many of its chunks the store then holds, and the seconds it took."""
    async with Engine.open(data, folder=tree) as engine:
        await engine.status()
        started = time.perf_counter()
        shown = started

        async def show(done: int, total: int, _message: str) -> None:
            nonlocal shown
            if time.perf_counter() - shown > _SHOWN_SECONDS:
                shown = time.perf_counter()
                print(f"learned {done:,} of {total:,} files, {shown - started:.0f} s", file=sys.stderr, flush=True)

        await engine.learn(progress=show)
        seconds = time.perf_counter() - started
        counts = (await engine.status()).chunks
        return counts.get("code", 0) + counts.get("doc", 0), seconds
