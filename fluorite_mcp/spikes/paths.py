"""Which paths a spike may create: inside the target folder, on every system, and never inside `.git`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Windows opens devices under these names, whatever their ending, and cannot write the characters.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]|[. ]$')
_GIT_FOLDER = ".git"
"""A file under it can run as a hook at the next commit, which nobody expects of a template."""


def path_problem(path: str) -> str | None:
    """Say what is wrong with a relative path, as the end of a sentence, or None when it is fine."""
    parts = path.split("/")
    if path.startswith("/") or _DRIVE.match(path):
        return "is absolute; it must be relative to the target folder"
    if "\\" in path or _CONTROL.search(path):
        return "holds a backslash or a control character; separate folders with '/'"
    if ".." in parts:
        return "leaves the target folder with '..'"
    if any(part.strip() in ("", ".") for part in parts):
        return "has an empty part or a '.'"
    if any(part.rstrip(". ").lower() == _GIT_FOLDER for part in parts):
        return "lies in a .git folder, which a spike may not touch"
    return _portability_problem(parts)


def _portability_problem(parts: Sequence[str]) -> str | None:
    if any(_DEVICE.fullmatch(part) for part in parts):
        return "holds the name of a device, such as CON, which Windows cannot write"
    if any(_NOT_ON_WINDOWS.search(part) for part in parts):
        return 'holds one of <>:"|?*, or a part that ends in a dot or a blank, which Windows cannot write'
    return None


def clashing_paths(paths: Iterable[str]) -> tuple[str, str] | None:
    """Return two paths that cannot both be written: one is a folder of the other, or they differ in case only."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for path in paths:
        folded = path.casefold()
        above = [folded[:at] for at, letter in enumerate(folded) if letter == "/"]
        taken = next((files[name] for name in (folded, *above) if name in files), folders.get(folded))
        if taken is not None:
            return taken, path
        files[folded] = path
        folders |= dict.fromkeys(above, path)
    return None
