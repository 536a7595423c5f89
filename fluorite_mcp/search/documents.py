"""Documents: a file of a project as ranking sees it whole, or a stored chunk that belongs to no file.

A document is put together from the profiles and vectors of its chunks and kept until the store changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from fluorite_mcp.models import Chunk, ProfiledChunk
from fluorite_mcp.search.assembly import (
    by_lower_case,
    mean_directions,
    merged_terms,
    name_words,
    strongest_definitions,
)
from fluorite_mcp.search.fields import is_learned
from fluorite_mcp.search.paths import PathProfile, path_profile
from fluorite_mcp.search.profile import Defined, decode_profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.ports import Embedder

# A document takes some 20 kB.
_DOCUMENTS_KEPT = 5_000

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
        """Return living chunks of a scope, at most so many; `path` is None for what is no piece of a file."""
        ...


class ImportCounts(Protocol):
    """Knows how often words stand in imports."""

    async def importers(self, words: Sequence[str]) -> Mapping[str, int]:
        """Return in how many chunks' import lines each word stands; words in none may be left out."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A file, or a stored chunk (`path` is then None).

    Attributes:
        path: What the file's path says.
        terms: Hashes of its words, sorted, uint32 (n,); `counts` how often each stands there, float32 (n,).
        length: Number of its words.
        lines: Number of its lines.
        mean: Mean of its chunks' vectors, of length 1 (dimensions,); zeros if it has none.
        defined: The strongest definition of each name, by the name in lower case: `Command` the class and `command`
            the method are two.
        definition_terms: Hashes of the words of all names defined, (m,); `definition_owner` says for each which name
            it belongs to, and `definition_sizes` how many words each name has.
        spoken: Vector of the path as one says it, (dimensions of the bundled model,).
        stem_vectors: Vectors of the words of the file's name, (words, dimensions of the bundled model).
        importers: In how many import lines its name stands.
    """

    path: PathProfile | None
    terms: NDArray[np.uint32]
    counts: NDArray[np.float32]
    length: int
    lines: int
    mean: NDArray[np.float32]
    defined: Mapping[str, tuple[Defined, ...]]
    definition_terms: NDArray[np.uint32]
    definition_owner: NDArray[np.intp]
    definition_sizes: NDArray[np.intp]
    spoken: NDArray[np.float32]
    stem_vectors: NDArray[np.float32]
    importers: int


def document_of(chunk: Chunk) -> DocumentId:
    """Return which document a chunk belongs to."""
    if is_learned(chunk) and chunk.project is not None and chunk.origin.path is not None:
        return chunk.project, chunk.origin.path
    return chunk.key


def is_told(one: DocumentId, kind: str) -> bool:
    """Whether a document says in words what it is about: stored, and no snippet of code."""
    return isinstance(one, int) and kind != "code"


class DocumentCache:
    """Puts documents together and keeps them until the store changes.

    Args:
        source: Where chunks are read.
        imports: Knows how often a file's name stands in imports.
        embedder: The model whose vectors the chunks have.
        names: The bundled model, which compares names and words with a query's in microseconds.
    """

    def __init__(self, source: ProfileSource, imports: ImportCounts, embedder: Embedder, names: Embedder) -> None:
        self._source = source
        self._imports = imports
        self._embedder = embedder
        self.names = names
        self._version = -1
        self._documents: dict[DocumentId, Document] = {}

    async def load(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Document]:
        """Return documents; one whose chunks are gone is left out."""
        known = await self._current()
        missing = [one for one in dict.fromkeys(ids) if one not in known]
        if missing:
            known |= await self._build(missing)
        return {one: known[one] for one in ids if one in known}

    async def load_scope(self, scope: int, limit: int) -> None:
        """Put the documents of a scope together before they are asked for; of more chunks than the limit none."""
        known = await self._current()
        rows = await self._source.profiles_of_scope(scope, self._embedder.name, limit + 1)
        if len(rows) > limit:
            return  # A file of which a part is missing would be another document.
        parts: dict[DocumentId, list[ProfiledChunk]] = defaultdict(list)
        for row in rows:
            parts[row.key if row.path is None else (scope, row.path)].append(row)
        known |= await self._put_together(parts)

    async def _current(self) -> dict[DocumentId, Document]:
        """Return what is kept, which is nothing if the store has changed."""
        version = await self._source.version()
        if version != self._version or len(self._documents) > _DOCUMENTS_KEPT:
            self._documents, self._version = {}, version
        return self._documents

    async def _build(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Document]:
        model = self._embedder.name
        parts: dict[DocumentId, list[ProfiledChunk]] = defaultdict(list)
        keys = [one for one in ids if isinstance(one, int)]
        for row in await self._source.profiles_of(keys, model) if keys else ():
            parts[row.key].append(row)
        files: dict[int, list[str]] = defaultdict(list)
        for one in ids:
            if not isinstance(one, int):
                files[one[0]].append(one[1])
        for project, paths in files.items():
            for row in await self._source.profiles_of_files(project, paths, model):
                parts[(project, row.path or "")].append(row)
        return await self._put_together(parts)

    async def _put_together(self, parts: Mapping[DocumentId, Sequence[ProfiledChunk]]) -> dict[DocumentId, Document]:
        places = {one: None if isinstance(one, int) else path_profile(one[1]) for one in parts}
        subjects = list({place.subject for place in places.values() if place is not None and place.subject})
        importers = await self._imports.importers(subjects) if subjects else {}
        names = self._name_vectors([place for place in places.values() if place is not None])
        return _documents(parts, places, names, importers)

    def _name_vectors(self, places: Sequence[PathProfile]) -> dict[PathProfile | None, NDArray[np.float32]]:
        """Return, for each path, the vector of what one says and those of its words, (1 + words, dimensions)."""
        texts = [text for place in places for text in (place.spoken, *place.stem)]
        vectors = self.names.embed(["", *texts])
        found: dict[PathProfile | None, NDArray[np.float32]] = {None: vectors[:1]}
        start = 1
        for place in places:
            found[place] = vectors[start : start + 1 + len(place.stem)]
            start += 1 + len(place.stem)
        return found


def _documents(
    parts: Mapping[DocumentId, Sequence[ProfiledChunk]],
    places: Mapping[DocumentId, PathProfile | None],
    names: Mapping[PathProfile | None, NDArray[np.float32]],
    importers: Mapping[str, int],
) -> dict[DocumentId, Document]:
    """Put documents together from their chunks.

    Args:
        parts: The chunks of each.
        places: What their paths say.
        names: The vectors of `_name_vectors`.
        importers: In how many import lines each name stands.
    """
    profiles = [[decode_profile(row.profile) for row in rows] for rows in parts.values()]
    defined = [strongest_definitions(own) for own in profiles]
    built = {}
    for (one, rows), own, (terms, counts), names_of, (words, owner, sizes), mean in zip(
        parts.items(),
        profiles,
        merged_terms(profiles),
        defined,
        name_words([list(found) for found in defined]),
        mean_directions([[row.vector for row in rows if row.vector is not None] for rows in parts.values()]),
        strict=True,
    ):
        place = places[one]
        built[one] = Document(
            path=place,
            terms=terms,
            counts=counts,
            length=sum(profile.length for profile in own),
            lines=max((row.end_line or 0 for row in rows), default=0),
            mean=mean,
            defined=by_lower_case(names_of.values()),
            definition_terms=words,
            definition_owner=owner,
            definition_sizes=sizes,
            spoken=names[place][0],
            stem_vectors=names[place][1:],
            importers=importers.get(place.subject, 0) if place else 0,
        )
    return built
