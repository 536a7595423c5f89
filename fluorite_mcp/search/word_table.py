"""The words of a scope's chunks in memory: what the store's word index says of them, for scopes that are small.

SQLite weighs a posting in about a microsecond; arrays weigh all postings of a query in a few passes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.search.profile import ProfileWords, profile_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # A chunk, by key, and the bytes of its profile.
    Profiled = tuple[int, bytes]

# BM25's constants, as FTS5 has them.
_K1 = 1.2
_B = 0.75

# A posting is one number: 32 bits of its term, 20 of the chunk's row, 12 of what the term counts there.
_COUNT_BITS = 12
_ROW_BITS = 20
_TERM_SHIFT = _COUNT_BITS + _ROW_BITS
_ROW_MASK = (1 << _ROW_BITS) - 1
_COUNT_MASK = (1 << _COUNT_BITS) - 1


@dataclass(frozen=True, slots=True, eq=False)
class WordTable:
    """Postings of some chunks. Where chunks come or go, another table is made of it.

    Attributes:
        keys: The chunks, in the order of their keys, (chunks,); a row stands for each.
        widths: How many tokens all fields of each hold, (chunks,).
        postings: Term, row and count of each posting as one number, sorted, (postings,).
    """

    keys: NDArray[np.int64]
    widths: NDArray[np.float64]
    postings: NDArray[np.uint64]

    @classmethod
    def of(cls, chunks: Sequence[Profiled], first_row: int = 0) -> WordTable:
        """Make a table of chunks in the order of their keys; the first one's row is the given one."""
        import numpy as np

        profiles = [profile_words(data) for _, data in chunks]
        return cls(
            np.array([key for key, _ in chunks], np.int64),
            np.array([profile.width for profile in profiles], np.float64),
            _postings(profiles, first_row),
        )

    def changed(self, gone: Collection[int], new: Sequence[Profiled]) -> WordTable:
        """Return the table without some chunks and with others, whose keys are all greater than those it has."""
        import numpy as np

        kept = ~np.isin(self.keys, list(gone))
        rows = (self.postings >> _COUNT_BITS) & _ROW_MASK
        moved = np.cumsum(kept, dtype=np.uint64) - 1
        is_kept = kept[rows]
        postings, rows = self.postings[is_kept], rows[is_kept]
        postings = (postings & ~np.uint64(_ROW_MASK << _COUNT_BITS)) | (moved[rows] << _COUNT_BITS)
        added = WordTable.of(new, first_row=int(kept.sum()))
        return WordTable(
            np.concatenate([self.keys[kept], added.keys]),
            np.concatenate([self.widths[kept], added.widths]),
            np.insert(postings, postings.searchsorted(added.postings), added.postings),
        )

    def counts(self, terms: Sequence[int]) -> list[int]:
        """Return in how many of the chunks each term stands."""
        return [end - start for start, end in self._ranges(terms)]

    def best(
        self, weights: Mapping[int, float], average: float, limit: int, filters: Sequence[Sequence[int]] = ()
    ) -> list[tuple[int, float]]:
        """Return (chunk, BM25 over weighted fields) of the best chunks, best first, as FTS5's bm25() has it.

        Args:
            weights: The IDF of each term, by hash.
            average: How many tokens the chunks of the whole store hold on average.
            limit: At most so many.
            filters: A chunk must have one of the terms of each of these.
        """
        import numpy as np

        ranges = self._ranges(list(weights))
        found = [self.postings[start:end] for start, end in ranges]
        postings = np.concatenate(found) if found else self.postings[:0]
        idf = np.repeat(list(weights.values()), [end - start for start, end in ranges])
        rows = ((postings >> _COUNT_BITS) & _ROW_MASK).astype(np.intp)
        counts = (postings & _COUNT_MASK).astype(np.float64)
        lengths = _K1 * (1 - _B + _B * self.widths[rows] / average)
        # Added up in the order of the words, as SQLite does: then even the last bit is the same.
        scores = np.bincount(rows, idf * ((counts * (_K1 + 1)) / (counts + lengths)), len(self.keys))
        hit = np.zeros(len(self.keys), np.bool_)
        hit[rows] = True
        for terms in filters:
            hit &= self._having(terms)
        matching = np.flatnonzero(hit)
        order = matching[np.argsort(-scores[matching], kind="stable")[:limit]]
        return list(zip(self.keys[order].tolist(), scores[order].tolist(), strict=True))

    def _having(self, terms: Sequence[int]) -> NDArray[np.bool_]:
        """Return which chunks have one of some terms."""
        import numpy as np

        has = np.zeros(len(self.keys), np.bool_)
        for start, end in self._ranges(terms):
            has[(self.postings[start:end] >> _COUNT_BITS) & _ROW_MASK] = True
        return has

    def _ranges(self, terms: Sequence[int]) -> list[tuple[int, int]]:
        """Return from where to where the postings of each term stand."""
        import numpy as np

        first = np.array(terms, np.uint64) << _TERM_SHIFT
        borders = self.postings.searchsorted(np.concatenate([first, first + (1 << _TERM_SHIFT)])).tolist()
        return list(zip(borders[: len(terms)], borders[len(terms) :], strict=True))


def _postings(profiles: Sequence[ProfileWords], first_row: int) -> NDArray[np.uint64]:
    """Return the postings of profiles, whose rows are counted from the given one."""
    import numpy as np

    if not profiles:
        return np.zeros(0, np.uint64)
    rows = np.arange(first_row, first_row + len(profiles), dtype=np.uint64)
    owners = np.repeat(rows, [len(one.counts) for one in profiles])
    terms = np.frombuffer(b"".join([one.terms for one in profiles]), np.uint32).astype(np.uint64)
    held = np.frombuffer(b"".join([one.counts for one in profiles]), np.uint8)
    postings = (terms << _TERM_SHIFT) | (owners << _COUNT_BITS) | held
    postings.sort()
    # What a name says and the text says as well counts as one.
    places = postings >> _COUNT_BITS
    starts = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
    counted = np.add.reduceat(postings & _COUNT_MASK, starts, dtype=np.uint64)
    merged: NDArray[np.uint64] = np.bitwise_or(places[starts] << _COUNT_BITS, counted, dtype=np.uint64)
    return merged
