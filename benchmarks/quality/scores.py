"""From answers to figures: a score per question, means by group, and what answering cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.quality.collection import Answered, Collection, Outcome, Question
from benchmarks.quality.metrics import mean, percentile
from benchmarks.quality.tasks import Task

# A rule of thumb for source and English; nothing here depends on one model's vocabulary.
CHARS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Scored:
    """One question with one system's answer and its score in every measure of the task."""

    collection: Collection
    question: Question
    answered: Answered
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Costs:
    """What a system needed: seconds and megabytes in all, milliseconds and tokens per query (tokens are rough).

    `abstained` is the share of questions it said to have nothing on.
    """

    index_seconds: float
    p50_ms: float
    p95_ms: float
    peak_megabytes: float
    tokens: float
    abstained: float


def score(task: Task, collections: Sequence[Collection], outcome: Outcome) -> list[Scored]:
    """Score a system's answers."""
    return [
        Scored(collection, question, answered, {name: of(answered, question) for name, of in task.measures.items()})
        for collection, answers in zip(collections, outcome.answers, strict=True)
        for question, answered in zip(collection.questions, answers, strict=True)
    ]


def group_means(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Return the mean of each measure over the questions of each group."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in scored:
        for group in one.question.groups:
            for name, value in one.scores.items():
                values[group][name].append(value)
    return {group: {name: mean(found) for name, found in by.items()} for group, by in values.items()}


def mean_of_families(scored: Sequence[Scored], measure: str) -> float:
    """Return the mean over families of the mean over their collections of the mean over questions."""
    by_collection: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in scored:
        by_collection[one.collection.family, one.collection.name].append(one.scores[measure])
    by_family: dict[str, list[float]] = defaultdict(list)
    for (family, _), values in by_collection.items():
        by_family[family].append(mean(values))
    return mean([mean(values) for values in by_family.values()])


def costs(outcome: Outcome) -> Costs:
    """Return what a system needed for all collections together."""
    times = [answered.ms for answered in _all(outcome)]
    return Costs(
        index_seconds=sum(outcome.index_seconds),
        p50_ms=percentile(times, 0.5),
        p95_ms=percentile(times, 0.95),
        peak_megabytes=outcome.peak_megabytes,
        tokens=mean([answered.chars / CHARS_PER_TOKEN for answered in _all(outcome)]),
        abstained=mean([float(answered.abstained) for answered in _all(outcome)]),
    )


def _all(outcome: Outcome) -> Iterator[Answered]:
    for answers in outcome.answers:
        yield from answers
