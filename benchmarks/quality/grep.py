"""Plain grep as a system of the benchmark: `python -m benchmarks.quality.grep JOB OUT`.

One run of the real program per query for all of its words, ignoring case. Files stand in the order of how many
different words they hold, then of how many matches. A hit is a file, shown by its matching lines.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.quality.collection import LIMIT
from benchmarks.quality.turns import in_turns

# An assistant would not grep for these.
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can did do does for from get has have how i if in into is it its my not of on or "
        "that the their there these this to was we what when where which who why will with you your",
    )
)
_WORD = re.compile(r"\w+")


class Match:
    """A file that holds words of the query: which, how often, and on which lines."""

    __slots__ = ("count", "lines", "path", "words")

    def __init__(self, path: str) -> None:
        self.path = path
        self.words: set[str] = set()
        self.lines: set[int] = set()
        self.count = 0


def query_words(query: str) -> list[str]:
    """Return the words to grep for; all of them where nothing but stop words is asked."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(query)))
    return [word for word in words if word not in STOP_WORDS] or words


def grep(root: Path, query: str) -> list[Match]:
    """Return the matching files in reading order."""
    words = query_words(query)
    if not words:
        return []
    patterns = [argument for word in words for argument in ("-e", word)]
    command = ["grep", "-rIoinF", "--null", "--exclude-dir=.git", *patterns, "."]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    files: dict[str, Match] = {}
    for raw in done.stdout.decode(errors="replace").split("\n"):
        path, separator, rest = raw.partition("\0")
        number, _, word = rest.partition(":")
        if separator and number.isdigit():
            match = files.setdefault(path, Match(path.removeprefix("./")))
            match.words.add(word.lower())
            match.lines.add(int(number))
            match.count += 1
    return sorted(files.values(), key=lambda match: (-len(match.words), -match.count, match.path))


def shown_chars(root: Path, match: Match) -> int:
    """Return how long the matching lines are as grep prints them, each with its path and number."""
    lines = (root / match.path).read_bytes().decode(errors="replace").split("\n")
    label = len(match.path) + 2
    return sum(label + len(str(number)) + len(lines[number - 1]) + 1 for number in match.lines if number <= len(lines))


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Ask every query of a job."""
    return {"collections": [_run_collection(collection) for collection in in_turns(job["collections"])]}


def _run_collection(collection: dict[str, Any]) -> dict[str, Any]:
    root = Path(collection["root"] or collection["folder"])
    names = {name: document["id"] for name, document in zip(collection["files"], collection["documents"], strict=True)}
    lengths: dict[str, int] = defaultdict(int)
    answers = []
    for query in collection["queries"]:
        started = time.perf_counter()
        best = grep(root, query)[:LIMIT]
        ms = (time.perf_counter() - started) * 1000
        found = []
        for match in best:
            lengths[match.path] = lengths[match.path] or _line_count(root / match.path)
            found.append((names.get(match.path, match.path), 1, lengths[match.path], shown_chars(root, match)))
        answers.append({"found": found, "chars": sum(one[3] for one in found), "ms": ms})
    return {"index_seconds": 0.0, "chunks": 0, "answers": answers}


def _line_count(path: Path) -> int:
    return 1 + path.read_bytes().count(b"\n")


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps(run(job)), encoding="utf-8")


if __name__ == "__main__":
    main()
