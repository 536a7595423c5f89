"""The words of a scope's chunks in memory: what the store's word index says of them, for scopes that are small.

SQLite weighs a posting in about a microsecond; arrays weigh all postings of a query in a few passes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.index.postings import (
    COUNT_BITS,
    COUNT_MASK,
    ROW_MASK,
    TERM_SHIFT,
    ChunkWords,
    length_norms,
    new_rows,
    postings_of,
    renumbered,
    saturated,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# A chunk, by key, and its words.
Worded = tuple[int, ChunkWords]


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
    def of(cls, chunks: Sequence[Worded], first_row: int = 0) -> WordTable:
        """Make a table of chunks in the order of their keys; the first one's row is the given one."""
        import numpy as np

        words = [of_chunk for _, of_chunk in chunks]
        return cls(
            np.array([key for key, _ in chunks], np.int64),
            np.array([one.width for one in words], np.float64),
            postings_of(words, first_row),
        )

    def changed(self, gone: Collection[int], new: Sequence[Worded]) -> WordTable:
        """Return the table without some chunks and with others, whose keys are all greater than those it has."""
        import numpy as np

        kept = ~np.isin(self.keys, list(gone))
        postings = renumbered(self.postings, kept, new_rows(kept))
        added = WordTable.of(new, first_row=int(kept.sum()))
        return WordTable(
            np.concatenate([self.keys[kept], added.keys]),
            np.concatenate([self.widths[kept], added.widths]),
            np.insert(postings, postings.searchsorted(added.postings), added.postings),
        )

    @property
    def size(self) -> int:
        """How many chunks there are."""
        return len(self.keys)

    @property
    def tokens(self) -> float:
        """How many tokens they hold together."""
        return float(self.widths.sum())

    def counts(self, terms: Sequence[int]) -> list[int]:
        """Return in how many of the chunks each term stands."""
        return [end - start for start, end in self._ranges(terms)]

    def best(
        self, weights: Mapping[int, float], average: float, limit: int, filters: Sequence[Sequence[int]] = ()
    ) -> list[tuple[int, float]]:
        """Return (chunk, BM25 over weighted fields) of the best chunks, best first, as FTS5's bm25() has it.

        Args:
            weights: The IDF of each term, by hash.
            average: How many tokens a chunk holds on average.
            limit: At most so many.
            filters: A chunk must have one of the terms of each of these.
        """
        import numpy as np

        ranges = self._ranges(list(weights))
        found = [self.postings[start:end] for start, end in ranges]
        postings = np.concatenate(found) if found else self.postings[:0]
        idf = np.repeat(list(weights.values()), [end - start for start, end in ranges])
        rows = ((postings >> COUNT_BITS) & ROW_MASK).astype(np.intp)
        counts = (postings & COUNT_MASK).astype(np.float64)
        norms = length_norms(self.widths[rows], average)
        # Added up in the order of the words, as SQLite does: then even the last bit is the same.
        scores = np.bincount(rows, idf * saturated(counts, norms), len(self.keys))
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
            has[(self.postings[start:end] >> COUNT_BITS) & ROW_MASK] = True
        return has

    def _ranges(self, terms: Sequence[int]) -> list[tuple[int, int]]:
        """Return from where to where the postings of each term stand."""
        import numpy as np

        first = np.array(terms, np.uint64) << TERM_SHIFT
        borders = self.postings.searchsorted(np.concatenate([first, first + (1 << TERM_SHIFT)])).tolist()
        return list(zip(borders[: len(terms)], borders[len(terms) :], strict=True))
