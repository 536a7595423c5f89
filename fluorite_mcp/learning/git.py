"""What the folder layout of git says: where a repository begins, which commit is checked out."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
from pathlib import Path

# A repository's own settings must start no program: no signatures are shown, nothing is fetched, nothing is watched.
_QUIET = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "--no-pager")
_ADDITIONS = (
    "log", "--diff-filter=A", "--name-only", "--no-renames", "--no-ext-diff", "--no-show-signature", "--relative", "-z",
    "--format=%x01%ct %h",
)  # fmt: skip
_BARE = re.compile(r"^\s*bare\s*=\s*true\b", re.MULTILINE | re.IGNORECASE)


def find_root(folder: Path) -> Path | None:
    """Return the nearest folder upwards that holds `.git`, or None."""
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    return None


def head_commit(root: Path) -> str | None:
    """Return the commit that is checked out, or None where there is none.

    Reads the files instead of starting git: this runs at every learning.
    """
    git = _git_folder(root)
    if git is None or (head := _read(git / "HEAD")) is None:
        return None
    if not head.startswith("ref: "):
        return head
    name = head.removeprefix("ref: ")
    # A worktree has its own HEAD and shares the branches with the main repository.
    for folder in (git, _shared(git)):
        if commit := _read(folder / name) or _packed(folder, name):
            return commit
    return None


def _git_folder(root: Path) -> Path | None:
    git = root / ".git"
    if git.is_dir():
        return git
    pointer = _read(git)
    return root / pointer.removeprefix("gitdir: ") if pointer else None


def shared_git_folder(root: Path) -> Path | None:
    """Return the folder with what all worktrees of a repository share, or None where there is no repository."""
    git = _git_folder(root)
    return _shared(git) if git else None


def is_worktree_of(root: Path, folder: Path) -> bool:
    """Return whether a folder below a root holds another branch of the root's own repository.

    A submodule is a part of its repository and no worktree. Where the repository is bare, its worktrees are all the
    files that there are.
    """
    git, own = _git_folder(folder), shared_git_folder(root)
    if git is None or own is None or not (git / "commondir").exists():
        return False
    return _shared(git).resolve() == own.resolve() and not _BARE.search(_read(own / "config") or "")


def _shared(git: Path) -> Path:
    common = _read(git / "commondir")
    return git / common if common else git


def _packed(git: Path, name: str) -> str | None:
    for line in (_read(git / "packed-refs") or "").splitlines():
        if line.endswith(" " + name):
            return line.split(" ", 1)[0]
    return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def added_files(root: Path, seconds: float) -> dict[str, tuple[int, str]]:
    """Return when files came: (seconds since 1970, abbreviated commit) by path relative to the root.

    Git tells the newest commits first and is stopped when its time is up; files that are missing are older.

    Args:
        root: A folder inside a repository.
        seconds: How long git may take.
    """
    if find_root(root) is None:
        return {}
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-C", str(root), *_QUIET, *_ADDITIONS, "--", "."]
    try:
        git = subprocess.Popen(  # noqa: S603 - a fixed command; the root is an argument of -C
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment
        )
    except OSError:  # no git on this machine
        return {}
    stop = threading.Timer(seconds, git.kill)
    stop.start()
    try:
        return _read_additions(git.communicate()[0])
    finally:
        stop.cancel()
        with contextlib.suppress(OSError):
            git.kill()


def _read_additions(output: bytes) -> dict[str, tuple[int, str]]:
    added: dict[str, tuple[int, str]] = {}
    at = (0, "")
    parts = output.decode("utf-8", "replace").split("\0")
    # What follows the last separator may be half a name.
    for part in parts[:-1]:
        text = part.lstrip("\n")
        if text.startswith("\x01"):
            seconds, _, commit = text[1:].partition(" ")
            at = (int(seconds), commit.strip())
        elif text:
            added.setdefault(text, at)
    return added
