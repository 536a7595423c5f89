"""The peer, semble 0.7 (MIT), in an environment of its own, with the same static vectors as ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.corpus import WORK_FOLDER

PEER = "semble==0.7.0"
_PROGRAM = Path(__file__).with_name("peer_program.py")
_MODEL = Path(__file__).resolve().parents[1] / "fluorite_mcp" / "embedding" / "model"


def ensure_peer() -> Path:
    """Return the interpreter of the peer's environment, made once."""
    folder = WORK_FOLDER / "peer"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", PEER, "safetensors"], check=True)
    return python


def run_peer(*arguments: str) -> dict[str, Any]:
    """Run one measurement of the peer and return what it printed."""
    python = ensure_peer()
    command = [str(python), str(_PROGRAM), str(_MODEL), str(WORK_FOLDER / "peer-model"), *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result
