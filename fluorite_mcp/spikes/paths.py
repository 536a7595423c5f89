"""Which paths a spike may create: inside the target folder, on every system, and never inside `.git`."""

from __future__ import annotations

import re

_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
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
    return None
