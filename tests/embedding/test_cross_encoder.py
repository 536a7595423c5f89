"""A re-ranking model that runs: a tiny real ONNX model that adds up what words are worth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.embedding.cross_encoder import CrossEncoder
from fluorite_mcp.embedding.guarded import RETRY_AFTER_SECONDS, GuardedReranker
from fluorite_mcp.embedding.registry import create_reranker, list_rerankers
from fluorite_mcp.errors import ConfigError, RerankingError
from fluorite_mcp.ports import Reranker
from tests.embedding.conftest import write_tiny_reranker

WORTH = {"red": 1.0, "green": 2.0, "blue": -4.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_reranker(tmp_path / "ranker", WORTH)


def encoder_for(model: str | Path, cache_dir: Path) -> CrossEncoder:
    return CrossEncoder(model, cache_dir=cache_dir, cpu_only=True, num_threads=1, local_files_only=True)


def create(model: str) -> Reranker | None:
    return create_reranker(model, cache_dir=Path("unused"), cpu_only=True, num_threads=1)


def test_query_and_text_are_read_together(folder: Path, tmp_path: Path) -> None:
    scores = encoder_for(folder, tmp_path).score("green", ["red", "green blue", "other"])

    assert scores == [3.0, 0.0, 2.0]


def test_more_texts_than_one_inference_takes_keep_their_order(folder: Path, tmp_path: Path) -> None:
    texts = ["red " * number for number in range(1, 36)]

    assert encoder_for(folder, tmp_path).score("x", texts) == [float(number) for number in range(1, 36)]
    assert encoder_for(folder, tmp_path).score("x", []) == []


def test_threads_share_one_model(
    folder: Path, tmp_path: Path, run_at_once: Callable[[Callable[[], Any]], list[Any]]
) -> None:
    encoder = encoder_for(folder, tmp_path)

    assert run_at_once(lambda: encoder.score("red", ["green"])) == [[3.0]] * 4


def test_the_name_follows_the_content_of_the_folder(folder: Path, tmp_path: Path) -> None:
    other = write_tiny_reranker(tmp_path / "other" / "ranker", {"red": 2.0})
    name = encoder_for(folder, tmp_path).name

    assert name.startswith("folder:ranker@")
    assert encoder_for(other, tmp_path).name != name


def test_a_damaged_model_is_one_clear_error(folder: Path, tmp_path: Path) -> None:
    (folder / "model.onnx").write_bytes(b"no model")

    with pytest.raises(RerankingError, match=r"The re-ranking model .*ranker could not be loaded: .* Set reranker to"):
        encoder_for(folder, tmp_path).score("x", ["y"])


def test_a_model_that_gives_no_number_is_refused(tmp_path: Path) -> None:
    folder = write_tiny_reranker(tmp_path / "ranker", {"red": float("nan")})

    with pytest.raises(RerankingError, match="no usable scores"):
        encoder_for(folder, tmp_path).score("red", ["red"])


def test_a_model_that_is_not_there_says_so_without_trying_long(tmp_path: Path) -> None:
    with pytest.raises(RerankingError, match="could not be downloaded or loaded"):
        encoder_for("Xenova/ms-marco-MiniLM-L-6-v2", tmp_path).score("x", ["y"])


def test_nothing_configured_is_no_model() -> None:
    assert create("") is None
    assert create("  ") is None


def test_names_are_those_of_the_catalogue_in_whatever_case() -> None:
    names = [one.name for one in list_rerankers()]
    found = create(names[0].upper())

    assert found is not None
    assert found.name == f"fastembed:{names[0]}"


@pytest.mark.parametrize("model", ["Xenova/ms-marco-MiniLM-L-6", "nothing", "https://host/v1#x"])
def test_an_unknown_name_is_refused_with_what_it_may_be(model: str) -> None:
    with pytest.raises(ConfigError, match=r"^reranker = .* is unknown; it may be .* for none"):
        create(model)


def test_a_folder_without_a_model_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"reranker names the folder .* no usable model: it needs tokenizer\.json"):
        create(str(tmp_path))


def test_an_opened_folder_is_not_listed(folder: Path, tmp_path: Path) -> None:
    encoder_for(folder, tmp_path).score("x", ["y"])

    assert not any("folder:" in one.name for one in list_rerankers())


def test_a_failure_is_remembered_for_a_while(folder: Path, tmp_path: Path) -> None:
    model = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(b"no model")
    now = [0.0]
    guarded = GuardedReranker(encoder_for(folder, tmp_path), lambda: now[0])
    with pytest.raises(RerankingError):
        guarded.score("x", ["y"])

    (folder / "model.onnx").write_bytes(model)
    with pytest.raises(RerankingError):
        guarded.score("x", ["y"])
    now[0] = RETRY_AFTER_SECONDS + 1
    assert guarded.score("x", ["red"]) == [1.0]
