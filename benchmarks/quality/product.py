"""The product as a system of the benchmark, in a process of its own: `python -m benchmarks.quality.product JOB OUT`.

Everything goes through `Engine`, as a user's call would. What reaches deeper, to search with a part of it alone and to
see how relevant it finds its best hit, stands in `restrict` and `best_relevance` and nowhere else.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.quality.collection import LIMIT, PAGE, READ_AT_MOST
from benchmarks.quality.turns import in_turns
from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import EmbeddingError
from fluorite_mcp.index.lexical import LexicalMatches
from fluorite_mcp.operations.search import SearchRequest
from fluorite_mcp.results import Hit, SearchResult
from fluorite_mcp.search import hybrid, ranking
from fluorite_mcp.server.text import search_text

# How many texts are stored side by side: more than one, as a client that stores many would.
_AT_ONCE = 8

PARTS = ("words", "vectors", "no rules", "no abstaining")


async def run(job: dict[str, Any]) -> dict[str, Any]:
    """Index every collection of a job and ask its queries."""
    return {"collections": [await _run_collection(job, collection) for collection in in_turns(job["collections"])]}


async def _run_collection(job: dict[str, Any], collection: dict[str, Any]) -> dict[str, Any]:
    stores = Path(job["work"]) / "stores" / job["task"] / collection["name"]
    indexed = await ensure_indexed(stores, collection, again=not job["reuse"])
    names = _document_names(collection)
    # Stored documents are the whole collection for every system: the bundled templates do not compete with them.
    kinds = () if collection["root"] else (_kind(collection),)
    rounds: list[list[float]] = []
    answers: list[dict[str, Any]] = []
    for _ in range(job["rounds"]):
        # A new engine each time: nothing that was asked before is remembered.
        async with opened(stores, collection) as engine:
            if job["part"]:
                restrict(engine, job["part"])
            await engine.search("a first query loads what is loaded once")
            times = []
            for query in collection["queries"]:
                started = time.perf_counter()
                result = await engine.search(query, limit=LIMIT, kinds=kinds)
                times.append((time.perf_counter() - started) * 1000)
                if not rounds:
                    answers.append(_answer(result, names))
                    if collection["root"]:
                        answers[-1] |= await _read_on(engine, query, result, names)
                    if job["relevance"]:
                        answers[-1]["relevance"] = await best_relevance(engine, query)
        rounds.append(times)
    for number, answer in enumerate(answers):
        answer["ms"] = statistics.median(times[number] for times in rounds)
    return {**indexed, "answers": answers}


async def ensure_indexed(folder: Path, collection: dict[str, Any], *, again: bool) -> dict[str, Any]:
    """Learn the tree or store the documents, unless the store is there already. Returns seconds and chunks."""
    record = folder / "indexed.json"
    if again or not record.exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "project").mkdir(parents=True)
        async with opened(folder, collection) as engine:
            await engine.status()  # Loads the bundled knowledge, once per installation.
            started = time.perf_counter()
            chunks = await _index(engine, collection)
            seconds = time.perf_counter() - started
            await engine.settle()
        record.write_text(json.dumps({"index_seconds": seconds, "chunks": chunks}))
    indexed: dict[str, Any] = json.loads(record.read_text())
    return indexed


@asynccontextmanager
async def opened(folder: Path, collection: dict[str, Any]) -> AsyncIterator[Engine]:
    """Open the store of a collection."""
    root = collection["root"] or folder / "project"
    async with Engine.open(folder / "data", folder=root) as engine:
        yield engine


async def _index(engine: Engine, collection: dict[str, Any]) -> int:
    if collection["root"]:
        return (await engine.learn()).chunks_added
    language, kind = collection["language"], _kind(collection)
    documents = list(enumerate(collection["documents"]))
    for start in range(0, len(documents), _AT_ONCE):
        batch = documents[start : start + _AT_ONCE]
        await asyncio.gather(
            *(
                engine.store(document["text"], id=_name(number), kind=kind, language=language)
                for number, document in batch
            )
        )
    return len(documents)


def _kind(collection: dict[str, Any]) -> str:
    return "code" if collection["language"] else "note"


def _name(number: int) -> str:
    return f"document-{number}"


def _document_names(collection: dict[str, Any]) -> dict[str, str]:
    """Return which document each stored id is; the data's own ids would give the answer away."""
    return {_name(number): document["id"] for number, document in enumerate(collection["documents"])}


