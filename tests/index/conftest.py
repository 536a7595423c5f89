"""Clustered vectors, as those of real text are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def unit(vectors: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / lengths, dtype=np.float32)


def clustered(count: int, dimensions: int = 32, clusters: int = 50, seed: int = 0) -> NDArray[np.float32]:
    """Return vectors of length 1 around some centres, shape (count, dimensions)."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(clusters, dimensions))
    return unit(centres[random.integers(clusters, size=count)] + 0.4 * random.normal(size=(count, dimensions)))


def nearest(vectors: NDArray[np.float32], query: NDArray[np.float32], limit: int) -> list[int]:
    """Return the rows nearest to a query, best first, by computing every product."""
    return [int(row) for row in np.argsort(-(vectors @ query), kind="stable")[:limit]]
