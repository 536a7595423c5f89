"""The programs that work on other cores, as the engine's settings ask for them."""

from __future__ import annotations

import sys

from fluorite_mcp.ports import Embedder
from fluorite_mcp.settings import Settings

# -P: the working folder is the project's, and a module of its own must not become ours.
_WORKER = (sys.executable, "-P", "-m", "fluorite_mcp.worker")


def worker_command(settings: Settings, embedder: Embedder) -> tuple[str, ...]:
    """Return the program that prepares files; it embeds too, unless the model is too large to load twice."""
    if not settings.learning.parallel_processing:
        return ()
    return (*_WORKER, "" if embedder.is_slow else settings.ml.embedding_model)


def miner_command(settings: Settings) -> tuple[str, ...]:
    """Return the program that mines files."""
    return (*_WORKER, "--mine") if settings.learning.parallel_processing else ()


def patterns_command(settings: Settings) -> tuple[str, ...]:
    """Return the program that finds patterns."""
    return (*_WORKER, "--patterns") if settings.learning.parallel_processing else ()
