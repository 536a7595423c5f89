"""The engine behind the server, opened by the first call that needs it."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

from fluorite_mcp.learning.locate import Place
from fluorite_mcp.settings import Settings

if TYPE_CHECKING:
    from fluorite_mcp.engine import Engine


class LazyEngine:
    """Opens the engine once; where that failed, the next call tries again."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self._settings = settings
        self._place = place
        self._engine: Engine | None = None
        self._opening = asyncio.Lock()

    async def get(self) -> Engine:
        """Return the engine, opened.

        Raises:
            FluoriteError: It cannot be opened; the message says why and what to do.
        """
        async with self._opening:
            if self._engine is None:
                # In a thread, so that other requests are answered while numpy and faiss load.
                module = await asyncio.to_thread(importlib.import_module, "fluorite_mcp.engine")
                self._engine = await module.Engine.start(self._settings, self._place)
            return self._engine

    async def close(self) -> None:
        """Close the engine, if it is open; `get` opens it anew."""
        async with self._opening:
            engine, self._engine = self._engine, None
        if engine is not None:
            await engine.close()
