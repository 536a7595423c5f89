"""What the folder layout of git says: where a repository begins, which commit is checked out."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# A repository's own settings must start no program: no signatures are shown, nothing is fetched, nothing is watched.
_QUIET = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "--no-pager")
_ADDITIONS = (
    "log", "--diff-filter=A", "--name-only", "--no-renames", "--no-ext-diff", "--no-show-signature", "--relative", "-z",
    "--format=%x01%ct %h",
)  # fmt: skip
_LINES = ("log", "-s", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--format=%ct %h")
_SHA1_DIGITS = 40
# Pieces with at most two lines between them stand beside each other.
_NEAR_LINES = 3
_BARE = re.compile(r"^\s*bare\s*=\s*true\b", re.MULTILINE | re.IGNORECASE)


def find_root(folder: Path) -> Path | None:
    """Return the nearest folder upwards that holds `.git`, or None."""
    # Each request asks; path objects would take three times as long.
    at, above = str(folder), ""
    while at != above:
        if os.path.exists(os.path.join(at, ".git")):  # noqa: PTH110, PTH118
            return Path(at)
        at, above = os.path.dirname(at), at  # noqa: PTH120
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
    return _read_additions(_ask(root, [*_ADDITIONS, "--", "."], seconds)[0])


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its abbreviated hash, and when it was made, in seconds since 1970."""

    hash: str
    seconds: int


@dataclass(frozen=True, slots=True)
class LineHistory:
    """The first and the last commit that touched some lines, and how many did."""

    first: Commit
    last: Commit
    count: int


def history_of_lines(root: Path, places: Sequence[tuple[str, int, int]], seconds: float) -> LineHistory | None:
    """Return which commits touched some lines, None where git does not tell.

    Files that differ from what is committed are left out: their lines are others there. Of each file one range is
    asked about. Lines are followed through renames.

    Args:
        root: A folder inside a repository.
        places: (path relative to the root, first line, last line) of each piece.
        seconds: How long git may take in all.
    """
    if find_root(root) is None or not places:
        return None
    until = time.monotonic() + seconds
    paths = _unchanged(root, sorted({path for path, _, _ in places}), seconds)
    ranges = [f"-L{_first_range(places, path)}:{path}" for path in paths]
    if not ranges:
        return None
    output, is_done = _ask(root, [*_LINES, *ranges], until - time.monotonic())
    lines = [line.split() for line in output.decode("ascii", "replace").splitlines()] if is_done else []
    commits = sorted((int(line[0]), line[1]) for line in lines if len(line) == 2 and line[0].isdigit())
    if not commits:
        return None
    first, last = (Commit(name, at) for at, name in (commits[0], commits[-1]))
    return LineHistory(first, last, len(commits))


def _unchanged(root: Path, paths: Sequence[str], seconds: float) -> list[str]:
    """Return the files that are as the checked out commit has them.

    Their bytes are compared here: `git status` may run a program that the repository's settings name.
    """
    output, _ = _ask(root, ["ls-tree", "-z", "HEAD", "--", *paths], seconds)
    entries = (entry.partition("\t") for entry in output.decode("utf-8", "replace").split("\0") if entry)
    return [path for head, _, path in entries if _is_blob(root / path, head.split()[-1])]


def _is_blob(path: Path, name: str) -> bool:
    """Whether git would call a file's bytes by this name, as they are or with the line ends that it keeps."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    make = hashlib.sha1 if len(name) == _SHA1_DIGITS else hashlib.sha256
    texts = {data, data.replace(b"\r\n", b"\n")}
    return any(make(b"blob %d\0" % len(text) + text, usedforsecurity=False).hexdigest() == name for text in texts)


def _first_range(places: Sequence[tuple[str, int, int]], path: str) -> str:
    """Return the topmost lines of a file that are asked about, with those right below: git may fail on two ranges."""
    ranges = sorted((start, end) for where, start, end in places if where == path)
    first, last = ranges[0]
    for start, end in ranges[1:]:
        if start > last + _NEAR_LINES:
            break
        last = max(last, end)
    return f"{first},{last}"


def _ask(root: Path, arguments: Sequence[str], seconds: float) -> tuple[bytes, bool]:
    """Run git for at most so long. Returns what it said, and whether it said all."""
    if seconds <= 0:
        return b"", False
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-C", str(root), *_QUIET, *arguments]
    try:
        git = subprocess.Popen(  # noqa: S603 - fixed commands; what is not stands behind a path or -L
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment
        )
    except OSError:  # no git on this machine
        return b"", False
    stop = threading.Timer(seconds, git.kill)
    stop.start()
    try:
        output = git.communicate()[0]
        return output, git.returncode == 0
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
