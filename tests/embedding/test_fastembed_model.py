from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fluorite_mcp.embedding.fastembed_model import FastEmbedder
from fluorite_mcp.errors import EmbeddingError

if TYPE_CHECKING:
    from tests.embedding.conftest import TinyModels


def embedder_for(model: str | Path, cache_dir: Path, *, cpu_only: bool = True) -> FastEmbedder:
    return FastEmbedder(
        model, cache_dir=cache_dir, cpu_only=cpu_only, num_threads=1, batch_size=2, local_files_only=True
    )


def unit(vector: object) -> object:
    array = np.asarray(vector, dtype=np.float64)
    return pytest.approx(array / np.linalg.norm(array), abs=1e-5)


@pytest.fixture
def colours(tiny_models: TinyModels) -> dict[str, Any]:
    """The tiny model's vectors of its words for colours."""
    return dict(zip(("red", "green", "blue"), tiny_models.vectors[2:5], strict=True))


def test_a_folder_is_run_with_mean_pooling_by_default(
    tiny_model: Path, tmp_path: Path, colours: dict[str, Any]
) -> None:
    red, green, blue = colours.values()
    embedder = embedder_for(tiny_model, tmp_path)
    vectors = embedder.embed(["red", "red green", "red green blue"])
    assert vectors[0] == unit(red)
    assert vectors[1] == unit(red + green)
    assert vectors[2] == unit(red + green + blue)
    assert embedder.dimensions == len(red)
    assert embedder.is_slow


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"pooling_mode_cls_token": True}, ["red"]),
        ({"pooling_mode": "cls"}, ["red"]),
        ({"pooling_mode_lasttoken": True}, ["green"]),
        ({"pooling_mode_mean_tokens": True}, ["red", "green"]),
    ],
)
def test_the_pooling_that_a_folder_asks_for_is_used(
    tiny_model: Path, tmp_path: Path, colours: dict[str, Any], settings: dict[str, object], expected: list[str]
) -> None:
    (tiny_model / "1_Pooling").mkdir()
    (tiny_model / "1_Pooling" / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    assert embedder_for(tiny_model, tmp_path).embed_query("red green") == unit(sum(colours[word] for word in expected))


def test_a_model_that_pools_itself_is_left_to_it(
    tmp_path: Path, tiny_models: TinyModels, colours: dict[str, Any]
) -> None:
    folder = tiny_models.write(tmp_path / "pooled", file="onnx/model.onnx", pooled=True)
    assert embedder_for(folder, tmp_path).embed_query("red green") == unit(np.maximum(colours["red"], colours["green"]))


def test_the_same_folder_can_be_opened_twice(tiny_model: Path, tmp_path: Path) -> None:
    first = embedder_for(tiny_model, tmp_path).embed(["red"])
    assert np.array_equal(embedder_for(tiny_model, tmp_path, cpu_only=False).embed(["red"]), first)


def test_the_name_follows_the_content_of_the_folder(tiny_model: Path, tmp_path: Path) -> None:
    name = embedder_for(tiny_model, tmp_path).name
    moved = Path(shutil.copytree(tiny_model, tmp_path / "elsewhere" / "tiny"))
    assert embedder_for(moved, tmp_path).name == name
    (moved / "tokenizer_config.json").write_text('{"model_max_length": 8, "pad_token": "[PAD]"}', encoding="utf-8")
    assert embedder_for(moved, tmp_path).name != name


def test_a_catalogued_model_that_cannot_be_had_is_one_clear_error(tmp_path: Path) -> None:
    embedder = embedder_for("sentence-transformers/all-MiniLM-L6-v2", tmp_path)
    assert embedder.name == "fastembed:sentence-transformers/all-MiniLM-L6-v2"
    with pytest.raises(EmbeddingError, match=r"all-MiniLM-L6-v2 could not be downloaded or loaded: .*\. Set .*builtin"):
        embedder.embed(["red"])


def test_a_catalogued_model_in_the_cache_is_used_without_a_network(
    tmp_path: Path, tiny_models: TinyModels, colours: dict[str, Any]
) -> None:
    # Laid out as the hub lays its cache out; the catalogue names this repository for the model.
    repository = tmp_path / "cache" / "models--Qdrant--bge-small-en-v1.5-onnx-Q"
    tiny_models.write(repository / "snapshots" / "abc", file="model_optimized.onnx")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc", encoding="utf-8")
    embedder = embedder_for("BAAI/bge-small-en-v1.5", tmp_path / "cache")
    assert embedder.embed_query("red green") == unit(colours["red"])  # this model takes the first token


def test_a_name_outside_the_catalogue_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="no model of that name"):
        embedder_for("nobody/nothing", tmp_path).embed(["red"])


@pytest.mark.parametrize("damage", ["model.onnx", "tokenizer.json", "tokenizer_config.json"])
def test_a_folder_with_a_broken_file_is_one_clear_error(tiny_model: Path, tmp_path: Path, damage: str) -> None:
    (tiny_model / damage).write_bytes(b"broken")
    with pytest.raises(EmbeddingError, match=r"tiny could not be loaded: .*Set embedding_model"):
        embedder_for(tiny_model, tmp_path).embed(["red"])


def test_a_folder_that_went_away_is_one_clear_error(tiny_model: Path, tmp_path: Path) -> None:
    shutil.rmtree(tiny_model)
    with pytest.raises(EmbeddingError, match=r"could not be loaded: it needs tokenizer\.json"):
        embedder_for(tiny_model, tmp_path).embed(["red"])


def test_a_model_that_fails_while_running_is_one_clear_error(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = json.loads((tiny_model / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"]["beyond"] = 99  # a row that the table of the model does not have
    (tiny_model / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(EmbeddingError, match="could not be run"):
        embedder_for(tiny_model, tmp_path).embed(["beyond"])


def test_a_failed_load_is_tried_again_on_the_next_use(
    tiny_model: Path, tmp_path: Path, colours: dict[str, Any]
) -> None:
    hidden = tiny_model.with_name("hidden")
    tiny_model.rename(hidden)
    embedder = embedder_for(tiny_model, tmp_path)
    with pytest.raises(EmbeddingError):
        embedder.embed(["red"])
    hidden.rename(tiny_model)
    assert embedder.embed(["red"])[0] == unit(colours["red"])
