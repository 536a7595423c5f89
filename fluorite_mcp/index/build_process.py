"""Building an index in a process of its own: on one core, with the lowest priority, in memory that is given back.

A million vectors take about a minute to put into lists, while searches go on. `python -m
fluorite_mcp.index.build_process` reads an order and portions from its standard input, and ends without a result when
that ends early, so it cannot outlive its parent.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import IO, Any

from fluorite_mcp.errors import StoreError
from fluorite_mcp.index.build_order import Build, BuildOrder, Portion, Purpose
from fluorite_mcp.index.building import BuildHere, start_making

# Behind everything that somebody waits for.
_NICENESS = 15

_COMMAND = (sys.executable, "-P", "-m", "fluorite_mcp.index.build_process")

# What a portion is for, the bytes of its keys and of its data.
_HEAD = struct.Struct("<cQQ")
_PURPOSES: dict[bytes, Purpose] = {b"s": "sample", b"a": "add"}
_LETTERS = {purpose: letter for letter, purpose in _PURPOSES.items()}
_END = b"e"


class BuildProcess:
    """Has a child process build."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - opened as pipes
        self._process = process
        self._input = process.stdin
        self._output = process.stdout

    async def begin(self, order: BuildOrder) -> bool:
        """Start. Returns whether the base serves."""
        await self._send(json.dumps(asdict(order)).encode() + b"\n")
        return bool((await self._answer())["goes_on"])

    async def take(self, portion: Portion) -> None:
        """Hand a portion over."""
        head = _HEAD.pack(_LETTERS[portion.purpose], len(portion.keys), len(portion.data))
        await self._send(head + portion.keys + portion.data)

    async def finish(self) -> tuple[str, int]:
        """Have the file written. Returns its checksum and the number of chunks in it."""
        await self._send(_HEAD.pack(_END, 0, 0))
        answer = await self._answer()
        return str(answer["checksum"]), int(str(answer["rows"]))

    async def _send(self, data: bytes) -> None:
        try:
            self._input.write(data)
            await self._input.drain()
        except ConnectionError:
            # Its answer says why, if it had the time to give one.
            await self._answer()
            raise await self._died() from None

    async def _answer(self) -> dict[str, object]:
        line = await self._output.readline()
        if not line:
            raise await self._died()
        answer: dict[str, object] = json.loads(line)
        if "unwritable" in answer:
            raise OSError(answer["unwritable"])
        return answer

    async def _died(self) -> StoreError:
        code = await self._process.wait()
        return StoreError(
            f"The process that built the search index ended with {code}. Search goes on without the new index; it is "
            "built again when the store changes."
        )

    async def close(self) -> None:
        """End the process, whatever it was doing."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._input.close()
        await self._process.wait()


@asynccontextmanager
async def start_build() -> AsyncIterator[Build]:
    """Give something that builds: a process, or where none can be started, this one."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*_COMMAND, stdin=pipe, stdout=pipe, env=environment)
    except OSError:
        yield BuildHere()
        return
    build = BuildProcess(process)
    try:
        yield build
    finally:
        await build.close()


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Build what a parent process orders; return early if it ends."""
    try:
        build = start_making(_parsed(source.readline()))
        _reply(target, goes_on=build.goes_on)
        while portion := _receive(source):
            build.take(portion)
        checksum, rows = build.finish()
        _reply(target, checksum=checksum, rows=rows)
    except OSError as error:
        _reply(target, unwritable=str(error))
    except EOFError:
        return


def _parsed(line: bytes) -> BuildOrder:
    if not line.endswith(b"\n"):
        raise EOFError
    values: dict[str, Any] = json.loads(line)
    return BuildOrder(**values | {"removed": tuple(values["removed"])})


def _receive(source: IO[bytes]) -> Portion | None:
    """Read one portion; None after the last.

    Raises:
        EOFError: The parent ended.
    """
    letter, keys, rows = _HEAD.unpack(_read(source, _HEAD.size))
    return None if letter == _END else Portion(_PURPOSES[letter], _read(source, keys), _read(source, rows))


def _read(source: IO[bytes], size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _reply(target: IO[bytes], **values: object) -> None:
    with suppress(BrokenPipeError):
        target.write(json.dumps(values).encode() + b"\n")
        target.flush()


def main() -> None:
    """Serve the parent process."""
    # A terminal's Ctrl-C reaches the parent too, which ends this process by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    # Only answers may reach the pipe: whatever prints goes to the error stream.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, output)


if __name__ == "__main__":
    main()
