"""Building and publishing the next generation of a scope's vectors and words, one process at a time.

Small scopes are built anew in a thread, in milliseconds. Large ones go on from the generation before: a process of
its own adds what is newer and takes out what was removed. Vectors leave the store in portions, so that neither they
nor a long query stand in a search's way.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fluorite_mcp.errors import StoreFullError
from fluorite_mcp.index import vectors
from fluorite_mcp.index.build_order import BuildOrder, Portion, Purpose
from fluorite_mcp.index.build_process import start_build
from fluorite_mcp.index.inverted import sample_step
from fluorite_mcp.index.postings import MAX_ROWS, ChunkWords
from fluorite_mcp.index.truth import VectorTruth
from fluorite_mcp.index.vectors import Rows
from fluorite_mcp.index.word_files import WordSource
from fluorite_mcp.index.word_lists import WORD_LISTS_FROM
from fluorite_mcp.index.word_lists_build import word_portion
from fluorite_mcp.models import Generation

# How files are called after their scope and number.
VECTORS_SUFFIX, WORDS_SUFFIX = ".faiss", ".words"

# Chunks that are read from the store at once: some milliseconds, which is how long a search may have to wait.
PORTION = 2_000


class Compactor:
    """Publishes generations.

    Args:
        truth: The store's vectors.
        words: Reads the store's words.
        folder: Where the files lie.
        now: Gives the time.
        announce: Told of a generation before it is published, so that no search has to wait until its file is open.
    """

    def __init__(
        self,
        truth: VectorTruth,
        words: WordSource,
        folder: Path,
        now: Callable[[], str],
        announce: Callable[[Generation], Awaitable[None]],
    ) -> None:
        self._truth = truth
        self._words = words
        self._folder = folder
        self._now = now
        self._announce = announce

    async def compact(self, scope: int, model: str) -> Generation | None:
        """Build and publish the next generation of a scope from the store.

        None when another process does so, when there is nothing to publish, or when vectors changed meanwhile.

        Raises:
            StoreFullError: The folder cannot be written.
            StoreError: The process that builds ended early.
        """
        import filelock

        lock = filelock.FileLock(self._folder / f"{scope}.lock", blocking=False, thread_local=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout:
            return None
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            return await self._build(scope, model)
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            lock.release()

    def _unwritable(self, error: OSError) -> StoreFullError:
        return StoreFullError(
            f"The vector index in {self._folder} cannot be written ({error}). Free disk space or check permissions; "
            "search goes on without it."
        )

    async def _build(self, scope: int, model: str) -> Generation | None:
        # Removals first: one that happens meanwhile is then masked again by every reader, which is harmless.
        _, _, removal, reembeddings = await self._truth.state(scope)
        old = await self._truth.generation(scope)
        base = old if old and old.model == model else None
        # Counting a million takes a while; the base knows how many it holds, and some of them may be removed.
        count = await self._truth.count(scope, model, base.last_chunk if base else 0) + (base.rows if base else 0)
        if not count:
            return None
        number = old.number + 1 if old else self._next_number(scope)
        path = self._folder / f"{scope}-{number}{VECTORS_SUFFIX}"
        self._remove_partial_files(scope)
        if count <= vectors.EXACT_LIMIT:
            rows = [row async for portion in self._portions(scope, model, 0) for row in portion]
            if not rows:
                return None
            checksum, size, last = await asyncio.to_thread(_build_file, rows, path), len(rows), rows[-1][0]
        else:
            checksum, size, last = await self._build_inverted(scope, model, path, count, base)
        words = await self._build_words(scope, path.with_suffix(WORDS_SUFFIX), count, last, old)
        generation = Generation(scope, number, path.name, checksum, model, size, last, removal, *words)
        await self._announce(generation)
        if not await self._truth.publish(generation, self._now(), reembeddings):
            path.unlink(missing_ok=True)
            path.with_suffix(WORDS_SUFFIX).unlink(missing_ok=True)
            return None
        self._remove_old_files(scope, number)
        return generation

    async def _build_inverted(
        self, scope: int, model: str, path: Path, count: int, base: Generation | None
    ) -> tuple[str, int, int]:
        """Return the file's checksum, its number of vectors, and the newest chunk in it."""
        async with start_build() as build:
            order = BuildOrder("vectors", str(path), count)
            if base is not None:
                order = await self._on_top(order, base, base.file, base.checksum)
            goes_on = await build.begin(order)
            last = base.last_chunk if base and goes_on else 0
            if not goes_on:
                step = sample_step(count)
                async for rows in self._portions(scope, model, 0):
                    await build.take(_portion("sample", rows[::step]))
            async for rows in self._portions(scope, model, last):
                await build.take(_portion("add", rows))
                last = rows[-1][0]
            checksum, size = await build.finish()
        return checksum, size, last

    async def _build_words(
        self, scope: int, path: Path, count: int, last: int, old: Generation | None
    ) -> tuple[str, str] | tuple[None, None]:
        """Write the words of a large scope's chunks up to one. Returns the file's name and checksum."""
        if not WORD_LISTS_FROM < count <= MAX_ROWS:
            return None, None
        order = BuildOrder("words", str(path), count)
        if old is not None and old.words_file is not None and old.words_checksum is not None:
            order = await self._on_top(order, old, old.words_file, old.words_checksum)
        async with start_build() as build:
            goes_on = await build.begin(order)
            first = old.last_chunk if old is not None and goes_on else 0
            async for rows in words_in_portions(self._words, scope, first, last):
                await build.take(word_portion([key for key, _ in rows], [words for _, words in rows]))
            checksum, _ = await build.finish()
        return path.name, checksum

    async def _on_top(self, order: BuildOrder, base: Generation, file: str, checksum: str) -> BuildOrder:
        """Return the order to go on from a file of a generation."""
        removed, _ = await self._truth.removed_after(base.scope, base.last_removal)
        return replace(order, base=str(self._folder / file), checksum=checksum, removed=tuple(removed))

    async def _portions(self, scope: int, model: str, last: int) -> AsyncIterator[Rows]:
        while rows := await self._truth.after(scope, model, last, PORTION):
            yield rows
            last = rows[-1][0]

    def _next_number(self, scope: int) -> int:
        """A number no file has: a withdrawn generation may still be mapped by another process."""
        return 1 + max((_number(path) for path in self._folder.glob(f"{scope}-*{VECTORS_SUFFIX}")), default=0)

    def _remove_partial_files(self, scope: int) -> None:
        """Delete what a killed process left; only the holder of the scope's lock writes here."""
        for path in self._folder.glob(f"{scope}-*.partial"):
            path.unlink(missing_ok=True)

    def _remove_old_files(self, scope: int, number: int) -> None:
        """Delete files that no reader opens any more; the one before stays for those that just read its row."""
        files = [self._folder.glob(f"{scope}-*{suffix}") for suffix in (VECTORS_SUFFIX, WORDS_SUFFIX)]
        for path in itertools.chain(*files):
            if _number(path) < number - 1:
                # Windows keeps a file that another process has mapped; the next compaction tries again.
                with contextlib.suppress(PermissionError):
                    path.unlink(missing_ok=True)


async def words_in_portions(
    source: WordSource, scope: int, after: int, until: int
) -> AsyncIterator[Sequence[tuple[int, ChunkWords]]]:
    """Yield (chunk, words) of the living chunks of a scope in a range of keys, as many at once as one may wait for."""
    for start in range(after, until, PORTION):
        yield await source.words_between(scope, start, min(start + PORTION, until))


def _portion(purpose: Purpose, rows: Rows) -> Portion:
    import numpy as np

    keys = np.array([key for key, _ in rows], dtype=np.int64)
    return Portion(purpose, keys.tobytes(), b"".join(vector for _, vector in rows))


def _build_file(rows: Rows, path: Path) -> str:
    return vectors.write_index(vectors.build_exact(rows), path)


def _number(path: Path) -> int:
    try:
        return int(path.stem.rpartition("-")[2])
    except ValueError:
        return 0
