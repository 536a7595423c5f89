from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fluorite_mcp.embedding.remote import ATTEMPTS, Endpoint, RemoteEmbedder
from fluorite_mcp.errors import EmbeddingError

if TYPE_CHECKING:
    from tests.embedding.conftest import EmbeddingServer

REMOTE_DIMENSIONS = 4  # of the vectors that the server fixture gives
KEY = "sk-very-secret"


def embedder_for(url: str, *, key: str | None = KEY, timeout: float = 5.0, batch_size: int = 2) -> RemoteEmbedder:
    return RemoteEmbedder(Endpoint(url, "tiny", key), batch_size=batch_size, timeout=timeout, first_delay=0.01)


def answer(*vectors: list[Any]) -> bytes:
    return json.dumps({"data": [{"index": i, "embedding": vector} for i, vector in enumerate(vectors)]}).encode()


def test_texts_are_sent_in_batches_and_rows_come_back_in_order(server: EmbeddingServer) -> None:
    texts = ["one", "three", "", "eleven", "a", "bee"]
    vectors = embedder_for(server.url).embed(texts)
    assert [request["input"] for request in server.requests] == [["one", "three"], ["eleven", "a"], ["bee"]]
    assert server.requests[0]["model"] == "tiny"
    expected = np.array([server.vector(text) if text else [0.0] * REMOTE_DIMENSIONS for text in texts])
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    assert vectors == pytest.approx(expected / np.where(lengths == 0, 1, lengths), abs=1e-6)


def test_the_key_goes_into_the_header_and_nowhere_else(server: EmbeddingServer) -> None:
    embedder = embedder_for(server.url)
    embedder.embed(["one"])
    assert server.keys == [f"Bearer {KEY}"]
    assert KEY not in embedder.name + repr(embedder._endpoint)


def test_without_a_key_no_header_is_sent(server: EmbeddingServer) -> None:
    embedder_for(server.url, key=None).embed(["one"])
    assert server.keys == [None]


def test_a_busy_endpoint_is_asked_again_after_the_time_it_wants(server: EmbeddingServer) -> None:
    server.then(429, retry_after="0.2")
    server.then(503, retry_after="tomorrow")
    start = time.monotonic()
    assert embedder_for(server.url).embed(["one"]).shape == (1, REMOTE_DIMENSIONS)
    assert time.monotonic() - start >= 0.2
    assert len(server.requests) == 3


def test_an_endpoint_that_keeps_failing_is_given_up(server: EmbeddingServer) -> None:
    for _ in range(ATTEMPTS):
        server.then(500, b"boom")
    with pytest.raises(EmbeddingError, match=r"status 500, 4 times.*builtin"):
        embedder_for(server.url).embed(["one"])
    assert len(server.requests) == ATTEMPTS


def test_a_refusal_is_not_repeated_and_never_shows_the_key(server: EmbeddingServer) -> None:
    server.then(401, f"wrong key {KEY}".encode())
    with pytest.raises(EmbeddingError, match=r"status 401: wrong key \*\*\*") as caught:
        embedder_for(server.url).embed(["one"])
    assert KEY not in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "not JSON"),
        (b"[]", "no vectors"),
        (b'{"data": null}', "no vectors"),
        (b'{"data": [{"index": 0}]}', "no vectors"),
        (answer(["x", "y"]), "no vectors"),
        (answer([1.0], [1.0, 2.0]), "no vectors"),
        (answer([1.0, 2.0]), "1 vectors for 2 texts"),
        (b'{"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}', "2 vectors for 2 texts"),
        (b'{"data": [{"index": 0, "embedding": 1}, {"index": 1, "embedding": 2}]}', "2 vectors for 2 texts"),
        (answer([float("nan")], [1.0]), "not numbers"),
    ],
)
def test_an_answer_that_holds_no_vectors_is_refused(server: EmbeddingServer, body: bytes, reason: str) -> None:
    server.then(200, body)
    with pytest.raises(EmbeddingError, match=reason):
        embedder_for(server.url).embed(["one", "two"])
    assert len(server.requests) == 1


def test_vectors_may_not_change_their_length(server: EmbeddingServer) -> None:
    embedder = embedder_for(server.url)
    assert embedder.dimensions == REMOTE_DIMENSIONS
    server.then(200, answer([1.0, 2.0]))
    with pytest.raises(EmbeddingError, match="changed from 4 to 2"):
        embedder.embed(["one"])


def test_a_port_where_nobody_listens_is_one_clear_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EmbeddingError, match=r"127\.0\.0\.1.*cannot be reached"):
        embedder_for(f"http://127.0.0.1:{port}/v1/embeddings").embed(["one"])


def test_a_server_that_never_answers_runs_into_the_timeout() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/embeddings"
        with pytest.raises(EmbeddingError, match="cannot be reached"):
            embedder_for(url, timeout=0.05).embed(["one"])


def test_an_answer_that_cannot_be_unpacked_is_an_error(server: EmbeddingServer) -> None:
    server.then(200, b"not gzip", Content_Encoding="gzip")
    with pytest.raises(EmbeddingError, match="cannot be read"):
        embedder_for(server.url).embed(["one"])


def test_a_redirect_is_not_followed_with_the_key(server: EmbeddingServer) -> None:
    server.then(307, location=server.url)
    with pytest.raises(EmbeddingError, match="status 307"):
        embedder_for(server.url).embed(["one"])
    assert len(server.requests) == 1


def test_a_closed_embedder_connects_again(server: EmbeddingServer) -> None:
    embedder = embedder_for(server.url)
    embedder.close()
    first = embedder.embed(["one"])
    embedder.close()
    assert np.array_equal(embedder.embed(["one"]), first)
    embedder.close()


def test_the_name_tells_host_and_model_without_credentials() -> None:
    endpoint = Endpoint("https://user:password@example.org/v1/embeddings?token=x", "org/model")
    assert RemoteEmbedder(endpoint, batch_size=1).name == "remote:example.org/org/model"
