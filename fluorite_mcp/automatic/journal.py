"""How far a run of automatic learning came, so that one that was cut off goes on; and the history of finished runs.

Both are files in the user's data folder, readable by the user alone. Nothing depends on them: without a journal a run
starts from its beginning, and what is known already costs it little.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# What was read longer ago is read again: it may have changed, and a run is there to notice.
RESUMED_FOR = timedelta(hours=24)
_RUNS_KEPT = 365
_PRIVATE = 0o600


@dataclass(slots=True)
class Journal:
    """The steps that the current run has done, with what came of each."""

    path: Path
    started_at: str
    sources: tuple[str, ...]
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_resumed: bool = False

    @classmethod
    def open(cls, folder: Path, sources: Sequence[str], now: str) -> Journal:
        """Go on with the run before, if it was cut off lately and the sources are the same, or begin a new one."""
        path = folder / "run.json"
        journal = cls(path, now, tuple(sources))
        before = _load(path)
        if before and before.get("sources") == list(sources) and _is_recent(str(before.get("started_at")), now):
            journal.started_at = str(before["started_at"])
            journal.done = dict(before.get("done") or {})
            journal.is_resumed = True
        journal.write()
        return journal

    def note(self, step: str, result: Mapping[str, Any]) -> None:
        """Note that a step is done."""
        self.done[step] = dict(result)
        self.write()

    def write(self) -> None:
        """Write the journal: whole, or as it was before."""
        values = {"started_at": self.started_at, "sources": list(self.sources), "done": self.done, "pid": os.getpid()}
        write_private(self.path, json.dumps(values, ensure_ascii=False))

    def finish(self, report: Mapping[str, Any]) -> None:
        """End the run: its report goes into the history, and the next run begins anew."""
        history = self.path.with_name("history.jsonl")
        lines = _lines(history)[-(_RUNS_KEPT - 1) :]
        write_private(history, "".join(f"{line}\n" for line in [*lines, json.dumps(report, ensure_ascii=False)]))
        self.path.unlink(missing_ok=True)


def running_process(folder: Path) -> int | None:
    """Return the process that a journal says is at work."""
    pid = (_load(folder / "run.json") or {}).get("pid")
    return pid if isinstance(pid, int) else None


def write_private(path: Path, text: str) -> None:
    """Write a file that only the user may read: beside its place first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with open(descriptor, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123 - of a descriptor
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def _is_recent(started_at: str, now: str) -> bool:
    try:
        return datetime.fromisoformat(now) - datetime.fromisoformat(started_at) < RESUMED_FOR
    except ValueError:
        return False


def _load(path: Path) -> dict[str, Any] | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").split("\n") if line]
    except (OSError, UnicodeDecodeError):
        return []
