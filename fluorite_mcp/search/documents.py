"""Documents: a file of a project as ranking sees it whole, or a stored chunk that belongs to no file.

What ranking asks of a file's text is kept in the store (see `search.merged`); where it is not there yet, it is put
together from the file's chunks. Documents stay in memory until the store changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log1p
from typing import TYPE_CHECKING, NamedTuple, Protocol

from fluorite_mcp.models import Chunk, ProfiledChunk
from fluorite_mcp.search.assembly import merged_profiles
from fluorite_mcp.search.fields import is_learned
from fluorite_mcp.search.merged import MergedProfile, decode_merged
from fluorite_mcp.search.paths import PathProfile, path_profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.ports import Embedder

# A document takes some 10 kB.
_DOCUMENTS_KEPT = 5_000

_NO_NUMBER = float("nan")

# A file of a project, or the key of a chunk.
DocumentId = tuple[int, str] | int


class ProfileSource(Protocol):
    """Reads chunks as ranking sees them."""

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        ...

    async def profiles_of_files(self, project: int, paths: Sequence[str], model: str) -> list[ProfiledChunk]:
        """Return the living chunks of some files."""
        ...

    async def profiles_of(self, keys: Sequence[int], model: str) -> list[ProfiledChunk]:
        """Return living chunks."""
        ...

    async def profiles_of_scope(self, scope: int, model: str, limit: int) -> list[ProfiledChunk]:
        """Return living chunks of a scope, at most so many; `path` is None for what is no piece of a file.

        Left out are the files that have a merged profile.
        """
        ...


class MergedProfiles(Protocol):
    """Keeps the merged profiles of files."""

    async def find(self, project: int, paths: Sequence[str], model: str) -> dict[str, bytes]:
        """Return those of some files, by path; files that have none yet are left out."""
        ...

    async def of_scope(self, scope: int, model: str) -> dict[str, bytes]:
        """Return those of all files of a scope, by path."""
        ...


class ImportCounts(Protocol):
    """Knows how often words stand in imports."""

    async def importers(self, words: Sequence[str]) -> Mapping[str, int]:
        """Return in how many chunks' import lines each word stands; words in none may be left out."""
        ...


