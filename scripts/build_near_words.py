"""Derives the near words of the ranking from the bundled embedding model.

python -m scripts.build_near_words          write fluorite_mcp/text/glossaries/near.tsv
python -m scripts.build_near_words --check  write nothing; fail when the file is not what the model gives
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fluorite_mcp.embedding.builtin import MODEL_DIR
from fluorite_mcp.text.near_words import FILE, WEIGHT_SCALE
from fluorite_mcp.text.tokens import query_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

OUT = Path(__file__).resolve().parents[1] / "fluorite_mcp" / "text" / FILE

MIN_LETTERS = 3
# Words less alike than this are no substitutes for each other; static vectors of unrelated words lie below 0.3.
MIN_COSINE = 0.5
MAX_WORDS = 5
# A near word found is worth half of the word itself at most: chosen on the dev halves of four benchmarks, of which
# all four win between 0.4 and 0.6.
SHARE = 0.5
# Rows compared at once: a product of 64 MB.
_BLOCK = 512


def build(vocabulary: Mapping[str, int], rows: NDArray[np.float32]) -> str:
    """Return the text of the file.

    Args:
        vocabulary: Piece to row, as the model's tokenizer file has it.
        rows: The pieces' vectors, (pieces, dimensions).
    """
    stems, vectors = stem_vectors(vocabulary, rows)
    lines = []
    for start in range(0, len(stems), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ vectors.T
        for offset, row in enumerate(cosines):
            place = start + offset
            row[place] = -1.0
            if found := nearest(row, stems):
                lines.append(f"{stems[place]}\t{found}\n")
    return "".join(lines)


def stem_vectors(vocabulary: Mapping[str, int], rows: NDArray[np.float32]) -> tuple[list[str], NDArray[np.float32]]:
    """Return the stems of the vocabulary's words, sorted, and their directions: the sum of all that share a stem."""
    members: dict[str, list[int]] = defaultdict(list)
    for piece, row in vocabulary.items():
        if piece.isascii() and piece.isalpha() and len(piece) >= MIN_LETTERS:
            tokens = query_words(piece)
            if len(tokens) == 1:
                members[tokens[0]].append(row)
    stems = sorted(members)
    sums = np.array([rows[members[one]].sum(axis=0) for one in stems], np.float32)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return stems, (sums / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def nearest(cosines: NDArray[np.float32], stems: Sequence[str]) -> str:
    """Return the nearest stems with weights as a line of the file has them; empty if none is near enough."""
    places = [int(one) for one in np.flatnonzero(cosines >= MIN_COSINE)]
    places.sort(key=lambda place: (-round(float(cosines[place]), 4), stems[place]))
    return " ".join(
        f"{stems[place]}:{round(SHARE * WEIGHT_SCALE * float(cosines[place]))}" for place in places[:MAX_WORDS]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when the file is not current")
    parser.add_argument("--model", type=Path, default=MODEL_DIR, help="folder of the model's files")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write")
    options = parser.parse_args()
    vocabulary = json.loads((options.model / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    scales = np.load(options.model / "scales.npy")
    text = build(vocabulary, np.load(options.model / "embeddings.npy").astype(np.float32) * scales[:, None])
    if options.check:
        if not options.out.exists() or options.out.read_text(encoding="ascii") != text:
            sys.exit(f"{options.out.name} is not current. Run python -m scripts.build_near_words")
    else:
        options.out.write_text(text, encoding="ascii", newline="\n")
    print(f"{text.count(chr(10))} words, {len(text):,} bytes")


if __name__ == "__main__":
    main()
