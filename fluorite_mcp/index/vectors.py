"""Finding chunks by vector: faiss indexes over float16 vectors, built, searched, written and read.

Below `EXACT_LIMIT` vectors the index is exact; above, it is an inverted file (see `index.inverted`), and while that is
not made yet, vectors are rounded to half the memory (see `index.rounded`).
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluorite_mcp.index.codes import CodedIndex, search_all
from fluorite_mcp.index.inverted import InvertedIndex, Lists
from fluorite_mcp.index.published_file import HASHED_BYTES, checksum_of, written_whole
from fluorite_mcp.index.rounded import RoundedIndex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# (chunk key, vector as `to_bytes` makes it) pairs, as the store keeps them.
Rows = Sequence[tuple[int, bytes]]

# Up to here one query over all vectors stays near a millisecond on one core.
EXACT_LIMIT = 50_000

# Removed vectors still stand in the index. Asking for so many more is cheaper than having faiss pass over them, for
# which it looks at every vector's key.
_SPARE = 1.25

# Behind what faiss writes of an inverted index stands what belongs to it: JSON, its length, and this mark.
_MARK = b"fluorite"
_FOOTER = struct.Struct("<Q8s")

# The bytes of a float16.
_NUMBER_BYTES = 2


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
    return faiss.IndexIDMap(quantizer)


def add_stored(index: Any, rows: Rows) -> None:
    """Add stored vectors to an exact or a rounded index."""
    import numpy as np

    keys = np.array([key for key, _ in rows], dtype=np.int64)
    if isinstance(index, RoundedIndex):
        index.add(keys, from_bytes([vector for _, vector in rows]))
        return
    # As they are: faiss keeps float16 as the store does.
    codes = np.frombuffer(b"".join(vector for _, vector in rows), dtype=np.uint8)
    index.add_sa_codes(codes.reshape(len(rows), -1), keys)


def build_exact(rows: Rows) -> Any:
    """Return an exact index over stored vectors, of which there must be some."""
    index = create_exact(len(rows[0][1]) // _NUMBER_BYTES)
    add_stored(index, rows)
    return index


def build_rounded(rows: Rows) -> RoundedIndex:
    """Return a rounded index over stored vectors, of which there must be some."""
    index = RoundedIndex(from_bytes([vector for _, vector in rows]))
    add_stored(index, rows)
    return index


def is_rounded(index: Any) -> bool:
    """Whether an index gives approximate cosines: to 1/100 or so."""
    return isinstance(index, CodedIndex)


def search_index(
    index: Any,
    query: NDArray[np.float32],
    limit: int,
    *,
    removed: Iterable[int] = (),
    allowed: Iterable[int] | None = None,
) -> list[tuple[int, float]]:
    """Return (key, cosine) of the nearest vectors, best first; see `is_rounded`.

    Args:
        index: An index of this module.
        query: One vector of length 1, shape (dimensions,).
        limit: At most so many.
        removed: Keys that do not count any more; pass a set, it is not copied.
        allowed: If given, only these keys count.
    """
    gone = removed if isinstance(removed, Set) else set(removed)
    limit = min(limit, max(index.ntotal, 1))
    if allowed is not None:
        return _search(index, query, limit, _only(set(allowed) - gone))
    if not gone:
        return _search(index, query, limit, None)
    wide = min(index.ntotal, round(limit * _SPARE) + 1)
    found = [pair for pair in _search(index, query, wide, None) if pair[0] not in gone]
    if len(found) >= limit or wide == index.ntotal:
        return found[:limit]
    return _search(index, query, limit, _all_but(gone))


def _search(index: Any, query: NDArray[np.float32], limit: int, selector: Any) -> list[tuple[int, float]]:
    import faiss

    # One query is over before a team of threads has gathered, and a busy machine makes them wait for each other.
    faiss.omp_set_num_threads(1)
    if is_rounded(index):
        keys, scores = index.search(query, limit, selector)
    else:
        keys, scores = search_all(index, query.reshape(1, -1), limit, selector)
    return list(zip(keys.tolist(), scores.tolist(), strict=True))


def _only(keys: Set[int]) -> Any:
    import faiss
    import numpy as np

    return faiss.IDSelectorBatch(np.fromiter(keys, dtype=np.int64, count=len(keys)))


def _all_but(keys: Set[int]) -> Any:
    import faiss

    return faiss.IDSelectorNot(_only(keys))


def write_index(index: Any, path: Path) -> str:
    """Write an index so that a crash leaves either nothing or all of it. Returns the file's checksum.

    Raises:
        OSError: The folder cannot be written.
    """
    import faiss

    with written_whole(path) as file:
        inverted = isinstance(index, InvertedIndex)
        # Not known to faiss' own type stubs.
        writer: Any = vars(faiss)["PyCallbackIOWriter"](file.write, HASHED_BYTES)
        faiss.write_index(index.index if inverted else index, writer)
        if inverted:
            file.write(_footer(index.lists))
    return file.checksum()


def _footer(lists: Lists) -> bytes:
    values = {"scales": lists.scales.tolist(), "reach": lists.reach, "trained": lists.trained}
    data = json.dumps(values).encode()
    return data + _FOOTER.pack(len(data), _MARK)


def read_index(path: Path, checksum: str, *, mapped: bool = True) -> Any | None:
    """Read a written index; None when the file is missing or is not what was written.

    The checksum comes first: faiss trusts the sizes inside a file and may crash on a damaged one.

    Args:
        path: The file.
        checksum: What writing it returned.
        mapped: Whether to map the file into memory, which costs only what is searched; such an index cannot change.
    """
    import faiss

    try:
        if checksum_of(path) != checksum:
            return None
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0)
        if not isinstance(index, faiss.IndexIVF):
            return index
        lists = _read_footer(path)
        return None if lists is None else InvertedIndex(index, lists)
    except (OSError, RuntimeError):
        return None


def _read_footer(path: Path) -> Lists | None:
    """Return what stands behind an inverted index; None in a file of an older version."""
    import numpy as np

    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(end - _FOOTER.size)
        size, mark = _FOOTER.unpack(file.read(_FOOTER.size))
        if mark != _MARK:
            return None
        file.seek(end - _FOOTER.size - size)
        values = json.loads(file.read(size))
    if "reach" not in values:
        return None
    return Lists(np.array(values["scales"], dtype=np.float32), values["reach"], values["trained"])
