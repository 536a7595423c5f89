"""How long a suggestion takes in a project of ten thousand chunks, beside a search in the same process."""

from __future__ import annotations

import os
import platform
import statistics
import time
from pathlib import Path

from benchmarks.corpus import ensure_repository, make_queries
from benchmarks.quality.tables import table
from fluorite_mcp.engine import Engine

TASKS = 150
BAR_MS = 30


async def measure_speed(work: Path) -> str:
    """Ask for suggestions and searches in turn, each task once, and return the table."""
    tree = ensure_repository()
    tasks = make_queries(tree, 2 * TASKS)
    times: dict[str, list[tuple[float, float]]] = {"suggest": [], "search": []}
    async with Engine.open(work / "stores" / "django", folder=tree) as engine:
        await engine.suggest("a first task loads what is loaded once")
        await engine.settle()
        # The store is settled now; what is kept until it changes is read again before anything is timed.
        await engine.suggest("a second task reads what the first one changed")
        chunks = (await engine.status()).chunks.get("code", 0)
        for number, task in enumerate(tasks):
            name = "suggest" if number % 2 else "search"
            started, used = time.perf_counter(), time.process_time()
            await (engine.suggest(f"add {task}") if name == "suggest" else engine.search(f"add {task}"))
            times[name].append(((time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000))
    rows = [_row(name, found, f"≤ {BAR_MS} ms" if name == "suggest" else "–") for name, found in times.items()]
    ratio = statistics.median(t for t, _ in times["suggest"]) / statistics.median(t for t, _ in times["search"])
    parts = (
        "```console\n$ scripts/bench suggest speed\n```",
        table(["a task asked for the first time", "p50, ms", "p95, ms", "processor p50, ms", "bar"], rows),
        f"{chunks:,} chunks of code; suggest takes {ratio:.1f} × a search. {os.cpu_count()} cores at load "
        f"{os.getloadavg()[0]:.0f}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}.",
    )
    return "\n\n".join(parts)


def _row(name: str, found: list[tuple[float, float]], bar: str) -> list[str]:
    wall, processor = sorted(t for t, _ in found), sorted(t for _, t in found)
    return [name, f"{wall[len(wall) // 2]:.1f}", f"{wall[int(len(wall) * 0.95)]:.1f}",
            f"{processor[len(processor) // 2]:.1f}", bar]  # fmt: skip
