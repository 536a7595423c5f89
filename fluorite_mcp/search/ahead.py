"""What a small scope holds is read whole once it was searched, behind the first answer.

Read at once, a chunk costs a small part of what it costs when a query meets it: one statement and a few passes over
arrays serve all of them. Chunk by chunk each of the next hundred queries would wait for those that it meets first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluorite_mcp.search.documents import DocumentCache
from fluorite_mcp.search.headers import HeaderCache

# A larger scope is read as its chunks are met: a query that comes meanwhile must not wait long.
SMALL_SCOPE_CHUNKS = 2_500


class ScopeSizes(Protocol):
    """Knows how large scopes are."""

    async def size_of_scope(self, scope: int, limit: int) -> int:
        """Return how many chunks a scope has; counts no further than the limit."""
        ...


class ReadAhead:
    """Reads the headers and documents of small scopes that were searched, once each."""

    def __init__(self, sizes: ScopeSizes, headers: HeaderCache, documents: DocumentCache) -> None:
        self._sizes = sizes
        self._headers = headers
        self._documents = documents
        self._seen: set[int] = set()
        self._waiting: list[int] = []
        self._large: set[int] = set()

    async def note(self, scopes: Sequence[int]) -> None:
        """Have those of the scopes that are small and were not noted before read by the next `read`."""
        for scope in scopes:
            if scope in self._seen:
                continue
            # Queries side by side all wait for the size, since results depend on it.
            size = await self._sizes.size_of_scope(scope, SMALL_SCOPE_CHUNKS + 1)
            if size > SMALL_SCOPE_CHUNKS:
                self._large.add(scope)
            elif scope not in self._seen:
                self._waiting.append(scope)
            self._seen.add(scope)

    def is_large(self, scopes: Sequence[int]) -> bool:
        """Whether one of the scopes was noted and is too large to be read."""
        return not self._large.isdisjoint(scopes)

    async def read(self) -> None:
        """Read the scopes that wait for it."""
        while self._waiting:
            scope = self._waiting[-1]
            await self._headers.load_scope(scope, SMALL_SCOPE_CHUNKS)
            await self._documents.load_scope(scope, SMALL_SCOPE_CHUNKS)
            self._waiting.remove(scope)
