"""A tree of any size from real code: the same files again and again, each copy under other names.

A copy renames a part of the identifiers, everywhere in the copy alike, so that definitions and uses still meet. New
names are made from the corpus' own words, drawn as often as they occur: whole identifiers are new in every copy, so
the vocabulary grows, and the lists of chunks that hold a word grow with the tree, as in a repository of that size.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

# One identifier in so many gets another name in a copy; the rest are shared, as libraries' names are.
_RENAMED_ONE_IN = 3
# Names in more than this part of the files of one kind are keywords and the like, which stay.
_KEPT_FREQUENCY = 0.05
_MAX_FILE_BYTES = 300_000

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the corpus: where it lies below its tree, and its text."""

    path: str
    text: str


class Names:
    """Gives identifiers other names, the same for the same identifier and copy."""

    def __init__(self, sources: Sequence[Source]) -> None:
        files: Counter[str] = Counter(_kind(source.path) for source in sources)
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for source in sources:
            counts[_kind(source.path)].update(set(_IDENTIFIER.findall(source.text)))
        self._kept = {
            name
            for kind, names in counts.items()
            for name, count in names.items()
            if count > max(2, _KEPT_FREQUENCY * files[kind])
        }
        parts: Counter[str] = Counter()
        for names in counts.values():
            for name, count in names.items():
                parts.update({part.lower(): count for part in _PART.findall(name) if len(part) > 2})
        # A word stands here as often as it occurs, so that drawing one keeps how common it is.
        self._words = [word for word, count in sorted(parts.items()) for _ in range(count)]

    def rename(self, name: str, copy: int) -> str:
        """Return the name of an identifier in a copy; copy 0 is the corpus as it is."""
        if copy == 0 or name in self._kept:
            return name
        number = int.from_bytes(blake2b(f"{copy}\0{name}".encode(), digest_size=8).digest(), "big")
        if number % _RENAMED_ONE_IN:
            return name
        parts = list(_PART.finditer(name))
        if not parts:
            return name
        place = parts[number // 7 % len(parts)]
        word = self._words[number // 11 % len(self._words)]
        return name[: place.start()] + _cased(word, place[0]) + name[place.end() :]


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word.capitalize() if like[0].isupper() else word


def _kind(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2]


def read_sources(trees: Sequence[Path]) -> list[Source]:
    """Return the text files of some trees, ordered by path."""
    found = []
    for tree in trees:
        for path in sorted(tree.rglob("*")):
            relative = path.relative_to(tree)
            if path.is_symlink() or not path.is_file() or ".git" in relative.parts:
                continue
            data = path.read_bytes()
            if len(data) <= _MAX_FILE_BYTES and b"\0" not in data:
                found.append(Source(f"{tree.name}/{relative.as_posix()}", data.decode(errors="replace")))
    return found


def varied(sources: Sequence[Source], names: Names, copy: int) -> Iterator[Source]:
    """Yield the files of one copy. Two files that would get the same path keep their own."""
    known: dict[str, str] = {}

    def rename(match: re.Match[str]) -> str:
        name = match[0]
        if name not in known:
            known[name] = names.rename(name, copy)
        return known[name]

    taken = {source.path for source in sources}
    for source in sources:
        folder, _, last = source.path.rpartition("/")
        stem, dot, suffix = last.partition(".")
        path = f"{folder}/{_IDENTIFIER.sub(rename, stem)}{dot}{suffix}"
        path = source.path if path in taken else path
        taken.add(path)
        yield Source(f"copy{copy:03d}/{path}", _IDENTIFIER.sub(rename, source.text))


def start_tree(root: Path) -> None:
    """Make a folder that is a project."""
    root.mkdir(parents=True, exist_ok=True)
    if not (root / ".git").exists():
        subprocess.run(["git", "init", "--quiet", str(root)], check=True)


def write_copy(root: Path, sources: Sequence[Source], names: Names, copy: int, part: float = 1.0) -> int:
    """Write one copy, or a part (0..1) of its files, below a root. Returns the number of files."""
    count = round(len(sources) * part)
    for number, source in enumerate(varied(sources, names, copy)):
        if number == count:
            break
        path = root / source.path
        if path.exists():  # Written before; a new time would have it learned again.
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source.text, encoding="utf-8")
    return count
