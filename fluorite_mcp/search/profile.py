"""What ranking asks of a chunk's name and place, worked out once per chunk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from fluorite_mcp.models import Chunk
from fluorite_mcp.search.fields import symbols_of
from fluorite_mcp.text.tokens import index_words

# A large repository's worth; each takes about a kilobyte.
_PATHS_KEPT = 10_000
_SYMBOLS_KEPT = 30_000

_TEST_PATH = re.compile(
    r"(^|/)(tests?|specs?|__tests__|testing|testdata|fixtures?|e2e)(/|$)|(^|/)(test_[^/]*|conftest\.py)$"
    r"|[._-](test|tests|spec)\.[a-z]+$|(?-i:(?:Test|Tests|Spec)\.[a-z]+$)",
    re.IGNORECASE,
)
_EXAMPLE_PATH = re.compile(r"(^|/)(examples?|samples?|demos?|benchmarks?|tutorials?)(/|$)", re.IGNORECASE)
_VENDORED_PATH = re.compile(
    r"(^|/)(vendor|third_party|thirdparty|external|deps|node_modules|dist|legacy|compat)(/|$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SymbolProfile:
    """A symbol a chunk defines: its last name, the names around it, and the words it is made of."""

    name: str
    last: str
    scopes: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class PathProfile:
    """What a path says: the words of its file name and of its folders, and what kind of code lies there."""

    stem: frozenset[str]
    folders: frozenset[str]
    is_test: bool
    is_example: bool
    is_vendored: bool


@dataclass(frozen=True, slots=True)
class ChunkProfile:
    """A chunk's symbols, and what its path says."""

    symbols: tuple[SymbolProfile, ...]
    path: PathProfile


def profile_of(chunk: Chunk) -> ChunkProfile:
    """Return the profile of a chunk."""
    symbols = symbols_of(chunk)
    if chunk.origin.symbol and chunk.origin.symbol not in symbols:
        symbols = (chunk.origin.symbol, *symbols)
    return ChunkProfile(tuple(map(_symbol, symbols)), _path(chunk.origin.path or ""))


def is_test_path(path: str) -> bool:
    """Whether a path, relative to the project root, is that of test code."""
    return _TEST_PATH.search(path) is not None


@lru_cache(maxsize=_PATHS_KEPT)
def _path(path: str) -> PathProfile:
    folders, _, name = path.rpartition("/")
    return PathProfile(
        stem=frozenset(index_words(name.split(".")[0]).split()),
        folders=frozenset(index_words(folders).split()),
        is_test=is_test_path(path),
        is_example=_EXAMPLE_PATH.search(path) is not None,
        is_vendored=_VENDORED_PATH.search(path) is not None,
    )


@lru_cache(maxsize=_SYMBOLS_KEPT)
def _symbol(name: str) -> SymbolProfile:
    scopes, _, last = name.rpartition(".")
    words = index_words(last).split()
    # The identifier as a whole stands before its parts and is no word of the query's.
    parts = words[1:] if len(words) > 2 else words
    return SymbolProfile(name, last, frozenset(scopes.split(".")), frozenset(parts))
