"""Chunk headers kept in memory between queries: most candidates of one query are candidates of the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluorite_mcp.models import Chunk

# A repository's worth; a header takes about a kilobyte.
_HEADERS_KEPT = 30_000


class HeaderSource(Protocol):
    """Reads chunks without their text."""

    async def load_headers(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Return living chunks by key."""
        ...

    async def headers_of_scope(self, scope: int, limit: int) -> dict[int, Chunk]:
        """Return living chunks of a scope by key, at most so many."""
        ...

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        ...


class HeaderCache:
    """Serves headers from memory until the store changes."""

    def __init__(self, source: HeaderSource) -> None:
        self._source = source
        self._version = -1
        self._headers: dict[int, Chunk] = {}

    async def load_headers(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Return living chunks by key without their text."""
        known = await self._current()
        missing = [key for key in keys if key not in known]
        if missing:
            known |= await self._source.load_headers(missing)
        return {key: known[key] for key in keys if key in known}

    async def load_scope(self, scope: int, limit: int) -> None:
        """Read the chunks of a scope, at most so many, before they are asked for."""
        known = await self._current()
        known |= await self._source.headers_of_scope(scope, limit)

    async def _current(self) -> dict[int, Chunk]:
        """Return what is kept, which is nothing if the store has changed."""
        version = await self._source.version()
        if version != self._version or len(self._headers) > _HEADERS_KEPT:
            self._headers, self._version = {}, version
        return self._headers
