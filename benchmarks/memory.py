"""The resident memory of processes and all below them, as Linux tells it; elsewhere 0."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Short enough to see what a peak of a tenth of a second takes.
_LOOK_SECONDS = 0.05


class MemoryWatch:
    """Looks at the memory of a process and all below it again and again (Linux; elsewhere 0)."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak_megabytes = 0.0

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look as long as this lasts."""
        ended = threading.Event()
        thread = threading.Thread(target=self._look, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _look(self, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_SECONDS):
            self.peak_megabytes = max(self.peak_megabytes, family_megabytes(self._pid))


def family_megabytes(pid: int) -> float:
    """Return what a process and all below it have resident now."""
    return sum(map(_resident_megabytes, _family(pid)))


def _family(pid: int) -> list[int]:
    found = [pid]
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = listed.read_text().split()
        except OSError:  # That thread, or all of it, has ended meanwhile.
            continue
        found += [one for child in children for one in _family(int(child))]
    return found


def _resident_megabytes(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0.0)
