"""The vector index of the store: published generations, a tail of newer vectors, a mask of removed ones.

A generation is a file that holds a scope's vectors up to some chunk; readers map it into memory, add the vectors
the store has beyond it (the tail) and leave out what was removed since. One process at a time compacts: builds the
next generation and publishes its row once the file is safe on disk. A missing or damaged file costs nothing but
time: its vectors come from the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fluorite_mcp.errors import StoreError, StoreFullError
from fluorite_mcp.index import vectors
from fluorite_mcp.models import Generation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# A tail is searched exactly; beyond this many vectors, or this part of the generation, compacting pays.
TAIL_LIMIT = 2_000
TAIL_FRACTION = 0.1


class VectorTruth(Protocol):
    """What the store knows of vectors: see `storage.vectors.VectorTable`."""

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        ...

    async def state(self, scope: int) -> tuple[int, int, int, int]:
        """Return the generation's number, the newest embedded chunk, the newest removal, the re-embeddings so far."""
        ...

    async def after(self, scope: int, model: str, chunk: int) -> list[tuple[int, bytes]]:
        """Return (chunk, vector) for chunks newer than one."""
        ...

    async def removed_after(self, scope: int, removal: int) -> tuple[list[int], int]:
        """Return the chunks removed after a removal, and the newest removal."""
        ...

    async def generation(self, scope: int) -> Generation | None:
        """Return the published generation."""
        ...

    async def publish(self, generation: Generation, at: str, reembeddings: int) -> bool:
        """Make a generation the current one; False if vectors were embedded anew since it was built."""
        ...

    async def withdraw(self, scope: int, number: int) -> bool:
        """Unpublish a generation; False if it is not the current one any more."""
        ...


@dataclass(slots=True)
class _Scope:
    """What this process has loaded of one scope."""

    model: str
    state: tuple[int, int, int, int]
    generation: Generation | None = None
    base: Any | None = None
    tail: Any | None = None
    last_chunk: int = 0
    last_removal: int = 0
    removed: set[int] = field(default_factory=set)
    # The store's version at which the state was read last.
    version: int = -1

    @property
    def tail_size(self) -> int:
        return int(self.tail.ntotal) if self.tail is not None else 0

    @property
    def base_size(self) -> int:
        return int(self.base.ntotal) if self.base is not None else 0


