"""An OpenAI-compatible `/v1/embeddings` endpoint: OpenAI, Ollama, vLLM, llama.cpp, LM Studio and others."""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from fluorite_mcp.embedding.rows import embed_present
from fluorite_mcp.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx2
    import numpy as np
    from numpy.typing import NDArray

TIMEOUT_SECONDS: Final = 30.0
ATTEMPTS: Final = 4
FIRST_DELAY_SECONDS: Final = 0.5  # doubles with each retry
MAX_DELAY_SECONDS: Final = 10.0  # also for a server that asks to wait longer: a search is waiting
RETRIED_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
EXCERPT_CHARACTERS: Final = 200
HIDDEN: Final = "***"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask, for which model, with which key (kept out of every text)."""

    url: str
    model: str
    key: str | None = field(default=None, repr=False)


class _TryAgainError(Exception):
    """The endpoint may answer later. `delay` is how long it asked to wait, in seconds."""

    def __init__(self, reason: str, delay: float | None = None) -> None:
        super().__init__(reason)
        self.delay = delay


class RemoteEmbedder:
    """Embeds by asking an endpoint in batches. Connects on first use; threads may share it.

    Args:
        endpoint: URL, model and key.
        batch_size: Texts per request.
        timeout: Seconds without an answer before a request counts as failed.
        first_delay: Seconds before the first retry of a failed request.
    """

    is_slow: Final = True

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        batch_size: int,
        timeout: float = TIMEOUT_SECONDS,
        first_delay: float = FIRST_DELAY_SECONDS,
    ) -> None:
        self._endpoint = endpoint
        self._batch_size = batch_size
        self._timeout = timeout
        self._first_delay = first_delay
        self._lock = threading.Lock()
        self._client: httpx2.Client | None = None
        self._dimensions: int | None = None

    @property
    def name(self) -> str:
        """Host and model: the same name behind another host may be another model. Holds no credentials."""
        place = urlsplit(self._endpoint.url)
        port = f":{place.port}" if place.port else ""
        return f"remote:{place.hostname}{port}/{self._endpoint.model}"

    @property
    def dimensions(self) -> int:
        """Length of each vector, learned from the endpoint's first answer. May ask for one."""
        if self._dimensions is None:
            self._ask(["dimensions"])
        assert self._dimensions is not None  # noqa: S101 (an answer either sets it or raises)
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed documents. Blank texts are not sent; they get rows of zeros.

        Raises:
            EmbeddingError: The endpoint cannot be reached, refuses, or answers with something else than vectors.
        """
        return embed_present(texts, self._ask_in_batches, lambda: self.dimensions)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query, in the same way as a document: the protocol knows no difference."""
        vector: NDArray[np.float32] = self.embed([text])[0]
        return vector

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _ask_in_batches(self, texts: list[str]) -> NDArray[np.float32]:
        import numpy as np

        starts = range(0, len(texts), self._batch_size)
        return np.concatenate([self._ask(texts[start : start + self._batch_size]) for start in starts])

    def _ask(self, texts: list[str]) -> NDArray[np.float32]:
        """Return the vectors of one batch, trying again where waiting may help."""
        attempt, delay = 1, self._first_delay
        while True:
            try:
                return self._checked(self._request(texts), len(texts))
            except _TryAgainError as error:
                if attempt >= ATTEMPTS:
                    raise self._failed(f"{error}, {ATTEMPTS} times") from error
                time.sleep(min(delay if error.delay is None else error.delay, MAX_DELAY_SECONDS))
                attempt, delay = attempt + 1, delay * 2

    def _request(self, texts: list[str]) -> Any:
        """Send one request and return the JSON of its answer."""
        import httpx2

        headers = {"Authorization": f"Bearer {self._endpoint.key}"} if self._endpoint.key else {}
        body = {"model": self._endpoint.model, "input": texts, "encoding_format": "float"}
        try:
            answer = self._connection().post(self._endpoint.url, json=body, headers=headers)
        except httpx2.TransportError as error:
            raise _TryAgainError(f"it cannot be reached ({str(error) or type(error).__name__})") from error
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise self._failed(f"its answer or its URL cannot be read ({error})") from error
        if answer.status_code in RETRIED_STATUSES:
            raise _TryAgainError(f"it answered with status {answer.status_code}", _wanted_delay(answer))
        if not answer.is_success:
            raise self._failed(f"it answered with status {answer.status_code}: {answer.text[:EXCERPT_CHARACTERS]}")
        try:
            return answer.json()
        except ValueError as error:
            raise self._failed("its answer is not JSON") from error

    def _checked(self, answer: Any, count: int) -> NDArray[np.float32]:
        """Return the answer's vectors in the order of the texts, after checking number, length and values."""
        import numpy as np

        try:
            ordered = sorted(answer["data"], key=lambda row: row["index"])
            vectors = np.array([row["embedding"] for row in ordered], dtype=np.float32)
            indexes = [row["index"] for row in ordered]
        except (KeyError, TypeError, ValueError) as error:
            raise self._failed("its answer holds no vectors of equal length in `data`") from error
        if indexes != list(range(count)) or vectors.ndim != 2:
            raise self._failed(f"it answered {len(indexes)} vectors for {count} texts")
        if not np.isfinite(vectors).all():
            raise self._failed("its vectors hold values that are not numbers")
        with self._lock:
            if self._dimensions is None:
                self._dimensions = int(vectors.shape[1])
        if vectors.shape[1] != self._dimensions:
            raise self._failed(f"its vectors changed from {self._dimensions} to {vectors.shape[1]} dimensions")
        return vectors

    def _connection(self) -> httpx2.Client:
        import httpx2

        with self._lock:
            if self._client is None:
                # Redirects are not followed: the key belongs to the host that was configured.
                self._client = httpx2.Client(timeout=self._timeout, follow_redirects=False)
                weakref.finalize(self, self._client.close)
            return self._client

    def _failed(self, reason: str) -> EmbeddingError:
        if self._endpoint.key:
            reason = reason.replace(self._endpoint.key, HIDDEN)
        return EmbeddingError(
            f"The embedding endpoint {self.name} failed: {reason}. "
            'Check embedding_model and the endpoint\'s key, or set embedding_model = "builtin".'
        )


def _wanted_delay(answer: httpx2.Response) -> float | None:
    """Return the seconds of a Retry-After header; a date or nonsense counts as none."""
    try:
        return max(0.0, float(answer.headers.get("retry-after", "")))
    except ValueError:
        return None
