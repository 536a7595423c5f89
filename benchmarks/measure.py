"""The measurements. Each returns rows of a table: what, the figure, the bar, and against what."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import StdioServer
from benchmarks.corpus import WORK_FOLDER, ensure_repository, ensure_source, make_queries
from benchmarks.peer import run_peer
from fluorite_mcp.engine import Engine

RUNS = 15
LEARNING_RUNS = 3
QUERIES = 200

_SERVER = (sys.executable, "-m", "fluorite_mcp")
_TRIVIAL = (sys.executable, str(Path(__file__).with_name("trivial_server.py")))


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure."""

    what: str
    figure: str
    bar: str
    detail: str


def _data(name: str, *, fresh: bool = False) -> Path:
    folder = WORK_FOLDER / "data" / name
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    return folder


def _server(data: Path, folder: Path) -> StdioServer:
    return StdioServer(_SERVER, folder=folder, environment={"FLUORITE_DATA_DIR": str(data)})


async def _learn(data: Path, folder: Path) -> tuple[int, float]:
    async with Engine.open(data, folder=folder) as engine:
        await engine.status()
        started = time.perf_counter()
        report = await engine.learn()
        return report.chunks_added, time.perf_counter() - started


def measure_startup() -> list[Row]:
    """Spawn to the reply of `initialize`, in turn with the floor; then to the first answer; then memory."""
    tree, data = ensure_repository(), _data("repository")
    asyncio.run(_learn(data, tree))
    ours, floor, first, idle = [], [], [], []
    for _ in range(RUNS):
        with StdioServer(_TRIVIAL, folder=tree, environment={}) as server:
            floor.append(server.initialize())
        with _server(data, tree) as server:
            ours.append(server.initialize())
            idle.append(server.resident_megabytes())
            server.call("search", query="where is the csrf token checked")
            first.append(time.perf_counter() - server.spawned)
    ratio = statistics.median(ours) / statistics.median(floor)
    return [
        Row("spawn → `initialize`", f"{ratio:.2f} × a trivial server", "≤ 1.15 ×",
            f"{statistics.median(ours):.2f} s and {statistics.median(floor):.2f} s, medians of {RUNS} in turn"),
        Row("spawn → first search answered", f"{statistics.median(first):.2f} s", "≤ 1.5 s", "learned store"),
        Row("memory after the handshake", f"{statistics.median(idle):.0f} MB", "< 120 MB", "resident"),
    ]  # fmt: skip


def measure_learning() -> list[Row]:
    """Chunks per second against the peer on the same tree with the same vectors, in turn; then learning again."""
    tree = ensure_repository()
    asyncio.run(_learn(_data("warm", fresh=True), tree))  # Grammars are unpacked once per machine.
    run_peer(str(tree))
    ours, theirs = [], []
    for number in range(LEARNING_RUNS):
        ours.append(asyncio.run(_learn(_data(f"learning-{number}", fresh=True), tree)))
        result = run_peer(str(tree))
        theirs.append((result["chunks"], result["seconds"]))
    rate = statistics.median(chunks / seconds for chunks, seconds in ours)
    peer = statistics.median(chunks / seconds for chunks, seconds in theirs)
    tree_ratio = statistics.median(s for _, s in theirs) / statistics.median(s for _, s in ours)
    return [
        Row("learning, chunks per second", f"{rate / peer:.2f} × semble 0.7", "≥ 1 ×",
            f"{rate:,.0f}/s ({ours[0][0]:,} chunks) and {peer:,.0f}/s ({theirs[0][0]:,} chunks)"),
        Row("learning, the same tree", f"{tree_ratio:.2f} × as fast as semble 0.7", "–",
            f"{statistics.median(s for _, s in ours):.2f} s and {statistics.median(s for _, s in theirs):.2f} s"),
        asyncio.run(_measure_again()),
    ]  # fmt: skip


async def _measure_again() -> Row:
    source = ensure_source()
    async with Engine.open(_data("source"), folder=source) as engine:
        report = await engine.learn()
        times = []
        for _ in range(5):
            started = time.perf_counter()
            await engine.learn()
            times.append(time.perf_counter() - started)
    return Row("learning again, nothing changed", f"{statistics.median(times):.2f} s", "< 0.3 s at 5,000 files",
               f"{report.files_seen:,} files")  # fmt: skip


