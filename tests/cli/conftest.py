"""A command line with a memory and a project of its own, run in this process through the real application."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fluorite_mcp.cli.app import app

RETRY = '''"""Calls that may fail."""


def retry_with_backoff(call, attempts=5):
    """Call again after a failure, waiting twice as long each time."""
    for attempt in range(attempts):
        try:
            return call()
        except OSError:
            sleep(2**attempt)
    raise RuntimeError("gave up")
'''


@dataclass(frozen=True)
class Cli:
    """Runs commands against one data folder, from inside one project."""

    data: Path
    project: Path

    def __call__(self, *arguments: str, stdin: str | bytes | None = None) -> Result:
        """Run a command; its exit code, stdout and stderr come back."""
        return CliRunner().invoke(app, list(arguments), input=stdin, prog_name="fluorite-mcp")

    def ok(self, *arguments: str, stdin: str | bytes | None = None) -> str:
        """Run a command that must succeed; its stdout comes back."""
        result = self(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def json(self, *arguments: str, stdin: str | bytes | None = None) -> dict[str, Any]:
        """Run a command that must succeed with --json; stdout must be one document."""
        document = json.loads(self.ok(*arguments, "--json", stdin=stdin))
        assert isinstance(document, dict)
        return document


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    for name in [name for name in os.environ if name.startswith(("FLUORITE_", "FORCE_COLOR", "NO_COLOR"))]:
        monkeypatch.delenv(name)
    data, project = tmp_path / "data", tmp_path / "shop"
    (project / ".git").mkdir(parents=True)
    (project / "retry.py").write_text(RETRY)
    (project / "README.md").write_text("# Shop\n\nDeploy with `make ship` after the tests.\n")
    monkeypatch.setenv("FLUORITE_DATA_DIR", str(data))
    monkeypatch.chdir(project)
    return Cli(data, project)
