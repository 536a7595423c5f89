"""Putting many documents together at once: what their chunks hold, merged in a few passes over arrays.

A pass over all chunks of a project costs hardly more than one over the chunks of a file, so documents are never put
together one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING

from fluorite_mcp.search.profile import ChunkProfile, Defined, term_hash
from fluorite_mcp.text.tokens import index_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # A document's terms, sorted, with how often each stands there.
    Terms = tuple[NDArray[np.uint32], NDArray[np.float32]]
    # The hashes of the words of a document's names, which name each belongs to, and how many words each name has.
    NameWords = tuple[NDArray[np.uint32], NDArray[np.intp], NDArray[np.intp]]

_NAMES_KEPT = 50_000

# A term of a document is sorted as one number: the document, the term's 32 bits, the 8 bits of its count in a chunk.
_COUNT_BITS = 8
_TERM_BITS = 32


def merged_terms(documents: Sequence[Sequence[ChunkProfile]]) -> list[Terms]:
    """Return, for each document, the distinct terms of all its chunks, sorted, with the sums of their counts."""
    import numpy as np

    profiles = list(chain.from_iterable(documents))
    sizes = [sum(len(profile.terms) for profile in parts) for parts in documents]
    if not any(sizes):
        return [(np.zeros(0, np.uint32), np.zeros(0, np.float32)) for _ in documents]
    keys = np.repeat(np.arange(len(documents), dtype=np.uint64) << (_TERM_BITS + _COUNT_BITS), sizes)
    keys |= np.concatenate([profile.terms for profile in profiles]).astype(np.uint64) << _COUNT_BITS
    keys |= np.concatenate([profile.counts for profile in profiles])
    keys.sort()
    places = keys >> _COUNT_BITS
    starts = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
    counts = np.add.reduceat(keys & ((1 << _COUNT_BITS) - 1), starts).astype(np.float32)
    places = places[starts]
    terms = places.astype(np.uint32)
    borders = np.searchsorted(places >> _TERM_BITS, np.arange(len(documents) + 1, dtype=np.uint64)).tolist()
    return [(terms[start:end], counts[start:end]) for start, end in pairwise(borders)]


def mean_directions(documents: Sequence[Sequence[bytes]]) -> list[NDArray[np.float32]]:
    """Return the mean direction of each document's float16 vectors, of length 1; empty if it has none."""
    import numpy as np

    sizes = [len(vectors) for vectors in documents]
    means = [np.zeros(0, np.float32)] * len(documents)
    present = [index for index, size in enumerate(sizes) if size]
    if not present:
        return means
    vectors = np.frombuffer(b"".join(chain.from_iterable(documents)), np.float16)
    starts = [0, *accumulate(sizes[index] for index in present)][:-1]
    totals = np.add.reduceat(vectors.reshape(sum(sizes), -1).astype(np.float32), starts, axis=0)
    for index, total in zip(present, totals, strict=True):
        length = float(np.sqrt(total.dot(total)))
        means[index] = total / length if length else total
    return means


def strongest_definitions(profiles: Sequence[ChunkProfile]) -> dict[str, Defined]:
    """Return the strongest definition of each name, by name."""
    best: dict[str, Defined] = {}
    for profile in profiles:
        for one in profile.definitions:
            if (known := best.get(one.name)) is None or one.strength > known.strength:
                best[one.name] = one
    return best


def by_lower_case(definitions: Iterable[Defined]) -> dict[str, tuple[Defined, ...]]:
    """Return definitions by their names in lower case."""
    found: dict[str, tuple[Defined, ...]] = {}
    for one in definitions:
        name = one.name.lower()
        found[name] = (*found.get(name, ()), one)
    return found


def name_words(documents: Sequence[Sequence[str]]) -> list[NameWords]:
    """Return the words of each document's names; owners count from 0 in each document."""
    import numpy as np

    parts = [part_hashes(name) for names in documents for name in names]
    words = np.fromiter(chain.from_iterable(parts), np.uint32)
    sizes = np.fromiter(map(len, parts), np.intp, len(parts))
    ends = np.concatenate(([0], np.cumsum(sizes)))
    found = []
    for start, end in pairwise([0, *accumulate(map(len, documents))]):
        own = sizes[start:end]
        found.append((words[ends[start] : ends[end]], np.repeat(np.arange(end - start), own), own))
    return found


@lru_cache(maxsize=_NAMES_KEPT)
def part_hashes(name: str) -> tuple[int, ...]:
    """Return the words a name is made of; the identifier as a whole stands before its parts and is none of them."""
    words = index_words(name).split()
    return tuple({term_hash(word) for word in (words[1:] if len(words) > 2 else words)})
