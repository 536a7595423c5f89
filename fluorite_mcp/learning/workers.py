"""Preparing files on every core: threads for a few files, a second process for many."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from fluorite_mcp.learning.prepare import FileTask, PreparedFile, prepare_file

# Starting worker processes costs about what preparing this many files costs.
PARALLEL_FROM_FILES = 400

# Prepared batches in flight: enough to keep the workers busy while one batch is written.
_AHEAD = 3


class FileWorkers:
    """Prepares batches of files, in order, ahead of the one that is being written."""

    def __init__(self, root: Path, now: str, *, parallel: bool, files: int) -> None:
        self._root = root
        self._now = now
        self._processes = _process_count() if parallel and files >= PARALLEL_FROM_FILES else 0
        self._executor: Executor | None = None

    async def __aenter__(self) -> FileWorkers:
        if self._processes:
            self._executor = ProcessPoolExecutor(
                self._processes, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent
            )
        else:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._executor is not None  # noqa: S101 - set on entering
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def prepare(self, tasks: Sequence[FileTask], batch_size: int) -> AsyncIterator[list[PreparedFile]]:
        """Yield prepared batches in the order of the tasks."""
        loop = asyncio.get_running_loop()
        batches = [tasks[start : start + batch_size] for start in range(0, len(tasks), batch_size)]
        pending: list[asyncio.Future[list[PreparedFile]]] = []
        position = 0
        while position < len(batches) or pending:
            while position < len(batches) and len(pending) < _AHEAD + self._processes:
                args = (self._root, batches[position], self._now)
                pending.append(loop.run_in_executor(self._executor, _prepare_batch, *args))
                position += 1
            yield await pending.pop(0)


def _process_count() -> int:
    """One process per core beside this one, which writes; at most four, where writing becomes the limit."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(0, min(4, cores))


def _prepare_batch(root: Path, tasks: Sequence[FileTask], now: str) -> list[PreparedFile]:
    return [prepare_file(root, task, now) for task in tasks]


def _end_with_parent() -> None:
    """End this worker when its parent dies: a killed parent cannot tell its workers."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()
