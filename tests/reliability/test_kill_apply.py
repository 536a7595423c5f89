"""Killed while it writes a template, a process leaves a project that one undo puts back as it was."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from tests.reliability.conftest import size

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(3000)]

KILLS = size(4, 50)
FILES = 200


def files_of(project: Path) -> dict[str, bytes]:
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in project.rglob("*") if path.is_file()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "src").mkdir()
    for number in range(0, FILES, 3):
        (root / f"src/file{number}.txt").write_text(f"mine {number}\n")
    return root


@pytest.fixture
async def large(tmp_path: Path, data_dir: Path) -> str:
    """A template of many files, imported into the memory."""
    files = [{"path": f"src/file{number}.txt", "template": f"theirs {number}\n" * 50} for number in range(FILES)]
    source = tmp_path / "large.json"
    source.write_text(json.dumps({"id": "large", "name": "Large", "stack": ["demo"], "files": files}))
    async with Engine.open(data_dir, folder=tmp_path) as engine:
        await engine.spikes.import_from(source)
    return "large"


def apply_and_kill(data: Path, project: Path, spike: str, seconds: float) -> None:
    """Apply in a process of its own, and kill it some time after its first trace."""
    command = [sys.executable, "-m", "fluorite_mcp", "apply-spike", spike, "--write", "--strategy", "overwrite"]
    child = subprocess.Popen(
        [*command, "--path", str(project), "--data-dir", str(data)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    before = {path.name for path in (project / "src").iterdir()}
    while child.poll() is None and {path.name for path in (project / "src").iterdir()} == before:
        time.sleep(0.003)
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    _, errors = child.communicate()
    assert child.returncode in (0, -signal.SIGKILL), errors


async def test_one_undo_puts_everything_back(data_dir: Path, project: Path, large: str) -> None:
    chance = random.Random(11)
    before = files_of(project)
    cut_off = 0
    for _ in range(KILLS):
        apply_and_kill(data_dir, project, large, chance.uniform(0, 0.25))
        async with Engine.open(data_dir, folder=project) as engine:
            looked = await engine.spikes.apply(large, path=str(project), strategy="overwrite")
            tokens = [token for notice in looked.notices for token in re.findall(r"apply-[0-9a-f]+", notice)]
            if tokens:
                cut_off += 1
            else:
                # Either it had not begun, or it was done with all of them.
                actions = {change.action for change in looked.files}
                assert actions in ({"unchanged"}, {"create", "update"})
                if actions == {"create", "update"}:
                    assert files_of(project) == before
                    continue
                tokens = await engine.spikes.newest_undos()
            await engine.restore(undo=tokens[-1])
            assert files_of(project) == before
    assert cut_off
