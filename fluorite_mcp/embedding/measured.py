"""An embedder whose calls are timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluorite_mcp.measures import EMBED_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.measures import Measures
    from fluorite_mcp.ports import Embedder


class MeasuredEmbedder:
    """Wraps an embedder; each call of this process is one observation, whether it embeds one text or many."""

    def __init__(self, embedder: Embedder, measures: Measures) -> None:
        self._embedder = embedder
        self._measures = measures

    @property
    def name(self) -> str:
        """The wrapped embedder's stamp."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """The wrapped embedder's dimensions."""
        return self._embedder.dimensions

    @property
    def is_slow(self) -> bool:
        """Whether the wrapped embedder's vectors are worth caching."""
        return self._embedder.is_slow

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed documents."""
        with self._measures.timed(EMBED_SECONDS):
            return self._embedder.embed(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query."""
        with self._measures.timed(EMBED_SECONDS):
            return self._embedder.embed_query(text)
