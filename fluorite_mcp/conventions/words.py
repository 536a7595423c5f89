"""How names are written."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def case_of(name: str) -> str | None:
    """Name the case of a name that shows one: a single lower-case word fits several."""
    name = name.strip("_$?!=")
    if not name or not name.isascii():
        return None
    if "-" in name:
        return "kebab-case" if name == name.lower() else None
    if name == name.lower():
        return "snake_case" if "_" in name else None
    if name == name.upper():
        return "UPPER_CASE" if len(name) > 1 else None
    if "_" in name:
        return None
    return "PascalCase" if name[0].isupper() else "camelCase"


def last_word(name: str) -> str:
    """Return the last word of a name of several words: `Service` of `UserService`; "" if it has one only."""
    words = _WORD.findall(name)
    return words[-1] if len(words) > 1 and words[-1][0].isupper() and len(words[-1]) > 2 else ""


def file_case(path: str) -> str | None:
    """Name the case of a file's name."""
    return case_of(PurePosixPath(path).name.partition(".")[0])


def test_name(path: str) -> str | None:
    """Return the form of a test file's name, as a glob; None if the name does not show that it is a test."""
    name = PurePosixPath(path).name
    stem, _, suffix = name.partition(".")
    if stem.startswith("test_"):
        return f"test_*.{suffix}"
    for ending in ("_test", "_spec", "Tests", "Test", "Spec", "IT"):
        if stem.endswith(ending) and stem != ending:
            return f"*{ending}.{suffix}"
    return f"*.{suffix}" if suffix.startswith(("test.", "spec.")) else None
