from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fluorite_mcp.embedding.builtin import BUILTIN
from fluorite_mcp.embedding.fastembed_model import FastEmbedder
from fluorite_mcp.embedding.registry import create_embedder, list_models
from fluorite_mcp.errors import ConfigError

if TYPE_CHECKING:
    from fluorite_mcp.ports import Embedder
    from tests.embedding.conftest import EmbeddingServer


def create(model: str, *, key: str | None = None) -> Embedder:
    return create_embedder(
        model, cache_dir=Path("unused"), cpu_only=True, num_threads=1, batch_size=8, endpoint_key=key
    )


def test_builtin_is_the_bundled_model() -> None:
    embedder = create("builtin")
    assert embedder.name.startswith("builtin-")
    assert not embedder.is_slow


def test_a_folder_with_a_model_is_used(tiny_model: Path) -> None:
    embedder = create(str(tiny_model))
    assert embedder.name.startswith("folder:tiny@")
    assert embedder.embed(["red"]).any()


def test_a_folder_without_a_model_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no usable model: it needs tokenizer\.json.*onnx/model\.onnx"):
        create(str(tmp_path))


def test_an_endpoint_is_asked_for_the_model_after_the_hash_sign(server: EmbeddingServer) -> None:
    create(f"{server.url}#org/tiny", key=" secret\n").embed(["one"])
    assert server.requests[0]["model"] == "org/tiny"
    assert server.keys == ["Bearer secret"]


@pytest.mark.parametrize("url", ["https://host/v1", "https://host/v1#", "https://#m", "http://[x#m", "http://h:port#m"])
def test_an_endpoint_without_host_or_model_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="https://host/v1/embeddings#model"):
        create(url)


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="key of the embedding endpoint") as caught:
        create("https://host/v1#m", key="sécret\nkey")
    assert "cret" not in str(caught.value).replace("secret", "")


@pytest.mark.parametrize("name", ["BAAI/bge-small-en-v1.5", "baai/BGE-small-en-v1.5"])
def test_a_catalogued_model_is_found_in_any_case_and_not_loaded(name: str) -> None:
    embedder = create(name)
    assert isinstance(embedder, FastEmbedder)
    assert embedder.name == "fastembed:BAAI/bge-small-en-v1.5"
    assert embedder._model is None


@pytest.mark.parametrize(
    ("name", "hint"),
    [("buildin", '"builtin"'), ("BAAI/bge-smal-en-v1.5", '"BAAI/bge-small-en-v1.5"'), ("no/such/folder", ""), ("", "")],
)
def test_nonsense_is_refused_with_the_forms_that_work(name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=r"is unknown; it may be .*folder.*endpoint.*fastembed") as caught:
        create(name)
    assert str(caught.value).endswith(f"Did you mean {hint}?" if hint else '".')


def test_the_list_starts_with_the_bundled_model_and_describes_each(tiny_model: Path) -> None:
    create(str(tiny_model)).embed(["red"])  # an opened folder is no choice of the catalogue
    models = list_models()
    assert models[0].name == BUILTIN
    names = [model.name for model in models]
    assert "sentence-transformers/all-MiniLM-L6-v2" in names
    assert len(set(names)) == len(names)
    assert not [name for name in names if name.startswith("folder:")]
    for model in models:
        assert model.dimensions > 0
        assert model.description
        assert model.licence
    assert all(model.size_bytes > 0 for model in models[1:])
