"""What all commands share: help, shared options, errors as one line, exit codes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from fluorite_mcp import __version__
from fluorite_mcp.cli.app import app
from fluorite_mcp.cli.command import command
from fluorite_mcp.cli.session import Session
from fluorite_mcp.errors import FluoriteError, StoreBusyError
from tests.cli.conftest import Cli

TOOLS = {"search", "suggest", "store", "learn", "get", "feedback", "forget", "restore", "status"}


def leaves(group: Any, path: str = "") -> Iterator[str]:
    """Name every command, those of groups with the group's name before theirs."""
    for name, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from leaves(found, f"{path}{name} ")
        else:
            yield f"{path}{name}"


COMMANDS = sorted(leaves(typer.main.get_command(app)))


def test_every_core_tool_has_a_command() -> None:
    assert set(COMMANDS) >= TOOLS | {"doctor", "config", "models", "export", "import", "serve"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_holds_an_example_of_it(name: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    shown = cli.ok(*name.split(), "--help")

    examples = [line.strip() for line in shown.splitlines() if line.strip().startswith("Example: ")]
    assert examples
    assert all(f"fluorite-mcp {name}" in example for example in examples)
    for option in ("--json", "--data-dir", "--config"):
        assert option in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_names_options_that_exist(name: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    shown = cli.ok(*name.split(), "--help")
    described, _, examples = shown.partition("Example: ")

    options = {word for line in examples.splitlines() for word in shlex.split(line.partition("|")[0])}
    assert all(option in described for option in options if option.startswith("--"))


def test_the_help_names_every_command_and_an_example(cli: Cli) -> None:
    shown = cli.ok("--help")

    assert all(name.split()[0] in shown for name in COMMANDS)
    assert "Example: fluorite-mcp search" in shown


def test_the_version_is_printed(cli: Cli) -> None:
    assert cli.ok("--version") == f"fluorite-mcp {__version__}\n"


def test_the_data_folder_can_be_given_before_and_after_the_command(cli: Cli, tmp_path: Path) -> None:
    one, two = str(tmp_path / "one"), str(tmp_path / "two")

    assert cli.json("--data-dir", one, "status")["data_dir"] == one
    assert cli.json("status", "--data-dir", two)["data_dir"] == two
    assert cli.json("--data-dir", one, "status", "--data-dir", two)["data_dir"] == two
    assert not cli.data.exists()


def test_a_settings_file_can_be_given(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / "mine.toml"
    config.write_text("[memory]\nmax_chunk_size = 2048\n")

    result = cli("store", "x" * 3000, "--config", str(config))

    assert result.exit_code == 2
    assert "2048" in result.stderr


def test_a_bad_setting_ends_every_command_with_its_line(cli: Cli) -> None:
    cli.data.mkdir()
    (cli.data / "fluorite.toml").write_text("[memory]\ncache_size = 5\n")

    result = cli("status")

    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "fluorite.toml:2" in result.stderr
    assert "cache_size_mb" in result.stderr


def test_an_unknown_id_is_one_line_that_names_the_nearest(cli: Cli) -> None:
    id_ = cli.json("store", "a note")["id"]

    result = cli("get", id_[:-1] + "#")

    assert (result.exit_code, result.stdout) == (2, "")
    assert id_ in result.stderr


def test_a_store_that_cannot_be_used_is_exit_code_1(cli: Cli) -> None:
    cli.data.mkdir()
    (cli.data / "fluorite.db").write_bytes(b"no database" * 100)

    result = cli("status")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert "is not a database" in result.stderr


def test_a_missing_argument_is_exit_code_2(cli: Cli) -> None:
    assert cli("search").exit_code == 2
    assert cli("nonsense").exit_code == 2


def test_notices_reach_a_person_on_stderr(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    result = cli("search", "retry with backoff")

    assert result.exit_code == 0
    assert "note: " in result.stderr
    assert "home folder" in result.stderr


def make_failing(error: BaseException) -> typer.Typer:
    failing = typer.Typer()

    def fail(session: Session) -> None:
        """Fail."""
        raise error

    command(failing, "fail")(fail)
    return failing


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (FluoriteError("it broke [here]"), 1, "error: it broke [here]\n"),
        (StoreBusyError("busy"), 1, "error: busy\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
        (BrokenPipeError(), 141, ""),
        (typer.Exit(7), 7, ""),
        (
            ValueError("two\nlines"),
            1,
            "error: unexpected ValueError: two lines. Set FLUORITE_LOG_LEVEL=DEBUG to see where.\n",
        ),
    ],
)
def test_every_error_becomes_at_most_one_line_and_a_code(error: BaseException, code: int, said: str) -> None:
    result = CliRunner().invoke(make_failing(error))

    assert (result.exit_code, result.stdout, result.stderr) == (code, "", said)


def test_an_unexpected_error_is_logged_with_its_traceback_when_asked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="fluorite_mcp"):
        CliRunner().invoke(make_failing(ZeroDivisionError("by zero")))

    assert "ZeroDivisionError: by zero" in caplog.text
