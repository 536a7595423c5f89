"""What every embedder promises, held by each of them with its real backend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fluorite_mcp.embedding.builtin import BuiltinEmbedder
from fluorite_mcp.embedding.cached import CachedEmbedder
from fluorite_mcp.embedding.fastembed_model import FastEmbedder
from fluorite_mcp.embedding.remote import Endpoint, RemoteEmbedder

if TYPE_CHECKING:
    from fluorite_mcp.ports import Embedder
    from tests.embedding.conftest import DictCache, EmbeddingServer

TEXTS = ["red cache", "retry the request", "", "green", "red cache"]
JUNK = [
    "\ud800red\udfff",
    "\x00\x07",
    "\u202egreen\ufeff",
    "cafe\u0301 red",
    "👩‍👩‍👧‍👦 blue",
    "キャッシュ retry",
    " \t\n",
]


@pytest.fixture(params=["builtin", "fastembed", "remote", "cached"])
def embedder(
    request: pytest.FixtureRequest, tiny_model: Path, server: EmbeddingServer, tmp_path: Path, cache: DictCache
) -> Embedder:
    def fast() -> FastEmbedder:
        return FastEmbedder(tiny_model, cache_dir=tmp_path, cpu_only=True, num_threads=1, batch_size=2)

    make: dict[str, Callable[[], Embedder]] = {
        "builtin": BuiltinEmbedder,
        "fastembed": fast,
        "remote": lambda: RemoteEmbedder(Endpoint(server.url, "tiny"), batch_size=2, first_delay=0.01),
        "cached": lambda: CachedEmbedder(fast(), cache),
    }
    return make[request.param]()


def test_each_text_gets_a_row_of_length_one_and_blank_text_a_row_of_zeros(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0, 1, 1], abs=1e-5)


def test_no_texts_give_an_empty_matrix_of_full_width(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_blank_texts_alone_give_rows_of_zeros(embedder: Embedder) -> None:
    vectors = embedder.embed(["", " \n"])
    assert vectors.shape == (2, embedder.dimensions)
    assert not vectors.any()


def test_the_same_text_gets_the_same_vector_in_any_company(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    assert np.array_equal(together, embedder.embed(TEXTS))
    assert together[0] == pytest.approx(together[4], abs=1e-6)
    assert embedder.embed(["red cache"])[0] == pytest.approx(together[0], abs=1e-6)


def test_a_query_has_one_dimension_and_finds_its_own_text(embedder: Embedder) -> None:
    query = embedder.embed_query("red cache")
    assert query.shape == (embedder.dimensions,)
    assert int(np.argmax(embedder.embed(TEXTS) @ query)) in {0, 4}


def test_broken_unicode_is_embedded_without_an_error(embedder: Embedder) -> None:
    vectors = embedder.embed(JUNK)
    assert np.isfinite(vectors).all()
    assert vectors[0].any()
    assert not vectors[-1].any()


def test_a_text_of_a_million_characters_is_embedded_by_its_beginning(embedder: Embedder) -> None:
    long = "red cache " * 100_000
    assert embedder.embed([long])[0] == pytest.approx(embedder.embed([long[:20_000]])[0], abs=1e-6)


def test_threads_may_share_an_embedder_from_its_first_use(
    embedder: Embedder, run_at_once: Callable[[Callable[[], Any]], list[Any]]
) -> None:
    results = run_at_once(lambda: embedder.embed(TEXTS))
    for vectors in results:
        assert vectors == pytest.approx(results[0], abs=1e-6)


def test_the_name_stays_the_same_before_and_after_loading(embedder: Embedder) -> None:
    before = embedder.name
    embedder.embed(["red"])
    assert embedder.name == before
    assert before
