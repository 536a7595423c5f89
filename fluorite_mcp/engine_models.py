"""The models of an engine, as the settings name them."""

from __future__ import annotations

import sys

from fluorite_mcp.embedding.cached import CachedEmbedder
from fluorite_mcp.embedding.guarded import GuardedEmbedder, GuardedReranker
from fluorite_mcp.embedding.registry import create_embedder, create_reranker
from fluorite_mcp.ports import BlobCache, Embedder, Reranker
from fluorite_mcp.settings import Settings


def engine_embedder(settings: Settings, cache: BlobCache) -> Embedder:
    """Return the configured embedder; one that does not work fails fast, and a slow one is cached."""
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


def engine_reranker(settings: Settings) -> Reranker | None:
    """Return the configured re-ranking model, if there is one."""
    reranker = create_reranker(
        settings.ml.reranker,
        cache_dir=settings.data_dir / "models",
        cpu_only=settings.ml.cpu_only,
        num_threads=settings.ml.num_threads,
    )
    return None if reranker is None else GuardedReranker(reranker)


def worker_command(settings: Settings, embedder: Embedder) -> tuple[str, ...]:
    """Return the program that prepares files on other cores; it embeds too, unless the model is too large for two."""
    if not settings.learning.parallel_processing:
        return ()
    model = "" if embedder.is_slow else settings.ml.embedding_model
    # -P: the working folder is the project's, and a module of its own must not become ours.
    return (sys.executable, "-P", "-m", "fluorite_mcp.worker", model)
