"""Putting many documents together at once: what their chunks hold, merged in a few passes over arrays.

A pass over all chunks of a project costs hardly more than one over the chunks of a file, so documents are never put
together one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING

from fluorite_mcp.index.postings import run_starts
from fluorite_mcp.models import ProfiledChunk
from fluorite_mcp.search.merged import encode_merged
from fluorite_mcp.search.products import product
from fluorite_mcp.search.profile import ChunkProfile, Defined, decode_profile, term_hash
from fluorite_mcp.text.tokens import index_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # A document's terms, sorted, with how often each stands there.
    Terms = tuple[NDArray[np.uint32], NDArray[np.uint16]]

_NAMES_KEPT = 50_000

# A term of a document is sorted as one number: the document, the term's 32 bits, the 8 bits of its count in a chunk.
_COUNT_BITS = 8
_TERM_BITS = 32
_MOST = 65_535


def merged_profiles(documents: Sequence[Sequence[ProfiledChunk]]) -> list[bytes]:
    """Return the merged profile of each document, as bytes, from its chunks."""
    profiles = [[decode_profile(row.profile) for row in rows] for rows in documents]
    return [
        encode_merged(
            *terms,
            length=sum(profile.length for profile in own),
            lines=max((row.end_line or 0 for row in rows), default=0),
            mean=mean,
            definitions=[(one, part_hashes(one.name)) for one in strongest_definitions(own).values()],
            is_code=all(profile.is_code for profile in own),
        )
        for rows, own, terms, mean in zip(
            documents,
            profiles,
            merged_terms(profiles),
            mean_directions([[row.vector for row in rows if row.vector is not None] for rows in documents]),
            strict=True,
        )
    ]


def merged_terms(documents: Sequence[Sequence[ChunkProfile]]) -> list[Terms]:
    """Return, for each document, the distinct terms of all its chunks, sorted, with the sums of their counts."""
    import numpy as np

    profiles = list(chain.from_iterable(documents))
    sizes = [sum(len(profile.terms) for profile in parts) for parts in documents]
    if not any(sizes):
        return [(np.zeros(0, np.uint32), np.zeros(0, np.uint16)) for _ in documents]
    keys = np.repeat(np.arange(len(documents), dtype=np.uint64) << (_TERM_BITS + _COUNT_BITS), sizes)
    keys |= np.concatenate([profile.terms for profile in profiles]).astype(np.uint64) << _COUNT_BITS
    keys |= np.concatenate([profile.counts for profile in profiles])
    keys.sort()
    places = keys >> _COUNT_BITS
    starts = run_starts(places)
    counts = np.minimum(np.add.reduceat(keys & ((1 << _COUNT_BITS) - 1), starts), _MOST).astype(np.uint16)
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
        length = float(np.sqrt(product(total, total)))
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


@lru_cache(maxsize=_NAMES_KEPT)
def part_hashes(name: str) -> tuple[int, ...]:
    """Return the words a name is made of; the identifier as a whole stands before its parts and is none of them."""
    words = index_words(name).split()
    return tuple({term_hash(word) for word in (words[1:] if len(words) > 2 else words)})
