"""What vector indexes ask of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluorite_mcp.models import Generation


class VectorTruth(Protocol):
    """What the store knows of vectors: see `storage.vectors.VectorTable`."""

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        ...

    async def state(self, scope: int) -> tuple[int, int, int, int]:
        """Return the generation's number, the newest embedded chunk of all, the newest removal, the re-embeddings."""
        ...

    async def count(self, scope: int, model: str, chunk: int) -> int:
        """Return how many vectors a scope has of a model for chunks newer than one."""
        ...

    async def after(self, scope: int, model: str, chunk: int, limit: int) -> list[tuple[int, bytes]]:
        """Return (chunk, vector) for the next chunks newer than one, in order."""
        ...

    async def find(self, chunks: Sequence[int], model: str) -> dict[int, bytes]:
        """Return the vectors of some chunks."""
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
