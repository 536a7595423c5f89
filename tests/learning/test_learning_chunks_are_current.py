"""`learning-chunks/` is what learning `spikes/` gives, and the script that makes it keeps it so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "build_learning_chunks.py"
SPIKE = ROOT / "spikes" / "hono" / "hono-rate-limit.yaml"


def build(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)


def test_the_committed_files_are_what_the_spikes_give() -> None:
    done = build("--check")

    assert done.returncode == 0, done.stderr


def test_files_are_written_kept_and_removed_with_their_spikes(tmp_path: Path) -> None:
    spikes, out = tmp_path / "spikes", tmp_path / "out"
    spikes.mkdir()
    (spikes / SPIKE.name).write_bytes(SPIKE.read_bytes())
    to = ("--spikes", spikes, "--out", out)

    assert build(*to).returncode == 0
    written = (out / "hono.jsonl").read_bytes()
    assert build(*to).stdout.endswith("0 changed\n")
    assert build("--check", *to).returncode == 0

    (spikes / SPIKE.name).unlink()
    assert "not current: hono.jsonl" in build("--check", *to).stderr
    assert (out / "hono.jsonl").read_bytes() == written
    assert build(*to).returncode == 0
    assert list(out.iterdir()) == []


def test_a_spike_that_cannot_be_read_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("id: [")

    done = build("--spikes", tmp_path, "--out", tmp_path / "out")

    assert done.returncode == 1
    assert "broken.yaml" in done.stderr
    assert not (tmp_path / "out").exists()
