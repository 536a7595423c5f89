"""The command line as its own process: clean stdout, signals, closed pipes, terminals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

COMMAND = [sys.executable, "-m", "fluorite_mcp"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, pipes and terminals of POSIX")


def test_stdout_holds_the_answer_alone_however_much_is_logged(cli: Cli) -> None:
    environment = {**os.environ, "FLUORITE_LOG_LEVEL": "DEBUG"}

    done = subprocess.run(
        [*COMMAND, "search", "retry with backoff", "--json"], capture_output=True, text=True, env=environment
    )

    assert done.returncode == 0
    assert json.loads(done.stdout)["hits"][0]["path"] == "retry.py"


def test_errors_go_to_stderr_and_set_the_exit_code(cli: Cli) -> None:
    done = subprocess.run([*COMMAND, "search", "x", "--limit", "0"], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: limit is 0; it may be 1 to 50. Use next_cursor for more.\n"


def test_a_reader_that_leaves_early_ends_the_command_quietly(cli: Cli) -> None:
    process = subprocess.Popen([*COMMAND, "export"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None

    first = process.stdout.readline()
    process.stdout.close()

    assert json.loads(first)["type"] == "header"
    assert process.stderr.read() == b""
    assert process.wait(30) == 141
    process.stderr.close()


def test_an_interrupt_ends_the_command_with_130_and_no_traceback(cli: Cli, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen([*COMMAND, "import", str(pipe)], stderr=subprocess.PIPE)

    with pipe.open("wb"):  # Opens when the command reads from it.
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 130
    assert errors == b"error: interrupted\n"


def test_a_terminal_sees_the_progress_and_a_file_does_not(cli: Cli) -> None:
    import pty

    for number in range(40):
        (cli.project / f"module{number}.py").write_text(f"def function_{number}():\n    return {number}\n")
    mine, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen([*COMMAND, "learn"], stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    shown = read_all(mine)
    answer, _ = process.communicate(timeout=60)

    plain = subprocess.run([*COMMAND, "learn", "--force"], capture_output=True, env=environment)

    assert b"learned 42 of 42 files" in shown
    assert b"Learned shop" in answer
    assert plain.stderr == b""


def test_unbounded_work_shows_on_a_terminal_that_it_goes_on(cli: Cli) -> None:
    import pty

    mine, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen(
        [*COMMAND, "doctor", "--rebuild"], stdout=subprocess.PIPE, stderr=theirs, env=environment
    )
    os.close(theirs)

    assert b"rebuilding the indexes" in read_all(mine)
    process.communicate(timeout=60)
    assert process.returncode == 0


def read_all(terminal: int) -> bytes:
    shown = b""
    try:
        while data := os.read(terminal, 4096):
            shown += data
    except OSError:  # Linux reports the end of a terminal as an error.
        pass
    os.close(terminal)
    return shown


@pytest.mark.parametrize("arguments", [[], ["serve"], ["serve", "--data-dir", "{data}"], ["--data-dir", "{data}"]])
def test_without_a_command_it_serves_mcp(arguments: list[str], cli: Cli, tmp_path: Path) -> None:
    given = tmp_path / "given"
    words = [word.format(data=given) for word in arguments]
    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }  # fmt: skip

    process = subprocess.Popen([*COMMAND, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        process.stdin.write(json.dumps(hello) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
    process.wait(30)

    assert answer["result"]["serverInfo"]["name"]


def test_names_that_are_no_text_still_give_valid_json(cli: Cli) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (cli.project / name).write_text("def brew_coffee():\n    return 'hot'\n")

    done = subprocess.run([*COMMAND, "search", "brew coffee", "--json"], capture_output=True)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["project"]["name"] == "shop"
