"""Runs systems over a task, each in a process of its own, and measures the memory of it and its children."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.corpus import WORK_FOLDER
from benchmarks.memory import MemoryWatch
from benchmarks.peer import ensure_model, ensure_peer
from benchmarks.quality.collection import Collection, Outcome, read_outcome
from benchmarks.quality.turns import take_turn

WORK = WORK_FOLDER / "quality"
_SUFFIXES_OF_TEXT = ".md"


@dataclass(frozen=True, slots=True)
class System:
    """A system: the module that runs it, and for parts of the product which part."""

    name: str
    module: str
    part: str = ""
    rounds: int | None = None

    @property
    def is_product(self) -> bool:
        """Whether it is the product or a part of it, which all search the same store."""
        return self.module == "product"


SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        System("product", "product"),
        System("no abstaining", "product", "no abstaining"),
        System("words only", "product", "words"),
        System("vectors only", "product", "vectors"),
        System("no rules", "product", "no rules"),
        System("semble", "semble"),
        System("bm25", "bm25"),
        System("grep", "grep", rounds=1),
    )
}


@dataclass(frozen=True, slots=True)
class Setup:
    """How systems are run: rounds of each query, the work folder, a static model for the peer.

    With `relevance` the product is also asked how relevant it finds its best hit.
    """

    rounds: int = 3
    work: Path = WORK
    semble_model: Path | None = None
    relevance: bool = False


def run_systems(
    systems: Sequence[System], task: str, collections: Sequence[Collection], setup: Setup, *, reuse: bool
) -> dict[str, Outcome]:
    """Run systems over all collections of a task, in turns: one collection by each, then the next.

    Args:
        systems: The systems. Of the product and its parts the first makes the store, and the others search it.
        task: The task's name.
        collections: What to index and ask.
        setup: How to run it.
        reuse: Whether the product's store of an earlier run is searched as it is.
    """
    setup.work.mkdir(parents=True, exist_ok=True)
    runs: list[_Run] = []
    try:
        for system in systems:
            runs.append(_Run(system, task, collections, setup, reuse=reuse and system.is_product))
            reuse = reuse or system.is_product
        for number, collection in enumerate(collections, 1):
            for run in runs:
                run.take_turn()
            print(f"{number} of {len(collections)}: {collection.name}", file=sys.stderr, flush=True)
        return {run.system.name: run.outcome() for run in runs}
    finally:
        for run in runs:
            run.stop()


class _Run:
    """One system in its process, and what looks at its memory."""

    def __init__(
        self, system: System, task: str, collections: Sequence[Collection], setup: Setup, *, reuse: bool
    ) -> None:
        self.system = system
        job: dict[str, Any] = {
            "task": task, "part": system.part, "rounds": system.rounds or setup.rounds, "reuse": reuse,
            "relevance": setup.relevance,
            "work": str(setup.work), "collections": [_job_of(task, one, system, setup.work) for one in collections],
        }  # fmt: skip
        if system.module == "semble":
            job["model"] = str(setup.semble_model or ensure_model())
        name = system.name.replace(" ", "-")
        job_file, self._out_file = setup.work / f"job-{name}.json", setup.work / f"answers-{name}.json"
        job_file.write_text(json.dumps(job), encoding="utf-8")
        self._out_file.unlink(missing_ok=True)
        self._command = [*_command(system), str(job_file), str(self._out_file)]
        self._process = subprocess.Popen(
            self._command, env=_environment(setup.work), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._watch = MemoryWatch(self._process.pid)

    def take_turn(self) -> None:
        """Have it index the next collection and answer its questions."""
        with self._watch.looking():
            if not take_turn(self._process):
                self._end()
                sys.exit(f"{' '.join(self._command[:3])} ended before its last turn.")

    def outcome(self) -> Outcome:
        """Return what it did, after its last turn."""
        self._end()
        printed = json.loads(self._out_file.read_text(encoding="utf-8"))
        return read_outcome(self.system.name, printed, self._watch.peak_megabytes)

    def _end(self) -> None:
        if code := self._process.wait():
            sys.exit(f"{' '.join(self._command[:3])} ended with {code}; see above.")

    def stop(self) -> None:
        """End it if it is not over."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


def _command(system: System) -> list[str]:
    if system.module == "semble":
        return [str(ensure_peer()), str(Path(__file__).with_name("semble_program.py"))]
    return [sys.executable, "-m", f"benchmarks.quality.{system.module}"]


def _job_of(task: str, collection: Collection, system: System, work: Path) -> dict[str, Any]:
    job = collection.job()
    if system.module in ("semble", "grep"):
        folder = work / "files" / task / collection.name
        job["folder"], job["files"] = str(folder), _write_files(folder, collection)
    return job


def _write_files(folder: Path, collection: Collection) -> list[str]:
    """Lay documents out as one file each, for systems that know files only. Returns their names in order."""
    names = [f"{number:06d}{_suffix(one.suffix)}" for number, one in enumerate(collection.documents)]
    if names:
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in zip(names, collection.documents, strict=True):
            (folder / name).write_text(document.text, encoding="utf-8")
    return names


def _suffix(suffix: str) -> str:
    return suffix if suffix[1:].isalnum() else _SUFFIXES_OF_TEXT


def _environment(work: Path) -> dict[str, str]:
    return os.environ | {
        # What the peer and the product remember between runs must not decide this one.
        "SEMBLE_CACHE_LOCATION": str(work / "semble-cache"),
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