class VectorIndex:
    """Searches the vectors of scopes, following the store as it changes."""

    def __init__(self, truth: VectorTruth, folder: Path, now: Callable[[], str]) -> None:
        self._truth = truth
        self._folder = folder
        self._now = now
        self._scopes: dict[int, _Scope] = {}
        self._locks: dict[int, asyncio.Lock] = {}
        # What the user should hear of once, such as a damaged file.
        self.notices: list[str] = []

    async def search(
        self,
        scopes: Sequence[int],
        model: str,
        query: NDArray[np.float32],
        limit: int,
        allowed: Collection[int] | None = None,
    ) -> list[tuple[int, float]]:
        """Return (chunk key, cosine) over all scopes, best first.

        Args:
            scopes: Project keys, and `GLOBAL_SCOPE`.
            model: The embedder's name; vectors of other models do not count.
            query: One vector of length 1, shape (dimensions,).
            limit: At most so many.
            allowed: If given, only these chunks count.
        """
        found: list[tuple[int, float]] = []
        version = await self._truth.version()
        for scope in scopes:
            loaded = await self._refresh(scope, model, version)
            for index in (loaded.base, loaded.tail):
                if index is not None and index.d == query.shape[0]:
                    found += vectors.search_index(index, query, limit, removed=loaded.removed, allowed=allowed)
        return sorted(found, key=lambda pair: -pair[1])[:limit]

    async def _refresh(self, scope: int, model: str, version: int) -> _Scope:
        async with self._locks.setdefault(scope, asyncio.Lock()):
            loaded = self._scopes.get(scope)
            if loaded is not None and loaded.model != model:
                loaded = None
            if loaded is not None and loaded.version == version:
                return loaded
            state = await self._truth.state(scope)
            if loaded is not None and loaded.state == state:
                loaded.version = version
                return loaded
            if loaded is None or (loaded.state[0], loaded.state[3]) != (state[0], state[3]):
                loaded = await self._load(scope, model, state)
                self._scopes[scope] = loaded
            await self._catch_up(scope, model, loaded)
            loaded.state, loaded.version = state, version
            return loaded

    async def _load(self, scope: int, model: str, state: tuple[int, int, int, int]) -> _Scope:
        generation = await self._truth.generation(scope)
        if generation is None or generation.model != model:
            return _Scope(model, state)
        path = self._folder / generation.file
        base = await asyncio.to_thread(vectors.read_index, path, generation.checksum)
        if base is None:
            await self._withdraw(generation)
            return _Scope(model, state)
        return _Scope(
            model, state, generation, base, last_chunk=generation.last_chunk, last_removal=generation.last_removal
        )

    async def _withdraw(self, generation: Generation) -> None:
        """Unpublish a generation whose file cannot be read, unless others published a newer one and removed it."""
        try:
            if not await self._truth.withdraw(generation.scope, generation.number):
                return
        except StoreError as error:
            # A store that cannot be written now can still be searched.
            logger.warning("generation %d stays published: %s", generation.number, error)
        self._report(f"The vector index {generation.file} was missing or damaged and is rebuilt from the store.")

    async def _catch_up(self, scope: int, model: str, loaded: _Scope) -> None:
        rows = await self._truth.after(scope, model, loaded.last_chunk)
        if rows:
            keys, stacked = await asyncio.to_thread(_stack, rows)
            if loaded.tail is None:
                loaded.tail = vectors.create_exact(stacked.shape[1])
            loaded.tail.add_with_ids(stacked, keys)
            loaded.last_chunk = rows[-1][0]
        removed, loaded.last_removal = await self._truth.removed_after(scope, loaded.last_removal)
        loaded.removed.update(removed)

    def loaded_scopes(self) -> tuple[int, ...]:
        """Return the scopes that this process has searched."""
        return tuple(self._scopes)

    def needs_compaction(self, scope: int) -> bool:
        """Whether the loaded tail and mask of a scope have grown enough to publish a generation."""
        loaded = self._scopes.get(scope)
        if loaded is None:
            return False
        return loaded.tail_size + len(loaded.removed) > max(TAIL_LIMIT, TAIL_FRACTION * loaded.base_size)

    async def compact(self, scope: int, model: str) -> Generation | None:
        """Build and publish the next generation of a scope from the store.

        None when another process does so, when there is nothing to publish, or when vectors changed meanwhile.

        Raises:
            StoreFullError: The folder cannot be written.
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
        rows = await self._truth.after(scope, model, 0)
        if not rows:
            return None
        old = await self._truth.generation(scope)
        number = old.number + 1 if old else self._next_number(scope)
        path = self._folder / f"{scope}-{number}.faiss"
        self._remove_partial_files(scope)
        checksum = await asyncio.to_thread(_build_file, rows, path)
        generation = Generation(scope, number, path.name, checksum, model, len(rows), rows[-1][0], removal)
        if not await self._truth.publish(generation, self._now(), reembeddings):
            path.unlink(missing_ok=True)
            return None
        self._remove_old_files(scope, number)
        return generation

    def _next_number(self, scope: int) -> int:
        """A number no file has: a withdrawn generation may still be mapped by another process."""
        return 1 + max((_number(path) for path in self._folder.glob(f"{scope}-*.faiss")), default=0)

    def _remove_partial_files(self, scope: int) -> None:
        """Delete what a killed process left; only the holder of the scope's lock writes here."""
        for path in self._folder.glob(f"{scope}-*.partial"):
            path.unlink(missing_ok=True)

    def _remove_old_files(self, scope: int, number: int) -> None:
        """Delete files that no reader opens any more; the one before stays for those that just read its row."""
        for path in self._folder.glob(f"{scope}-*.faiss"):
            if _number(path) < number - 1:
                # Windows keeps a file that another process has mapped; the next compaction tries again.
                with contextlib.suppress(PermissionError):
                    path.unlink(missing_ok=True)

    def _report(self, notice: str) -> None:
        logger.warning(notice)
        self.notices.append(notice)

    def sizes(self) -> dict[int, dict[str, int]]:
        """Return, for each loaded scope, its generation's number and how many vectors stand where."""
        return {
            scope: {
                "generation": loaded.generation.number if loaded.generation else 0,
                "published": loaded.base_size,
                "tail": loaded.tail_size,
                "removed": len(loaded.removed),
            }
            for scope, loaded in self._scopes.items()
        }


def _stack(rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    import numpy as np

    return np.array([key for key, _ in rows], dtype=np.int64), vectors.from_bytes([vector for _, vector in rows])


def _build_file(rows: Sequence[tuple[int, bytes]], path: Path) -> str:
    return vectors.write_index(vectors.build_index(*_stack(rows)), path)


def _number(path: Path) -> int:
    try:
        return int(path.stem.rpartition("-")[2])
    except ValueError:
        return 0
