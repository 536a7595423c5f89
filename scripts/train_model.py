#!/usr/bin/env python3
"""Train the bundled embedding model: static vectors for code, English and Japanese.

Reads public repositories at fixed commits, takes pairs of words and what they describe out of them, makes a
vocabulary, starts from all-MiniLM-L6-v2 read piece by piece, and trains the vectors so that the pairs meet.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from scripts.training.bags import PairTable
    from scripts.training.corpus import Source

MODEL_DIR = Path(__file__).resolve().parent.parent / "fluorite_mcp" / "embedding" / "model"
DIMENSIONS = 256
SEEDS = (0, 1)  # runs from one start; their mean is better than either
# How much of the start is added to what was trained, in Latin rows (the teacher knows no Japanese). On held-out
# repositories 0 to 0.35 are alike within noise; the more, the more of the teacher's general English is kept.
START_SHARE = 0.35
MAX_MEASURED = 5000  # held-out pairs that an answer must be found among


def main() -> int:
    """Do the steps; what an earlier run left in the work folder is not done again."""
    arguments = parse_arguments()
    fix_threads(arguments.threads)
    from scripts.training.corpus import read_sources
    from scripts.training.start_vectors import teacher_vocabulary

    sources = read_sources()
    arguments.work.mkdir(parents=True, exist_ok=True)
    extract(sources, arguments.mirror, arguments.work)
    pieces = make_vocabulary(sources, arguments.work, teacher_vocabulary())
    table = make_table(sources, pieces, arguments.work)
    rows = train_rows(sources, pieces, table, arguments.steps)
    for line in measure(rows, sources, table):
        print(line)
    from scripts.training.model_files import write_model

    write_model(arguments.out, pieces, rows, sources)
    print(f"{len(pieces)} pieces x {DIMENSIONS} dimensions written to {arguments.out}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train the bundled embedding model (about an hour on two cores, without the fetching).",
        epilog="""examples:
  python scripts/train_model.py --mirror clones --work work     fetch what is missing, then train into the package
  python scripts/train_model.py --mirror clones --work work --out candidate --steps 400    a quick try""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--mirror", type=Path, required=True, help="folder of bare clones, OWNER+NAME/repo; is filled")
    parser.add_argument("--work", type=Path, required=True, help="folder for the extracted pairs and the vocabulary")
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="folder of the model files (default: the package)")
    parser.add_argument("--steps", type=int, default=None, help="batches to train on (default: as the package's model)")
    parser.add_argument("--threads", type=int, default=2, help="threads of the training (default: 2)")
    return parser.parse_args()


def fix_threads(threads: int) -> None:
    """Fix what changes floating-point sums between runs; must come before numpy and torch are imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["HF_HUB_OFFLINE"] = "1"  # everything needed lies in the installed packages


def extract(sources: list[Source], mirror: Path, work: Path) -> None:
    """Write each repository's pairs into the work folder, fetching clones that are missing."""
    from scripts.training.corpus import write_pairs
    from scripts.training.repositories import clone_of, fetch_commit

    named = {source.repository: source for source in sources}
    clones = {
        name: clone_of(mirror, name) or fetch_commit(mirror, name, source.url, source.commit)
        for name, source in named.items()
    }
    for source in sources:
        out = pairs_file(work, source)
        if not out.exists():
            print(f"{source.repository}: {write_pairs(source, clones, named, out)} pairs")


def pairs_file(work: Path, source: Source) -> Path:
    """Return where a repository's pairs lie."""
    return work / f"{source.repository.replace('/', '+')}.jsonl"


def make_vocabulary(sources: list[Source], work: Path, teacher: Mapping[str, int]) -> list[str]:
    """Return the vocabulary of the pairs in the work folder; `teacher` maps pieces to their rank."""
    from scripts.training.corpus import read_pairs
    from scripts.training.vocabulary import PartCounts, build_vocabulary

    parts, everyday = PartCounts(), PartCounts()
    for source in sources:
        counted = everyday if source.everyday else parts
        counted.add(pair for _, pair in read_pairs(pairs_file(work, source)))
    return build_vocabulary(parts, everyday, teacher)


def make_table(sources: list[Source], pieces: list[str], work: Path) -> PairTable:
    """Return all pairs as bags of tokens."""
    from scripts.training.bags import Bagger
    from scripts.training.corpus import read_pairs

    bagger = Bagger(pieces)
    for source in sources:
        bagger.add(source.repository, read_pairs(pairs_file(work, source)))
    return bagger.table()


def train_rows(sources: list[Source], pieces: list[str], table: PairTable, steps: int | None) -> NDArray[np.float32]:
    """Return the trained rows, (len(pieces), DIMENSIONS)."""
    import numpy as np
    import torch

    from scripts.training.batches import BatchMaker
    from scripts.training.contrastive import Schedule, train
    from scripts.training.start_vectors import read_alone, start_vectors
    from scripts.training.vocabulary import is_japanese

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    rows = start_vectors(pieces, read_alone(pieces), table, DIMENSIONS)
    schedule = Schedule(steps=steps) if steps else Schedule()
    pairs = usable_pairs(sources, table, held_out=False)
    runs = [train(rows, table, BatchMaker(table, pairs, pieces, seed), schedule, print) for seed in SEEDS]
    mean: NDArray[np.float32] = sum(runs[1:], start=runs[0]) / np.float32(len(runs))
    shares = np.array([0.0 if is_japanese(piece) else START_SHARE for piece in pieces], np.float32)
    return mean + shares[:, None] * rows


def usable_pairs(sources: list[Source], table: PairTable, *, held_out: bool) -> NDArray[np.int64]:
    """Return the pairs with both sides, of the repositories that are held out or of the others."""
    import numpy as np

    names = {source.repository for source in sources if source.held_out is held_out}
    ours = np.isin(table.repositories, [i for i, name in enumerate(table.repository_names) if name in names])
    asks = table.has("query") | table.has("long") | table.has("name")
    return np.flatnonzero(ours & asks & table.has("code"))


def measure(rows: NDArray[np.float32], sources: list[Source], table: PairTable) -> list[str]:
    """Return a line per kind of pair: how well held-out answers are found among up to MAX_MEASURED."""
    import numpy as np

    from scripts.training.contrastive import reciprocal_rank

    held_out = usable_pairs(sources, table, held_out=True)
    lines: list[str] = []
    for view, asked in (("doc", "query"), ("prose", "long"), ("ja", "query"), ("name", "name"), ("file", "name")):
        pairs = held_out[table.is_view(view)[held_out] & table.has(asked)[held_out]]
        _, first = np.unique(table.questions[pairs], return_index=True)
        pairs = np.random.default_rng(0).permutation(pairs[first])[:MAX_MEASURED]
        if len(pairs):
            lines.append(
                f"{view}: mean reciprocal rank {reciprocal_rank(rows, table, pairs, asked):.4f} of {len(pairs)}"
            )
    return lines


if __name__ == "__main__":
    sys.exit(main())
