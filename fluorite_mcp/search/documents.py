"""Documents: a file of a project as ranking sees it whole, or a stored chunk that belongs to no file.

A document is put together from the profiles and vectors of its chunks and kept until the store changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from fluorite_mcp.models import Chunk, ProfiledChunk
from fluorite_mcp.search.fields import is_learned
from fluorite_mcp.search.paths import PathProfile, path_profile
from fluorite_mcp.search.profile import Defined, decode_profile, term_hash
from fluorite_mcp.text.tokens import index_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.ports import Embedder

# A document takes some 20 kB.
_DOCUMENTS_KEPT = 5_000
_NAMES_KEPT = 50_000

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
        defined: The strongest definition of each name, by the name in lower case.
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
    defined: Mapping[str, Defined]
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
        version = await self._source.version()
        if version != self._version or len(self._documents) > _DOCUMENTS_KEPT:
            self._documents, self._version = {}, version
        known = self._documents
        missing = [one for one in dict.fromkeys(ids) if one not in known]
        if missing:
            known |= await self._build(missing)
        return {one: known[one] for one in ids if one in known}

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
        places = {one: None if isinstance(one, int) else path_profile(one[1]) for one in parts}
        subjects = list({place.subject for place in places.values() if place is not None and place.subject})
        importers = await self._imports.importers(subjects) if subjects else {}
        names = self._name_vectors([place for place in places.values() if place is not None])
        built = {}
        for one, rows in parts.items():
            place = places[one]
            built[one] = _document(rows, place, names[place], importers.get(place.subject, 0) if place else 0)
        return built

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


def _document(
    rows: Sequence[ProfiledChunk], place: PathProfile | None, names: NDArray[np.float32], importers: int
) -> Document:
    """Put a document together from its chunks; `names` are the vectors of `_name_vectors`."""
    profiles = [decode_profile(row.profile) for row in rows]
    terms, counts = _merged([p.terms for p in profiles], [p.counts for p in profiles])
    defined = _strongest([one for profile in profiles for one in profile.definitions])
    flat, owner, sizes = _name_words(list(defined))
    return Document(
        path=place,
        terms=terms,
        counts=counts,
        length=sum(profile.length for profile in profiles),
        lines=max((row.end_line or 0 for row in rows), default=0),
        mean=_mean([row.vector for row in rows if row.vector is not None]),
        defined={one.name.lower(): one for one in defined.values()},
        definition_terms=flat,
        definition_owner=owner,
        definition_sizes=sizes,
        spoken=names[0],
        stem_vectors=names[1:],
        importers=importers,
    )


def _merged(
    terms: Sequence[NDArray[np.uint32]], counts: Sequence[NDArray[np.uint8]]
) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Return the distinct terms of all parts, sorted, with the sums of their counts."""
    import numpy as np

    if len(terms) == 1:
        return terms[0], counts[0].astype(np.float32)
    every, places = np.unique(np.concatenate(terms), return_inverse=True)
    sums = np.bincount(places, weights=np.concatenate(counts), minlength=len(every))
    return every, sums.astype(np.float32)


def _strongest(definitions: Sequence[Defined]) -> dict[str, Defined]:
    """Return the strongest definition of each name."""
    best: dict[str, Defined] = {}
    for one in definitions:
        if one.name not in best or one.strength > best[one.name].strength:
            best[one.name] = one
    return best


def _name_words(names: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.intp], NDArray[np.intp]]:
    """Return the hashes of the names' words, which name each belongs to, and how many words each name has."""
    import numpy as np

    flat: list[int] = []
    owner: list[int] = []
    sizes: list[int] = []
    for index, name in enumerate(names):
        words = _part_hashes(name)
        flat += words
        owner += [index] * len(words)
        sizes.append(len(words))
    return np.array(flat, np.uint32), np.array(owner, np.intp), np.array(sizes, np.intp)


@lru_cache(maxsize=_NAMES_KEPT)
def _part_hashes(name: str) -> tuple[int, ...]:
    """Return the words a name is made of; the identifier as a whole stands before its parts and is none of them."""
    words = index_words(name).split()
    return tuple({term_hash(word) for word in (words[1:] if len(words) > 2 else words)})


def _mean(vectors: Sequence[bytes]) -> NDArray[np.float32]:
    """Return the mean direction of float16 vectors, of length 1; empty if there are none."""
    import numpy as np

    if not vectors:
        return np.zeros(0, np.float32)
    total: NDArray[np.float32] = (
        np.frombuffer(b"".join(vectors), np.float16).reshape(len(vectors), -1).astype(np.float32).sum(axis=0)
    )
    length = float(np.linalg.norm(total))
    return total / length if length else total
