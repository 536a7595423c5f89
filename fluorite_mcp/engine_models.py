"""The models and worker programs of an engine, as the settings name them."""

from __future__ import annotations

import os
import sys

from fluorite_mcp.embedding.builtin import BUILTIN, BuiltinEmbedder
from fluorite_mcp.embedding.cached import CachedEmbedder
from fluorite_mcp.embedding.guarded import GuardedEmbedder, GuardedReranker
from fluorite_mcp.embedding.registry import create_embedder, create_reranker
from fluorite_mcp.learning.workers import WorkerCommands
from fluorite_mcp.ports import BlobCache, Embedder, Reranker
from fluorite_mcp.settings import Settings

# -P: the working folder is the project's, and a module of its own must not become ours.
_WORKER = (sys.executable, "-P", "-m", "fluorite_mcp.worker")


def engine_embedder(settings: Settings, cache: BlobCache) -> Embedder:
    """Return the configured embedder; one that does not work fails fast, and a slow one is cached."""
    _have_algebra_on_one_core()
    key = settings.embedding_key
    embedder = create_embedder(
        settings.ml.embedding_model,
        cache_dir=settings.data_dir / "models",
        cpu_only=settings.ml.cpu_only,
        num_threads=settings.ml.num_threads,
        batch_size=settings.learning.batch_size,
        endpoint_key=key.get_secret_value() if key else None,
    )
    return GuardedEmbedder(CachedEmbedder(embedder, cache) if embedder.is_slow else embedder)


def names_model(settings: Settings, model: Embedder) -> Embedder:
    """Return the bundled model, which compares names and words whatever the chunks are embedded with.

    Args:
        settings: The engine's.
        model: What embeds the chunks, without measuring: names are compared too often for that.
    """
    return model if settings.ml.embedding_model == BUILTIN else BuiltinEmbedder()


def _have_algebra_on_one_core() -> None:
    """Have numpy's linear algebra start no threads, unless somebody asked for some or numpy is imported already.

    It reads this when it is imported. A product here takes a millisecond or two; a team of threads for it waits for
    each other, and in a learning for the threads that parse: all in all it took half of a small tree's time.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def engine_reranker(settings: Settings) -> Reranker | None:
    """Return the configured re-ranking model, if there is one."""
    reranker = create_reranker(
        settings.ml.reranker,
        cache_dir=settings.data_dir / "models",
        cpu_only=settings.ml.cpu_only,
        num_threads=settings.ml.num_threads,
    )
    return None if reranker is None else GuardedReranker(reranker)


def worker_commands(settings: Settings, embedder: Embedder) -> WorkerCommands:
    """Return the programs that prepare files on other cores; none embeds with a model that is too large for two."""
    if not settings.learning.parallel_processing:
        return WorkerCommands()
    return WorkerCommands(_WORKER, _WORKER if embedder.is_slow else (*_WORKER, settings.ml.embedding_model))


def miner_command(settings: Settings) -> tuple[str, ...]:
    """Return the program that mines files."""
    return (*_WORKER, "--mine") if settings.learning.parallel_processing else ()


def patterns_command(settings: Settings) -> tuple[str, ...]:
    """Return the program that finds patterns."""
    return (*_WORKER, "--patterns") if settings.learning.parallel_processing else ()
