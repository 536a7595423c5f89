"""Preparing files on every core: in a thread for a few files, in worker processes for many.

A worker is a process of its own that reads batches from its standard input and ends when that ends, so it cannot
outlive a parent that was killed. Which program that is, the composition root decides (`fluorite_mcp.worker`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import struct
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from fluorite_mcp.learning.prepare import FileTask, PreparedFile, prepare_file

logger = logging.getLogger(__name__)

# Starting worker processes costs about what preparing this many files costs.
PARALLEL_FROM_FILES = 150

# Prepared batches in flight: enough to keep the workers busy while one batch is written.
_AHEAD = 3

_LENGTH = struct.Struct("<Q")

Batch = tuple[Path, Sequence[FileTask], str]

# Prepares one batch; in a worker process it embeds the chunks too.
PrepareBatch = Callable[[Batch], list[PreparedFile]]


class FileWorkers:
    """Prepares batches of files, in order, ahead of the one that is being written."""

    def __init__(self, root: Path, now: str, *, command: Sequence[str], files: int) -> None:
        self._root = root
        self._now = now
        self._command = command
        self._count = _process_count() if command and files >= PARALLEL_FROM_FILES else 0
        self._executor = ThreadPoolExecutor(max(1, self._count), thread_name_prefix="prepare")
        self._own = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._is_closing = False

    async def __aenter__(self) -> FileWorkers:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._is_closing = True
        for process in self._processes:
            process.kill()
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            _close(process)

    async def prepare(self, tasks: Sequence[FileTask], batch_size: int) -> AsyncIterator[list[PreparedFile]]:
        """Yield prepared batches in the order of the tasks."""
        loop = asyncio.get_running_loop()
        batches = [tasks[start : start + batch_size] for start in range(0, len(tasks), batch_size)]
        pending: list[asyncio.Future[list[PreparedFile]]] = []
        position = 0
        while position < len(batches) or pending:
            while position < len(batches) and len(pending) < _AHEAD + self._count:
                batch = (self._root, batches[position], self._now)
                pending.append(loop.run_in_executor(self._executor, self._prepare, batch))
                position += 1
            yield await pending.pop(0)

    def _prepare(self, batch: Batch) -> list[PreparedFile]:
        """Prepare a batch in this thread's worker process; without one, here."""
        process = self._process()
        if process is None:
            return prepare_batch(batch)
        try:
            assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - opened as pipes
            send(process.stdin, batch)
            prepared: list[PreparedFile] = receive(process.stdout)
        except (OSError, EOFError, pickle.PickleError) as error:
            if self._is_closing:
                return []
            logger.warning("a worker process failed (%s); its files are prepared here", error)
            self._own.process = None
            return prepare_batch(batch)
        return prepared

    def _process(self) -> subprocess.Popen[bytes] | None:
        if not self._count:
            return None
        if not hasattr(self._own, "process"):
            self._own.process = _start(self._command)
            if self._own.process is not None:
                self._processes.append(self._own.process)
        process: subprocess.Popen[bytes] | None = self._own.process
        return process


def prepare_batch(batch: Batch) -> list[PreparedFile]:
    """Prepare the files of one batch."""
    root, tasks, now = batch
    return [prepare_file(root, task, now) for task in tasks]


def send(stream: IO[bytes], value: object) -> None:
    """Write one value to a worker or back. Only ever between a process and its own child."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one value.

    Raises:
        EOFError: The other side ended.
    """
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError("the other process ended")
    data = stream.read(_LENGTH.unpack(header)[0])
    return pickle.loads(data)  # noqa: S301 - from our own child or parent, over a private pipe


def _process_count() -> int:
    """One process per core, at most four: then writing is the limit."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(4, cores) if cores > 1 else 0


def serve_batches(source: IO[bytes], target: IO[bytes], prepare: PrepareBatch) -> None:
    """Prepare batches from a parent process until it has no more."""
    while True:
        try:
            batch = receive(source)
        except EOFError:
            return
        try:
            send(target, prepare(batch))
        except BrokenPipeError:
            return


def _start(command: Sequence[str]) -> subprocess.Popen[bytes] | None:
    # Each worker is one core's; linear algebra that spreads over all of them would only make them wait.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)  # noqa: S603
    except OSError as error:
        logger.warning("no worker process could be started (%s); files are prepared in this one", error)
        return None


def _close(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:  # What was still to be written has no reader any more.
                continue
