from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fluorite_mcp.embedding.cached import CachedEmbedder
from fluorite_mcp.embedding.fastembed_model import FastEmbedder
from fluorite_mcp.embedding.remote import Endpoint, RemoteEmbedder

if TYPE_CHECKING:
    from tests.embedding.conftest import DictCache, EmbeddingServer


@pytest.fixture
def remote(server: EmbeddingServer) -> RemoteEmbedder:
    return RemoteEmbedder(Endpoint(server.url, "tiny"), batch_size=10, first_delay=0.01)


def sent(server: EmbeddingServer) -> list[str]:
    return [text for request in server.requests for text in request["input"]]


def test_only_new_texts_reach_the_model_and_each_once(
    remote: RemoteEmbedder, server: EmbeddingServer, cache: DictCache
) -> None:
    embedder = CachedEmbedder(remote, cache)
    embedder.embed(["one", "two", "one"])
    assert sent(server) == ["one", "two"]
    embedder.embed(["two", "three", "one"])
    assert sent(server) == ["one", "two", "three"]


def test_cached_and_computed_rows_come_in_the_order_of_the_texts(remote: RemoteEmbedder, cache: DictCache) -> None:
    embedder = CachedEmbedder(remote, cache)
    embedder.embed(["two", "four"])
    texts = ["one", "two", "three", "four", "one"]
    assert np.array_equal(embedder.embed(texts), remote.embed(texts))


def test_a_warm_cache_needs_no_model_at_all(tiny_model: Path, tmp_path: Path, cache: DictCache) -> None:
    def fresh() -> FastEmbedder:
        return FastEmbedder(tiny_model, cache_dir=tmp_path, cpu_only=True, num_threads=1, batch_size=4)

    expected = CachedEmbedder(fresh(), cache).embed(["red", "blue"])
    loaded = fresh()
    embedder = CachedEmbedder(loaded, cache)
    assert np.array_equal(embedder.embed(["red", "blue"]), expected)
    assert embedder.dimensions == expected.shape[1]
    assert loaded._model is None


def test_queries_are_cached_apart_from_documents(
    remote: RemoteEmbedder, server: EmbeddingServer, cache: DictCache
) -> None:
    embedder = CachedEmbedder(remote, cache)
    first = embedder.embed_query("one")
    embedder.embed(["one"])
    assert np.array_equal(embedder.embed_query("one"), first)
    assert sent(server) == ["one", "one"]


def test_a_damaged_value_is_computed_again(remote: RemoteEmbedder, cache: DictCache) -> None:
    embedder = CachedEmbedder(remote, cache)
    expected = embedder.embed(["one"])
    for key, value in cache.values.items():
        cache.values[key] = value[:-1]
    assert np.array_equal(CachedEmbedder(remote, cache).embed(["one"]), expected)


def test_vectors_of_another_length_under_the_same_name_replace_the_old(
    remote: RemoteEmbedder, cache: DictCache
) -> None:
    embedder = CachedEmbedder(remote, cache)
    cache.set(f"embedding:{remote.name}:dimensions", b"2")
    old = np.ones(2, dtype="<f4").tobytes()
    embedder.embed(["one"])
    cache.values = {key: b"2" if key.endswith("dimensions") else old for key in cache.values}
    vectors = CachedEmbedder(remote, cache).embed(["one", "two"])
    assert np.array_equal(vectors, remote.embed(["one", "two"]))


def test_the_name_is_that_of_the_model(remote: RemoteEmbedder, cache: DictCache) -> None:
    embedder = CachedEmbedder(remote, cache)
    assert embedder.name == remote.name
    assert embedder.is_slow
