"""The real process over stdin and stdout."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from fluorite_mcp.learning.workers import PARALLEL_FROM_BYTES
from tests.server.conftest import ERAS, Tools, text_of

COMMAND = [sys.executable, "-m", "fluorite_mcp"]

# The promise is one second; the rest is for a machine that does other things at the same time.
MAX_END_SECONDS = 3.0

MAX_IDLE_MEGABYTES = 120

HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


class Wire:
    """The process, spoken to line by line; keeps every line it wrote to stdout."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environ
        )
        self.lines: list[bytes] = []
        self._ids = 0

    def __enter__(self) -> Wire:
        assert self.request("initialize", HANDSHAKE)["result"]["serverInfo"]["name"] == "fluorite"
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def send(self, message: dict[str, Any] | bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((message if isinstance(message, bytes) else json.dumps(message).encode()) + b"\n")
        self.process.stdin.flush()

    def begin(self, method: str, params: dict[str, Any]) -> int:
        self._ids += 1
        self.send({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params})
        return self._ids

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = self.begin(method, params)
        return self.until(lambda message: message.get("id") == number)

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            self.lines.append(line)
            message: dict[str, Any] = json.loads(line)
            assert message["jsonrpc"] == "2.0"
            if wanted(message):
                return message
        raise AssertionError("the server ended: " + self.errors())

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def wait_for_end(self) -> float:
        started = time.monotonic()
        self.process.wait(MAX_END_SECONDS)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            assert json.loads(line)["jsonrpc"] == "2.0"
        return time.monotonic() - started


@pytest.fixture
def environ(data_dir: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLUORITE_")}
    return kept | {"FLUORITE_DATA_DIR": str(data_dir)}


@pytest.fixture
def wire(project: Path, environ: dict[str, str]) -> Iterator[Wire]:
    with Wire(project, environ) as wire:
        yield wire


def _end_of_input(wire: Wire) -> None:
    assert wire.process.stdin is not None
    wire.process.stdin.close()


def _terminate(wire: Wire) -> None:
    wire.process.send_signal(signal.SIGTERM)


def _interrupt(wire: Wire) -> None:
    wire.process.send_signal(signal.SIGINT)


ENDINGS = [_end_of_input, _terminate, _interrupt]


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ERAS)
async def test_a_client_searches_stores_and_reads_over_stdio(project: Path, environ: dict[str, str], mode: str) -> None:
    parameters = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environ, cwd=project)
    async with Client(stdio_client(parameters), mode=mode) as client:
        tools = Tools(client)
        assert {tool.name for tool in (await client.list_tools()).tools} >= {"search", "suggest", "store"}
        assert (await tools.search(query="locate_parcel"))["hits"][0]["path"] == "app/parcels.py"
        stored = await tools.store(content="Parcels of carrier QQ need a customs form. 税関の書類が要る。")
        read = await client.read_resource(f"chunk://{stored['id']}")
        assert "税関" in read.model_dump_json()
        assert "税関" in text_of(await client.call_tool("get", {"ids": [stored["id"]]}))
        assert "limit is 0" in await tools.refusal("search", query="x", limit=0)


def test_broken_lines_do_not_end_the_server(wire: Wire) -> None:
    call = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"search","arguments":{"query":"%s"}}}'
    for line in (
        b"not json",
        b"{}",
        b"[]",
        b'{"jsonrpc":"2.0","id":900}',
        b"\xff\xfe\x00",
        call % (901, b"lone \\ud800 surrogate"),
        call % (902, b"bytes \xff\xc3\x28 that are no UTF-8"),
        call % (903, b"NUL \\u0000"),
        b'{"jsonrpc":"2.0","id":904,"method":"tools/call","params":{"name":"search","arguments":[]}}',
        b'{"jsonrpc":"2.0","id":905,"method":"no/such/method"}',
        b'{"jsonrpc":"2.0","id":906,"method":"tools/call","params":{"name":"search","arguments":' + b"[" * 5000 + b"}}",
    ):
        wire.send(line)
    answer = wire.request("tools/call", {"name": "search", "arguments": {"query": "retry_with_backoff"}})
    assert answer["result"]["structuredContent"]["hits"][0]["path"] == "app/retry.py"
    assert wire.request("ping", {})["result"] == {}


