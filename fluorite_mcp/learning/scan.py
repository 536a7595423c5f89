"""Walking a project: every file that may be learned, with its size and time, and what was left out and why."""

from __future__ import annotations

import os
import stat
import time
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from fluorite_mcp.learning.git import is_worktree_of
from fluorite_mcp.learning.ignore import IGNORE_FILES, IGNORED_FOLDERS, IgnoreRules, root_ignore_files

# Larger files are data or generated, and parse slowly.
MAX_FILE_BYTES = 1_048_576

# Nobody's project is larger; a walk that goes on beyond is in the wrong place.
MAX_FILES = 500_000


# How `Scan.skipped` calls the root itself.
ROOT_FOLDER = "."

_GIT = ".git"

# File systems tell times in ticks of some milliseconds: what changed this recently may change again within its tick,
# and look the same. Its time is kept negative, which no look finds again, so that the next one reads the file anew.
_SETTLING_NS = 50_000_000


class FileStat(NamedTuple):
    """What a directory entry says of a file: size in bytes, time in nanoseconds (negative: it may change again)."""

    size: int
    modified_ns: int


@dataclass(slots=True)
class Scan:
    """The files of a project by path relative to its root, in order, and those that cannot be read at all.

    `folders` holds the modification time in nanoseconds of each folder that was walked, the root as "".
    `ignore_files` are the ignore files that were heeded, by absolute path; one that can exist and does not is None.
    """

    files: dict[str, FileStat] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    ignore_files: dict[str, FileStat | None] = field(default_factory=dict)
    limit: int = MAX_FILES


def scan_project(root: Path, *, limit: int = MAX_FILES, before: Scan | None = None) -> Scan:
    """Walk a project, leaving out what its ignore files and `IGNORED_FOLDERS` name.

    Symbolic links are not followed: their targets are learned where they lie, or lie outside the project. Submodules
    and repositories inside the project are part of it; another worktree of its own repository is not.

    Args:
        root: The project's root folder.
        limit: Stop after so many files.
        before: An earlier scan of the root, if there is one: a folder whose time is the same holds the same names, so
            only their times are looked at. That takes a third of the time in a large project.
    """
    scan = Scan(limit=limit)
    walk = _Walk(str(root), scan, _Known.of(before) if before and _serves(before) else None)
    _note_ignore_files(scan, root_ignore_files(root))
    walk.folder("", IgnoreRules.of_root(root))
    return scan


def _serves(before: Scan) -> bool:
    """Whether names listed by an earlier scan would be chosen again: it was whole, and no ignore file changed."""
    return len(before.files) < before.limit and all(
        _stat_or_none(path) == stat for path, stat in before.ignore_files.items()
    )


def _note_ignore_files(scan: Scan, paths: Iterable[Path]) -> None:
    scan.ignore_files |= {str(path): _stat_or_none(str(path)) for path in paths}


def _stat_or_none(path: str) -> FileStat | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - a path object takes longer than the call
    except OSError:
        return None
    return FileStat(status.st_size, _settled(status.st_mtime_ns))


@dataclass(frozen=True, slots=True)
class _Known:
    """An earlier scan, and by folder what it found there: files, folders and what was left out, in order."""

    scan: Scan
    names: dict[str, list[str]]

    @classmethod
    def of(cls, scan: Scan) -> _Known:
        names: dict[str, list[str]] = defaultdict(list)
        for path in {**scan.files, **scan.folders, **scan.skipped}:
            if path:
                names[path.rpartition("/")[0]].append(path)
        for listed in names.values():
            listed.sort()
        return cls(scan, names)

    def holds(self, folder: str, modified_ns: int) -> bool:
        """Whether a folder could be read before, and was changed at the same time."""
        return self.scan.folders.get(folder) == modified_ns and folder not in self.scan.skipped

    def ignore_files(self, path: str) -> list[str]:
        """Return the ignore files that a folder had, given its absolute path."""
        return [name for name in IGNORE_FILES if self.scan.ignore_files.get(f"{path}{os.sep}{name}") is not None]

    def lacks_ignore_file(self, path: str, names: Container[str]) -> bool:
        """Whether a folder has ignore files that it did not have before."""
        known = self.ignore_files(path)
        return any(name in names and name not in known for name in IGNORE_FILES)


