"""The peer, semble 0.7 (MIT), in an environment of its own, with the same static vectors as ours."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.corpus import WORK_FOLDER

PEER = "semble==0.7.0"
_PROGRAM = Path(__file__).with_name("peer_program.py")
MODEL = Path(__file__).resolve().parents[1] / "fluorite_mcp" / "embedding" / "model"


def ensure_peer() -> Path:
    """Return the interpreter of the peer's environment, made once."""
    folder = WORK_FOLDER / "peer"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", PEER, "safetensors"], check=True)
    return python


def ensure_model() -> Path:
    """Return the bundled model's vectors in the peer's format, converted once; other vectors are another folder."""
    digest = hashlib.sha256()
    for path in sorted(MODEL.glob("*.npy")):
        digest.update(path.read_bytes())
    folder = WORK_FOLDER / f"peer-model-{digest.hexdigest()[:12]}"
    if not (folder / "model.safetensors").exists():
        subprocess.run([str(ensure_peer()), str(_PROGRAM), str(MODEL), str(folder), "convert"], check=True)
    return folder


def run_peer(*arguments: str) -> dict[str, Any]:
    """Run one measurement of the peer and return what it printed."""
    command = [str(ensure_peer()), str(_PROGRAM), str(MODEL), str(ensure_model()), *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result
