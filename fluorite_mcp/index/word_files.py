"""The files of words of large scopes: each is opened once, and may be opened before a search needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from fluorite_mcp.index.postings import ChunkWords
from fluorite_mcp.index.word_lists import WordLists, read_word_lists
from fluorite_mcp.models import Generation


class WordSource(Protocol):
    """Reads the words of chunks from the store."""

    async def words_of(self, keys: Sequence[int]) -> list[tuple[int, ChunkWords]]:
        """Return (chunk, words) of living chunks, in order of their keys."""
        ...

    async def words_between(self, scope: int, after: int, until: int) -> list[tuple[int, ChunkWords]]:
        """Return (chunk, words) of the living chunks of a scope in a range of keys, in order.

        Args:
            scope: A project's key, or `GLOBAL_SCOPE`.
            after: Only chunks with a larger key.
            until: Only chunks with at most this key.
        """
        ...


class WordFiles:
    """Opens files of words.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # The newest that was opened of each scope.
        self._open: dict[int, tuple[Generation, WordLists | None]] = {}
        # What the user should hear of once, such as a damaged file.
        self.notices: list[str] = []

    async def get(self, generation: Generation) -> WordLists | None:
        """Return the words of a generation; None where it has none, or the file is missing or damaged."""
        if generation.words_file is None or generation.words_checksum is None:
            return None
        known, lists = self._open.get(generation.scope, (None, None))
        if known == generation:
            return lists
        path = self._folder / generation.words_file
        lists = await asyncio.to_thread(read_word_lists, path, generation.words_checksum)
        if lists is None:
            self.notices.append(f"The word index {path.name} was missing or damaged and is rebuilt from the store.")
        self._open[generation.scope] = generation, lists
        return lists

    def is_damaged(self, scope: int) -> bool:
        """Whether the newest file of a scope that was asked for could not be used."""
        return scope in self._open and self._open[scope][1] is None