class _Walk:
    """One walk over a project's folders."""

    def __init__(self, root: str, scan: Scan, known: _Known | None) -> None:
        self._root = root
        self._scan = scan
        self._known = known

    def folder(self, folder: str, rules: IgnoreRules) -> None:
        """Walk a folder, given relative to the root, and all below."""
        scan, path = self._scan, f"{self._root}{os.sep}{folder}" if folder else self._root
        try:
            modified = _settled(os.stat(path).st_mtime_ns)  # noqa: PTH116 - as above
            scan.folders[folder] = modified
            if self._known is not None and self._known.holds(folder, modified):
                self._same_names(self._known, folder, path, rules)
                return
            with os.scandir(path) as entries:
                listed = sorted(entries, key=_name)
        except OSError as error:
            scan.skipped[folder or ROOT_FOLDER] = f"folder cannot be read ({error.strerror})"
            return
        names = {entry.name for entry in listed}
        if folder and _GIT in names and is_worktree_of(Path(self._root), Path(path)):
            # The same files once more, as another branch has them, must not answer for this one.
            scan.skipped[folder] = "worktree of this repository, a project of its own"
            return
        # A new ignore file speaks of folders below, whose own times are the same.
        anew = self._known is not None and self._known.lacks_ignore_file(path, names)
        walk = _Walk(self._root, scan, None) if anew else self
        walk._listed(listed, folder, self._rules(rules, folder, path, names))

    def _rules(self, rules: IgnoreRules, folder: str, path: str, names: Container[str]) -> IgnoreRules:
        present = [name for name in IGNORE_FILES if name in names]
        if not folder or not present:
            return rules  # Those of the root are there already.
        _note_ignore_files(self._scan, [Path(path, name) for name in present])
        return rules.inside(folder, Path(path), frozenset(present))

    def _same_names(self, known: _Known, folder: str, path: str, rules: IgnoreRules) -> None:
        """Look at what a folder held, and holds still."""
        scan = self._scan
        rules = self._rules(rules, folder, path, known.ignore_files(path))
        for relative in known.names.get(folder, ()):
            if relative in known.scan.folders:
                self.folder(relative, rules)
            elif relative in known.scan.skipped:
                scan.skipped[relative] = known.scan.skipped[relative]
            else:
                try:
                    status = os.lstat(f"{self._root}/{relative}")
                except OSError:
                    continue  # Deleted while walking.
                before = known.scan.files[relative]
                # Most files are the same; a time that had settled has settled.
                if status.st_mtime_ns == before.modified_ns and status.st_size == before.size:
                    scan.files[relative] = before
                else:
                    self._file(relative, status)

    def _listed(self, listed: Sequence[os.DirEntry[str]], folder: str, rules: IgnoreRules) -> None:
        scan, prefix = self._scan, f"{folder}/" if folder else ""
        for entry in listed:
            if len(scan.files) >= scan.limit:
                return
            name = entry.name
            relative = prefix + name
            if not _is_text(name):
                scan.skipped[relative.encode("utf-8", "replace").decode()] = "the file name is not valid UTF-8"
            elif entry.is_symlink():
                if not rules.ignores(relative, is_folder=False):
                    scan.skipped[relative] = "symbolic link"
            elif entry.is_dir(follow_symlinks=False):
                if name not in IGNORED_FOLDERS and not rules.ignores(relative, is_folder=True):
                    self.folder(relative, rules)
            elif name != _GIT and not rules.ignores(relative, is_folder=False):
                try:
                    self._file(relative, entry.stat(follow_symlinks=False))
                except OSError:
                    continue  # Deleted while walking.

    def _file(self, relative: str, status: os.stat_result) -> None:
        if stat.S_ISREG(status.st_mode):
            self._scan.files[relative] = FileStat(status.st_size, _settled(status.st_mtime_ns))


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _settled(modified_ns: int) -> int:
    # A time far in the future, of another machine's clock, is as settled as one in the past.
    return modified_ns if abs(time.time_ns() - modified_ns) > _SETTLING_NS else -modified_ns


def _is_text(name: str) -> bool:
    # The operating system gives undecodable bytes as lone surrogates, which no store or protocol takes.
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)
