"""One measurement of a large store, in a process of its own: `python -m benchmarks.scale_probe WHAT DATA TREE`.

Prints one line of JSON. See `benchmarks.scale` for what is made of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import family_megabytes
from benchmarks.scale_queries import doc_queries, word_queries
from fluorite_mcp.engine import Engine
from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.index.vectors import from_bytes
from fluorite_mcp.operations.store_request import StoreRequest
from fluorite_mcp.search.query import understand

WARM_UP = 30
QUERIES = 400
ADDED = 1_000
_JUDGED = 10
# Two vectors of one text may differ in the last bit of a sum.
_SAME_SCORE = 1e-6
_CANDIDATES = 50  # what hybrid search asks of each side


async def prepare(engine: Engine) -> dict[str, Any]:
    """Have the index published that a store of this size needs, then its files mined; searches go on meanwhile."""
    started = time.perf_counter()
    await engine.search("prepare the index")
    loaded = time.perf_counter() - started
    published = _published(engine)
    settling = asyncio.create_task(engine.settle())
    during, together = await _search_until(
        lambda: settling.done() or _published(engine) > 0, engine, _queries(engine, 1)
    )
    built = time.perf_counter() - started
    beside, mining = await _search_until(settling.done, engine, _queries(engine, 9))
    await settling
    return {
        "published": published,
        "loaded": loaded,
        "built": built,
        "during": during.figures(),
        "together": together,
        "mining": {"together": mining, "searches": beside.figures()},
        **_memory(),
    }


def _published(engine: Engine) -> int:
    """Return how many vectors of the project are in a published index."""
    return engine._index.sizes()[_scopes(engine)[0]]["published"]


async def first(engine: Engine) -> dict[str, Any]:
    """Answer one query and end."""
    result = await engine.search(_queries(engine, 2, 1)[0])
    return {"hits": len(result.hits), **_memory()}


async def hybrid(engine: Engine) -> dict[str, Any]:
    """Fresh queries through the engine, one after the other, once what a start leaves to the background is done.

    Another, small project is in the store: what does not count must be left out.
    """
    await _learn_neighbour(engine)
    for query in _queries(engine, 3, WARM_UP):
        await engine.search(query)
    await engine.settle()
    docs = await _timed(_queries(engine, 4), engine.search)
    words = await _timed(word_queries(_database(engine), QUERIES, 5), engine.search)
    code = await _timed(_queries(engine, 8), partial(engine.search, kinds=["code"]))
    return {"docs": docs.figures(), "names": words.figures(), "code": code.figures(), **_memory()}


async def _learn_neighbour(engine: Engine) -> None:
    """Learn some files beside the tree as a project of their own, unless that was done before."""
    tree = Path((await engine.status()).project.root or "")
    folder = tree.parent / "neighbour"
    if not folder.exists():
        shutil.copytree(next((tree / "copy000").iterdir()), folder)
    async with Engine.open(_database(engine).parent, folder=folder) as other:
        await other.learn()


async def parts(engine: Engine) -> dict[str, Any]:
    """The vector part and the lexical part alone, on the same queries; what the vector part finds.

    As in `hybrid`, once what a start leaves to the background is done.
    """
    queries = _queries(engine, 4)
    await engine.search(queries[0])
    await engine.settle()
    scopes = _scopes(engine)
    model, index, words = engine._embedder.name, engine._index, engine._ranker._words
    vectors = [engine._embedder.embed_query(query) for query in queries]
    found: list[list[int]] = []

    async def dense(vector: Any) -> None:
        found.append([key for key, _ in await index.search(scopes, model, vector, _CANDIDATES)])

    async def lexical(query: str) -> None:
        await words.search(understand(query).words, ScopeFilter(scopes), _CANDIDATES)

    for vector in vectors[:WARM_UP]:
        await dense(vector)
    found.clear()
    dense_times = await _timed(vectors, dense)
    for query in queries[:WARM_UP]:
        await lexical(query)
    return {
        "dense": dense_times.figures(), "lexical": (await _timed(queries, lexical)).figures(),
        "recall": _recall(engine, np.stack(vectors), found), "sizes": index.sizes()[scopes[0]],
    }  # fmt: skip


async def adding(engine: Engine) -> dict[str, Any]:
    """Chunks through `Engine.store`, until each is found by its own words; then searches beside a compaction."""
    await engine.search("adding")
    stamp = time.time_ns()
    texts = [f"note {stamp} {number}: {text}" for number, text in enumerate(_queries(engine, stamp, ADDED))]
    calls = await _timed(texts, engine.store)
    many = await _store_many(engine, stamp)
    learning = await _learn_files(engine)
    started = time.perf_counter()
    last = await engine.search(texts[-1], kinds=["note"], limit=1)
    seen = time.perf_counter() - started
    sample = texts[:: ADDED // 20]
    hits = [await engine.search(text, kinds=["note"], limit=1) for text in sample]
    exact = sum(bool(one.hits) and str(stamp) in one.hits[0].title for one in hits)
    compaction = asyncio.create_task(engine._index.compact(_scopes(engine)[0], engine._embedder.name))
    during, together = await _search_until(compaction.done, engine, _queries(engine, 6, 2_000))
    await compaction
    after = await _timed(_queries(engine, 7, 100), engine.search)
    return {
        "call": calls.figures(), "many": many, "learning": learning, "seen": seen, "last": bool(last.hits),
        "found": exact / len(sample), "during": during.figures(),
        "after": after.figures(), "together": together, **_memory(),
    }  # fmt: skip


async def _store_many(engine: Engine, stamp: int) -> dict[str, float]:
    """Seconds for as many chunks in one list, and one by one but side by side."""
    texts = [f"note {stamp} again {number}: {text}" for number, text in enumerate(_queries(engine, stamp + 1, ADDED))]
    started = time.perf_counter()
    await engine.store_many([StoreRequest(text) for text in texts])
    listed = time.perf_counter()
    await asyncio.gather(*(engine.store(f"{text} and again") for text in texts))
    return {"listed": listed - started, "side": time.perf_counter() - listed}


async def _learn_files(engine: Engine) -> dict[str, float]:
    """Learn new files with some thousand chunks through a search, and forget them again."""
    tree = Path((await engine.status()).project.root or "")
    folder = tree / f"added-{time.time_ns()}"
    sources = [path for path in sorted((tree / "copy000").rglob("*.*")) if path.is_file()][::40]
    folder.mkdir()
    before = sum((await engine.status()).chunks.values())
    for number, path in enumerate(sources[:80]):
        (folder / f"{number}-{path.name}").write_bytes(path.read_bytes())
    started = time.perf_counter()
    report = await engine.learn()
    seconds = time.perf_counter() - started
    added = sum((await engine.status()).chunks.values()) - before
    shutil.rmtree(folder)
    started = time.perf_counter()
    await engine.learn()
    return {"files": report.files_changed, "chunks": added, "seconds": seconds, "again": time.perf_counter() - started}


async def _search_until(is_over: Callable[[], bool], engine: Engine, queries: list[str]) -> tuple[Times, float]:
    """Search until something is over; returns the times in milliseconds, and the most memory of all processes at once.

    Memory is looked at after each search.
    """
    times = Times()
    together = 0.0
    while not is_over():
        times += await _timed([queries[len(times) % len(queries)]], engine.search)
        together = max(together, family_megabytes(os.getpid()))
    return times, together


def _recall(engine: Engine, queries: Any, found: list[list[int]]) -> float:
    """Return the part of the ten nearest that were found among the first ten.

    By score: near copies of one text have nearly one cosine, and any whose exact cosine reaches the tenth best
    counts.
    """
    database = _database(engine)
    nearest = np.full((len(queries), _JUDGED), -1.0, np.float32)
    for stored in _stored_vectors(database, _scopes(engine)):
        scores = queries @ stored.T
        best = np.concatenate((nearest, scores), axis=1)
        nearest = -np.partition(-best, _JUDGED - 1, axis=1)[:, :_JUDGED]
    bounds = nearest.min(axis=1)
    counted = 0
    for query, keys, bound in zip(queries, found, bounds, strict=True):
        exact = from_bytes(_vectors_of(database, keys[:_JUDGED])) @ query
        counted += int((exact >= bound - _SAME_SCORE).sum())
    return counted / (len(queries) * _JUDGED)


def _stored_vectors(database: Path, scopes: tuple[int, ...]) -> Iterator[Any]:
    import sqlite3

    sql = f"SELECT vector FROM embeddings WHERE scope IN ({','.join('?' * len(scopes))})"  # noqa: S608 - question marks
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        cursor = connection.execute(sql, scopes)
        while rows := cursor.fetchmany(20_000):
            yield from_bytes([vector for (vector,) in rows])


def _vectors_of(database: Path, keys: list[int]) -> list[bytes]:
    import sqlite3

    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return [
            connection.execute("SELECT vector FROM embeddings WHERE chunk = ?", [key]).fetchone()[0] for key in keys
        ]


class Times(list[tuple[float, float]]):
    """Milliseconds that each call took, and milliseconds of processor time that this process spent meanwhile.

    On a machine that does other things too, the second is what the call would take on an idle one, or a little more.
    """

    def figures(self) -> dict[str, float]:
        """Return quantiles of both."""
        if not self:
            return {"n": 0}
        wall, processor = np.array(self).T
        found = {"n": float(len(self)), "max": float(wall.max()), "sum": float(wall.sum())}
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            found[name] = float(np.quantile(wall, share))
            found[f"cpu_{name}"] = float(np.quantile(processor, share))
        return found


async def _timed(values: list[Any], ask: Callable[[Any], Awaitable[Any]]) -> Times:
    times = Times()
    for value in values:
        started, spent = time.perf_counter(), time.process_time()
        await ask(value)
        times.append(((time.perf_counter() - started) * 1000, (time.process_time() - spent) * 1000))
    return times


def _memory() -> dict[str, float]:
    """Return megabytes: resident now, and at most so far."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    now, peak = (int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return {"resident": now, "peak": peak}


def _database(engine: Engine) -> Path:
    return engine._stored.database.path


def _queries(engine: Engine, seed: int, count: int = QUERIES) -> list[str]:
    return doc_queries(_database(engine), count, seed)


def _scopes(engine: Engine) -> tuple[int, ...]:
    """The project, which is the largest scope, then global knowledge."""
    return tuple(sorted(engine._index.loaded_scopes(), reverse=True))


PROBES: dict[str, Callable[[Engine], Awaitable[dict[str, Any]]]] = {
    "prepare": prepare,
    "first": first,
    "hybrid": hybrid,
    "parts": parts,
    "adding": adding,
}


async def _run(what: str, data: Path, tree: Path) -> dict[str, Any]:
    async with Engine.open(data, folder=tree) as engine:
        return await PROBES[what](engine)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))), flush=True)
