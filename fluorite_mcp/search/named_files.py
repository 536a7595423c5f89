"""Files whose name the query says: candidates, even where their words and their meaning are those of many others.

"JSON object with named fields" says the whole name of JsonObject.java. In a library about JSON objects, fifty chunks
say as much and fifty mean as much, and of the file itself there may be none among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from fluorite_mcp.models import GLOBAL_SCOPE, Chunk
from fluorite_mcp.search.documents import DocumentId
from fluorite_mcp.search.paths import path_profile

# More files than this share a name such as `model` or `test`, which says little by itself. On 24 repositories twelve
# found nothing that five did not.
MAX_NAMED = 5
# Reading the names of more files takes longer than a search.
MAX_FILES = 5_000


class NamedFileSource(Protocol):
    """Knows the files of projects."""

    async def learned_paths(self, project: int, limit: int) -> list[str]:
        """Return the paths of the files that were learned, at most so many."""
        ...


class FirstChunks(Protocol):
    """Knows the chunks of files."""

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        ...

    async def heads_of_files(self, project: int, paths: Sequence[str]) -> dict[str, Chunk]:
        """Return the first living chunk of some files of a project without its text, by path."""
        ...


class _Name(NamedTuple):
    words: frozenset[str]
    letters: int
    path: str


@dataclass(slots=True)
class _Names:
    """The names of a project's files by one of their words, and the version of the store they are of."""

    version: int
    by_word: Mapping[str, Sequence[_Name]]


class NamedFiles:
    """Finds the files whose whole name a query says.

    Args:
        files: Knows the files of projects.
        chunks: Knows their chunks.
    """

    def __init__(self, files: NamedFileSource, chunks: FirstChunks) -> None:
        self._files = files
        self._chunks = chunks
        self._names: dict[int, _Names] = {}

    async def find(self, words: Collection[str], scopes: Sequence[int], but: Collection[DocumentId]) -> list[Chunk]:
        """Return the first chunks of files whose names hold no other words, the longest names first.

        Args:
            words: Tokens as `text.tokens.query_words` makes them.
            scopes: Where to look; files lie in projects only.
            but: Documents that were found already.
        """
        said = frozenset(words)
        found: list[Chunk] = []
        for project in scopes:
            if project == GLOBAL_SCOPE:
                continue
            by_word = await self._by_word(project)
            named = [
                name
                for word in said
                for name in by_word.get(word, ())
                if name.words <= said and (project, name.path) not in but
            ]
            named.sort(key=lambda name: (-len(name.words), -name.letters, name.path))
            paths = [name.path for name in named[:MAX_NAMED]]
            heads = await self._chunks.heads_of_files(project, paths) if paths else {}
            found += [heads[path] for path in paths if path in heads]
        return found

    async def _by_word(self, project: int) -> Mapping[str, Sequence[_Name]]:
        """Return the names of a project's files, each once, by one of their words; of a huge project's, none."""
        version = await self._chunks.version()
        known = self._names.get(project)
        if known is None or known.version != version:
            paths = await self._files.learned_paths(project, MAX_FILES + 1)
            known = self._names[project] = _Names(version, _read(paths) if len(paths) <= MAX_FILES else {})
        return known.by_word


def _read(paths: Sequence[str]) -> dict[str, list[_Name]]:
    names: dict[str, list[_Name]] = defaultdict(list)
    for path in paths:
        profile = path_profile(path)
        if profile.stem and not profile.is_index:
            # An identifier stands whole before its parts, and who says the parts says it.
            parts = profile.stem[1:] if len(profile.stem) > 2 else profile.stem
            names[parts[0]].append(_Name(frozenset(parts), len(profile.joined), path))
    return dict(names)
