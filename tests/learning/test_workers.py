"""Workers answer over pipes, in order, and end with their parent."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.embedding.builtin import BuiltinEmbedder
from fluorite_mcp.learning import workers
from fluorite_mcp.learning.batches import READY, Batch, prepare_batch, receive, send, serve_batches
from fluorite_mcp.learning.prepare import FileTask, PreparedFile
from fluorite_mcp.learning.scan import FileStat
from fluorite_mcp.learning.workers import FileWorkers, WorkerCommands

NOW = "2026-03-01T00:00:00.000000Z"


@pytest.fixture
def tasks(tmp_path: Path) -> list[FileTask]:
    for number in range(7):
        (tmp_path / f"a{number}.py").write_text(f"def numbered_{number}():\n    return {number}\n")
    return [FileTask(1, f"a{number}.py", FileStat(1, 1)) for number in range(7)]


def paths(batches: list[list[PreparedFile]]) -> list[list[str]]:
    return [[file.record.path for file in batch] for batch in batches]


def test_what_is_sent_is_received() -> None:
    pipe = io.BytesIO()
    for value in ({"a": 1}, "漢字", list(range(1000))):
        send(pipe, value)
    pipe.seek(0)

    assert [receive(pipe) for _ in range(3)] == [{"a": 1}, "漢字", list(range(1000))]
    with pytest.raises(EOFError):
        receive(pipe)


def test_a_prepared_file_arrives_as_it_was_sent(tmp_path: Path, tasks: list[FileTask]) -> None:
    pipe = io.BytesIO()
    sent = (tasks, prepare_batch((tmp_path, tasks, NOW)))
    send(pipe, sent)
    pipe.seek(0)

    assert receive(pipe) == sent


def test_a_worker_answers_every_batch_until_the_input_ends(tmp_path: Path, tasks: list[FileTask]) -> None:
    source, target = io.BytesIO(), io.BytesIO()
    for part in (tasks[:3], tasks[3:]):
        send(source, (tmp_path, part, NOW))
    source.seek(0)
    serve_batches(source, target, prepare_batch)
    target.seek(0)

    assert receive(target) == READY
    assert paths([receive(target), receive(target)]) == [
        ["a0.py", "a1.py", "a2.py"],
        ["a3.py", "a4.py", "a5.py", "a6.py"],
    ]


class ClosedPipe(io.BytesIO):
    """A pipe whose reader is gone."""

    def write(self, _data: Any) -> int:
        raise BrokenPipeError


def test_a_worker_whose_parent_is_gone_ends(tmp_path: Path, tasks: list[FileTask]) -> None:
    source = io.BytesIO()
    send(source, (tmp_path, tasks, NOW))
    source.seek(0)

    serve_batches(source, ClosedPipe(), prepare_batch)

    assert source.tell() == 0


@pytest.mark.parametrize("model", ["", "builtin"])
def test_a_worker_process_prepares_and_embeds(tmp_path: Path, tasks: list[FileTask], model: str) -> None:
    source = io.BytesIO()
    send(source, (tmp_path, tasks, NOW))
    done = subprocess.run(
        [sys.executable, "-m", "fluorite_mcp.worker", model], input=source.getvalue(), capture_output=True, timeout=60
    )
    answers = io.BytesIO(done.stdout)
    assert receive(answers) == READY, done.stderr
    files = receive(answers)
    vectors = [item.vector for file in files for item in file.chunks]

    assert done.returncode == 0, done.stderr
    assert [file.record.path for file in files] == [task.path for task in tasks]
    size = 2 * BuiltinEmbedder().dimensions if model else None
    assert [None if vector is None else len(vector) for vector in vectors] == [size] * 7


@pytest.mark.anyio
@pytest.mark.parametrize("command", [(), ("no-such-program",), (sys.executable, "-c", "pass")])
async def test_batches_come_in_order_with_and_without_a_program_that_works(
    tmp_path: Path, tasks: list[FileTask], command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_FROM_BYTES", 1)
    monkeypatch.setattr(workers, "_process_count", lambda: 2)
    async with FileWorkers(tmp_path, NOW, prepare_batch, command=command, size=1000) as prepared:
        batches = [batch async for batch in prepared.prepare(tasks, 3)]

    assert [path for batch in paths(batches) for path in batch] == [task.path for task in tasks]
    assert max(map(len, batches)) <= 3
    assert all(file.chunks for batch in batches for file in batch)


@pytest.mark.anyio
async def test_nobody_waits_for_a_worker_that_is_still_starting(
    tmp_path: Path, tasks: list[FileTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_FROM_BYTES", 1)
    monkeypatch.setattr(workers, "_process_count", lambda: 2)
    command = (sys.executable, "-c", "import time; time.sleep(60)")
    async with FileWorkers(tmp_path, NOW, prepare_batch, command=command, size=1000) as prepared:
        batches = [batch async for batch in prepared.prepare(tasks, 1)]
        assert all(process.poll() is None for process in prepared._processes)

    assert [path for batch in paths(batches) for path in batch] == [task.path for task in tasks]


@pytest.mark.anyio
async def test_leaving_in_the_middle_ends_the_processes(
    tmp_path: Path, tasks: list[FileTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_FROM_BYTES", 1)
    monkeypatch.setattr(workers, "_process_count", lambda: 2)
    command = (sys.executable, "-m", "fluorite_mcp.worker", "")

    def work(batch: Batch) -> list[PreparedFile]:
        # The thread of this process could be through before the other one has started its worker.
        deadline = time.monotonic() + 60
        while not prepared._processes and time.monotonic() < deadline:
            time.sleep(0.01)
        return prepare_batch(batch)

    async with FileWorkers(tmp_path, NOW, work, command=command, size=1000) as prepared:
        async for _ in prepared.prepare(tasks, 1):
            break

    assert prepared._processes
    assert all(process.poll() is not None for process in prepared._processes)


def test_a_small_learning_has_workers_that_start_without_the_model() -> None:
    commands = WorkerCommands(small=("prepare",), large=("prepare", "builtin"))
    assert commands.for_size(workers.WORKERS_ONLY_FROM_BYTES - 1) == ("prepare",)
    assert commands.for_size(workers.WORKERS_ONLY_FROM_BYTES) == ("prepare", "builtin")
    assert WorkerCommands().for_size(10**9) == ()


def test_a_worker_starts_without_what_only_others_need() -> None:
    # Each of them costs a tenth and more of the time until the first file.
    others = (
        "asyncio",
        "numpy",
        "fluorite_mcp.embedding.builtin",
        "fluorite_mcp.learning.mining",
        "fluorite_mcp.learning.workers",
        "fluorite_mcp.patterns",
    )
    program = f"import sys, fluorite_mcp.worker; print([name for name in {others} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
