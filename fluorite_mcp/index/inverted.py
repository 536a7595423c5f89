"""Approximate search over many vectors: 8-bit codes in lists around centroids, probed as far as a query needs.

A query searches the lists whose centroids are nearly as near to it as the nearest one: within `reach`. One that has a
clear place is over soon, and one that lies between many lists looks further. How far the reach must be is measured
when the lists are made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fluorite_mcp.index.codes import CODES, CodedIndex, coded, coded_query, scales_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Four times the root of the count: finding the lists and searching them then cost about the same.
_LISTS_PER_ROOT = 4
# k-means hardly moves the lists any more with more vectors or rounds than these.
TRAINING_VECTORS_PER_LIST = 32
_TRAINING_ROUNDS = 8

# Lists made for so many vectors serve until there are this many times as many.
RETRAIN_GROWTH = 4

# Lists that every query searches, and the part of all lists that no query goes beyond.
_FIRST_LISTS = 24
_MOST_LISTS = 1 / 12
# So many of the nearest lists are asked for at first, which takes three fifths of the time that the most take: nine
# queries of ten reach no further.
_USUAL_LISTS = 128

# The place in the ranking down to which hits shall be the true ones, and the part of them that the reach shall hold
# for queries made for this purpose. Real ones are harder: at 0.99 of these it held 0.971 of theirs (a million chunks).
_JUDGED = 10
_FOUND = 0.993
_CALIBRATION_QUERIES = 600

_BLOCK = 20_000  # vectors whose float32 form is in memory at once while they are added: 20 MB at 256 dimensions


@dataclass(slots=True)
class Lists:
    """What is learned from a sample, beside the centroids.

    `scales` turn each dimension into -127..127; `reach` is a difference of cosines; `trained` is the number of
    vectors there were.
    """

    scales: NDArray[np.float32]
    reach: float
    trained: int


class InvertedIndex(CodedIndex):
    """Vectors in lists.

    Args:
        index: A faiss inverted file over the codes, its quantizer holding the centroids.
        lists: What belongs to it.
    """

    def __init__(self, index: Any, lists: Lists) -> None:
        import faiss

        super().__init__(index)
        self.lists = lists
        quantizer: Any = faiss.downcast_index(index.quantizer)
        centroids = faiss.rev_swig_ptr(quantizer.get_xb(), index.nlist * index.d).reshape(index.nlist, index.d)
        # As codes they take a quarter of the memory that a query has to read, and no team of threads to multiply.
        self._centroids: Any = faiss.IndexScalarQuantizer(index.d, CODES, faiss.METRIC_INNER_PRODUCT)
        self._centroids.is_trained = True
        self._centroids.add(coded(centroids, lists.scales))

    def add(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors with their keys, shapes (n,) and (n, d)."""
        import faiss
        import numpy as np

        for start in range(0, len(keys), _BLOCK):
            block = np.ascontiguousarray(vectors[start : start + _BLOCK], dtype=np.float32)
            numbers = np.ascontiguousarray(keys[start : start + _BLOCK], dtype=np.int64)
            places = np.ascontiguousarray(self.index.quantizer.search(block, 1)[1][:, 0])
            codes = coded(block, self.lists.scales)
            self.index.add_core(len(numbers), faiss.swig_ptr(codes), faiss.swig_ptr(numbers), faiss.swig_ptr(places))

    def remove(self, keys: NDArray[np.int64]) -> None:
        """Take vectors out; keys that are not there do no harm. Not for an index that is mapped from a file."""
        if len(keys):
            self.index.remove_ids(keys)

    def search(
        self, query: NDArray[np.float32], limit: int, selector: Any = None, *, whole: bool = False
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return keys and approximate cosines, best first.

        Args:
            query: One vector of length 1, shape (d,).
            limit: At most so many.
            selector: A faiss selector of the keys that count; all when None.
            whole: Search every list.
        """
        rounded, factor = coded_query(query, self.lists.scales)
        places = self._nearest_lists(rounded, self.index.nlist)[0] if whole else self._within_reach(rounded, factor)
        return self._probe(places, rounded, factor, limit, selector)

    def _within_reach(self, rounded: NDArray[np.float32], factor: float) -> NDArray[np.int64]:
        """Return the lists that a query searches."""
        for count in dict.fromkeys((min(_USUAL_LISTS, self._most_lists), self._most_lists)):
            places, products = self._nearest_lists(rounded, count)
            reached = int((products >= products[0] - self.lists.reach * factor).sum())
            if reached < count:
                break
        return places[: max(reached, _FIRST_LISTS)]

    @property
    def _most_lists(self) -> int:
        lists = int(self.index.nlist)
        return min(lists, max(_FIRST_LISTS, round(lists * _MOST_LISTS)))

    def _nearest_lists(self, rounded: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the lists whose centroids are nearest to a rounded query and their products, nearest first."""
        products, places = self._centroids.search(rounded, count)
        return places[0], products[0]

    def _probe(
        self, places: NDArray[np.int64], rounded: NDArray[np.float32], factor: float, limit: int, selector: Any
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        import faiss
        import numpy as np

        chosen = np.ascontiguousarray(places[None], dtype=np.int64)
        unused = np.zeros(chosen.shape, dtype=np.float32)
        scores, keys = np.empty((1, limit), np.float32), np.empty((1, limit), np.int64)
        parameters: Any = faiss.SearchParametersIVF()
        parameters.nprobe = chosen.shape[1]
        if selector is not None:
            parameters.sel = selector
        self.index.search_preassigned_c(
            1, faiss.swig_ptr(rounded), limit, faiss.swig_ptr(chosen), faiss.swig_ptr(unused),
            faiss.swig_ptr(scores), faiss.swig_ptr(keys), False, parameters,  # noqa: FBT003 - a C function
        )  # fmt: skip
        found = keys[0] >= 0
        return keys[0][found], scores[0][found] / factor

    def calibrate(self, queries: NDArray[np.float32]) -> None:
        """Set the reach so that searching as far as it says finds the part of the true hits that it should.

        Args:
            queries: What may be asked, each of length 1, shape (n, d).
        """
        import numpy as np

        hits = [self.search(query, _JUDGED, whole=True)[0].tolist() for query in queries]
        list_of = self._lists_of({key for found in hits for key in found})
        needed: list[float] = []
        for query, found in zip(queries, hits, strict=True):
            rounded, factor = coded_query(query, self.lists.scales)
            places, products = self._nearest_lists(rounded, self.index.nlist)
            product_of = np.empty(self.index.nlist, np.float32)
            product_of[places] = products
            needed += ((products[0] - product_of[[list_of[key] for key in found]]) / factor).tolist()
        self.lists.reach = float(np.quantile(needed, _FOUND)) if needed else 0.0

    def _lists_of(self, keys: set[int]) -> dict[int, int]:
        """Return which list each key is in."""
        import faiss

        found: dict[int, int] = {}
        lists = self.index.invlists
        for number in range(self.index.nlist):
            if size := lists.list_size(number):
                held = faiss.rev_swig_ptr(lists.get_ids(number), size).tolist()
                found.update(dict.fromkeys(keys.intersection(held), number))
        return found


def list_count(vectors: int) -> int:
    """Return how many lists so many vectors are put into."""
    return int(2 ** round(math.log2(_LISTS_PER_ROOT * math.sqrt(max(vectors, 1)))))


def sample_step(vectors: int) -> int:
    """Return n where every n-th vector makes a sample that is large enough to train on."""
    return max(1, vectors // (list_count(vectors) * TRAINING_VECTORS_PER_LIST))


def calibration_queries(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors that lie to a sample as queries do, shape (n, d).

    A stored vector is its own nearest neighbour, and its copies stand in its own list: it asks too little. A query
    speaks of several things, and holds less of what all chunks have in common: each of these is the sum of three
    chunks' vectors less twice the sample's mean. That is as far from its hits as real queries are.
    """
    import numpy as np

    random = np.random.default_rng(0)
    count = min(_CALIBRATION_QUERIES, len(sample))
    things = [sample[random.choice(len(sample), count, replace=False)].astype(np.float32) for _ in range(3)]
    mixed = sum(things) - 2 * sample.mean(axis=0, dtype=np.float32)
    lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
    result: NDArray[np.float32] = mixed / np.where(lengths > 0, lengths, 1)
    return result


def train(sample: NDArray[np.float32], expected: int) -> InvertedIndex:
    """Return an empty index whose lists suit a sample.

    Args:
        sample: Vectors of length 1, shape (n, d).
        expected: How many vectors will be added.
    """
    import faiss
    import numpy as np

    count, dimensions = sample.shape
    lists = min(list_count(expected), count)
    coarse = faiss.IndexFlatIP(dimensions)
    clustering = faiss.Clustering(dimensions, lists)
    clustering.niter = _TRAINING_ROUNDS
    clustering.spherical = True
    clustering.min_points_per_centroid = 1
    clustering.max_points_per_centroid = 2 * TRAINING_VECTORS_PER_LIST
    clustering.train(np.ascontiguousarray(sample, dtype=np.float32), coarse)
    index = faiss.IndexIVFScalarQuantizer(coarse, dimensions, lists, CODES, faiss.METRIC_INNER_PRODUCT)
    index.by_residual = False
    index.is_trained = True
    return InvertedIndex(index, Lists(scales_of(sample), math.inf, expected))
