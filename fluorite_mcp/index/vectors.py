"""Finding chunks by vector: faiss indexes over float16 vectors, built, searched, written and read.

Below `EXACT_LIMIT` vectors the index is exact; above, it is an inverted file with scalar quantisation.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Up to here one query over all vectors stays near a millisecond on one core.
EXACT_LIMIT = 50_000

# faiss' own advice for inverted files is 4 to 16 times the root of the count; lists are then short enough
# that 1/32 of them, searched, find 98 of 100 true neighbours (docs/benchmarks.md).
_LISTS_PER_ROOT = 4
_PROBED_FRACTION = 1 / 32
_TRAINING_VECTORS_PER_LIST = 40


def to_bytes(vectors: NDArray[np.float32]) -> list[bytes]:
    """Return each row as the float16 bytes that the store keeps."""
    half = vectors.astype("float16")
    return [row.tobytes() for row in half]


def from_bytes(rows: Sequence[bytes]) -> NDArray[np.float32]:
    """Return the vectors of stored bytes, shape (len(rows), dimensions)."""
    import numpy as np

    return np.frombuffer(b"".join(rows), dtype=np.float16).reshape(len(rows), -1).astype(np.float32)


def create_exact(dimensions: int) -> Any:
    """Return an empty exact index over inner products that takes vectors with their keys."""
    import faiss

    quantizer = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    return faiss.IndexIDMap2(quantizer)


def build_index(keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> Any:
    """Return an index over all vectors, exact or inverted by their number."""
    count, dimensions = vectors.shape
    index = create_exact(dimensions) if count <= EXACT_LIMIT else _train_inverted(vectors)
    index.add_with_ids(vectors, keys)
    return index


def _train_inverted(vectors: NDArray[np.float32]) -> Any:
    import faiss
    import numpy as np

    count, dimensions = vectors.shape
    lists = 2 ** round(math.log2(_LISTS_PER_ROOT * math.sqrt(count)))
    coarse = faiss.IndexFlatIP(dimensions)
    index = faiss.IndexIVFScalarQuantizer(
        coarse, dimensions, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    sample = np.random.default_rng(0).choice(count, min(count, lists * _TRAINING_VECTORS_PER_LIST), replace=False)
    index.train(vectors[np.sort(sample)])
    index.nprobe = max(1, round(lists * _PROBED_FRACTION))
    return index


def search_index(
    index: Any,
    query: NDArray[np.float32],
    limit: int,
    *,
    removed: Iterable[int] = (),
    allowed: Iterable[int] | None = None,
) -> list[tuple[int, float]]:
    """Return (key, cosine) of the nearest vectors, best first.

    Args:
        index: An index of this module.
        query: One vector of length 1, shape (dimensions,).
        limit: At most so many.
        removed: Keys that do not count any more.
        allowed: If given, only these keys count.
    """
    import faiss

    parameters: Any = None
    if (selector := _selector(removed, allowed)) is not None:
        inverted = isinstance(index, faiss.IndexIVF)
        parameters = faiss.SearchParametersIVF() if inverted else faiss.SearchParameters()
        parameters.sel = selector
        if inverted:
            parameters.nprobe = index.nprobe
    # One query is over before a team of threads has gathered, and a busy machine makes them wait for each other.
    faiss.omp_set_num_threads(1)
    scores, keys = index.search(query.reshape(1, -1), min(limit, max(index.ntotal, 1)), params=parameters)
    return [(int(key), float(score)) for key, score in zip(keys[0], scores[0], strict=True) if key >= 0]


def _selector(removed: Iterable[int], allowed: Iterable[int] | None) -> Any:
    import faiss
    import numpy as np

    if allowed is not None:
        return faiss.IDSelectorBatch(np.fromiter(set(allowed) - set(removed), dtype=np.int64))
    gone = np.fromiter(removed, dtype=np.int64)
    return faiss.IDSelectorNot(faiss.IDSelectorBatch(gone)) if gone.size else None


def write_index(index: Any, path: Path) -> str:
    """Write an index so that a crash leaves either nothing or all of it. Returns the file's checksum.

    Raises:
        OSError: The folder cannot be written.
    """
    import faiss

    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        data = faiss.serialize_index(index).tobytes()
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)
    return _checksum(data)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_index(path: Path, checksum: str) -> Any | None:
    """Memory-map a written index; None when the file is missing or is not what was written.

    The checksum comes first: faiss trusts the sizes inside a file and may crash on a damaged one.
    """
    import faiss

    try:
        if _checksum(path.read_bytes()) != checksum:
            return None
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except (OSError, RuntimeError):
        return None


def _checksum(data: bytes) -> str:
    import xxhash

    return str(xxhash.xxh3_128_hexdigest(data))
