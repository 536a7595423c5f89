"""Copies of git repositories, made and brought up to date by git itself: the newest commit alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from fluorite_mcp.automatic.sources import GIT_SCHEMES, Source
from fluorite_mcp.errors import SourceError

# Nothing of the repository's or the user's may run: no hooks, no filters, no questions for a password.
_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.symlinks=false")
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": ":".join(GIT_SCHEMES), "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
}  # fmt: skip
_PARTIAL = ".partial"


def collect_repository(source: Source, folder: Path, limit_seconds: float) -> Path:
    """Bring the copy of a repository up to date, or make it.

    Args:
        source: The repository.
        folder: Where copies lie.
        limit_seconds: How long git may take.

    Returns:
        The folder of the copy.

    Raises:
        SourceError: Git is missing, refused, or took too long; the copy of before is kept.
    """
    target = folder / source.folder_name
    if (target / ".git").is_dir():
        _git(
            ["-C", str(target), "fetch", "--quiet", "--depth", "1", "--no-tags", "origin", "HEAD"],
            source,
            limit_seconds,
        )
        _git(["-C", str(target), "reset", "--quiet", "--hard", "FETCH_HEAD"], source, limit_seconds)
        return target
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = target.with_name(target.name + _PARTIAL)
    # What a run that was cut off left behind.
    shutil.rmtree(partial, ignore_errors=True)
    try:
        options = ["clone", "--quiet", "--depth", "1", "--single-branch", "--no-tags"]
        # A plain path is copied whole, whatever depth is asked for.
        location = Path(source.location).as_uri() if source.location.startswith("/") else source.location
        _git([*options, "--", location, str(partial)], source, limit_seconds)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _git(arguments: Sequence[str], source: Source, limit_seconds: float) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - git, with arguments of ours; the address stands behind `--`
            ["git", *_SAFE, *arguments],  # noqa: S607 - the user's own git
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=max(1.0, limit_seconds),
            check=False,
        )
    except FileNotFoundError as error:
        raise SourceError(
            f"{source.shown} needs git, which is not on PATH. Install it, or remove this source."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SourceError(
            f"git took longer than {limit_seconds:.0f} s for {source.shown}; it is tried again."
        ) from error
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith(("fatal:", "error:"))), f"exit status {done.returncode}")
        raise SourceError(f"git cannot read {source.shown}: {said.replace(source.location, source.shown)}")
