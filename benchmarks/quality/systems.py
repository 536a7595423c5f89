"""Runs one system over a task in a process of its own, and measures the memory of that process and its children."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.corpus import WORK_FOLDER
from benchmarks.peer import ensure_model, ensure_peer
from benchmarks.quality.collection import Collection, Outcome, read_outcome

WORK = WORK_FOLDER / "quality"
# Short enough to see what a peak of a tenth of a second takes.
_LOOK_SECONDS = 0.05
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


def run_system(system: System, task: str, collections: Sequence[Collection], setup: Setup, *, reuse: bool) -> Outcome:
    """Run one system over all collections of a task.

    Args:
        system: The system.
        task: The task's name.
        collections: What to index and ask.
        setup: How to run it.
        reuse: Whether the product's store of an earlier system of this run is searched as it is.
    """
    setup.work.mkdir(parents=True, exist_ok=True)
    job: dict[str, Any] = {
        "task": task, "part": system.part, "rounds": system.rounds or setup.rounds, "reuse": reuse,
        "relevance": setup.relevance,
        "work": str(setup.work), "collections": [_job_of(task, one, system, setup.work) for one in collections],
    }  # fmt: skip
    if system.module == "semble":
        job["model"] = str(setup.semble_model or ensure_model())
    job_file, out_file = setup.work / "job.json", setup.work / "answers.json"
    job_file.write_text(json.dumps(job), encoding="utf-8")
    out_file.unlink(missing_ok=True)
    peak = _run([*_command(system), str(job_file), str(out_file)], setup.work)
    return read_outcome(system.name, json.loads(out_file.read_text(encoding="utf-8")), peak)


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


def _run(command: list[str], work: Path) -> float:
    """Run a system to its end. Returns the peak megabytes of it and its children together."""
    environment = os.environ | {
        # What the peer and the product remember between runs must not decide this one.
        "SEMBLE_CACHE_LOCATION": str(work / "semble-cache"),
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    process = subprocess.Popen(command, env=environment)
    watch = _MemoryWatch(process.pid)
    watch.start()
    code = process.wait()
    watch.stop()
    if code:
        sys.exit(f"{' '.join(command[:3])} ended with {code}; see above.")
    return watch.peak_megabytes


class _MemoryWatch(threading.Thread):
    """Looks at the resident memory of a process and all below it again and again (Linux; elsewhere 0)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self.peak_megabytes = 0.0

    def run(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self.peak_megabytes = max(self.peak_megabytes, sum(map(_resident_megabytes, _family(self._pid))))

    def stop(self) -> None:
        """End looking."""
        self._ended.set()
        self.join()


def _family(pid: int) -> list[int]:
    try:
        tasks = sorted(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # It has ended meanwhile.
        return [pid]
    return [pid, *(one for child in children for one in _family(child))]


def _resident_megabytes(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0.0)
