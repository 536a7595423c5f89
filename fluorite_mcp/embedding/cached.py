"""Keeps the vectors of a slow embedder, so that the same text is never paid for twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.ports import BlobCache, Embedder


class CachedEmbedder:
    """Wraps an embedder; the cache may lose anything at any time.

    Args:
        embedder: The slow embedder that is asked for what the cache lacks.
        cache: Holds float32 bytes (little-endian) by model, purpose and hash of the text.
    """

    def __init__(self, embedder: Embedder, cache: BlobCache) -> None:
        self._embedder = embedder
        self._cache = cache
        self._dimensions: int | None = None

    @property
    def name(self) -> str:
        """The wrapped embedder's stamp: caching changes no vector."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """Length of each vector; cached too, so that a model is loaded only when a text is new."""
        if self._dimensions is None:
            value = self._cache.get(self._dimensions_key)
            if value is not None and value.isdigit():
                self._dimensions = int(value)
            else:
                self._remember_dimensions(self._embedder.dimensions)
        assert self._dimensions is not None  # noqa: S101 (set just above)
        return self._dimensions

    @property
    def is_slow(self) -> bool:
        """Whether the wrapped embedder is slow."""
        return self._embedder.is_slow

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed documents, asking the model once for each different text that is not cached.

        Raises:
            EmbeddingError: The model is needed and cannot answer.
        """
        import numpy as np

        keys = [self._key("document", text) for text in texts]
        found: dict[str, NDArray[np.float32]] = {}
        missing: dict[str, str] = {}
        for key, text in zip(keys, texts, strict=True):
            if key in found or key in missing:
                continue
            vector = self._read(key)
            if vector is None:
                missing[key] = text
            else:
                found[key] = vector
        if missing:
            vectors = self._embedder.embed(list(missing.values()))
            if vectors.shape[1] != self.dimensions:
                # Another model answers to the same name: what the cache holds of the old one no longer counts.
                self._remember_dimensions(vectors.shape[1])
                return self.embed(texts)
            for key, vector in zip(missing, vectors, strict=True):
                found[key] = vector
                self._write(key, vector)
        if not keys:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([found[key] for key in keys])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query; kept apart from documents, since some models treat queries differently."""
        key = self._key("query", text)
        vector = self._read(key)
        if vector is None:
            vector = self._embedder.embed_query(text)
            self._write(key, vector)
        return vector

    @property
    def _dimensions_key(self) -> str:
        return f"embedding:{self.name}:dimensions"

    def _remember_dimensions(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._cache.set(self._dimensions_key, str(dimensions).encode())

    def _key(self, purpose: str, text: str) -> str:
        import xxhash

        digest = xxhash.xxh3_128_hexdigest(text.encode("utf-8", errors="surrogatepass"))
        return f"embedding:{self.name}:{purpose}:{digest}"

    def _read(self, key: str) -> NDArray[np.float32] | None:
        """Return the cached vector, or None where it is missing or of another length than it should be."""
        import numpy as np

        value = self._cache.get(key)
        if value is None or len(value) != self.dimensions * np.dtype(np.float32).itemsize:
            return None
        return np.frombuffer(value, dtype="<f4").astype(np.float32)

    def _write(self, key: str, vector: NDArray[np.float32]) -> None:
        self._cache.set(key, vector.astype("<f4").tobytes())
