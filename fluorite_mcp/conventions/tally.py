"""Counting facts over a project, file by file: a file that changes is taken out and counted anew, nothing else is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from fluorite_mcp.conventions.facts import FileFacts, family_of, read_facts
from fluorite_mcp.conventions.words import file_case, test_name
from fluorite_mcp.search.paths import is_example_path, is_test_path

# Observations that are no way of doing something: what is called, and what of the project is imported.
_NOT_COUNTED = frozenset(("calls", "own-target"))

# Lines by path, for one way of doing something.
Places = dict[str, tuple[int, ...]]


class Key(NamedTuple):
    """What is counted together: one aspect (with its subject) in one family of languages."""

    family: str
    aspect: str


class Tally:
    """The cases of every aspect in a project's files.

    Attributes:
        cases: For each key, the places of each way of doing it.
        files: Language family by path of the files that are counted.
    """

    def __init__(self) -> None:
        self.cases: dict[Key, dict[str, Places]] = {}
        self.files: dict[str, str] = {}
        self._facts: dict[str, FileFacts] = {}

    def change(self, rows: Iterable[tuple[str, bytes, bytes]], gone: Iterable[str] = ()) -> None:
        """Count files anew that are new or changed (path, content hash, facts), and take out those that are gone."""
        for path in gone:
            self.remove(path)
        for path, _, data in rows:
            self.remove(path)
            facts = read_facts(data)
            if facts is not None:
                self.add(path, facts)

    def add(self, path: str, facts: FileFacts) -> None:
        """Count a file."""
        if is_example_path(path):  # how a demonstration is written is no habit of the project
            return
        family = family_of(facts.language)
        self.files[path] = family
        self._facts[path] = facts
        for aspect, value, lines in _cases_of(path, facts):
            self.cases.setdefault(_key(family, aspect, value), {}).setdefault(value, {})[path] = lines

    def remove(self, path: str) -> None:
        """Take a file out."""
        facts = self._facts.pop(path, None)
        if facts is None:
            return
        family = self.files.pop(path)
        for aspect, value, _ in _cases_of(path, facts):
            self._take(_key(family, aspect, value), value, path)

    def _take(self, key: Key, value: str, path: str) -> None:
        places = self.cases.get(key, {}).get(value)
        if places is not None:
            places.pop(path, None)
            if not places:
                del self.cases[key][value]

    @property
    def roots(self) -> frozenset[str]:
        """The names under which the project's own code can be imported: its upper folders."""
        return frozenset(folder for path in self.files for folder in path.split("/")[:-1][:2])

    def families(self) -> Mapping[str, int]:
        """Return the number of files by language family."""
        counts: dict[str, int] = {}
        for family in self.files.values():
            counts[family] = counts.get(family, 0) + 1
        return counts


def _cases_of(path: str, facts: FileFacts) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Yield what a file is counted by: what was observed in it, and what its path says."""
    for aspect, value, lines in facts.observations:
        if aspect not in _NOT_COUNTED:
            yield aspect, value, lines
    for aspect, value in path_facts(path):
        yield aspect, value, (1,)


def _key(family: str, aspect: str, value: str) -> Key:
    return Key(family, f"uses {value}") if aspect == "uses" else Key(family, aspect)


def path_facts(path: str) -> Iterator[tuple[str, str]]:
    """Yield what a path alone says: how files are named, and where tests lie."""
    folders = PurePosixPath(path).parts[:-1]
    if not is_test_path(path):
        if case := file_case(path):
            yield "name-file", case
        return
    if form := test_name(path):
        yield "test-file", form
        of_tests = next((n for n, one in enumerate(folders) if is_test_path(f"{one}/x")), None)
        yield "test-place", "beside" if of_tests is None else "/".join(folders[: of_tests + 1]) + "/"