class Standing(NamedTuple):
    """What a document is, whatever it says, as numbers that features begin with; NaN where it is no file."""

    length: float
    importers: float = _NO_NUMBER
    lines: float = _NO_NUMBER
    depth: float = _NO_NUMBER
    is_test: float = _NO_NUMBER
    is_example: float = _NO_NUMBER
    is_legacy: float = _NO_NUMBER


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A file, or a stored chunk (`path` is then None).

    Attributes:
        path: What the file's path says.
        text: What its text holds.
        names: Vectors of the path as one says it and of each word of the file's name, (1 + words, dimensions of the
            bundled model).
        importers: In how many import lines its name stands.
        standing: What it is, as numbers, in the order of `Standing`.
    """

    path: PathProfile | None
    text: MergedProfile
    names: NDArray[np.float32]
    importers: int
    standing: NDArray[np.float32]


def document_of(chunk: Chunk) -> DocumentId:
    """Return which document a chunk belongs to."""
    if chunk.project is not None and is_learned(chunk):
        return chunk.project, chunk.origin.path or ""
    return chunk.key


def is_told(one: DocumentId, kind: str) -> bool:
    """Whether a document says in words what it is about: stored, and no snippet of code."""
    return isinstance(one, int) and kind != "code"


class DocumentCache:
    """Reads documents, puts together those that are not kept, and remembers them until the store changes.

    Args:
        source: Where chunks are read.
        merged: Where merged profiles of files are read.
        imports: Knows how often a file's name stands in imports.
        embedder: The model whose vectors the chunks have.
        names: The bundled model, which compares names and words with a query's in microseconds.
    """

    def __init__(
        self,
        source: ProfileSource,
        merged: MergedProfiles,
        imports: ImportCounts,
        embedder: Embedder,
        names: Embedder,
    ) -> None:
        self._source = source
        self._merged = merged
        self._imports = imports
        self._embedder = embedder
        self.names = names
        self._version = -1
        self._documents: dict[DocumentId, Document] = {}

    async def load(self, ids: Collection[DocumentId]) -> dict[DocumentId, Document]:
        """Return documents; one whose chunks are gone is left out."""
        known = await self._current()
        missing = [one for one in dict.fromkeys(ids) if one not in known]
        if missing:
            known |= await self._build(missing)
        return {one: known[one] for one in ids if one in known}

    async def load_scope(self, scope: int, limit: int) -> None:
        """Read the documents of a scope before they are asked for; if more chunks than the limit are in none, none."""
        known = await self._current()
        texts: dict[DocumentId, bytes] = {
            (scope, path): data for path, data in (await self._merged.of_scope(scope, self._embedder.name)).items()
        }
        rows = await self._source.profiles_of_scope(scope, self._embedder.name, limit + 1)
        if len(rows) > limit:
            return  # A file of which a part is missing would be another document.
        parts: dict[DocumentId, list[ProfiledChunk]] = defaultdict(list)
        for row in rows:
            parts[row.key if row.path is None else (scope, row.path)].append(row)
        known |= await self._complete(texts | _put_together(parts))

    async def _current(self) -> dict[DocumentId, Document]:
        """Return what is remembered, which is nothing if the store has changed."""
        version = await self._source.version()
        if version != self._version or len(self._documents) > _DOCUMENTS_KEPT:
            self._documents, self._version = {}, version
        return self._documents

    async def _build(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Document]:
        model = self._embedder.name
        texts: dict[DocumentId, bytes] = {}
        parts: dict[DocumentId, list[ProfiledChunk]] = defaultdict(list)
        keys = [one for one in ids if isinstance(one, int)]
        for row in await self._source.profiles_of(keys, model) if keys else ():
            parts[row.key].append(row)
        files: dict[int, list[str]] = defaultdict(list)
        for one in ids:
            if not isinstance(one, int):
                files[one[0]].append(one[1])
        for project, paths in files.items():
            kept = await self._merged.find(project, paths, model)
            texts.update(((project, path), data) for path, data in kept.items())
            missing = [path for path in paths if path not in kept]
            for row in await self._source.profiles_of_files(project, missing, model) if missing else ():
                parts[(project, row.path or "")].append(row)
        return await self._complete(texts | _put_together(parts))

    async def _complete(self, texts: Mapping[DocumentId, bytes]) -> dict[DocumentId, Document]:
        """Return documents of merged profiles, with what their paths say."""
        places = [None if isinstance(one, int) else path_profile(one[1]) for one in texts]
        subjects = list({place.subject for place in places if place is not None and place.subject})
        importers = await self._imports.importers(subjects) if subjects else {}
        names = self._name_vectors(places)
        return {
            one: _document(place, decode_merged(data), vectors, importers)
            for (one, data), place, vectors in zip(texts.items(), places, names, strict=True)
        }

    def _name_vectors(self, places: Sequence[PathProfile | None]) -> list[NDArray[np.float32]]:
        """Return, for each path, the vector of what one says and those of its words, (1 + words, dimensions)."""
        said = [("",) if place is None else (place.spoken, *place.stem) for place in places]
        # Many files have a word of their name in common.
        row_of = {text: row for row, text in enumerate(dict.fromkeys(chain.from_iterable(said)))}
        vectors = self.names.embed(list(row_of))
        return [vectors[[row_of[text] for text in texts]] for texts in said]


def _put_together(parts: Mapping[DocumentId, Sequence[ProfiledChunk]]) -> dict[DocumentId, bytes]:
    return dict(zip(parts, merged_profiles(list(parts.values())), strict=True))


def _document(
    place: PathProfile | None, text: MergedProfile, names: NDArray[np.float32], importers: Mapping[str, int]
) -> Document:
    import numpy as np

    if place is None:
        return Document(None, text, names, 0, np.array(Standing(text.length), np.float32))
    imported = importers.get(place.subject, 0)
    standing = Standing(
        length=text.length,
        importers=log1p(imported),
        lines=log1p(text.lines),
        depth=place.depth,
        is_test=place.is_test,
        is_example=place.is_example,
        is_legacy=place.is_legacy,
    )
    return Document(place, text, names, imported, np.array(standing, np.float32))
