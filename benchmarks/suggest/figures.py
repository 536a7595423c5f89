"""How much of what a target needed a context holds, and how sure that is."""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.suggest.contexts import Given, code_of
from benchmarks.suggest.needs import names_in, structure
from benchmarks.suggest.targets import Hidden, Target
from fluorite_mcp.text.tokens import count_tokens

MEASURES = ("API recall", "API precision", "import recall", "structure recall", "structure precision")
_RESAMPLES = 1000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Figure:
    """How one context did on one target. A measure that the target gives no cause for is None."""

    system: str
    budget: int
    repository: str
    language: str
    target: str
    values: tuple[float | None, ...]
    tokens: int
    ms: float


def judge(system: str, budget: int, hidden: Hidden, target: Target, given: Given) -> Figure:
    """Compare a context with what the real one used; names that the task says count on neither side."""
    said = names_in(target.task)
    names = names_in(given.text) - said
    shown = (names & frozenset(hidden.vocabulary)) | (names & frozenset(target.apis))
    wanted = frozenset(target.apis)
    built = structure(code_of(given.text)) if given.text else frozenset()
    real = frozenset(target.structure)
    return Figure(
        system, budget, hidden.name, hidden.language, f"{target.path}:{target.name}",
        (
            _share(wanted & names, wanted),
            len(wanted & shown) / len(shown) if shown else 0.0,
            _share(frozenset(target.imports) & names, frozenset(target.imports)),
            _share(real & built, real),
            len(real & built) / len(built) if built else 0.0,
        ),
        count_tokens(given.text), given.ms,
    )  # fmt: skip


def _share(part: frozenset[str], whole: frozenset[str]) -> float | None:
    return len(part) / len(whole) if whole else None


def mean(figures: Sequence[Figure], measure: int) -> float:
    """Return the mean of a measure over the targets that it applies to."""
    values = [value for one in figures if (value := one.values[measure]) is not None]
    return statistics.fmean(values) if values else 0.0


def interval(figures: Sequence[Figure], of: Callable[[Sequence[Figure]], float]) -> tuple[float, float]:
    """Return the 95 % interval of a figure, by drawing repositories, with all of their targets, again and again."""
    groups: dict[str, list[Figure]] = defaultdict(list)
    for one in figures:
        groups[one.repository].append(one)
    names, draw = sorted(groups), random.Random(_SEED)  # noqa: S311 - a sample, not a secret
    values = sorted(
        of([one for name in draw.choices(names, k=len(names)) for one in groups[name]]) for _ in range(_RESAMPLES)
    )
    return values[int(0.025 * _RESAMPLES)], values[int(0.975 * _RESAMPLES) - 1]


def paired(figures: Sequence[Figure], system: str, other: str, measure: int) -> tuple[float, float, float]:
    """Return by how much a system is better than another on the same targets, with the 95 % interval."""
    by_target = {(one.repository, one.target, one.budget): one for one in figures if one.system == other}
    pairs = [
        (one, by_target[one.repository, one.target, one.budget])
        for one in figures
        if one.system == system and (one.repository, one.target, one.budget) in by_target
    ]
    differences = [
        Figure(system, one.budget, one.repository, one.language, one.target, (mine - theirs,), 0, 0)
        for one, floor in pairs
        if (mine := one.values[measure]) is not None and (theirs := floor.values[measure]) is not None
    ]
    return mean(differences, 0), *interval(differences, lambda some: mean(some, 0))
