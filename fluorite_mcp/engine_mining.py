"""The parts that mine projects and find their patterns, composed for an engine."""

from __future__ import annotations

from collections.abc import Callable

from fluorite_mcp.engine_models import miner_command, patterns_command
from fluorite_mcp.engine_relations import engine_frameworks
from fluorite_mcp.learning.miner import ProjectMiner
from fluorite_mcp.operations.mine import Mine
from fluorite_mcp.operations.patterns import Patterns
from fluorite_mcp.ports import Embedder
from fluorite_mcp.settings import Settings
from fluorite_mcp.storage.store import Store


def engine_mining(
    settings: Settings, store: Store, embedder: Embedder, names: Embedder, now: Callable[[], str]
) -> Mine:
    """Return what keeps the mined files and the patterns of an engine's projects up to date.

    Args:
        settings: The engine's.
        store: Where both are.
        embedder: What embeds patterns, as any chunk.
        names: What compares the names of definitions.
        now: The time, in ISO 8601.
    """
    learning = settings.learning
    miner = ProjectMiner(
        store.database,
        store.mined,
        lock_folder=settings.data_dir / "locks",
        batch_size=learning.batch_size,
        worker_command=miner_command(settings),
    )
    patterns = Patterns(
        store.database,
        store.chunks,
        store.mined,
        store.history,
        store.meta,
        embedder,
        names,
        now,
        threshold=learning.quality_threshold,
        worker_command=patterns_command(settings),
    )
    return Mine(store.projects, store.chunks.version, miner, patterns, engine_frameworks(store))
