from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from fluorite_mcp.embedding.builtin import MODEL_DIR, BuiltinEmbedder
from fluorite_mcp.errors import EmbeddingError

MAX_MODEL_BYTES = 16_000_000


@pytest.fixture(scope="module")
def embedder() -> BuiltinEmbedder:
    return BuiltinEmbedder()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the model folder that a test may damage."""
    return Path(shutil.copytree(MODEL_DIR, tmp_path / "model"))


def similarity(embedder: BuiltinEmbedder, one: str, other: str) -> float:
    left, right = embedder.embed([one, other])
    return float(left @ right)


def test_related_words_are_nearer_than_unrelated_ones(embedder: BuiltinEmbedder) -> None:
    related = similarity(embedder, "delete a file", "def remove_file(path): os.unlink(path)")
    unrelated = similarity(embedder, "delete a file", "def mean(values): return sum(values) / len(values)")
    assert related > unrelated + 0.1


def test_an_identifier_is_near_its_words_in_any_spelling(embedder: BuiltinEmbedder) -> None:
    assert similarity(embedder, "parse http header", "parse_http_header") == pytest.approx(1, abs=1e-6)
    assert similarity(embedder, "parse http header", "parseHTTPHeader") == pytest.approx(1, abs=1e-6)


def test_japanese_words_are_near_their_english_ones(embedder: BuiltinEmbedder) -> None:
    related = similarity(embedder, "データベースに接続する", "connect to the database")
    unrelated = similarity(embedder, "データベースに接続する", "render the button of a form")
    assert related > unrelated + 0.2


def test_hiragana_around_a_word_do_not_change_its_vector(embedder: BuiltinEmbedder) -> None:
    assert similarity(embedder, "Prisma のトランザクションです", "Prisma トランザクション") == pytest.approx(
        1, abs=1e-6
    )


@pytest.mark.parametrize("text", ["", "  ", "ですから", "кэш", "{ } => ;", "\ud800"])
def test_text_without_known_words_gets_zeros(embedder: BuiltinEmbedder, text: str) -> None:
    assert not embedder.embed_query(text).any()


def test_a_vector_is_the_scaled_sum_of_its_token_vectors_by_the_roots_of_their_counts(
    embedder: BuiltinEmbedder,
) -> None:
    text = "retry the failed request with exponential backoff until the request succeeds and the backoff ends"
    tokens = Tokenizer.from_file(str(MODEL_DIR / "tokenizer.json")).encode(text).ids
    rows, counts = np.unique(tokens, return_counts=True)
    table = np.load(MODEL_DIR / "embeddings.npy").astype(np.float64) * np.load(MODEL_DIR / "scales.npy")[:, None]
    expected = (table[rows] * np.sqrt(counts)[:, None]).sum(axis=0)
    assert embedder.embed_query(text) == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_batches_of_any_size_give_each_text_its_own_vector(embedder: BuiltinEmbedder) -> None:
    texts = [f"function number {i} reads the {'cache' if i % 2 else 'file'}" for i in range(150)]
    vectors = embedder.embed(texts)
    for i in (0, 63, 64, 127, 128, 149):
        assert vectors[i] == pytest.approx(embedder.embed_query(texts[i]), abs=1e-6)


def test_the_name_carries_the_hash_of_the_files(embedder: BuiltinEmbedder) -> None:
    digest = hashlib.sha256()
    for name in ("embeddings.npy", "scales.npy", "tokenizer.json"):
        digest.update((MODEL_DIR / name).read_bytes())
    assert embedder.name == f"builtin-2@{digest.hexdigest()[:12]}"


def test_the_card_describes_the_files(embedder: BuiltinEmbedder) -> None:
    card = json.loads((MODEL_DIR / "model.json").read_text(encoding="utf-8"))
    rows = np.load(MODEL_DIR / "embeddings.npy", mmap_mode="r")
    assert rows.shape == (card["tokens"], card["dimensions"])
    assert rows.dtype == np.int8
    assert embedder.dimensions == card["dimensions"]
    assert sum(path.stat().st_size for path in MODEL_DIR.iterdir()) <= MAX_MODEL_BYTES


def test_the_origin_and_licence_of_the_weights_are_named() -> None:
    notice = (MODEL_DIR / "NOTICE.md").read_text(encoding="utf-8")
    for needed in ("all-MiniLM-L6-v2", "bert-base-uncased", "Apache License 2.0", "What was changed", "WordNet"):
        assert needed in notice
    assert "TERMS AND CONDITIONS" in (MODEL_DIR / "LICENSE-APACHE-2.0.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["model.json", "tokenizer.json", "embeddings.npy", "scales.npy"])
@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}"])
def test_a_damaged_file_is_named_in_one_clear_error(copy: Path, name: str, content: bytes | None) -> None:
    if content is None:
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(content)
    with pytest.raises(EmbeddingError, match=r"embedding model at .*model.*Reinstall"):
        BuiltinEmbedder(copy).embed(["text"])


def test_a_table_of_another_size_than_the_vocabulary_is_refused(copy: Path) -> None:
    np.save(copy / "scales.npy", np.ones(3, dtype=np.float32))
    with pytest.raises(EmbeddingError, match="do not fit"):
        BuiltinEmbedder(copy).embed(["text"])


def test_making_one_and_naming_it_imports_nothing_heavy() -> None:
    script = """
import sys
from pathlib import Path
from fluorite_mcp.embedding.registry import create_embedder
made = create_embedder("builtin", cache_dir=Path(), cpu_only=True, num_threads=1, batch_size=1, endpoint_key=None)
made.name, made.dimensions
print([name for name in ("numpy", "tokenizers", "fastembed", "httpx2") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
