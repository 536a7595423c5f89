"""Postings: which term stands in which chunk, how often, as one number each, so that sorting orders all three.

From the highest bit on: 32 bits of the term's hash, 23 of the chunk's row, 9 of the count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# BM25's constants, as FTS5 has them.
K1 = 1.2
B = 0.75

# A term counts at most 255 in a chunk's text and as much among its names.
COUNT_BITS = 9
_ROW_BITS = 23
TERM_SHIFT = COUNT_BITS + _ROW_BITS
ROW_MASK = (1 << _ROW_BITS) - 1
COUNT_MASK = (1 << COUNT_BITS) - 1

# More chunks than this have no numbers.
MAX_ROWS = 1 << _ROW_BITS


class ChunkWords(NamedTuple):
    """The words of a chunk, as bytes: those of each of a project's chunks are read at once.

    Attributes:
        terms: Hashes of its words, uint32; one may stand twice, where names and text say it.
        counts: What each of them counts, uint8.
        width: Number of tokens in all fields of the word index.
    """

    terms: bytes
    counts: bytes
    width: int


def postings_of(chunks: Sequence[ChunkWords], first_row: int) -> NDArray[np.uint64]:
    """Return the postings of chunks, sorted; the first one's row is the given one."""
    import numpy as np

    sizes = np.array([len(one.counts) for one in chunks], np.int64)
    terms = np.frombuffer(b"".join([one.terms for one in chunks]), np.uint32)
    counts = np.frombuffer(b"".join([one.counts for one in chunks]), np.uint8)
    return posted(sizes, terms, counts, first_row)


def posted(
    sizes: NDArray[np.integer[Any]], terms: NDArray[np.uint32], counts: NDArray[np.uint8], first_row: int
) -> NDArray[np.uint64]:
    """Return sorted postings of terms and counts that stand one chunk after the other, `sizes` of them in each."""
    import numpy as np

    if not len(terms):
        return np.zeros(0, np.uint64)
    rows = np.repeat(np.arange(first_row, first_row + len(sizes), dtype=np.uint64), sizes)
    postings = (terms.astype(np.uint64) << TERM_SHIFT) | (rows << COUNT_BITS) | counts
    postings.sort()
    # What a name says and the text says as well counts as one.
    places = postings >> COUNT_BITS
    starts = run_starts(places)
    counted = np.add.reduceat(postings & COUNT_MASK, starts, dtype=np.uint64)
    merged: NDArray[np.uint64] = np.bitwise_or(places[starts] << COUNT_BITS, counted, dtype=np.uint64)
    return merged


def renumbered(postings: NDArray[np.uint64], kept: NDArray[np.bool_], moved: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the postings of the chunks that stay, with the rows that these now have.

    Args:
        postings: In any order, which they keep.
        kept: Which rows stay.
        moved: What `new_rows` says of them.
    """
    import numpy as np

    rows = (postings >> COUNT_BITS) & ROW_MASK
    stays = kept[rows]
    without_row = postings[stays] & ~np.uint64(ROW_MASK << COUNT_BITS)
    found: NDArray[np.uint64] = without_row | (moved[rows[stays]] << COUNT_BITS)
    return found


def new_rows(kept: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return the row that each chunk has once the others are gone; of no meaning for those that are."""
    import numpy as np

    return np.cumsum(kept, dtype=np.uint64) - 1


def run_starts(values: NDArray[Any]) -> NDArray[np.intp]:
    """Return where each run of equal values begins; there must be some."""
    import numpy as np

    return np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))


def length_norms(widths: NDArray[Any], average: float) -> NDArray[Any]:
    """Return what stands beside the count in BM25's denominator: K1 (1 - B + B · length / average length)."""
    norms: NDArray[Any] = K1 * (1 - B + B * widths / average)
    return norms


def saturated(counts: NDArray[Any], norms: NDArray[Any]) -> NDArray[Any]:
    """Return BM25's share of a term in each chunk, to be multiplied by its IDF: count (K1 + 1) / (count + norm)."""
    share: NDArray[Any] = (counts * (K1 + 1)) / (counts + norms)
    return share
