"""Building an inverted index from portions of vectors: from nothing, or going on from the one before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.index import vectors
from fluorite_mcp.index.build_order import BuildOrder, Portion
from fluorite_mcp.index.inverted import RETRAIN_GROWTH, InvertedIndex, calibration_queries, train

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class InvertedIndexBuild:
    """An inverted index in the making."""

    def __init__(self, order: BuildOrder) -> None:
        import numpy as np

        self._order = order
        self._samples: list[NDArray[np.float16]] = []
        self._queries: NDArray[np.float32] | None = None
        self._index = _open_base(order)
        if self._index is not None:
            self._index.remove(np.array(order.removed, dtype=np.int64))

    @property
    def goes_on(self) -> bool:
        """Whether the base serves."""
        return self._index is not None

    def take(self, portion: Portion) -> None:
        """Take a portion in."""
        import numpy as np

        keys = np.frombuffer(portion.keys, dtype=np.int64)
        rows = np.frombuffer(portion.data, dtype=np.float16).reshape(len(keys), -1)
        if portion.purpose == "sample":
            self._samples.append(rows)
            return
        if self._index is None:
            self._index = self._train()
        self._index.add(keys, rows.astype(np.float32))

    def _train(self) -> InvertedIndex:
        import numpy as np

        sample = np.concatenate(self._samples).astype(np.float32)
        self._samples.clear()
        self._queries = calibration_queries(sample)
        return train(sample, self._order.expected)

    def finish(self) -> tuple[str, int]:
        """Write the file. Returns its checksum and the number of vectors in it.

        Raises:
            OSError: The file cannot be written.
            ValueError: No vectors came.
        """
        if self._index is None:
            raise ValueError("an index of no vectors")
        if self._queries is not None:
            self._index.calibrate(self._queries)
        return vectors.write_index(self._index, Path(self._order.path)), self._index.ntotal


def _open_base(order: BuildOrder) -> InvertedIndex | None:
    """Return the index to go on from; None where there is none, or its lists have become too few."""
    if order.base is None:
        return None
    index = vectors.read_index(Path(order.base), order.checksum, mapped=False)
    if not isinstance(index, InvertedIndex) or order.expected >= RETRAIN_GROWTH * index.lists.trained:
        return None
    return index
