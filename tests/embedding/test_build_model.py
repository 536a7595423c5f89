"""The parts of the model's build script that need no transformer."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from tokenizers import Tokenizer

from fluorite_mcp.embedding.builtin import MODEL_DIR, BuiltinEmbedder

SCRIPT = Path(__file__).parents[2] / "scripts" / "build_model.py"


@pytest.fixture(scope="module")
def build_model() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_model", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def small(build_model: ModuleType, tmp_path: Path) -> Path:
    """A model of five tokens, written as the script writes the real one."""
    tokens, vectors = build_model.keep_words(
        ["[PAD]", "!", "cache", "##d", "é", "ヤ", "retry"], np.arange(14, dtype=np.float32).reshape(7, 2)
    )
    return write(build_model, tmp_path / "small", tokens, vectors)


def write(build_model: ModuleType, folder: Path, tokens: list[str], vectors: object) -> Path:
    folder.mkdir()
    rows, scales = build_model.quantise(vectors)
    np.save(folder / "embeddings.npy", rows)
    np.save(folder / "scales.npy", scales)
    build_model.write_json(folder / "tokenizer.json", build_model.tokenizer_settings(tokens))
    build_model.write_json(folder / "model.json", build_model.model_card(folder, len(tokens)))
    (folder / "NOTICE.md").write_text("notice", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("token", "kept"),
    [
        *((token, True) for token in ("cache", "##ing", "é", "2", "a1")),
        *((token, False) for token in ("##", "!", "ヤ", "д", "中", "[MASK]", "²")),
    ],
)
def test_only_latin_words_and_digits_are_kept(build_model: ModuleType, token: str, kept: bool) -> None:
    assert build_model.is_word(token) is kept


def test_quantising_is_exact_to_half_a_step(build_model: ModuleType) -> None:
    vectors = np.random.default_rng(3).normal(size=(50, 16)).astype(np.float32)
    vectors[7] = 0
    rows, scales = build_model.quantise(vectors)
    assert rows.dtype == np.int8
    assert np.all(np.abs(rows * scales[:, None] - vectors) <= scales[:, None] * 0.5001)
    assert not rows[7].any()


def test_what_is_written_can_be_read_by_the_embedder_and_by_tokenizers(build_model: ModuleType, small: Path) -> None:
    tokenizer = Tokenizer.from_file(str(small / "tokenizer.json"))
    assert tokenizer.encode("Cached retry!").tokens == ["cache", "##d", "retry", "[UNK]"]


def test_the_committed_card_carries_the_hash_that_the_script_computes(build_model: ModuleType) -> None:
    assert BuiltinEmbedder().name.endswith(f"@{build_model.content_hash(MODEL_DIR)}")
    assert (MODEL_DIR / "NOTICE.md").read_text(encoding="utf-8") == build_model.NOTICE.format(dimensions=256)


def test_equal_builds_have_no_differences(build_model: ModuleType, small: Path) -> None:
    assert build_model.compare(small, small) == []


def test_a_missing_file_and_a_changed_word_are_named(build_model: ModuleType, small: Path, tmp_path: Path) -> None:
    other = write(build_model, tmp_path / "other", ["[UNK]", "x"], np.ones((2, 2), dtype=np.float32))
    assert any("tokenizer.json differs" in line for line in build_model.compare(small, other))
    (small / "scales.npy").unlink()
    assert build_model.compare(small, other) == [f"{small}: scales.npy is missing; run this script without --check"]


@pytest.mark.parametrize(("steps", "cells", "noted"), [(1, 1, True), (2, 1, False), (1, 400, False)])
def test_another_rounding_is_a_note_and_other_vectors_a_problem(
    build_model: ModuleType, tmp_path: Path, steps: int, cells: int, noted: bool
) -> None:
    tokens = [f"w{i}" for i in range(100)]
    vectors = np.random.default_rng(5).normal(size=(100, 10)).astype(np.float32)
    folders = [write(build_model, tmp_path / name, tokens, vectors) for name in ("ours", "theirs")]
    rows = np.load(folders[1] / "embeddings.npy")
    flat = rows.reshape(-1)
    flat[:cells] = np.where(flat[:cells] > 0, flat[:cells] - steps, flat[:cells] + steps)
    np.save(folders[1] / "embeddings.npy", rows)
    (line,) = build_model.compare(*folders)
    assert line.startswith("note:") is noted


def test_help_shows_an_example() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "--help"], capture_output=True, text=True, check=True)
    assert "example:" in done.stdout
