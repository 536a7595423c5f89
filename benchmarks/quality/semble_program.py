"""The peer as a system of the benchmark; runs inside its own environment: `python semble_program.py JOB OUT`."""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.quality.turns import in_turns

LIMIT = 10


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Index every collection of a job and ask its queries."""
    return {"collections": [_run_collection(job, collection) for collection in in_turns(job["collections"])]}


def _run_collection(job: dict[str, Any], collection: dict[str, Any]) -> dict[str, Any]:
    from semble import ContentType, SembleIndex

    root = collection["root"] or collection["folder"]
    # Documents may be of any kind; of a tree it indexes code, as it does by itself.
    content = [ContentType.CODE] if collection["root"] else list(ContentType)
    started = time.perf_counter()
    index = SembleIndex.from_path(root, content=content, model_path=job["model"])
    seconds = time.perf_counter() - started
    names = {name: document["id"] for name, document in zip(collection["files"], collection["documents"], strict=True)}
    index.search("a first query loads what is loaded once", top_k=LIMIT)
    # Of a document several chunks may be found, and it counts once: there more are asked for.
    limit = LIMIT if collection["root"] else 2 * LIMIT
    rounds: list[list[float]] = []
    answers: list[dict[str, Any]] = []
    # As with the product: all questions in turn, so that none finds in the processor's caches what it just left there.
    for _ in range(job["rounds"]):
        times = []
        for number, query in enumerate(collection["queries"]):
            begun = time.perf_counter()
            results = index.search(query, top_k=limit)
            times.append((time.perf_counter() - begun) * 1000)
            if number == len(answers):
                answers.append(_answer(results, names))
        rounds.append(times)
    for number, answer in enumerate(answers):
        answer["ms"] = statistics.median(times[number] for times in rounds)
    return {"index_seconds": seconds, "chunks": len(index.chunks), "answers": answers}


def _answer(results: list[Any], names: dict[str, str]) -> dict[str, Any]:
    found: list[tuple[str, int, int, int]] = []
    for chunk in (result.chunk for result in results):
        name = names.get(chunk.file_path, chunk.file_path)
        if not (names and any(name == seen for seen, *_ in found)):
            found.append((name, chunk.start_line, chunk.end_line, len(chunk.location) + len(chunk.content)))
    found = found[:LIMIT]
    return {"found": found, "chars": sum(shown for *_, shown in found)}


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps(run(job)), encoding="utf-8")


if __name__ == "__main__":
    main()
