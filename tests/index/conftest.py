"""Clustered vectors, as those of real text are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluorite_mcp.index import vectors
from fluorite_mcp.index.inverted import calibration_queries, sample_step, train


def unit(rows: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / lengths, dtype=np.float32)


def clustered(count: int, dimensions: int = 32, clusters: int = 50, seed: int = 0) -> NDArray[np.float32]:
    """Return vectors of length 1 around some centres, shape (count, dimensions)."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(clusters, dimensions))
    return unit(centres[random.integers(clusters, size=count)] + 0.4 * random.normal(size=(count, dimensions)))


def nearest(rows: NDArray[np.float32], query: NDArray[np.float32], limit: int) -> list[int]:
    """Return the rows nearest to a query, best first, by computing every product."""
    return [int(row) for row in np.argsort(-(rows @ query), kind="stable")[:limit]]


def build_index(keys: NDArray[np.int64], rows: NDArray[np.float32]) -> Any:
    """Return an index over all rows, exact or inverted by their number."""
    if len(rows) <= vectors.EXACT_LIMIT:
        return vectors.build_exact(list(zip(keys.tolist(), vectors.to_bytes(rows), strict=True)))
    sample = rows[:: sample_step(len(rows))]
    inverted = train(sample, len(rows))
    inverted.add(keys, rows)
    inverted.calibrate(calibration_queries(sample))
    return inverted
