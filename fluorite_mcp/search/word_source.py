"""Reads from the store what word indexes are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluorite_mcp.index.postings import ChunkWords
from fluorite_mcp.search.profile import profile_words


class ProfileRows(Protocol):
    """Reads the profiles of chunks."""

    async def profile_bytes(self, keys: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return the profiles of living chunks, in order of their keys."""
        ...

    async def profiles_between(self, scope: int, after: int, until: int) -> list[tuple[int, bytes]]:
        """Return the profiles of the living chunks of a scope in a range of keys, in order."""
        ...


class ProfileWordSource:
    """Takes the words of chunks from their profiles."""

    def __init__(self, rows: ProfileRows) -> None:
        self._rows = rows

    async def words_of(self, keys: Sequence[int]) -> list[tuple[int, ChunkWords]]:
        """Return (chunk, words) of living chunks, in order of their keys."""
        return [(key, profile_words(data)) for key, data in await self._rows.profile_bytes(keys)]

    async def words_between(self, scope: int, after: int, until: int) -> list[tuple[int, ChunkWords]]:
        """Return (chunk, words) of the living chunks of a scope in a range of keys, in order."""
        return [(key, profile_words(data)) for key, data in await self._rows.profiles_between(scope, after, until)]
