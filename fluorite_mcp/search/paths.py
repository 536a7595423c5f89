"""What a file's path says: the words of its name and folders, and what kind of code lies there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from fluorite_mcp.text.tokens import index_words

# A large repository's worth; each takes about a kilobyte.
_PATHS_KEPT = 20_000

_TEST_PATH = re.compile(
    r"(^|/)(tests?|specs?|__tests__|testing|testdata|fixtures?|e2e)(/|$)|(^|/)(test_[^/]*|conftest\.py)$"
    r"|[._-](test|tests|spec)\.[a-z]+$|(?-i:(?:Test|Tests|Spec)\.[a-z]+$)",
    re.IGNORECASE,
)
_EXAMPLE_PATH = re.compile(r"(^|/)(examples?|samples?|demos?|benchmarks?|tutorials?)(/|$)", re.IGNORECASE)
# Code that is kept for others' sake: vendored, deprecated, or an old version beside the one in use.
_LEGACY_PATH = re.compile(
    r"(^|/)(vendor|third_party|thirdparty|external|deps|node_modules|dist|legacy|compat|deprecated|deprecations?"
    r"|obsolete|old|v[01])(/|$|\.)|(_compat|compat_|_legacy|legacy_|_deprecated)",
    re.IGNORECASE,
)
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
    return _TEST_PATH.search(path) is not None


def is_example_path(path: str) -> bool:
    """Whether a path, relative to the project root, is that of a demonstration."""
    return _EXAMPLE_PATH.search(path) is not None


def is_legacy_path(path: str) -> bool:
    """Whether a path, relative to the project root, is that of code kept for others' sake."""
    return _LEGACY_PATH.search(path) is not None


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
        folders=frozenset(index_words(folder).split()),
        joined="".join(_LETTERS.findall(name_of_it.lower())),
        spoken=f"{parent} {stem}".strip(),
        subject=next(iter(index_words(name_of_it).split()), ""),
        depth=path.count("/"),
        is_index=is_index,
        is_test=is_test_path(path),
        is_example=_EXAMPLE_PATH.search(path) is not None,
        is_legacy=_LEGACY_PATH.search(path) is not None,
    )
