"""Plain BM25 as a system of the benchmark: `python -m benchmarks.quality.bm25 JOB OUT`.

The floor of every table: k1 = 1.2, b = 0.75, no stop words, no rules. A document is one text; a file of a tree is cut
into pieces of `LINES` lines under its path, which is what a plain index of code would hold.
"""

from __future__ import annotations

import json
import math
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.quality.collection import LIMIT
from benchmarks.quality.turns import in_turns

K1 = 1.2
B = 0.75
LINES = 50

# Larger files are data rather than source.
_MAX_BYTES = 1_000_000

_CJK = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W{_CJK}]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_ENDINGS = ("ing", "ed", "s")
# A shorter rest is no stem.
_SHORTEST_STEM = 3


class Piece(NamedTuple):
    """A text of the index: where it is from, and the lines it holds."""

    path: str
    start_line: int
    end_line: int
    text: str


class Index:
    """An inverted index with BM25's weights."""

    def __init__(self, pieces: Sequence[Piece], *, prose: bool = False) -> None:
        self.pieces = pieces
        self._prose = prose
        self._lengths: list[int] = []
        self._holders: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, piece in enumerate(pieces):
            words = self._words(piece.text)
            self._lengths.append(len(words))
            for word, count in Counter(words).items():
                self._holders[word].append((number, count))
        self._average = sum(self._lengths) / len(pieces) if pieces else 0.0

    def search(self, query: str, limit: int) -> list[Piece]:
        """Return the best pieces, best first; equal scores stay in the order of the pieces."""
        scores: dict[int, float] = defaultdict(float)
        for word, times in Counter(self._words(query)).items():
            holders = self._holders.get(word, ())
            rarity = math.log(1 + (len(self.pieces) - len(holders) + 0.5) / (len(holders) + 0.5))
            for number, count in holders:
                length = 1 - B + B * self._lengths[number] / self._average
                scores[number] += times * rarity * count * (K1 + 1) / (count + K1 * length)
        best = nsmallest(limit, scores, key=lambda number: (-scores[number], number))
        return [self.pieces[number] for number in best]

    def _words(self, text: str) -> list[str]:
        return prose_words(text) if self._prose else code_words(text)


def code_words(text: str) -> list[str]:
    """Return identifiers whole and in their parts, lower-cased, and runs of CJK characters as pairs."""
    words: list[str] = []
    for token in _TOKEN.findall(text):
        if re.match(f"[{_CJK}]", token):
            words += [token[at : at + 2] for at in range(max(1, len(token) - 1))]
            continue
        parts = [part.lower() for part in _PART.findall(token)]
        words += parts
        if len(parts) > 1:
            words.append(token.lower())
    return words


def prose_words(text: str) -> list[str]:
    """Return lower-cased words without their commonest endings."""
    return [_stem(word) for word in re.findall(r"\w+", text.lower())]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word


def pieces_of(collection: dict[str, Any]) -> Iterator[Piece]:
    """Yield the texts of a collection: its documents, or its tree's files in pieces."""
    if not collection["root"]:
        for document in collection["documents"]:
            yield Piece(document["id"], 1, 1 + document["text"].count("\n"), document["text"])
        return
    for path, text in source_files(Path(collection["root"])):
        lines = text.splitlines()
        for start in range(0, len(lines), LINES):
            body = lines[start : start + LINES]
            yield Piece(path, start + 1, start + len(body), "\n".join([path, *body]))


def source_files(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the text files of a tree in order of their paths, with their texts."""
    for path in sorted(root.rglob("*")):
        if ".git" in path.parts or not path.is_file() or path.stat().st_size > _MAX_BYTES:
            continue
        raw = path.read_bytes()
        if b"\0" not in raw:
            yield path.relative_to(root).as_posix(), raw.decode(errors="replace")


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Index every collection of a job and ask its queries."""
    return {"collections": [_run_collection(job, collection) for collection in in_turns(job["collections"])]}


def _run_collection(job: dict[str, Any], collection: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    index = Index(list(pieces_of(collection)), prose=job["task"] == "conversations")
    seconds = time.perf_counter() - started
    answers = []
    for query in collection["queries"]:
        times = []
        for _ in range(job["rounds"]):
            begun = time.perf_counter()
            best = index.search(query, LIMIT)
            times.append((time.perf_counter() - begun) * 1000)
        found = [(one.path, one.start_line, one.end_line, len(one.text)) for one in best]
        answers.append({"found": found, "chars": sum(one[3] for one in found), "ms": statistics.median(times)})
    return {"index_seconds": seconds, "chunks": len(index.pieces), "answers": answers}


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps(run(job)), encoding="utf-8")


if __name__ == "__main__":
    main()