def measure_queries() -> list[Row]:
    """Warm queries at repository scale, in process, over stdio, and the peer's; memory in use."""
    tree, data = ensure_repository(), _data("repository")
    queries = make_queries(tree, QUERIES)
    chunks, first, times = asyncio.run(_ask_engine(data, tree, queries))
    listed = WORK_FOLDER / "queries.json"
    listed.write_text(json.dumps(queries))
    peer = run_peer(str(tree), str(listed))
    with _server(data, tree) as server:
        server.initialize()
        over_stdio = _timed(queries, lambda query: server.call("search", query=query))
        memory = server.resident_megabytes()
    p95 = statistics.quantiles(times, n=20)[-1]
    return [
        Row("warm query in process, p50", f"{statistics.median(times):.1f} ms", "≤ 5 ms",
            f"p95 {p95:.1f} ms; {chunks:,} chunks, second round of {QUERIES} queries"),
        Row("… the first time it is asked", f"{statistics.median(first):.1f} ms", "–",
            f"p95 {statistics.quantiles(first, n=20)[-1]:.1f} ms; first round"),
        Row("… against semble 0.7", f"{statistics.median(times) / peer['p50']:.1f} ×", "–",
            f"semble p50 {peer['p50']:.1f} ms, p95 {peer['p95']:.1f} ms"),
        Row("warm query over stdio, p50", f"{statistics.median(over_stdio):.1f} ms", "≤ 15 ms",
            f"p95 {statistics.quantiles(over_stdio, n=20)[-1]:.1f} ms"),
        Row("memory in use", f"{memory:.0f} MB", "< 350 MB", f"model and {chunks:,} chunks"),
    ]  # fmt: skip


async def _ask_engine(data: Path, tree: Path, queries: list[str]) -> tuple[int, list[float], list[float]]:
    async with Engine.open(data, folder=tree) as engine:
        await engine.learn()
        await engine.settle()
        for query in queries[:20]:
            await engine.search(query)
        rounds: tuple[list[float], list[float]] = ([], [])
        for times in rounds:
            for query in queries:
                started = time.perf_counter()
                await engine.search(query)
                times.append((time.perf_counter() - started) * 1000)
        return sum((await engine.status()).chunks.values()), *rounds


def measure_embedding() -> list[Row]:
    """The bundled model's reader against model2vec on the same vectors and texts, one process each."""
    texts = _texts()
    listed = WORK_FOLDER / "texts.json"
    listed.write_text(json.dumps(texts))
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    for _ in range(LEARNING_RUNS):
        output = subprocess.run(
            [sys.executable, "-m", "benchmarks.embed", str(listed)], check=True, capture_output=True
        )
        ours.append(json.loads(output.stdout))
        theirs.append(run_peer("embed", str(listed)))
    rows = []
    for name, what in (("first", "embedding, first pass"), ("later", "embedding, later passes")):
        mine, peer = (statistics.median(one[name] for one in runs) for runs in (ours, theirs))
        rows.append(
            Row(what, f"{mine / peer:.1f} × model2vec 0.10", "–", f"{mine:,.0f} and {peer:,.0f} texts per second")
        )
    mine, peer = (statistics.median(one["load"] for one in runs) for runs in (ours, theirs))
    return [*rows, Row("loading the model and one query", f"{mine:.2f} s", "–", f"model2vec {peer:.2f} s")]


def _texts() -> list[str]:
    """Return pieces of 800 characters of Python's standard library."""
    pieces = []
    for path in sorted(Path(statistics.__file__).parent.glob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        pieces += [text[start : start + 800] for start in range(0, len(text), 800)]
    return pieces


def _timed(queries: list[str], ask: Callable[[str], object]) -> list[float]:
    for query in queries[:20]:
        ask(query)
    times = []
    for query in queries:
        started = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - started) * 1000)
    return times


MEASUREMENTS: dict[str, Callable[[], list[Row]]] = {
    "startup": measure_startup,
    "learning": measure_learning,
    "queries": measure_queries,
    "embedding": measure_embedding,
}
