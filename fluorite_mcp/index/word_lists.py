"""The words of very many chunks in a file: for each word, the chunks that hold it and how often.

SQLite looks at a posting in about a microsecond, arrays in some nanoseconds, and only those of the words that are asked
for are read. The file holds the chunks' keys (int64) and widths (uint32), the postings in the order of their terms (the
lower 32 bits of `index.postings`), the terms (uint32, sorted), where the postings of each begin (uint64, one more than
there are terms), and a footer with the numbers of chunks, postings and terms.
"""

from __future__ import annotations

import os
import struct
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fluorite_mcp.index.published_file import checksum_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Words of fewer chunks are kept in memory.
WORD_LISTS_FROM = 20_000

_MARK = b"fluorwl1"
_FOOTER = struct.Struct("<QQQ8s")
_POSTING_BYTES = 4


class Sizes(NamedTuple):
    """How many there are of each in a file."""

    rows: int
    postings: int
    terms: int

    @property
    def postings_at(self) -> int:
        """Where the postings begin."""
        return 12 * self.rows

    @property
    def terms_at(self) -> int:
        """Where the terms begin, at a multiple of 8."""
        return _aligned(self.postings_at + _POSTING_BYTES * self.postings)

    @property
    def starts_at(self) -> int:
        """Where the beginnings of the postings stand."""
        return _aligned(self.terms_at + 4 * self.terms)

    def footer(self) -> bytes:
        """Return the bytes of the footer."""
        return _FOOTER.pack(self.rows, self.postings, self.terms, _MARK)


def _aligned(place: int) -> int:
    """Return the next multiple of 8."""
    return -(-place // 8) * 8


class WordLists:
    """An open file of words.

    Attributes:
        sizes: What it holds.
        keys: The chunks, in the order of their keys, (rows,); a row stands for each.
        widths: How many tokens all fields of each hold, (rows,).
        terms: Hashes of the words, sorted, (terms,).
        starts: From where to where the postings of each stand, (terms + 1,).
    """

    def __init__(self, path: Path, sizes: Sizes) -> None:
        import numpy as np

        self.sizes = sizes
        # Read, not mapped: what was mapped stays in this process's memory, the system keeps what is read often, and a
        # file that becomes shorter raises an error instead of ending the process.
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._reading = threading.Lock()
        weakref.finalize(self, os.close, self._file)
        self.keys = np.frombuffer(self._read(0, 8 * sizes.rows), np.int64)
        self.widths = np.frombuffer(self._read(8 * sizes.rows, 4 * sizes.rows), np.uint32)
        self.terms = np.frombuffer(self._read(sizes.terms_at, 4 * sizes.terms), np.uint32)
        self.starts = np.frombuffer(self._read(sizes.starts_at, 8 * (sizes.terms + 1)), np.uint64)

    def ranges(self, terms: Sequence[int]) -> list[tuple[int, int]]:
        """Return from where to where the postings of each term stand."""
        import numpy as np

        if not self.sizes.terms:
            return [(0, 0)] * len(terms)
        asked = np.array(terms, np.uint32)
        places = np.minimum(self.terms.searchsorted(asked), self.sizes.terms - 1)
        borders = zip(self.starts[places].tolist(), self.starts[places + 1].tolist(), strict=True)
        is_known = (self.terms[places] == asked).tolist()
        return [border if known else (0, 0) for known, border in zip(is_known, borders, strict=True)]

    def read(self, start: int, end: int) -> NDArray[np.uint32]:
        """Return postings from one place to another: rows and counts, in order.

        Raises:
            OSError: The file cannot be read any more.
        """
        import numpy as np

        data = self._read(self.sizes.postings_at + _POSTING_BYTES * start, _POSTING_BYTES * (end - start))
        return np.frombuffer(data, np.uint32)

    def _read(self, place: int, count: int) -> bytes:
        """Return so many bytes from a place on."""
        with self._reading:
            os.lseek(self._file, place, os.SEEK_SET)
            data = os.read(self._file, count)
            while len(data) < count:
                more = os.read(self._file, count - len(data))
                if not more:
                    raise OSError("the word index has become shorter")
                data += more
        return data


def read_word_lists(path: Path, checksum: str) -> WordLists | None:
    """Open a written file; None when it is missing or is not what was written."""
    try:
        if checksum_of(path) != checksum:
            return None
        with path.open("rb") as file:
            file.seek(-_FOOTER.size, 2)
            *numbers, mark = _FOOTER.unpack(file.read(_FOOTER.size))
        return WordLists(path, Sizes(*numbers)) if mark == _MARK else None
    except OSError:
        return None
