"""Skeletons: what a definition looks like when names, literals and types are taken away, and what it calls.

One walk over each definition's nodes gives a hash of its shape, a sketch of its parts (to find nearly equal ones), the
APIs it calls, its decorators, and whether it handles errors. That is kept per file; the trees themselves are not.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fluorite_mcp.patterns.units import Unit, find_units
from fluorite_mcp.patterns.walk import Walk
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.text.imports import import_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tree_sitter

SKELETONS_VERSION = 1

# A definition with fewer nodes or lines says nothing that is worth a template; a larger one is never repeated.
MIN_NODES = 22
MIN_LINES = 3
MAX_LINES = 100

# Django's name for a module of tests; which the search for code does not count as one.
_TESTS_FILE = re.compile(r"(^|/)tests\.py$|_test\.go$|(^|/)(mocks?|stories|__mocks__)/|\.stories\.[jt]sx?$")

_DATA_KINDS = frozenset({"constant", "variable"})

_TEST_MARK = re.compile(r"(^|[:.])(test|Test|ParameterizedTest|Fact|Theory|TestMethod|TestCase|rstest|fixture)$")

_IMPORTED = re.compile(r"[A-Za-z_@][\w./@:\\-]*")
_IMPORT_WORDS = frozenset(
    ["from", "import", "as", "use", "using", "include", "require", "require_relative", "pub", "mod", "const", "let",
     "var", "local", "export", "default", "type", "static"]
)  # fmt: skip
_MAX_IMPORTS = 40


@dataclass(frozen=True, slots=True)
class Skeleton:
    """One definition as grouping sees it.

    Attributes:
        kind: function, method, class and the like.
        name: Its name.
        symbol: Its name with what encloses it.
        start: First byte, with its decorators, in the file's text as it was mined.
        end: Byte after the last.
        start_line: First line, from 1.
        end_line: Last line, inclusive.
        shape: Hash of the tree without names, literals and types.
        nodes: How many nodes it has.
        sketch: The smallest hashes of its parts, sorted: two sketches tell how alike the trees are.
        calls: What it calls, by the last two names, sorted.
        decorators: What is written on it, by name.
        handles_errors: Whether it raises, catches or passes on errors.
        digest: Hash of its text: what is the same text is the same exemplar, wherever it moved.
    """

    kind: str
    name: str
    symbol: str
    start: int
    end: int
    start_line: int
    end_line: int
    shape: int
    nodes: int
    sketch: tuple[int, ...]
    calls: tuple[str, ...]
    decorators: tuple[str, ...]
    handles_errors: bool
    digest: int


@dataclass(frozen=True, slots=True)
class FileSkeletons:
    """The definitions of one file, and the modules it imports."""

    language: str
    imports: tuple[str, ...]
    skeletons: tuple[Skeleton, ...]


def skeletons_of(tree: tree_sitter.Tree, source: bytes, path: str, language: str) -> bytes:
    """Return the skeletons of a parsed file as bytes that `read_skeletons` reads; empty where there are none.

    Tests are left out: that tests of one project look alike says nothing about its code.
    """
    if is_test_path(path) or _TESTS_FILE.search(path):
        return b""
    walk = Walk(source, language)
    units = (unit for unit in find_units(tree, source, language) if MIN_LINES <= unit.lines <= MAX_LINES)
    found = [skeleton for unit in units if (skeleton := _skeleton(unit, walk, source))]
    if not found:
        return b""
    return json.dumps([language, _imports(source), found], separators=(",", ":")).encode()


def _skeleton(unit: Unit, walk: Walk, source: bytes) -> list[object] | None:
    seen = walk.read(unit.nodes)
    if seen is None or seen.nodes < MIN_NODES or _is_test(unit, seen.decorators):
        return None
    # A table of values is data; how often it is repeated says nothing about code.
    if unit.kind in _DATA_KINDS and not seen.calls:
        return None
    digest = hashlib.blake2b(source[unit.start : unit.end], digest_size=7).digest()
    return [
        unit.kind, unit.name, unit.symbol, unit.start, unit.end, unit.start_line, unit.end_line, seen.shape, seen.nodes,
        int.from_bytes(digest, "big"), seen.sketch, sorted(seen.calls), seen.decorators, int(seen.handles_errors),
    ]  # fmt: skip


def _is_test(unit: Unit, decorators: Sequence[str]) -> bool:
    """Whether a definition tests others, in a file that is none of tests: Rust keeps both in one."""
    is_named_so = unit.name.startswith("test_") or unit.symbol.startswith(("tests.", "test."))
    return is_named_so or any(_TEST_MARK.search(name) for name in decorators)


def _imports(source: bytes) -> list[str]:
    """Name what a file imports, each once, in order."""
    lines = import_lines(source[:20_000].decode("utf-8", "replace"))
    names = (name.strip("./\\:") for name in _IMPORTED.findall(lines))
    return list(dict.fromkeys(name for name in names if name and name not in _IMPORT_WORDS))[:_MAX_IMPORTS]


def read_skeletons(data: bytes) -> FileSkeletons | None:
    """Read what `skeletons_of` wrote; None for a file without skeletons."""
    if not data:
        return None
    language, imports, rows = json.loads(data)
    return FileSkeletons(language, tuple(imports), tuple(map(_from_row, rows)))


def _from_row(row: list[Any]) -> Skeleton:
    (kind, name, symbol, start, end, start_line, end_line, shape, nodes, digest, sketch, calls, decorators, handles) = (
        row
    )
    return Skeleton(
        kind, name, symbol, start, end, start_line, end_line, shape, nodes, tuple(sketch), tuple(calls),
        tuple(decorators), bool(handles), digest,
    )  # fmt: skip
