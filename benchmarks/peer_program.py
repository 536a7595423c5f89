"""Runs inside the peer's environment: converts our static model to its format, indexes a tree, asks queries."""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np


def ensure_model(ours: Path, theirs: Path) -> None:
    """Write our token vectors as a model2vec model."""
    if (theirs / "model.safetensors").exists():
        return
    from model2vec import StaticModel
    from tokenizers import Tokenizer

    vectors = np.load(ours / "embeddings.npy").astype(np.float32)
    vectors *= np.load(ours / "scales.npy").astype(np.float32)[:, None]
    tokenizer = Tokenizer.from_file(str(ours / "tokenizer.json"))
    StaticModel(vectors, tokenizer, config={"normalize": True}).save_pretrained(str(theirs))


def embed(model: Path, texts: list[str]) -> dict[str, float]:
    """Time the peer's own reader of the vectors: load with a first query, then two passes."""
    from model2vec import StaticModel

    started = time.perf_counter()
    loaded = StaticModel.from_pretrained(str(model))
    loaded.encode(["a first query"])
    result = {"load": time.perf_counter() - started}
    for name in ("first", "later"):
        begun = time.perf_counter()
        loaded.encode(texts)
        result[name] = len(texts) / (time.perf_counter() - begun)
    return result


def main() -> None:
    ours, theirs, tree = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    ensure_model(ours, theirs)
    if tree == "convert":
        return
    if tree == "embed":
        print(json.dumps(embed(theirs, json.loads(Path(sys.argv[4]).read_text()))))
        return
    queries = json.loads(Path(sys.argv[4]).read_text()) if len(sys.argv) > 4 else []
    from semble import SembleIndex

    started = time.perf_counter()
    index = SembleIndex.from_path(tree, model_path=str(theirs))
    seconds = time.perf_counter() - started
    for query in queries:
        index.search(query, top_k=5)
    times = []
    for query in queries:
        begun = time.perf_counter()
        index.search(query, top_k=5)
        times.append((time.perf_counter() - begun) * 1000)
    result = {"chunks": len(index.chunks), "seconds": seconds}
    if times:
        result |= {"p50": statistics.median(times), "p95": statistics.quantiles(times, n=20)[-1]}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
