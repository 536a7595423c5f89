"""Which project a request speaks of, and which folders it may read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fluorite_mcp.errors import InputError, OutsideRootError, ProjectError
from fluorite_mcp.learning.git import find_root

# Folders of the operating system; nobody's project, and full of secrets.
_SYSTEM_FOLDERS = (
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/boot",
    "/run",
    "/root/.ssh",
    "/var/run",
    "/var/lib",
    "/bin",
    "/sbin",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session stands: its working folder, and the roots its client allows (none given: no limit)."""

    folder: Path
    roots: tuple[Path, ...] = ()

    @property
    def base(self) -> Path:
        """The folder that relative paths start from."""
        return self.roots[0] if self.roots else self.folder


@dataclass(frozen=True, slots=True)
class Location:
    """A project's root, and the part of it that was asked for ("" for all)."""

    root: Path
    part: str = ""

    @property
    def is_personal(self) -> bool:
        """Whether the root is a home folder or the file system's own root: too much to learn unasked."""
        return is_personal(self.root)


def is_personal(root: Path) -> bool:
    """Whether a folder is a home folder, one above it, or the file system's root."""
    home = Path.home()
    return root == home or root in home.parents or root.parent == Path(root.anchor) / "home"


def locate(place: Place, path: str | None) -> Location:
    """Find the project of a path, or the session's own without one.

    Args:
        place: Where the session stands.
        path: Absolute or relative to the session's project; a file or a folder.

    Raises:
        InputError: The path does not exist or cannot be a path.
        OutsideRootError: It lies outside what this session may read.
        ProjectError: It is a folder of the operating system.
    """
    base = place.base.resolve()
    base_root = find_root(base) or base
    if path is None or not path.strip():
        return Location(base_root)
    if "\0" in path:
        raise InputError("path holds a NUL character; give a plain folder name.")
    given = Path(path).expanduser()
    target = _resolve(given if given.is_absolute() else base_root / given, path)
    _check_allowed(place, given, target, base_root)
    folder = target if target.is_dir() else target.parent
    if target.is_relative_to(base_root) and not is_personal(base_root):
        root = base_root
        # A repository inside the project (a submodule, a checkout beside others) is a project of its own.
        if (nested := find_root(folder)) is not None and nested.is_relative_to(base_root):
            root = nested
    else:
        root = find_root(folder) or folder
    part = "" if target == root else target.relative_to(root).as_posix()
    return Location(root, part)


def _resolve(target: Path, path: str) -> Path:
    try:
        return target.resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"path {path[:200]!r} does not exist. Give a folder or file of the project.") from error


def _check_allowed(place: Place, given: Path, target: Path, base_root: Path) -> None:
    if place.roots:
        roots = [find_root(root.resolve()) or root.resolve() for root in place.roots]
        if not any(target.is_relative_to(root) for root in roots):
            names = ", ".join(map(str, roots))
            raise OutsideRootError(f"path {given} lies outside the allowed root {names}. Give a path inside it.")
    elif not given.is_absolute() and not target.is_relative_to(base_root):
        raise OutsideRootError(
            f"path {given} leaves the allowed root {base_root}. Give a path inside it, or an absolute project folder."
        )
    if any(target == Path(folder) or target.is_relative_to(folder) for folder in _SYSTEM_FOLDERS):
        raise ProjectError(f"path {target} is a folder of the operating system, not a project. Give a project folder.")