def test_a_file_name_that_is_not_utf8_does_not_end_the_server(wire: Wire, project: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux has file names that are no text")
    Path(os.fsdecode(bytes(project) + b"/app/caf\xe9.py")).write_text("def brew_unusual_coffee():\n    return 1\n")
    answer = wire.request("tools/call", {"name": "search", "arguments": {"query": "brew_unusual_coffee"}})
    assert "error" not in answer
    assert wire.request("tools/call", {"name": "learn", "arguments": {}})["result"]["isError"] is False


def test_modules_of_the_project_are_read_and_never_run(project: Path, environ: dict[str, str]) -> None:
    for name in ("numpy", "yaml", "mcp", "pydantic", "aiosqlite"):
        (project / f"{name}.py").write_text("raise SystemExit('the project was run')\n")
    with Wire(project, environ) as wire:
        answer = wire.request(
            "tools/call", {"name": "search", "arguments": {"query": "the project was run", "kinds": "code"}}
        )
        assert answer["result"]["structuredContent"]["hits"][0]["path"].endswith(".py")


@pytest.mark.parametrize("end", ENDINGS)
def test_an_idle_server_ends_promptly(wire: Wire, end: Callable[[Wire], None]) -> None:
    wire.request("tools/call", {"name": "status", "arguments": {}})
    end(wire)
    wire.wait_for_end()
    assert wire.process.returncode == 0
    assert wire.errors() == ""


@pytest.mark.parametrize("end", ENDINGS)
def test_a_learning_server_ends_promptly_with_its_workers(
    wire: Wire, project: Path, data_dir: Path, end: Callable[[Wire], None]
) -> None:
    # Enough files that worker processes take part, and that learning takes longer than it takes to end it.
    for number in range(max(PARALLEL_FROM_BYTES, 1_000_000) // 1_500):
        (project / f"module_{number}.py").write_text(f"def work_{number}(value):\n    return value + {number}\n" * 40)
    learning = {"name": "learn", "arguments": {}, "_meta": {"progressToken": "t"}}
    wire.begin("tools/call", learning)
    wire.until(lambda message: message.get("method") == "notifications/progress")
    workers = _children(wire.process.pid)
    assert workers or sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1

    end(wire)

    wire.wait_for_end()
    assert wire.process.returncode == 0
    deadline = time.monotonic() + MAX_END_SECONDS
    while (left := [pid for pid in workers if _is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []
    with sqlite3.connect(data_dir / "fluorite.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_bad_settings_stop_the_start_with_one_sentence(project: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(
        COMMAND, input=b"", capture_output=True, cwd=project, env=environ | {"FLUORITE_MEMORY__CASHE_SIZE_MB": "1"}
    )
    assert done.returncode == 2
    assert done.stdout == b""
    [line] = done.stderr.decode().splitlines()
    assert "unknown key 'cashe_size_mb'" in line
    assert "cache_size_mb" in line


def test_a_memory_that_cannot_be_opened_is_told_at_the_call_and_tried_again(wire: Wire, data_dir: Path) -> None:
    database = data_dir / "fluorite.db"
    intact = database.read_bytes()
    for file in data_dir.glob("fluorite.db*"):
        file.unlink()
    database.write_bytes(b"this is no database " * 1000)
    for _ in range(2):
        result = wire.request("tools/call", {"name": "status", "arguments": {}})["result"]
        assert result["isError"]
        assert "fluorite.db" in result["content"][0]["text"]
        assert "Internal error" not in result["content"][0]["text"]
    database.write_bytes(intact)
    assert wire.request("tools/call", {"name": "status", "arguments": {}})["result"]["structuredContent"]["healthy"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_idle_server_is_small_and_imports_nothing_heavy(wire: Wire) -> None:
    status = Path(f"/proc/{wire.process.pid}/status").read_text()
    [megabytes] = [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")]
    assert megabytes < MAX_IDLE_MEGABYTES
    maps = Path(f"/proc/{wire.process.pid}/maps").read_text()
    assert not [name for name in ("faiss", "numpy", "tree_sitter", "tokenizers") if name in maps]


def test_what_is_printed_during_imports_stays_off_stdout() -> None:
    program = (
        "import os\n"
        "from fluorite_mcp.server.stdio import _stdout_diverted\n"
        "with _stdout_diverted():\n"
        "    print('from Python')\n"
        "    os.system('echo from a child')\n"
        "print('after')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "after\n"
    assert sorted(done.stderr.splitlines()) == ["from Python", "from a child"]


def _children(pid: int) -> list[int]:
    if sys.platform != "linux":
        return []
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text().split()]


def _is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
