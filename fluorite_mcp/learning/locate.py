"""Which project a request speaks of, and which folders it may read."""

from __future__ import annotations

import os
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
    "/var/run",
    "/var/lib",
    "/bin",
    "/sbin",
)
# Folders of keys, in whose home they may lie.
_SECRET_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".kube"})


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
    # Each request asks; path objects would take four times as long.
    path, home = str(root), os.path.normpath(os.path.expanduser("~"))  # noqa: PTH111
    is_at_or_above = f"{home}{os.sep}".startswith(f"{path.rstrip(os.sep)}{os.sep}")
    return is_at_or_above or os.path.dirname(path) == f"{root.anchor}home"  # noqa: PTH120


def locate(place: Place, path: str | None) -> Location:
    """Find the project of a path, or the session's own without one.

    Args:
        place: Where the session stands.
        path: Absolute or relative to the session's project; a file or a folder.

    Raises:
        InputError: The path does not exist or cannot be a path.
        OutsideRootError: It lies outside what this session may read.
        ProjectError: It is a folder of the operating system or of keys, or the session's own folder is gone.
    """
    base = place.base.resolve()
    base_root = _root_of(base)
    if path is None or not path.strip():
        if not base.is_dir():
            raise ProjectError(
                f"The session's folder {base} does not exist. Pass path, or start in a project's folder."
            )
        return Location(_checked(base_root))
    if "\0" in path:
        raise InputError("path holds a NUL character; give a plain folder name.")
    given = _expand(path)
    wanted = given if given.is_absolute() else base_root / given
    # Once as written, so that whether something exists outside is not told; once as it resolves, for links.
    _check_allowed(place, given, Path(os.path.normpath(wanted)), base_root)
    target = _resolve(wanted, path)
    _check_allowed(place, given, target, base_root)
    folder = target if target.is_dir() else target.parent
    if target.is_relative_to(base_root) and not is_personal(base_root):
        root = base_root
        # A repository inside the project (a submodule, a checkout beside others) is a project of its own.
        if (nested := find_root(folder)) is not None and nested.is_relative_to(base_root):
            root = nested
    else:
        root = _root_of(folder)
    part = "" if target == root else target.relative_to(root).as_posix()
    return Location(_checked(root), part)


def _root_of(folder: Path) -> Path:
    """Return the root of the repository around a folder; a home folder under version control is not one."""
    found = find_root(folder)
    return folder if found is None or is_personal(found) else found


def _checked(root: Path) -> Path:
    try:
        str(root).encode()
    except UnicodeEncodeError as error:
        raise ProjectError(f"{str(root)!r} is not valid UTF-8, so it cannot be kept. Rename the folder.") from error
    return root


def _expand(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise InputError(f"path {path[:200]!r} names a user who has no home folder here.") from error


def _resolve(target: Path, path: str) -> Path:
    try:
        return target.resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"path {path[:200]!r} does not exist. Give a folder or file of the project.") from error


def _check_allowed(place: Place, given: Path, target: Path, base_root: Path) -> None:
    if place.roots:
        roots = [_root_of(root.resolve()) for root in place.roots]
        if not any(target.is_relative_to(root) for root in roots):
            names = ", ".join(map(str, roots))
            raise OutsideRootError(f"path {given} lies outside the allowed root {names}. Give a path inside it.")
    elif not given.is_absolute() and not target.is_relative_to(base_root):
        raise OutsideRootError(
            f"path {given} leaves the allowed root {base_root}. Give a path inside it, or an absolute project folder."
        )
    if _SECRET_FOLDERS.intersection(target.parts) or any(
        target.is_relative_to(at) for folder in _SYSTEM_FOLDERS for at in (folder, Path(folder).resolve())
    ):
        raise ProjectError(
            f"path {target} is a folder of the operating system or of keys, not a project. Give a project."
        )
