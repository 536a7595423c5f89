"""The folder that a template is applied to: reads and writes below it and nowhere else, all files or none.

Writing stages every file beside its target and flushes it to the disk before the first one is renamed. Whatever goes
wrong after that is rolled back: files that were there get their old bytes, new files and folders are removed.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import secrets
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.errors import InputError, OutsideRootError, StoreFullError
from fluorite_mcp.spikes.paths import path_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_FILE_BYTES = 4_000_000
"""A file that a template changes is source or configuration; larger ones are data."""

_NEW_FILE_MODE = 0o666

# Of a file's name in the name of what stands beside it while it is written.
_NAME_CHARS = 60
_LEFT = re.compile(r"\.[0-9a-f]{8}\.fluorite-(new|old)$")


@dataclass(slots=True)
class _Staged:
    """A file on its way: its target, the new bytes beside it, and the old bytes beside it once they were kept."""

    target: Path
    new: Path | None
    old: Path | None = None
    is_in_place: bool = False


@dataclass(slots=True)
class _Work:
    """What was done so far, to be undone in reverse."""

    staged: list[_Staged] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)


class TargetFolder:
    """A project's root, or a folder in it, with the paths below it.

    Args:
        root: The folder nothing may leave, links included.
        part: The folder below the root that paths start from; "" for the root itself.
    """

    def __init__(self, root: Path, part: str = "") -> None:
        self._root = root.resolve()
        self._base = self._root / part if part else self._root

    def read(self, path: str) -> str | None:
        """Return the text of a file, or None where there is none.

        Raises:
            OutsideRootError: The path leads out of the root, by a link too.
            InputError: Something other than a text file is there.
        """
        target = self._inside(path)
        if not target.exists():
            return None
        try:
            with target.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}. Nothing was written.") from error
        if len(data) > MAX_FILE_BYTES:
            raise InputError(f"{path} has more than {MAX_FILE_BYTES} bytes, too many to change. Nothing was written.")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{path} is no UTF-8 text, so it cannot be changed. Nothing was written.") from error
        if "\0" in text:
            raise InputError(f"{path} is binary, so it cannot be changed. Nothing was written.")
        return text

    def write(self, files: Mapping[str, str | None], expected: Mapping[str, str | None]) -> None:
        """Write all files, or none.

        Args:
            files: The new text by path; None removes the file.
            expected: The text that was there when the change was planned; None where there was no file.

        Raises:
            OutsideRootError: A path leads out of the root.
            InputError: A file changed meanwhile or cannot be written. Nothing was written.
            StoreFullError: The disk is full. Nothing was written.
        """
        work = _Work()
        try:
            for path, text in files.items():
                self._stage(path, text, work)
            for path in files:
                self._check_unchanged(path, expected.get(path))
            for staged in work.staged:
                _put_in_place(staged)
            _flush_folders({staged.target.parent for staged in work.staged})
        except BaseException as error:
            _roll_back(work)
            if isinstance(error, OSError):
                raise _explained(error) from error
            raise
        for staged in work.staged:
            if staged.old is not None:
                staged.old.unlink(missing_ok=True)
            if staged.new is None:
                self._remove_empty(staged.target.parent)

    def _remove_empty(self, folder: Path) -> None:
        """Remove folders that a removed file leaves empty: taking a template back takes its folders too."""
        while folder != self._base and folder.is_relative_to(self._base):
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def sweep(self, paths: Iterable[str]) -> None:
        """Remove what a crash left beside some files: new ones not yet in place, old ones kept until the end."""
        for path in paths:
            target = self._inside(path)
            for left in target.parent.glob(f".{glob.escape(target.name[:_NAME_CHARS])}.*.fluorite-*"):
                if _LEFT.search(left.name) and not left.is_symlink():
                    left.unlink(missing_ok=True)

    def _check_unchanged(self, path: str, expected: str | None) -> None:
        if self.read(path) != expected:
            raise InputError(f"{path} changed meanwhile. Nothing was written; look at it and try again.")

    def _stage(self, path: str, text: str | None, work: _Work) -> None:
        target = self._inside(path)
        if text is None:
            work.staged.append(_Staged(target, None))
            return
        self._ensure_folder(target.parent, work)
        new = _beside(target, "new")
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        work.staged.append(_Staged(target, new))  # Before it exists, so that half a file is removed too.
        number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _NEW_FILE_MODE)
        with os.fdopen(number, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            new.chmod(mode)

    def _ensure_folder(self, folder: Path, work: _Work) -> None:
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for one in reversed(missing):
            one.mkdir()
            work.folders.append(one)

    def _inside(self, path: str) -> Path:
        """Return where a path leads, after every link on the way."""
        problem = path_problem(path)
        if problem is not None:
            raise OutsideRootError(f"The path '{path[:200]}' {problem}. Nothing was written.")
        try:
            return self._checked(path, self._base / path)
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "a link on the way leads in a circle"
            raise InputError(f"{path[:200]} cannot be reached: {reason}. Nothing was written.") from error

    def _checked(self, path: str, target: Path) -> Path:
        folder = target.parent.resolve()
        if not folder.is_relative_to(self._root):
            raise OutsideRootError(f"{path} leads through a link out of {self._root}. Nothing was written.")
        if target.is_symlink():
            raise OutsideRootError(f"{path} is a link; a template writes only plain files. Nothing was written.")
        if target.exists() and not target.is_file():
            raise InputError(f"{path} is no file but something else. Nothing was written; move it away.")
        for parent in target.parents:
            if parent.is_dir() or parent == self._root:
                break
            if parent.exists():
                raise InputError(f"{path} needs a folder where {parent.name} is a file. Nothing was written.")
        return folder / target.name


def _beside(target: Path, kind: str) -> Path:
    # The name says whose it is, should the machine stop in the middle; the start keeps it under any limit on names.
    return target.with_name(f".{target.name[:_NAME_CHARS]}.{secrets.token_hex(4)}.fluorite-{kind}")


def _put_in_place(staged: _Staged) -> None:
    """Put the new file in one step where the old one was, so that at no moment there is none."""
    if staged.target.exists():
        staged.old = _keep(staged.target)
    if staged.new is None:
        staged.target.unlink(missing_ok=True)
    else:
        staged.new.replace(staged.target)
    staged.is_in_place = True


def _keep(target: Path) -> Path:
    old = _beside(target, "old")
    try:
        old.hardlink_to(target)
    except OSError:  # A file system without hard links.
        shutil.copy2(target, old)
    return old


def _roll_back(work: _Work) -> None:
    for staged in reversed(work.staged):
        # Each step on its own: one that fails must not keep the others from being undone.
        with contextlib.suppress(OSError):
            if staged.new is not None:
                staged.new.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            if staged.old is not None:
                staged.old.replace(staged.target)
            elif staged.is_in_place:
                staged.target.unlink(missing_ok=True)
    for folder in reversed(work.folders):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _flush_folders(folders: set[Path]) -> None:
    """Make the renames durable where the system can flush a folder."""
    for folder in folders:
        with contextlib.suppress(OSError):
            number = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(number)
            finally:
                os.close(number)


def _explained(error: OSError) -> InputError | StoreFullError:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFullError("The disk is full. Nothing was written; free some space and try again.")
    where = f" at {error.filename}" if error.filename else ""
    return InputError(f"Writing failed{where}: {error.strerror or error}. Everything was put back as it was.")
