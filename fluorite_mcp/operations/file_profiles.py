"""Merged profiles of files, written where they are missing: work that no user waits for."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

from fluorite_mcp.models import ProfiledChunk, WaitingFile
from fluorite_mcp.ports import Embedder, Transactions
from fluorite_mcp.search.assembly import merged_profiles

# Written at once: some tenths of a second of work, and one change of the store that every process notices.
_FILES_AT_ONCE = 500
# What this process remembers of the store is read anew after each write. For a few files, such as those that are being
# edited, that costs more than putting them together when a search meets them.
WORTH_WRITING = 8


class WaitingFiles(Protocol):
    """Knows the files whose merged profiles are missing, and keeps what is made of them."""

    async def waiting(self, model: str, limit: int) -> list[WaitingFile]:
        """Return files that wait, at most so many."""
        ...

    async def write(self, model: str, profiles: Sequence[tuple[WaitingFile, bytes | None]]) -> None:
        """Keep the profiles of files that did not change again meanwhile; a file without chunks has None."""
        ...


class FileChunks(Protocol):
    """Reads the chunks of files as ranking sees them."""

    async def profiles_of_files(self, project: int, paths: Sequence[str], model: str) -> list[ProfiledChunk]:
        """Return the living chunks of some files of a project, with vectors of one model."""
        ...


class FileProfiles:
    """Puts the merged profiles of waiting files together and keeps them."""

    def __init__(self, transactions: Transactions, files: WaitingFiles, chunks: FileChunks, embedder: Embedder) -> None:
        self._transactions = transactions
        self._files = files
        self._chunks = chunks
        self._embedder = embedder

    async def write_waiting(self) -> None:
        """Write profiles as long as enough files wait for one."""
        model = self._embedder.name
        while len(waiting := await self._files.waiting(model, _FILES_AT_ONCE)) >= WORTH_WRITING:
            # Stamps were read before chunks: what changes in between is not written, and waits for the next round.
            parts = await self._parts(waiting, model)
            profiles = await asyncio.to_thread(_merged, waiting, parts)
            async with self._transactions.atomic():
                await self._files.write(model, profiles)

    async def _parts(
        self, waiting: Sequence[WaitingFile], model: str
    ) -> Mapping[tuple[int, str], Sequence[ProfiledChunk]]:
        paths: dict[int, list[str]] = defaultdict(list)
        for file in waiting:
            paths[file.project].append(file.path)
        parts: dict[tuple[int, str], list[ProfiledChunk]] = defaultdict(list)
        for project, of_project in paths.items():
            for row in await self._chunks.profiles_of_files(project, of_project, model):
                parts[project, row.path or ""].append(row)
        return parts


def _merged(
    waiting: Sequence[WaitingFile], parts: Mapping[tuple[int, str], Sequence[ProfiledChunk]]
) -> list[tuple[WaitingFile, bytes | None]]:
    profiles = dict(zip(parts, merged_profiles(list(parts.values())), strict=True))
    return [(file, profiles.get((file.project, file.path))) for file in waiting]
