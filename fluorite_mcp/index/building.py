"""Makers of index files: which one makes what is ordered, and building in this process."""

from __future__ import annotations

import asyncio

from fluorite_mcp.index.build_order import BuildOrder, IndexMaker, Portion


def start_making(order: BuildOrder) -> IndexMaker:
    """Return what makes an index.

    Raises:
        OSError: The folder cannot be written.
    """
    # What the other one needs is not loaded.
    if order.kind == "words":
        from fluorite_mcp.index.word_lists_build import WordListsBuild

        return WordListsBuild(order)
    from fluorite_mcp.index.vector_build import InvertedIndexBuild

    return InvertedIndexBuild(order)


class BuildHere:
    """Builds in threads of this process: where no other one can be started."""

    def __init__(self) -> None:
        self._maker: IndexMaker | None = None

    async def begin(self, order: BuildOrder) -> bool:
        """Start. Returns whether the base serves."""
        self._maker = await asyncio.to_thread(start_making, order)
        return self._maker.goes_on

    async def take(self, portion: Portion) -> None:
        """Take a portion in."""
        assert self._maker is not None  # noqa: S101 - begun
        await asyncio.to_thread(self._maker.take, portion)

    async def finish(self) -> tuple[str, int]:
        """Write the file. Returns its checksum and the number of chunks in it."""
        assert self._maker is not None  # noqa: S101 - begun
        return await asyncio.to_thread(self._maker.finish)
