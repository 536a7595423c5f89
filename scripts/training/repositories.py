"""Reading the files of a repository out of a bare clone, without a work tree."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MAX_FILE_BYTES = 300_000  # larger files are generated or data


def list_files(clone: Path, commit: str, max_bytes: int = MAX_FILE_BYTES) -> list[str]:
    """Return the paths of a commit's files that are small enough to read, in git's order.

    Raises:
        RuntimeError: The clone does not hold the commit.
    """
    listed = _git(clone, "ls-tree", "-r", "-l", "-z", commit)
    paths: list[str] = []
    for line in listed.split(b"\0"):
        about, _, path = line.partition(b"\t")
        fields = about.split()
        is_known = len(fields) == 4 and fields[1] == b"blob" and fields[3].isdigit()
        if is_known and int(fields[3]) <= max_bytes and fields[0] != b"120000":  # a link's content is a path
            paths.append(path.decode("utf-8", "replace"))
    return paths


def read_files(clone: Path, commit: str, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of files in a commit; what is no UTF-8 text is left out."""
    command = ["git", "--git-dir", str(clone), "cat-file", "--batch"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdin is None or process.stdout is None:  # both were asked for
            raise RuntimeError("git gave no pipes")
        for path in paths:
            if "\n" in path:
                continue
            process.stdin.write(f"{commit}:{path}\n".encode())
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) != 3:
                continue
            content = process.stdout.read(int(header[2]))
            process.stdout.read(1)
            text = _decode(content)
            if text is not None:
                yield path, text
        process.stdin.close()


def _decode(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.replace("\r\n", "\n")


def _git(clone: Path, *arguments: str) -> bytes:
    # Asked for a repository that is gone, GitHub wants a password; nobody is there to give one.
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "--git-dir", str(clone), *arguments]
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(f"git in {clone}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout


def clone_of(mirror: Path, repository: str) -> Path | None:
    """Return the bare clone of OWNER/NAME in a folder of `OWNER+NAME/repo`, or None."""
    folder = mirror / repository.replace("/", "+") / "repo"
    inner = folder / ".git"
    return inner if inner.is_dir() else folder if folder.is_dir() else None


def ensure_commit(mirror: Path, repository: str, url: str, commit: str) -> Path:
    """Return the bare clone that holds a commit; what the mirror lacks is fetched, without its history.

    Raises:
        RuntimeError: The commit cannot be had.
    """
    clone = clone_of(mirror, repository)
    if clone is None:
        clone = mirror / repository.replace("/", "+") / "repo"
        clone.mkdir(parents=True)
        _git(clone, "init", "--bare", "--quiet")
    if not _holds(clone, commit):
        _git(clone, "fetch", "--depth", "1", "--quiet", url, commit)
    return clone


def _holds(clone: Path, commit: str) -> bool:
    try:
        _git(clone, "cat-file", "-e", f"{commit}^{{commit}}")
    except RuntimeError:
        return False
    return True
