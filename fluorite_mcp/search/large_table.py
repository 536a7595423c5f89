"""The words of a large scope: those of most chunks in a file, those of newer ones in memory.

Adding up all postings of frequent words would take as long as SQLite does. The rarest words of a query decide which
chunks can be among the best; what the others say is looked up for these alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from fluorite_mcp.index.postings import COUNT_BITS, COUNT_MASK, length_norms, saturated
from fluorite_mcp.index.word_lists import WordLists
from fluorite_mcp.search.word_table import Worded, WordTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Every chunk that holds one of the rarest words is scored, of so many words as stand in so many chunks together: one
# or two milliseconds' work. The rarest word is always among them. Of a million chunks, sentences found the chunk they
# are from at MRR@10 0.366 with 30,000, 0.437 with 60,000, 0.503 with this, 0.516 with 150,000 and 0.525 with all.
SCORED_POSTINGS = 100_000
# So many of the best of them get what more frequent words say. With half as many 150,000 found 0.496, not 0.516.
_COMPLETED = 1_000
# Filters whose chunks are remembered: a megabyte each in a million chunks.
_FILTERS_KEPT = 16

Filter = tuple[int, ...]


class LargeTable:
    """Words of one scope. Where chunks come or go, it follows.

    Args:
        lists: The words of most chunks.
    """

    def __init__(self, lists: WordLists) -> None:
        import numpy as np

        self._lists = lists
        self._tokens = float(lists.widths.sum(dtype=np.int64))
        self._tail = WordTable.of(())
        self._removed: NDArray[np.bool_] = np.zeros(lists.sizes.rows, np.bool_)
        self._lacks_some = False
        # Sums up what words say of each chunk; all zero between queries.
        self._scores = np.zeros(lists.sizes.rows, np.float32)
        self._norms: tuple[int, NDArray[np.float32]] | None = None
        self._having: dict[Filter, NDArray[np.bool_]] = {}

    def follow(self, gone: Collection[int], new: Sequence[Worded]) -> None:
        """Leave out chunks, and add newer ones than all before."""
        import numpy as np

        if gone:
            keys = np.array(sorted(gone), np.int64)
            places = np.minimum(self._lists.keys.searchsorted(keys), max(self._lists.sizes.rows - 1, 0))
            self._removed[places[self._lists.keys[places] == keys]] = True
            self._lacks_some = bool(self._removed.any())
        if new or self._tail.size:
            self._tail = self._tail.changed(gone, new)

    @property
    def size(self) -> int:
        """How many chunks there are, those included that were removed from the file's."""
        return self._lists.sizes.rows + self._tail.size

    @property
    def tokens(self) -> float:
        """How many tokens they hold together."""
        return self._tokens + self._tail.tokens

    def counts(self, terms: Sequence[int]) -> list[int]:
        """Return in how many chunks each term stands, those included that were removed from the file's."""
        held = [end - start for start, end in self._lists.ranges(terms)]
        return [one + more for one, more in zip(held, self._tail.counts(terms), strict=True)]

    def best(
        self, weights: Mapping[int, float], average: float, limit: int, filters: Sequence[Filter] = ()
    ) -> list[tuple[int, float]]:
        """Return (chunk, BM25 over weighted fields) of the best chunks, best first; see `WordTable.best`."""
        found = self._best_listed(weights, average, limit, filters)
        if self._tail.size:
            found += self._tail.best(weights, average, limit, filters)
            found.sort(key=lambda pair: (-pair[1], pair[0]))
        return found[:limit]

    def _best_listed(
        self, weights: Mapping[int, float], average: float, limit: int, filters: Sequence[Filter]
    ) -> list[tuple[int, float]]:
        import numpy as np

        scoring, completing = _split(list(zip(weights.values(), self._lists.ranges(list(weights)), strict=True)))
        norms = self._norms_at(average)
        # All are read before anything is summed up: a file that cannot be read any more leaves no sums behind.
        postings = [self._lists.read(*place) for _, place in scoring]
        found = [self._add(weight, held, norms) for (weight, _), held in zip(scoring, postings, strict=True)]
        scored = [self._take_scores(rows) for rows in found]
        rows = np.concatenate([np.zeros(0, np.intp), *found])
        scores = np.concatenate([np.zeros(0, np.float32), *scored])
        most = max(_COMPLETED, limit) if completing else limit
        rows, scores = self._highest(rows, scores, filters, most)
        for weight, place in completing:
            scores += self._said(weight, self._lists.read(*place), rows, norms)
        order = np.lexsort((rows, -scores))[:limit]
        return list(zip(self._lists.keys[rows[order]].tolist(), scores[order].tolist(), strict=True))

    def _add(self, weight: float, postings: NDArray[np.uint32], norms: NDArray[np.float32]) -> NDArray[np.intp]:
        """Add what a word says of each chunk that holds it; returns their rows."""
        import numpy as np

        rows = (postings >> COUNT_BITS).astype(np.intp)
        # A chunk stands once among them; this takes two thirds of the time of `+=`.
        np.add.at(self._scores, rows, _said(weight, postings, norms.take(rows)))
        return rows

    def _take_scores(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return what was summed up for some rows and forget it: the next who asks for one of them gets 0."""
        scores: NDArray[np.float32] = self._scores.take(rows)
        self._scores[rows] = 0
        return scores

    def _said(
        self, weight: float, postings: NDArray[np.uint32], rows: NDArray[np.intp], norms: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return what a word says of some chunks, 0 of those that do not hold it."""
        import numpy as np

        wanted = rows.astype(np.uint32) << COUNT_BITS
        places = np.minimum(postings.searchsorted(wanted), len(postings) - 1)
        held = postings[places]
        return np.where((held ^ wanted) <= COUNT_MASK, _said(weight, held, norms[rows]), np.float32(0))

    def _norms_at(self, average: float) -> NDArray[np.float32]:
        """Return what stands beside the count in BM25's denominator for each chunk, of an average that is rounded.

        The average of a large store hardly moves from one change to the next.
        """
        import numpy as np

        rounded = max(1, round(average))
        if self._norms is None or self._norms[0] != rounded:
            self._norms = rounded, length_norms(self._lists.widths.astype(np.float32), rounded)
        return self._norms[1]

    def _highest(
        self, rows: NDArray[np.intp], scores: NDArray[np.float32], filters: Sequence[Filter], most: int
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return the rows of the highest scores above 0 that count, in order, and the scores."""
        import numpy as np

        if self._lacks_some:
            scores = np.where(self._removed.take(rows), np.float32(0), scores)
        for terms in filters:
            scores = scores * self._rows_having(terms).take(rows)
        lowest = np.partition(scores, len(scores) - most)[len(scores) - most] if len(scores) > most else 0.0
        chosen = np.flatnonzero(scores > lowest)
        if lowest > 0:
            # Copies of a text score the same: of those at the end the oldest are taken.
            last = np.flatnonzero(scores == lowest)
            wanted = most - len(chosen)
            newest = np.partition(rows[last], wanted - 1)[wanted - 1]
            chosen = np.concatenate([chosen, last[rows[last] <= newest]])
        chosen = chosen[np.argsort(rows[chosen])]
        return rows[chosen], scores[chosen]

    def _rows_having(self, terms: Filter) -> NDArray[np.bool_]:
        """Return which chunks have one of some terms."""
        import numpy as np

        if terms not in self._having:
            if len(self._having) >= _FILTERS_KEPT:
                self._having.clear()
            having = np.zeros(self._lists.sizes.rows, np.bool_)
            for start, end in self._lists.ranges(terms):
                having[self._lists.read(start, end) >> COUNT_BITS] = True
            self._having[terms] = having
        return self._having[terms]


_Place = tuple[int, int]


def _split(words: Sequence[tuple[float, _Place]]) -> tuple[list[tuple[float, _Place]], list[tuple[float, _Place]]]:
    """Return the words whose chunks are all scored, and the more frequent ones; words of no chunk are in neither.

    Args:
        words: The weight of each and where its postings stand.
    """
    known = sorted([word for word in words if word[1][1] > word[1][0]], key=lambda word: word[1][1] - word[1][0])
    postings = count = 0
    for _, (start, end) in known:
        postings += end - start
        if count and postings > SCORED_POSTINGS:
            break
        count += 1
    return known[:count], known[count:]


def _said(weight: float, postings: NDArray[np.uint32], norms: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a word of a weight says of chunks by its postings."""
    import numpy as np

    return np.float32(weight) * saturated((postings & COUNT_MASK).astype(np.float32), norms)
