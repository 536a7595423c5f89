"""`scripts/bench scale`: search over 100,000 and more chunks; writes its table into docs/benchmarks.md.

The store is built once, by the product's own learning, from copies of real code under varied names (some minutes for
each 100,000 chunks), and used again. Every measurement runs in a process of its own (`benchmarks.scale_probe`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Row
from benchmarks.scale_store import ScaleStore, ensure_store

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- begin scale -->", "<!-- end scale -->"

Figures = dict[str, Any]


def main(arguments: Sequence[str]) -> None:
    """Build the store if need be, measure, print the table and write it into the document."""
    parser = argparse.ArgumentParser(prog="scripts/bench scale", description=__doc__)
    parser.add_argument("--chunks", type=int, default=1_000_000, help="how many chunks (default 1,000,000)")
    parser.add_argument("--tree", type=Path, action="append", default=[], help="a folder of real code; may be repeated")
    options = parser.parse_args(arguments)
    store = ensure_store(options.chunks, options.tree)
    rows = measure(store)
    text = table(store, rows, load=os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)
    print(text)
    if DOCUMENT.exists():
        DOCUMENT.write_text(placed(DOCUMENT.read_text(encoding="utf-8"), text), encoding="utf-8")


def measure(store: ScaleStore) -> list[Row]:
    """Run every probe and return the rows of the table."""
    prepared = probe("prepare", store)
    started = time.perf_counter()
    first = probe("first", store)
    first["seconds"] = time.perf_counter() - started
    return rows_of(prepared, first, probe("hybrid", store), probe("parts", store), probe("adding", store))


def probe(what: str, store: ScaleStore) -> Figures:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scale_probe", what, store.data, store.tree]
    # As the product has it for itself, which it cannot where others import numpy before.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    figures: Figures = json.loads(done.stdout)
    return figures


def rows_of(prepared: Figures, first: Figures, hybrid: Figures, parts: Figures, adding: Figures) -> list[Row]:
    """Make rows of what the probes found."""
    dense, lexical, learned = parts["dense"], parts["lexical"], adding["learning"]
    alone = max(figures["peak"] for figures in (prepared, hybrid, adding))
    together = max(hybrid["peak"], prepared["together"], adding["together"])
    rows = [
        Row("a fresh question, p95", _ms(hybrid["docs"], "p95"), "≤ 25 ms", _spread(hybrid["docs"])),
        Row("a name, p95", _ms(hybrid["names"], "p95"), "≤ 25 ms", _spread(hybrid["names"])),
        Row("a question for code alone, p95", _ms(hybrid["code"], "p95"), "–", _spread(hybrid["code"])),
        Row("vector part, p50", _ms(dense, "p50"), "≤ 1 ms", _spread(dense)),
        Row("… recall@10", f"{parts['recall']:.3f}", "≥ 0.97", f"against all {_vectors(parts):,} vectors, by score"),
        Row("lexical part, p50", _ms(lexical, "p50"), "–", _spread(lexical)),
        Row("memory after searching", f"{hybrid['resident']:.0f} MB", "≤ 1,200 MB", "resident"),
        Row("memory at most", f"{together:.0f} MB", "≤ 1,200 MB",
            f"at one time, while an index is built, its process included; the searching one {alone:.0f} MB at most"),
        Row("spawn → first search answered", f"{first['seconds']:.1f} s", "–", "learned store, every file looked at"),
        Row("1,000 chunks by `store`", f"{adding['call']['sum'] / 1000:.1f} s", "≤ 2 s",
            f"one after the other, {_spread(adding['call'])}; {adding['found']:.0%} found at once"),
        Row("… in a list, by `store_many`", f"{adding['many']['listed']:.1f} s", "≤ 2 s", "nothing else at the time"),
        Row("… by `store`, side by side", f"{adding['many']['side']:.1f} s", "≤ 2 s", "all asked for at once"),
        Row(f"{learned['chunks']:,} chunks by learning", f"{learned['seconds']:.1f} s", "≤ 2 s",
            f"{learned['files']} new files; to forget them again takes {learned['again']:.1f} s"),
        Row("searching beside a compaction, p95", _ms(adding["during"], "p95"), "≤ 25 ms", _spread(adding["during"])),
    ]  # fmt: skip
    if prepared["during"]["n"] and not prepared["published"]:
        detail = (
            f"first index, from nothing, {prepared['built']:.0f} s; searches meanwhile {_spread(prepared['during'])}"
        )
        rows.append(Row("… beside the first of all", _ms(prepared["during"], "p95"), "–", detail))
    mining = prepared["mining"]
    if mining["searches"]["n"]:
        detail = f"its files in two processes, then their patterns in one: all together {mining['together']:.0f} MB"
        searches = mining["searches"]
        rows.append(
            Row("… while the project is mined", _ms(searches, "p95"), "–", f"{detail}; searches {_spread(searches)}")
        )
    return rows


def _vectors(parts: Figures) -> int:
    return int(parts["sizes"]["published"] + parts["sizes"]["tail"])


def _ms(times: Figures, which: str) -> str:
    return f"{times[which]:.1f} ms" if times["n"] else "–"


def _spread(times: Figures) -> str:
    if not times["n"]:
        return "none"
    return (
        f"p50 {times['p50']:.1f}, p95 {times['p95']:.1f}, p99 {times['p99']:.0f} ms; of it processor time"
        f" {times['cpu_p50']:.1f}, {times['cpu_p95']:.1f}, {times['cpu_p99']:.0f} ms"
    )


def table(store: ScaleStore, rows: Sequence[Row], *, load: float) -> str:
    """Return the table as Markdown, with what was measured on and how busy the machine was."""
    lines = ["| what | measured | bar | detail |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.figure} | {row.bar} | {row.detail} |" for row in rows]
    learned = f", learned in {store.learning:,.0f} s" if store.learning else ""
    lines += [
        "",
        f"{store.chunks:,} chunks of {store.files:,} files in one project{learned}: {store.copies:.1f} copies of real"
        f" code, a part of the identifiers renamed in each. Beside it one copy is a project of its own."
        f" {os.cpu_count()} cores, Python {platform.python_version()},"
        f" load {load:.1f} at the end.",
    ]
    return "\n".join(lines)


def placed(document: str, text: str) -> str:
    """Return a document with a text between the marks, which are added at its end if it has none."""
    if BEGIN not in document or END not in document:
        return f"{document.rstrip()}\n\n{BEGIN}\n{text}\n{END}\n"
    before, _, rest = document.partition(BEGIN)
    return f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    main(sys.argv[1:])
