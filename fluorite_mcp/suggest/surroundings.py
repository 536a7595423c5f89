"""What the code nearest to a task imports and calls: "files like this import …", counted."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fluorite_mcp.text.comments import code_lines
from fluorite_mcp.text.imports import import_lines
from fluorite_mcp.text.references import NO_CALLS, STRING
from fluorite_mcp.text.tokens import count_tokens

# Looked for at the beginning of words only, and never for a part of one: anything else takes six times as long.
_CALLED = re.compile(r"(?<![A-Za-z_])([A-Za-z_]\w{2,}+)[?!]?(?:::?<[^<>()\n]{1,60}>|<[^<>()\n]{1,60}>)?\s?[({](?!=)")
_REACHED = re.compile(r"(?:\.|::|->)\s*([A-Za-z_]\w{2,})")
_NAME = re.compile(r"[A-Za-z_]\w{2,}")
# Imports over several lines: Go's list of packages, and names in brackets of one import.
_GO_LIST = re.compile(r"^import \(\n(.*?)^\)", re.MULTILINE | re.DOTALL)
_OPENED = re.compile(r"^((?:from|import|export|use|pub use)\b[^\n({;]*[({])\s*\n([^)}]*)([)}][^\n]*)", re.MULTILINE)
# A longer list of names would fill the part that is for all imports.
_MAX_IMPORT_CHARS = 160

# More names are a list that nobody reads.
_MAX_CALLS = 40

# Once is anybody's; from two files on it is how such code is written here.
_MIN_FILES = 2

# Most tasks of a session are near the same code.
_PIECES_KEPT, _HEADS_KEPT = 2_000, 500


@dataclass(frozen=True, slots=True)
class NearFile:
    """A file near to a task: the head with its imports, the pieces of it that are near, how near it is (0..1)."""

    path: str
    language: str | None
    head: str
    pieces: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Used:
    """Something that nearby code uses, and in how many of these files."""

    text: str
    count: int


def imports_of(files: Sequence[NearFile]) -> list[Used]:
    """Return import lines of the nearest files, those of most files first, of these those of the nearest."""
    counts: Counter[str] = Counter()
    weight: dict[str, float] = defaultdict(float)
    for file in files:
        for line in _whole_imports(file.head):
            counts[line] += 1
            weight[line] += file.score
    ordered = sorted(counts, key=lambda line: (-weight[line], line))
    return [Used(line, counts[line]) for line in ordered]


@lru_cache(maxsize=_HEADS_KEPT)
def _whole_imports(head: str) -> tuple[str, ...]:
    """Return the imports at the top of a file, each on a line of its own."""
    packages: list[str] = []
    if "import (" in head:  # Looking for the list takes longer than all the rest.
        packages = [line.strip() for block in _GO_LIST.findall(head) for line in block.splitlines() if line.strip()]
        head = _GO_LIST.sub("", head)
    joined = _OPENED.sub(lambda match: "".join(match.groups()).replace("\n", " "), head)
    lines = [line[:_MAX_IMPORT_CHARS] for line in import_lines(joined).splitlines()]
    found = [f"import {package}" for package in packages if not package.startswith("//")] + lines
    return tuple(dict.fromkeys(" ".join(line.split()) for line in found))


def calls_of(files: Sequence[NearFile], defined: Collection[str]) -> list[Used]:
    """Return the names that nearby code calls, the most telling first.

    Args:
        files: Near files.
        defined: Names that the project itself defines: these cannot be guessed, so they count double.
    """
    counts: Counter[str] = Counter()
    weight: dict[str, float] = defaultdict(float)
    for file in files:
        called: set[str] = set()
        for piece in file.pieces:
            called |= called_names(piece, file.language)
        for name in called:
            counts[name] += 1
            weight[name] += file.score * (2.0 if name in defined else 1.0)
    told = [name for name in counts if counts[name] >= _MIN_FILES or name in defined]
    return [Used(name, counts[name]) for name in sorted(told, key=lambda name: (-weight[name], name))]


def untold(calls: Sequence[Used], shown: str) -> list[Used]:
    """Return calls without those in code that is shown anyway, and no more than anybody reads."""
    known = frozenset(_NAME.findall(shown))
    return [used for used in calls if used.text not in known][:_MAX_CALLS]


@lru_cache(maxsize=_PIECES_KEPT)
def called_names(code: str, language: str | None) -> frozenset[str]:
    """Return the names that a piece of code calls or reaches into."""
    bare = STRING.sub('""', "\n".join(code_lines(code.split("\n"), language)))
    return frozenset(name for pattern in (_CALLED, _REACHED) for name in pattern.findall(bare)) - NO_CALLS


def uses_text(imports: Sequence[Used], calls: Sequence[Used], files: int, language: str | None, tokens: int) -> str:
    """Return Markdown that says what nearby code imports and calls, within some tokens; imports get half of them."""
    head = f"The {files} nearest files import:"
    fence = f"```{language or ''}"
    lines = _fitting([f"{used.text}{_times(used, files)}" for used in imports], tokens // 2 - count_tokens(head) - 6)
    parts = [f"{head}\n{fence}\n" + "\n".join(lines) + "\n```"] if lines else []
    left = tokens - sum(map(count_tokens, parts)) - 12
    names = _fitting([f"`{used.text}`{_times(used, files)}" for used in calls], left)
    if names:
        parts.append(f"and call, beside what is shown: {', '.join(names)}.")
    return "\n".join(parts)


def _times(used: Used, files: int) -> str:
    return f" ({used.count})" if used.count > 1 and files > 1 else ""


def _fitting(texts: Sequence[str], tokens: int) -> list[str]:
    found: list[str] = []
    for text in texts:
        tokens -= count_tokens(text) + 1
        if tokens < 0:
            break
        found.append(text)
    return found
