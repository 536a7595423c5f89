"""Python's search for garbage cycles, put off while many objects are made and none of them is in a cycle.

Cutting a file makes thousands of objects that all stay, and the collector goes through them again and again: a quarter
of the time that preparing takes. Between two batches few of them are left to go through. A search makes two thousand,
which go by themselves, and the collector would look for them twice.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Where searches overlap without end, the collector gets its turn after so many new objects.
_MOST_UNCOLLECTED = 200_000


class _Pauses:
    """How many learnings and searches of this process want the collector to wait, and whether it ran before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._was_enabled = False

    def begin(self) -> None:
        with self._lock:
            if not self._count:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._count += 1

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._was_enabled:
                return
            if not self._count:
                gc.enable()
            elif gc.get_count()[0] > _MOST_UNCOLLECTED:
                gc.collect(0)


_pauses = _Pauses()


@contextmanager
def paused_collection() -> Iterator[None]:
    """Have no garbage collected by itself inside; `collect_young` does it between batches."""
    _pauses.begin()
    try:
        yield
    finally:
        _pauses.end()


def collect_young() -> None:
    """Look through what was made since the last time, once the batch it belonged to is gone."""
    gc.collect(0)


def start_worker_process() -> None:
    """Pause for good in a process that only prepares batches; what it has loaded by now is never looked at."""
    gc.freeze()
    _pauses.begin()
