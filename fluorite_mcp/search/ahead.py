"""What a small scope holds is read whole when it is first searched, as its vectors are.

Read at once, a chunk costs a small part of what it costs when a query meets it: one statement and a few passes over
arrays serve all of them. Chunk by chunk each of the next hundred queries would wait for those that it meets first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluorite_mcp.search.documents import DocumentCache
from fluorite_mcp.search.headers import HeaderCache

# A larger scope is read as its chunks are met: a first answer must not wait for it.
SMALL_SCOPE_CHUNKS = 2_500


class ScopeSizes(Protocol):
    """Knows how large scopes are."""

    async def size_of_scope(self, scope: int, limit: int) -> int:
        """Return how many chunks a scope has; counts no further than the limit."""
        ...


class ReadAhead:
    """Reads the headers and documents of small scopes, once each, before they are first searched."""

    def __init__(self, sizes: ScopeSizes, headers: HeaderCache, documents: DocumentCache) -> None:
        self._sizes = sizes
        self._headers = headers
        self._documents = documents
        self._seen: set[int] = set()
        self._large: set[int] = set()

    def is_large(self, scopes: Sequence[int]) -> bool:
        """Whether one of the scopes is too large to have been read."""
        return not self._large.isdisjoint(scopes)

    async def read(self, scopes: Sequence[int]) -> None:
        """Read those of the scopes that are small and were not read before."""
        for scope in scopes:
            if scope in self._seen:
                continue
            # Queries side by side all wait for the size, since what they find depends on it.
            is_large = await self._sizes.size_of_scope(scope, SMALL_SCOPE_CHUNKS + 1) > SMALL_SCOPE_CHUNKS
            if scope in self._seen:
                continue
            self._seen.add(scope)
            if is_large:
                self._large.add(scope)
                continue
            await self._headers.load_scope(scope, SMALL_SCOPE_CHUNKS)
            await self._documents.load_scope(scope, SMALL_SCOPE_CHUNKS)
