"""Batches of files and what becomes of them, and how both cross the pipe between a process and its worker.

A worker imports this and no more of the machinery around it: it is to be ready soon.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Sequence
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import IO, Any

from fluorite_mcp.garbage import collect_young
from fluorite_mcp.learning.prepare import FileTask, PreparedFile, prepare_file
from fluorite_mcp.models import Chunk, FileRecord, Origin, PreparedChunk

_LENGTH = struct.Struct("<Q")

# What a worker says first.
READY = "ready"

# The root folder, what to prepare, and the time that the chunks get.
Batch = tuple[Path, Sequence[FileTask], str]

# Prepares one batch; in a worker process it embeds the chunks too.
PrepareBatch = Callable[[Batch], list[PreparedFile]]


def prepare_batch(batch: Batch) -> list[PreparedFile]:
    """Prepare the files of one batch."""
    root, tasks, now = batch
    return [prepare_file(root, task, now) for task in tasks]


def send(stream: IO[bytes], value: object) -> None:
    """Write one value to a worker or back. Only ever between a process and its own child."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(value)
    data = buffer.getbuffer()
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def _reducer(kind: type[Any]) -> Callable[[Any], tuple[type[Any], tuple[Any, ...]]]:
    """Return how a value is pickled: as a call with its fields.

    Frozen dataclasses set theirs one by one in Python, which takes half as long again.
    """
    values = attrgetter(*(one.name for one in fields(kind)))
    return lambda value: (kind, values(value))


_REDUCERS: dict[type, Callable[[Any], tuple[type[Any], tuple[Any, ...]]]] = {
    kind: _reducer(kind) for kind in (Chunk, FileRecord, FileTask, Origin, PreparedChunk, PreparedFile)
}


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


def serve_batches(source: IO[bytes], target: IO[bytes], prepare: Callable[[Any], object]) -> None:
    """Tell a parent process that this one is ready, and prepare its batches until it has no more."""
    try:
        send(target, READY)
    except BrokenPipeError:
        return
    while True:
        try:
            batch = receive(source)
        except EOFError:
            return
        try:
            send(target, prepare(batch))
        except BrokenPipeError:
            return
        collect_young()
