"""Building a file of words from portions of chunks: from nothing, or going on from the one before.

There are more postings than should be in memory at once. They are sorted in runs, which are written beside the file,
and merged term by term at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fluorite_mcp.index.build_order import BuildOrder, Portion
from fluorite_mcp.index.postings import MAX_ROWS, TERM_SHIFT, ChunkWords, new_rows, posted, renumbered, run_starts
from fluorite_mcp.index.published_file import CheckedWriter, partial_path, written_whole
from fluorite_mcp.index.word_lists import Sizes, WordLists, read_word_lists

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# So many postings are sorted in memory at once: 32 MB of them.
RUN_POSTINGS = 4_000_000
# Terms are merged in so many ranges of their hashes, which are spread evenly: of a hundred million postings half a
# million at once.
_RANGES = 256


def word_portion(keys: Sequence[int], words: Sequence[ChunkWords]) -> Portion:
    """Return the words of some chunks as they are handed over."""
    import numpy as np

    heads = np.array([(one.width, len(one.counts)) for one in words], np.uint32).reshape(-1, 2)
    parts = [heads.tobytes(), *[one.terms for one in words], *[one.counts for one in words]]
    return Portion("add", np.array(keys, np.int64).tobytes(), b"".join(parts))


class WordListsBuild:
    """A file of words in the making.

    Raises:
        OSError: The folder cannot be written.
    """

    def __init__(self, order: BuildOrder) -> None:
        self._path = Path(order.path)
        self._base = read_word_lists(Path(order.base), order.checksum) if order.base is not None else None
        self._kept = self._not_removed(order.removed)
        self._keys: list[NDArray[np.int64]] = []
        self._widths: list[NDArray[np.uint32]] = []
        if self._base is not None:
            self._keys.append(self._base.keys[self._kept])
            self._widths.append(self._base.widths[self._kept])
        self._rows = sum(map(len, self._keys))
        self._waiting: list[NDArray[np.uint64]] = []
        # Of each run in the file, where the ranges of terms begin and end.
        self._runs: list[NDArray[np.int64]] = []
        self._runs_path = partial_path(self._path, "runs.")
        self._runs_file: IO[bytes] | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the base serves."""
        return self._base is not None

    def _not_removed(self, removed: Sequence[int]) -> NDArray[np.bool_]:
        import numpy as np

        if self._base is None:
            return np.zeros(0, np.bool_)
        return ~np.isin(self._base.keys, np.array(removed, np.int64))

    def take(self, portion: Portion) -> None:
        """Take a portion of `word_portion` in.

        Raises:
            OSError: The folder cannot be written.
            ValueError: There are more chunks than have numbers.
        """
        import numpy as np

        keys = np.frombuffer(portion.keys, np.int64)
        if self._rows + len(keys) > MAX_ROWS:
            raise ValueError(f"words of more than {MAX_ROWS:,} chunks")
        heads = np.frombuffer(portion.data, np.uint32, 2 * len(keys)).reshape(-1, 2)
        sizes, count = heads[:, 1], int(heads[:, 1].sum())
        terms = np.frombuffer(portion.data, np.uint32, count, heads.nbytes)
        counts = np.frombuffer(portion.data, np.uint8, count, heads.nbytes + terms.nbytes)
        self._waiting.append(posted(sizes, terms, counts, self._rows))
        self._keys.append(keys)
        self._widths.append(heads[:, 0].copy())
        self._rows += len(keys)
        if sum(map(len, self._waiting)) > RUN_POSTINGS:
            self._write_run()

    def _write_run(self) -> None:
        import numpy as np

        if self._runs_file is None:
            self._runs_file = self._runs_path.open("w+b")
        run = np.concatenate(self._waiting)
        self._waiting.clear()
        run.sort()
        begins = self._runs[-1][-1] if self._runs else 0
        self._runs.append(begins + run.searchsorted(_first_terms() << TERM_SHIFT))
        self._runs[-1][-1] = begins + len(run)
        self._runs_file.write(run.data.cast("B"))

    def finish(self) -> tuple[str, int]:
        """Write the file. Returns its checksum and the number of chunks in it.

        Raises:
            OSError: The folder cannot be written.
        """
        try:
            if self._waiting:
                self._write_run()
            with written_whole(self._path) as file:
                self._write(file)
            return file.checksum(), self._rows
        finally:
            self._remove_runs()

    def _remove_runs(self) -> None:
        if self._runs_file is not None:
            self._runs_file.close()
            self._runs_path.unlink(missing_ok=True)

    def _write(self, file: CheckedWriter) -> None:
        import numpy as np

        for keys in self._keys:
            file.write(keys.tobytes())
        for widths in self._widths:
            file.write(widths.tobytes())
        terms: list[NDArray[np.uint32]] = []
        counts: list[NDArray[np.int64]] = []
        for postings in self._merged():
            hashes = (postings >> TERM_SHIFT).astype(np.uint32)
            places = run_starts(hashes)
            terms.append(hashes[places])
            counts.append(np.diff(places, append=len(hashes)))
            file.write(postings.astype(np.uint32).data.cast("B"))
        all_terms = np.concatenate([np.zeros(0, np.uint32), *terms])
        starts = np.concatenate([np.zeros(1, np.uint64), *counts]).cumsum(dtype=np.uint64)
        sizes = Sizes(self._rows, int(starts[-1]), len(all_terms))
        file.write(bytes(sizes.terms_at - sizes.postings_at - 4 * sizes.postings))
        file.write(all_terms.tobytes())
        file.write(bytes(sizes.starts_at - sizes.terms_at - 4 * sizes.terms))
        file.write(starts.tobytes())
        file.write(sizes.footer())

    def _merged(self) -> Iterator[NDArray[np.uint64]]:
        """Yield all postings in order, in portions that begin and end with a term."""
        import numpy as np

        moved = new_rows(self._kept)
        for number in range(_RANGES):
            parts = [self._read_run(int(run[number]), int(run[number + 1])) for run in self._runs]
            if self._base is not None:
                parts.append(_of_base(self._base, self._kept, moved, number))
            postings = np.concatenate([np.zeros(0, np.uint64), *parts])
            if len(postings):
                postings.sort()
                yield postings

    def _read_run(self, start: int, end: int) -> NDArray[np.uint64]:
        import numpy as np

        assert self._runs_file is not None  # noqa: S101 - a run was written
        self._runs_file.seek(8 * start)
        return np.frombuffer(self._runs_file.read(8 * (end - start)), np.uint64)


def _first_terms() -> NDArray[np.uint64]:
    """Return the hash with which each range of terms begins, and the one that the last ends before."""
    import numpy as np

    return np.arange(_RANGES + 1, dtype=np.uint64) * ((1 << 32) // _RANGES)


def _of_base(base: WordLists, kept: NDArray[np.bool_], moved: NDArray[np.uint64], number: int) -> NDArray[np.uint64]:
    """Return the postings of the base in a range of terms, without removed chunks, with the rows that chunks now have.

    Args:
        base: The file to go on from.
        kept: Which of its rows stay.
        moved: The new row of each.
        number: Which range.
    """
    import numpy as np

    first, end = _first_terms()[number : number + 2].tolist()
    begin = int(base.terms.searchsorted(np.uint32(first)))
    stop = int(base.terms.searchsorted(np.uint32(end - 1), "right"))
    starts = base.starts[begin : stop + 1].astype(np.int64)
    held = base.read(int(starts[0]), int(starts[-1]))
    terms = np.repeat(base.terms[begin:stop].astype(np.uint64), np.diff(starts))
    postings: NDArray[np.uint64] = np.bitwise_or(terms << TERM_SHIFT, held, dtype=np.uint64)
    return renumbered(postings, kept, moved)
