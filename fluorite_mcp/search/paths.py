"""What a file's path says: the words of its name and folders, and what kind of code lies there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from fluorite_mcp.text.tokens import index_words

# A large repository's worth; each takes about a kilobyte.
_PATHS_KEPT = 20_000

# Names of folders, and of files without a suffix, in lower case.
_TEST_NAMES = frozenset(
    {"test", "tests", "spec", "specs", "__tests__", "testing", "testdata", "fixture", "fixtures", "e2e"}
)
_EXAMPLE_NAMES = frozenset(
    {
        "example", "examples", "sample", "samples", "demo", "demos", "benchmark", "benchmarks", "tutorial",
        "tutorials",
    }
)  # fmt: skip
# Code that is kept for others' sake: vendored, deprecated, or an old version beside the one in use.
_LEGACY_NAMES = frozenset(
    {
        "vendor", "third_party", "thirdparty", "external", "deps", "node_modules", "dist", "legacy", "compat",
        "deprecated", "deprecation", "deprecations", "obsolete", "old", "v0", "v1",
    }
)  # fmt: skip
_LEGACY_PARTS = ("_compat", "compat_", "_legacy", "legacy_", "_deprecated")
# How names of test files end before their suffix: in lower case, and as names of classes.
_TEST_ENDS = tuple(f"{mark}{word}" for mark in "._-" for word in ("test", "tests", "spec"))
_TEST_CLASS_ENDS = ("Test", "Tests", "Spec")
# Files that stand for their folder.
_INDEX_STEMS = frozenset({"index", "init", "__init__", "mod", "main", "lib"})
# What follows the first dot belongs to the name (`JToken.Async.cs`), except for these and the last one.
_SUFFIX = re.compile(r"(\.(d|test|spec|g|min|stories|config))?\.[A-Za-z0-9+]+$")
_LETTERS = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class PathProfile:
    """What a path says.

    Attributes:
        stem: Words of the file's name without its suffix, in order.
        folders: Words of its folders.
        joined: Letters and digits of the name, or of the folder's if the file stands for its folder.
        spoken: Folder and name, as one would say where it is; its meaning can be compared with a query's.
        subject: The word by which other files import it.
        depth: Number of folders above it.
    """

    stem: tuple[str, ...]
    folders: frozenset[str]
    joined: str
    spoken: str
    subject: str
    depth: int
    is_index: bool
    is_test: bool
    is_example: bool
    is_legacy: bool


def is_test_path(path: str) -> bool:
    """Whether a path, relative to the project root, is that of test code."""
    names = path.lower().split("/")
    return not _TEST_NAMES.isdisjoint(names) or _is_test_file(path.rpartition("/")[2], names[-1])


def _is_test_file(name: str, lower: str) -> bool:
    """Whether a file's name, given as it is and in lower case, is that of test code."""
    if lower.startswith("test_") or lower == "conftest.py":
        return True
    stem, _, suffix = name.rpartition(".")
    if not suffix.isalpha():
        return False
    return stem.lower().endswith(_TEST_ENDS) or (suffix.islower() and stem.endswith(_TEST_CLASS_ENDS))


def is_example_path(path: str) -> bool:
    """Whether a path, relative to the project root, is that of a demonstration."""
    return not _EXAMPLE_NAMES.isdisjoint(path.lower().split("/"))


def is_legacy_path(path: str) -> bool:
    """Whether a path, relative to the project root, is that of code kept for others' sake."""
    lower = path.lower()
    if any(part in lower for part in _LEGACY_PARTS):
        return True
    return not _LEGACY_NAMES.isdisjoint(name.partition(".")[0] for name in lower.split("/"))


@lru_cache(maxsize=_PATHS_KEPT)
def path_profile(path: str) -> PathProfile:
    """Return what a path, relative to the project root, says."""
    folder, _, name = path.rpartition("/")
    stem = _SUFFIX.sub("", name) or name
    parent = folder.rpartition("/")[2]
    is_index = stem.lower() in _INDEX_STEMS
    name_of_it = parent if is_index else stem
    return PathProfile(
        stem=tuple(index_words(stem).split()),
        folders=_folder_words(folder),
        joined="".join(_LETTERS.findall(name_of_it.lower())),
        spoken=f"{parent} {stem}".strip(),
        subject=next(iter(index_words(name_of_it).split()), ""),
        depth=path.count("/"),
        is_index=is_index,
        is_test=is_test_path(path),
        is_example=is_example_path(path),
        is_legacy=is_legacy_path(path),
    )


@lru_cache(maxsize=_PATHS_KEPT)
def _folder_words(folder: str) -> frozenset[str]:
    """Return the words of a file's folders; many files share them."""
    return frozenset(index_words(folder).split())
