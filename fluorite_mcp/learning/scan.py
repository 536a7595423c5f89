"""Walking a project: every file that may be learned, with its size and time, and what was left out and why."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path

from fluorite_mcp.learning.ignore import IGNORED_FOLDERS, IgnoreRules

# Larger files are data or generated, and parse slowly.
MAX_FILE_BYTES = 1_048_576

# Nobody's project is larger; a walk that goes on beyond is in the wrong place.
MAX_FILES = 500_000


# How `Scan.skipped` calls the root itself.
ROOT_FOLDER = "."

# File systems tell times in ticks of some milliseconds: what changed this recently may change again within its tick,
# and look the same. Its time is kept negative, which no look finds again, so that the next one reads the file anew.
_SETTLING_NS = 50_000_000


@dataclass(frozen=True, slots=True)
class FileStat:
    """What a directory entry says of a file: size in bytes, time in nanoseconds (negative: it may change again)."""

    size: int
    modified_ns: int


@dataclass(slots=True)
class Scan:
    """The files of a project by path relative to its root, in order, and those that cannot be read at all.

    `folders` holds the modification time in nanoseconds of each folder that was walked, the root as "".
    """

    files: dict[str, FileStat] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    limit: int = MAX_FILES


def scan_project(root: Path, *, limit: int = MAX_FILES) -> Scan:
    """Walk a project, leaving out what its ignore files and `IGNORED_FOLDERS` name.

    Symbolic links are not followed: their targets are learned where they lie, or lie outside the project.

    Args:
        root: The project's root folder.
        limit: Stop after so many files.
    """
    scan = Scan(limit=limit)
    _scan_folder(root, "", IgnoreRules.of_root(root), scan)
    return scan


def _scan_folder(path: Path, folder: str, rules: IgnoreRules, scan: Scan) -> None:
    try:
        scan.folders[folder] = _settled(path.stat().st_mtime_ns)
        with os.scandir(path) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        scan.skipped[folder or ROOT_FOLDER] = f"folder cannot be read ({error.strerror})"
        return
    if folder:
        rules = rules.inside(folder, path, frozenset(entry.name for entry in listed))
    for entry in listed:
        if len(scan.files) >= scan.limit:
            return
        relative = f"{folder}/{entry.name}" if folder else entry.name
        _scan_entry(entry, relative, rules, scan)


def _scan_entry(entry: os.DirEntry[str], relative: str, rules: IgnoreRules, scan: Scan) -> None:
    if not _is_text(relative):
        scan.skipped[relative.encode("utf-8", "replace").decode()] = "the file name is not valid UTF-8"
    elif entry.is_symlink():
        if not rules.ignores(relative, is_folder=False):
            scan.skipped[relative] = "symbolic link"
    elif entry.is_dir(follow_symlinks=False):
        if entry.name not in IGNORED_FOLDERS and not rules.ignores(relative, is_folder=True):
            _scan_folder(Path(entry.path), relative, rules, scan)
    elif not rules.ignores(relative, is_folder=False):
        _scan_file(entry, relative, scan)


def _scan_file(entry: os.DirEntry[str], relative: str, scan: Scan) -> None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return  # Deleted while walking.
    if stat.S_ISREG(status.st_mode):
        scan.files[relative] = FileStat(status.st_size, _settled(status.st_mtime_ns))


def _settled(modified_ns: int) -> int:
    # A time far in the future, of another machine's clock, is as settled as one in the past.
    return modified_ns if abs(time.time_ns() - modified_ns) > _SETTLING_NS else -modified_ns


def _is_text(name: str) -> bool:
    # The operating system gives undecodable bytes as lone surrogates, which no store or protocol takes.
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)
