"""What the folder layout of git says: where a repository begins, which commit is checked out."""

from __future__ import annotations

import re
from pathlib import Path

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
