"""Search of all of many vectors, kept as 8-bit codes: in half the memory of float16."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fluorite_mcp.index.codes import CODES, CodedIndex, coded, coded_query, scales_of, search_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Vectors that come later may be larger in some dimension than the first ones by so much.
_ROOM = 1.25


class RoundedIndex(CodedIndex):
    """Vectors that wait for an index.

    Args:
        sample: Some of them, by which the codes are scaled, shape (n, d).
    """

    def __init__(self, sample: NDArray[np.float32]) -> None:
        import faiss

        codes = faiss.IndexScalarQuantizer(sample.shape[1], CODES, faiss.METRIC_INNER_PRODUCT)
        codes.is_trained = True
        super().__init__(faiss.IndexIDMap(codes))
        self._scales = scales_of(sample) / _ROOM

    def add(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors with their keys, shapes (n,) and (n, d)."""
        self.index.add_with_ids(coded(vectors, self._scales), keys)

    def search(
        self, query: NDArray[np.float32], limit: int, selector: Any = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return keys and approximate cosines, best first; see `InvertedIndex.search`."""
        rounded, factor = coded_query(query, self._scales)
        keys, products = search_all(self.index, rounded, limit, selector)
        return keys, products / factor
