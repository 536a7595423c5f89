"""Preparing files on every core: in a thread of this process, and in worker processes where there is enough to do.

A worker is a process of its own that reads batches from its standard input and ends when that ends, so it cannot
outlive a parent that was killed. Which program that is, the composition root decides (`fluorite_mcp.worker`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

from fluorite_mcp.learning.batches import Batch, receive, send
from fluorite_mcp.learning.prepare import FileTask
from fluorite_mcp.learning.scan import MAX_FILE_BYTES

logger = logging.getLogger(__name__)

# A worker process takes as long to start as preparing some 200 kB takes; this process goes on meanwhile.
PARALLEL_FROM_BYTES = 400_000
# From here on the start of one more, and with the model, does not matter, and this process writes and answers only.
WORKERS_ONLY_FROM_BYTES = 2_000_000

# Files are handed out in units of at most so many files or bytes, so that nobody waits long for the last one, and in
# so many for each thread where there are few files.
_UNITS_PER_THREAD = 4
_UNIT_FILES = 16
_UNIT_BYTES = 200_000

# Units in flight: enough to keep everybody busy while a batch is written, or while a worker starts.
_AHEAD = 4
_AHEAD_PER_PROCESS = 2

# What becomes of one file.
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class WorkerCommands:
    """The programs that prepare files; none are started where one is empty.

    Args:
        small: Prepares only. Without the model it starts in half the time, and this process has time to embed.
        large: Prepares and embeds.
    """

    small: Sequence[str] = ()
    large: Sequence[str] = ()

    def for_size(self, size: int) -> Sequence[str]:
        """Return the program for so many bytes."""
        return self.small if size < WORKERS_ONLY_FROM_BYTES else self.large


class FileWorkers(Generic[ResultT]):
    """Prepares batches of files, in order, ahead of the one that is being written.

    Args:
        root: The project's root folder.
        now: The time that the chunks get.
        work: What is done with a batch in this process.
        command: The program of a worker process, which does the same; none are started if it is empty.
        size: How many bytes there are to prepare.
    """

    def __init__(
        self, root: Path, now: str, work: Callable[[Batch], list[ResultT]], *, command: Sequence[str], size: int
    ) -> None:
        self._root = root
        self._now = now
        self._work = work
        self._command = command
        self._count = _process_count() if command and size >= PARALLEL_FROM_BYTES else 0
        self._takes_part = not self._count or size < WORKERS_ONLY_FROM_BYTES
        # A large learning gets a worker for this process's own core, too.
        self._threads = self._count + 1
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="prepare")
        self._own = threading.local()
        self._is_first_thread = threading.Lock()
        # A process is started whole or not at all while this is being left.
        self._starting = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._is_closing = False

    async def __aenter__(self) -> FileWorkers[ResultT]:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with self._starting:
            self._is_closing = True
        for process in self._processes:
            process.kill()
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            close_worker(process)

    async def prepare(self, tasks: Sequence[FileTask], batch_size: int) -> AsyncIterator[list[ResultT]]:
        """Yield prepared batches of at most so many files, in the order of the tasks."""
        loop = asyncio.get_running_loop()
        most = min(_UNIT_FILES, batch_size, max(1, len(tasks) // (_UNITS_PER_THREAD * self._threads)))
        units = _units(tasks, most)
        pending: deque[asyncio.Future[list[ResultT]]] = deque()
        while True:
            for unit in islice(units, _AHEAD + _AHEAD_PER_PROCESS * self._count - len(pending)):
                pending.append(loop.run_in_executor(self._executor, self._prepare, (self._root, unit, self._now)))
            if not pending:
                return
            batch = await pending.popleft()
            # What is ready too is written in the same transaction: each waits once for the disk.
            while pending and pending[0].done() and len(batch) + len(pending[0].result()) <= batch_size:
                batch = batch + pending.popleft().result()
            yield batch

    def _prepare(self, batch: Batch) -> list[ResultT]:
        """Prepare a unit in this thread's worker process; where that has not started yet or is none, here."""
        worker = self._worker()
        if worker is None or not worker.is_ready.is_set():
            return [] if self._is_closing else self._work(batch)
        process = worker.process
        try:
            assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - opened as pipes
            send(process.stdin, batch)
            prepared: list[ResultT] = receive(process.stdout)
        except (OSError, EOFError, pickle.PickleError) as error:
            if self._is_closing:
                return []
            logger.warning("a worker process failed (%s); its files are prepared here", error)
            self._own.worker = None
            return self._work(batch)
        return prepared

    def _worker(self) -> _Worker | None:
        """Return this thread's worker; where this process takes part, the first thread has none."""
        if not hasattr(self._own, "worker"):
            is_ours = self._takes_part and self._is_first_thread.acquire(blocking=False)
            self._own.worker = None if is_ours else self._start_worker()
        worker: _Worker | None = self._own.worker
        return worker

    def _start_worker(self) -> _Worker | None:
        with self._starting:
            process = None if self._is_closing else start_worker(self._command)
            if process is None:
                return None
            self._processes.append(process)
        worker = _Worker(process)
        threading.Thread(target=worker.wait_until_ready, daemon=True, name="worker-start").start()
        return worker


@dataclass(frozen=True, slots=True)
class _Worker:
    """A worker process; until it has said that it is ready, units do not wait for it."""

    process: subprocess.Popen[bytes]
    is_ready: threading.Event = field(default_factory=threading.Event)

    def wait_until_ready(self) -> None:
        """Note the first thing that the process says. One that ended counts as ready: the next unit finds out."""
        assert self.process.stdout is not None  # noqa: S101 - opened as a pipe
        try:
            receive(self.process.stdout)
        except (OSError, EOFError, ValueError, pickle.PickleError) as error:
            logger.debug("a worker process did not start: %s", error)
        self.is_ready.set()


def _units(tasks: Sequence[FileTask], most: int) -> Iterator[list[FileTask]]:
    """Yield the tasks in order, at most so many at a time."""
    unit: list[FileTask] = []
    size = 0
    for task in tasks:
        if unit and (len(unit) >= most or size + readable_size(task) > _UNIT_BYTES):
            yield unit
            unit, size = [], 0
        unit.append(task)
        size += readable_size(task)
    if unit:
        yield unit


def readable_size(task: FileTask) -> int:
    """Return how many bytes of a file will be read."""
    return task.stat.size if task.stat.size <= MAX_FILE_BYTES else 0


def _process_count() -> int:
    """One process for each core but this process's own, at most three: then writing is the limit."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(3, cores - 1)


def start_worker(command: Sequence[str]) -> subprocess.Popen[bytes] | None:
    """Start a worker process; None, with a warning, where that fails."""
    # Each worker is one core's; linear algebra that spreads over all of them would only make them wait.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)  # noqa: S603
    except OSError as error:
        logger.warning("no worker process could be started (%s); files are prepared in this one", error)
        return None


def close_worker(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that ends, and close its pipes."""
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:  # What was still to be written has no reader any more.
                continue
