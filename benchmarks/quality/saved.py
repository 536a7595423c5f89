"""Results of single questions on disk, and two runs compared question by question."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.quality.scores import Scored

_PATHS_SAVED = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """How much the later run is better, per question: its mean and the standard error of that mean."""

    questions: int
    mean: float
    standard_error: float
    better: int
    worse: int


def rows_of(system: str, scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """Return what is kept of each question."""
    return [
        {
            "system": system,
            "collection": one.collection.name,
            "family": one.collection.family,
            "groups": list(one.question.groups),
            "query": one.question.query,
            "scores": {name: round(value, 6) for name, value in one.scores.items()},
            "ms": round(one.answered.ms, 3),
            "abstained": one.answered.abstained,
            "targets": [target.path for target in one.question.targets],
            "top": [f"{hit.path}:{hit.start_line}-{hit.end_line}" for hit in one.answered.found[:_PATHS_SAVED]],
        }
        for one in scored
    ]


def save(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, one JSON object per line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def load(path: Path) -> list[dict[str, Any]]:
    """Read rows that `save` wrote."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def compare(
    earlier: Sequence[Mapping[str, Any]], later: Sequence[Mapping[str, Any]], measure: str
) -> dict[str, Difference]:
    """Compare the questions that both runs asked of a system, paired.

    Returns:
        By system, and by "system, group" for each group.
    """
    before = {_identity(row): row["scores"][measure] for row in earlier if measure in row["scores"]}
    differences: dict[str, list[float]] = {}
    for row in later:
        if (identity := _identity(row)) in before and measure in row["scores"]:
            change = row["scores"][measure] - before[identity]
            for name in (row["system"], *(f"{row['system']}, {group}" for group in row["groups"])):
                differences.setdefault(name, []).append(change)
    return {name: paired(changes) for name, changes in differences.items()}


def paired(changes: Sequence[float]) -> Difference:
    """Return the mean of paired differences with its standard error (0 for a single pair)."""
    spread = statistics.stdev(changes) / math.sqrt(len(changes)) if len(changes) > 1 else 0.0
    return Difference(
        len(changes), statistics.fmean(changes), spread,
        sum(change > 0 for change in changes), sum(change < 0 for change in changes),
    )  # fmt: skip


def _identity(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    # The same words may be asked twice with other answers.
    return row["system"], row["collection"], row["query"], json.dumps(row["targets"])
