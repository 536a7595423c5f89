"""Vectors as whole numbers of 8 bits, queries to compare with them, and what all indexes over such codes have alike.

Codes and query are both whole numbers to faiss; what the scales took from the codes the query gives back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# faiss' ScalarQuantizer.QT_8bit_direct_signed, which is imported late: a code is a whole number, -127 to 127.
CODES = 8
_LARGEST = 127


def scales_of(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what turns each dimension of a sample into -127..127, shape (d,)."""
    import numpy as np

    largest = np.abs(sample).max(axis=0)
    return (_LARGEST / np.where(largest > 0, largest, 1)).astype(np.float32)


def coded(vectors: NDArray[np.float32], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the whole numbers, -127 to 127, that stand for vectors. Few lie beyond what the sample held."""
    import numpy as np

    codes = np.rint(vectors * scales)
    result: NDArray[np.float32] = np.clip(codes, -_LARGEST, _LARGEST, out=codes)
    return result


def coded_query(query: NDArray[np.float32], scales: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Return a query as codes are compared with it, shape (1, d), and what to divide the results by."""
    import numpy as np

    scaled = query / scales
    factor = _LARGEST / max(float(np.abs(scaled).max()), 1e-12)
    return np.rint(scaled * factor).astype(np.float32)[None], factor


class CodedIndex:
    """Vectors as codes, which give cosines to 1/100 or so.

    Args:
        index: A faiss index over the codes.
    """

    def __init__(self, index: Any) -> None:
        self.index = index

    @property
    def d(self) -> int:
        """The length of a vector."""
        return int(self.index.d)

    @property
    def ntotal(self) -> int:
        """How many vectors there are."""
        return int(self.index.ntotal)


def search_all(
    index: Any, query: NDArray[np.float32], limit: int, selector: Any
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return keys and products of the nearest of all vectors of a faiss index, best first.

    Args:
        index: The faiss index.
        query: What to compare with, shape (1, d).
        limit: At most so many.
        selector: A faiss selector of the keys that count; all when None.
    """
    import faiss

    parameters: Any = None
    if selector is not None:
        parameters = faiss.SearchParameters()
        parameters.sel = selector
    products, keys = index.search(query, limit, params=parameters)
    found = keys[0] >= 0
    return keys[0][found], products[0][found]