def _answer(result: SearchResult, names: dict[str, str]) -> dict[str, Any]:
    hits = () if result.abstained else result.hits
    shown = [len(search_text(replace(result, hits=hits[:count]))) for count in range(1, len(hits) + 1)]
    chars = [later - earlier for earlier, later in zip([0, *shown], shown, strict=False)]
    pages = [hits[start : start + PAGE] for start in range(0, len(hits), PAGE)]
    return {
        "found": [
            (_place(hit, names), hit.start_line or 1, hit.end_line or 1, size)
            for hit, size in zip(hits, chars, strict=True)
        ],
        "scores": [hit.score for hit in hits],
        "chars": len(search_text(result)),
        "page_chars": [len(search_text(replace(result, hits=page))) for page in pages],
        "abstained": result.abstained,
        "nearest": [(_place(hit, names), hit.start_line or 1, hit.end_line or 1, 0) for hit in result.nearest],
    }


async def _read_on(engine: Engine, query: str, result: SearchResult, names: dict[str, str]) -> dict[str, Any]:
    """Return the pages after the first ten hits, as one asks for them who has not found yet."""
    found: list[tuple[str, int, int, int]] = []
    chars: list[int] = []
    while result.next_cursor and LIMIT + len(found) < READ_AT_MOST:
        result = await engine.search(query, limit=PAGE, cursor=result.next_cursor)
        found += [(_place(hit, names), hit.start_line or 1, hit.end_line or 1, 0) for hit in result.hits]
        chars.append(len(search_text(result)))
    return {"further": found, "further_page_chars": chars}


def _place(hit: Hit, names: dict[str, str]) -> str:
    """Return the file or document of a hit; a bundled template is a hit too, whose file lies in no tree."""
    return names.get(hit.id) or (hit.path if hit.kind in ("code", "doc") and hit.path else hit.id)


class _NoModel:
    """Stands in for the embedding model when words alone are to be measured: the product's own path without one."""

    name = "none"
    is_slow = False

    def embed_query(self, _text: str) -> Any:
        raise EmbeddingError("Left out of this measurement.")


class _NoWords:
    """Stands in for the word index when vectors alone are to be measured."""

    async def search(self, *_arguments: object) -> LexicalMatches:
        return LexicalMatches((), 0.0)


def restrict(engine: Engine, part: str) -> None:
    """Have an engine search with one part: "words", "vectors" (both ranked by the model), "no rules", "no abstaining".

    "no rules" orders chunks by BM25 and cosine alone. None of them abstains: what a part alone finds says nothing
    about whether anything is there.
    """
    inner: Any = engine._search._hybrid
    module: Any = hybrid
    module.ANSWERABLE_CUTOFF = 0.0
    if part == "words":
        inner._embedder = _NoModel()
    elif part == "vectors":
        inner._words = _NoWords()
    elif part == "no rules":
        module.rank = _mixed_only
    elif part not in PARTS:
        sys.exit(f"unknown part {part!r}; there are {', '.join(PARTS)}")


def _mixed_only(*arguments: Any) -> ranking.Ranking:
    """Rank as shipped, then order by what words and vectors say alone."""
    outcome = ranking.rank(*arguments)
    best = max((one.lexical for one in outcome.ranked), default=0.0) or 1.0
    least = min((one.cosine for one in outcome.ranked if one.cosine is not None), default=0.0)

    def mixed(one: ranking.Ranked) -> float:
        return one.lexical / best + (least if one.cosine is None else one.cosine)

    return outcome._replace(ranked=tuple(sorted(outcome.ranked, key=mixed, reverse=True)))


async def best_relevance(engine: Engine, query: str) -> float:
    """Return how sure the product is that anything answers a query, on the scale of `cutoff`."""
    search: Any = engine._search
    current = await search._current.ensure(engine._place, None)
    answerable: float = (await search.rank(SearchRequest(query), current)).answerable
    return answerable


def cutoff() -> float:
    """Return the value of `best_relevance` below which the product abstains."""
    return hybrid.ANSWERABLE_CUTOFF


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps(asyncio.run(run(job))), encoding="utf-8")


if __name__ == "__main__":
    main()
