"""The vector index of the store: published generations, a tail of newer vectors, a mask of removed ones.

A generation is a file that holds a scope's vectors up to some chunk; readers map it into memory, add the vectors
the store has beyond it (the tail) and leave out what was removed since. One process at a time compacts: builds the
next generation and publishes its row once the file is safe on disk. A missing or damaged file costs nothing but
time: its vectors come from the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluorite_mcp.errors import StoreError
from fluorite_mcp.freed_memory import return_freed_memory
from fluorite_mcp.index import vectors
from fluorite_mcp.index.compaction import PORTION, Compactor
from fluorite_mcp.index.postings import MAX_ROWS
from fluorite_mcp.index.truth import VectorTruth
from fluorite_mcp.index.word_files import WordFiles, WordSource
from fluorite_mcp.index.word_lists import WORD_LISTS_FROM
from fluorite_mcp.models import Generation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# A tail is searched exactly; beyond this many vectors, or this part of the generation, compacting pays.
TAIL_LIMIT = 2_000
TAIL_FRACTION = 0.1
# So many are searched in half a millisecond; a large generation must not wait for its tenth part.
TAIL_MOST = 20_000

# A tail that grows in one piece would be copied whole as it does, at twice its size.
_TAIL_BLOCK = 65_536

# A change of so many chunks is followed without a thread.
_FEW_CHUNKS = 32

# Rounded hits that get their exact cosines from the store: rounding moves a hit by a few places.
RERANKED = 16


@dataclass(slots=True)
class _Scope:
    """What this process has loaded of one scope."""

    model: str
    state: tuple[int, int, int, int]
    generation: Generation | None = None
    base: Any | None = None
    tails: list[Any] = field(default_factory=list)
    last_chunk: int = 0
    last_removal: int = 0
    removed: set[int] = field(default_factory=set)
    # The store's version at which the state was read last.
    version: int = -1

    @property
    def tail_size(self) -> int:
        return sum(int(tail.ntotal) for tail in self.tails)

    @property
    def base_size(self) -> int:
        return int(self.base.ntotal) if self.base is not None else 0


class VectorIndex:
    """Searches the vectors of scopes, following the store as it changes.

    Args:
        truth: The store's vectors.
        words: Reads the store's words, which are published with them.
        files: Opens what is published of words.
        folder: Where the files lie.
        now: Gives the time.
    """

    def __init__(
        self, truth: VectorTruth, words: WordSource, files: WordFiles, folder: Path, now: Callable[[], str]
    ) -> None:
        self._truth = truth
        self._files = files
        self._folder = folder
        self._compactor = Compactor(truth, words, folder, now, self._open_ahead)
        # The newest generation this process built, until a search takes it over.
        self._opened: dict[int, tuple[Generation, Any | None]] = {}
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
        exact: list[tuple[int, float]] = []
        rounded: list[tuple[int, float]] = []
        version = await self._truth.version()
        for scope in scopes:
            loaded = await self._refresh(scope, model, version)
            for index in (loaded.base, *loaded.tails):
                if index is not None and index.d == query.shape[0]:
                    near = vectors.search_index(index, query, limit, removed=loaded.removed, allowed=allowed)
                    (rounded if vectors.is_rounded(index) else exact).extend(near)
        exact += await self._exact(_nearest(rounded, limit), model, query)
        return _nearest(exact, limit)

    async def _exact(
        self, near: Sequence[tuple[int, float]], model: str, query: NDArray[np.float32]
    ) -> list[tuple[int, float]]:
        """Return the best rounded hits in the order of the vectors that the store keeps, then the rest."""
        if not near:
            return []
        best, rest = near[:RERANKED], near[RERANKED:]
        kept = await self._truth.find([key for key, _ in best], model)
        if not kept:
            return list(near)
        scores = vectors.from_bytes(list(kept.values())) @ query
        exact = sorted(zip(kept, scores.tolist(), strict=True), key=lambda pair: -pair[1])
        # Rounded cosines may lie above the last exact one; the order of hits must not come apart there.
        lowest = exact[-1][1]
        return exact + [(key, min(score, lowest)) for key, score in rest]

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
            await self._catch_up(scope, model, loaded, state)
            loaded.state, loaded.version = state, version
            return loaded

    async def _load(self, scope: int, model: str, state: tuple[int, int, int, int]) -> _Scope:
        generation = await self._truth.generation(scope)
        if generation is None or generation.model != model:
            return _Scope(model, state)
        opened, base = self._opened.pop(scope, (None, None))
        if opened != generation:
            base = await self._open(generation)
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

    async def _catch_up(self, scope: int, model: str, loaded: _Scope, state: tuple[int, int, int, int]) -> None:
        _, newest, removal, _ = state
        # One stored chunk is read in less time than handing over to a thread takes; it is the usual change.
        portion = PORTION if newest - loaded.last_chunk > _FEW_CHUNKS else _FEW_CHUNKS
        while newest > loaded.last_chunk:
            rows = await self._truth.after(scope, model, loaded.last_chunk, portion)
            if not rows:
                # The newest chunk of all is of another scope; nothing older will come here.
                loaded.last_chunk = newest
                break
            if not loaded.tails or loaded.tails[-1].ntotal >= _TAIL_BLOCK:
                is_large = loaded.tail_size > vectors.EXACT_LIMIT
                loaded.tails.append(vectors.build_rounded(rows) if is_large else vectors.build_exact(rows))
            else:
                vectors.add_stored(loaded.tails[-1], rows)
            loaded.last_chunk = rows[-1][0]
        if removal > loaded.last_removal:
            removed, loaded.last_removal = await self._truth.removed_after(scope, loaded.last_removal)
            loaded.removed.update(removed)

    def loaded_scopes(self) -> tuple[int, ...]:
        """Return the scopes that this process has searched."""
        return tuple(self._scopes)

    def needs_compaction(self, scope: int) -> bool:
        """Whether the loaded tail and mask of a scope have grown enough to publish a generation."""
        loaded = self._scopes.get(scope)
        # What was built and not taken over, since vectors changed meanwhile, is cleared up by the next search.
        if loaded is None or scope in self._opened:
            return False
        if _lacks_words(loaded.generation) or self._files.is_damaged(scope):
            return True
        grown = loaded.tail_size + len(loaded.removed)
        return grown > max(TAIL_LIMIT, min(TAIL_FRACTION * loaded.base_size, TAIL_MOST))

    async def compact(self, scope: int, model: str) -> Generation | None:
        """Build and publish the next generation of a scope from the store, and open it before a search needs it.

        None when another process does so, when there is nothing to publish, or when vectors changed meanwhile.

        Raises:
            StoreFullError: The folder cannot be written.
            StoreError: The process that builds ended early.
        """
        # What learning left behind need not stand beside what is built.
        await asyncio.to_thread(return_freed_memory)
        generation = await self._compactor.compact(scope, model)
        if generation is not None and scope in self._scopes:
            # At once, not with the next search: the generation takes the place of vectors that waited in memory.
            await self._refresh(scope, model, await self._truth.version())
            await asyncio.to_thread(return_freed_memory)
        return generation

    async def _open_ahead(self, generation: Generation) -> None:
        if generation.scope in self._scopes:
            await self._files.get(generation)
            self._opened[generation.scope] = (generation, await self._open(generation))

    async def _open(self, generation: Generation) -> Any | None:
        return await asyncio.to_thread(vectors.read_index, self._folder / generation.file, generation.checksum)

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


def _lacks_words(generation: Generation | None) -> bool:
    """Whether a generation of a large scope was published without its words."""
    return generation is not None and generation.words_file is None and WORD_LISTS_FROM < generation.rows <= MAX_ROWS


def _nearest(found: list[tuple[int, float]], limit: int) -> list[tuple[int, float]]:
    return sorted(found, key=lambda pair: -pair[1])[:limit]
