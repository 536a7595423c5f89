"""Remembers for a while that a model does not work, so that not every search waits for the same failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from fluorite_mcp.errors import EmbeddingError, RerankingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.ports import Embedder, Reranker

# A download that failed is not tried again at once; a user who mended the cause does not wait long either.
RETRY_AFTER_SECONDS = 60.0

ResultT = TypeVar("ResultT")


class _Guard:
    """Runs actions; after one failed with `error_type`, the next fail at once for `RETRY_AFTER_SECONDS`."""

    def __init__(self, error_type: type[Exception], clock: Callable[[], float]) -> None:
        self._error_type = error_type
        self._clock = clock
        self._failure: Exception | None = None
        self._failed_at = 0.0

    def attempt(self, action: Callable[[], ResultT]) -> ResultT:
        if self._failure is not None and self._clock() - self._failed_at < RETRY_AFTER_SECONDS:
            raise self._error_type(str(self._failure))
        try:
            result = action()
        except self._error_type as error:
            self._failure, self._failed_at = error, self._clock()
            raise
        self._failure = None
        return result


class GuardedEmbedder:
    """Wraps an embedder that may fail slowly; after a failure it fails at once for `RETRY_AFTER_SECONDS`.

    Args:
        embedder: The embedder that may fail.
        clock: Seconds that only grow.
    """

    def __init__(self, embedder: Embedder, clock: Callable[[], float] = time.monotonic) -> None:
        self._embedder = embedder
        self._guard = _Guard(EmbeddingError, clock)

    @property
    def name(self) -> str:
        """The wrapped embedder's stamp."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """Length of each vector. May load the model."""
        return self._guard.attempt(lambda: self._embedder.dimensions)

    @property
    def is_slow(self) -> bool:
        """Whether the wrapped embedder is slow."""
        return self._embedder.is_slow

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed documents.

        Raises:
            EmbeddingError: The model does not work, now or a moment ago.
        """
        return self._guard.attempt(lambda: self._embedder.embed(texts))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query.

        Raises:
            EmbeddingError: The model does not work, now or a moment ago.
        """
        return self._guard.attempt(lambda: self._embedder.embed_query(text))


class GuardedReranker:
    """Wraps a re-ranking model that may fail slowly; after a failure it fails at once for `RETRY_AFTER_SECONDS`.

    Args:
        reranker: The model that may fail.
        clock: Seconds that only grow.
    """

    def __init__(self, reranker: Reranker, clock: Callable[[], float] = time.monotonic) -> None:
        self._reranker = reranker
        self._guard = _Guard(RerankingError, clock)

    @property
    def name(self) -> str:
        """The wrapped model's stamp."""
        return self._reranker.name

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Score texts.

        Raises:
            RerankingError: The model does not work, now or a moment ago.
        """
        return self._guard.attempt(lambda: self._reranker.score(query, texts))
