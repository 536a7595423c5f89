"""The files of the model folder: quantised rows, vocabulary, card and notice."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scripts.training.vocabulary import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from scripts.training.corpus import Source

FORMAT_VERSION = 2
HASH_CHARACTERS = 12
HASHED_FILES = ("embeddings.npy", "scales.npy", "tokenizer.json")
LARGEST_STEP = 127
_NOTICE = (Path(__file__).parent / "notice.md").read_text(encoding="utf-8")


def write_model(folder: Path, pieces: Sequence[str], rows: NDArray[np.float32], sources: Sequence[Source]) -> None:
    """Write a model folder that the package's embedder reads.

    Args:
        folder: Where; made if missing.
        pieces: The vocabulary, in the order of the rows.
        rows: (len(pieces), dimensions).
        sources: The training data, for the notice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    integers, scales = quantise(rows)
    np.save(folder / "embeddings.npy", integers)
    np.save(folder / "scales.npy", scales)
    write_json(folder / "tokenizer.json", tokenizer_settings(pieces))
    write_json(folder / "model.json", model_card(folder, rows.shape))
    (folder / "NOTICE.md").write_text(notice(sources, rows.shape[1]), encoding="utf-8", newline="\n")


def quantise(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return int8 rows and one scale per row, so that row * scale is the vector to within half a scale."""
    scales = np.abs(rows).max(axis=1) / LARGEST_STEP
    divisors = np.where(scales == 0, 1, scales)[:, None]
    return np.rint(rows / divisors).astype(np.int8), scales.astype(np.float32)


def tokenizer_settings(pieces: Sequence[str]) -> dict[str, Any]:
    """Return a tokenizers file for the vocabulary: lower case, no accents, greedy longest match.

    The package reads only the vocabulary out of it, since it splits compounds and Japanese runs itself.
    """
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": False,
            "strip_accents": True,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": UNKNOWN,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: row for row, piece in enumerate(pieces)},
        },
    }


def model_card(folder: Path, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return what the embedder reads before it loads the rows; the other files must be written already."""
    return {
        "version": FORMAT_VERSION,
        "hash": content_hash(folder),
        "dimensions": shape[1],
        "tokens": shape[0],
        "start": "sentence-transformers/all-MiniLM-L6-v2",
        "licence": "Apache-2.0",
    }


def content_hash(folder: Path) -> str:
    """Return the short hash of the files that decide a vector; the stamp of the model carries it."""
    digest = hashlib.sha256()
    for name in HASHED_FILES:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:HASH_CHARACTERS]


def notice(sources: Sequence[Source], dimensions: int) -> str:
    """Return the notice: what the model is made of, under which licences, and what was changed."""
    counts = Counter(source.licence for source in sources)
    lines = [f"| {source.repository} | {source.commit[:12]} | {source.licence} |" for source in sources]
    summary = ", ".join(f"{licence} ({count})" for licence, count in sorted(counts.items()))
    return _NOTICE.format(dimensions=dimensions, repositories=len(sources), licences=summary, table="\n".join(lines))


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a value on one line, the same bytes on every system."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")
