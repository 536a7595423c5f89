"""Three-way merging: what a template wants and what the project made of an earlier version, line by line."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT_SECONDS = 30
_MOST_CONFLICTS = 127
"""`git merge-file` exits with the number of conflicts, at most this; above it is an error."""

# Of the user's own configuration nothing may run or change the outcome.
_GIT_ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged text, or why there is none, as the end of a sentence. `marked` shows both sides of each conflict."""

    text: str | None
    problem: str | None = None
    marked: str | None = None


def merge(base: str, current: str, wanted: str) -> Merged:
    """Merge two texts that come from one.

    Args:
        base: What both come from; empty where nothing is known.
        current: What the project has.
        wanted: What the template gives now.
    """
    if current in (wanted, base):
        return Merged(wanted)
    if wanted == base:
        return Merged(current)
    git = shutil.which("git")
    if git is None:
        return Merged(None, "was changed here too, and git, which merges lines, is not installed")
    return _merge_lines(git, base, current, wanted)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _GIT_ENVIRONMENT


def _merge_lines(git: str, base: str, current: str, wanted: str) -> Merged:
    with tempfile.TemporaryDirectory(prefix="fluorite-merge-") as folder:
        names = ("project", "before", "template")
        for name, text in zip(names, (current, base, wanted), strict=True):
            (Path(folder) / name).write_text(text, encoding="utf-8", newline="")
        command = [git, "merge-file", "--stdout", *(part for name in names for part in ("-L", name)), *names]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed command over our own three files
                command, cwd=folder, env=_environment(), capture_output=True, timeout=_TIMEOUT_SECONDS,
                check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return Merged(None, f"could not be merged by git ({type(error).__name__})")
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode == 0:
        return Merged(text)
    if 0 < done.returncode <= _MOST_CONFLICTS:
        places = f"{done.returncode} place{'' if done.returncode == 1 else 's'}"
        return Merged(None, f"was changed here too, in {places} that the template changes", text)
    return Merged(None, "could not be merged by git")
