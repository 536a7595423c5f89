"""Which conventions a task needs: pure, and every choice says why."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePosixPath

from fluorite_mcp.conventions.aspects import ASPECTS
from fluorite_mcp.conventions.facts import family_of
from fluorite_mcp.results import Convention

# What each category is worth where the task does not speak of it: errors and layout concern all code that is written.
_WORTH: Mapping[str, float] = {
    "errors": 0.7, "layout": 0.7, "imports": 0.6, "types": 0.6, "tests": 0.6, "logging": 0.5, "docs": 0.5,
    "calls": 0.45, "naming": 0.5, "exports": 0.5, "async": 0.4, "config": 0.35, "data": 0.35, "validation": 0.35,
    "routes": 0.35, "components": 0.35,
}  # fmt: skip

# Words of a task that speak of a category.
_SPOKEN: Mapping[str, re.Pattern[str]] = {
    category: re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for category, words in {
        "routes": r"route|endpoint|api\b|handler|controller|webhook|rest\b",
        "validation": r"validat|input|form|endpoint|schema|payload|webhook|request body|sign.?up|login|upload",
        "data": r"database|db\b|quer|table|migration|repositor|model|store|persist|sql|orm\b|crud|record",
        "errors": r"error|exception|fail|retr|fix|bug|handl",
        "logging": r"log(?:s|ging|ger)?\b|trace|audit|observab",
        "tests": r"test|spec\b|coverage|mock|fixture|regression",
        "config": r"config|setting|env|secret|flag|option|credential|token",
        "components": r"component|page|form|button|modal|dialog|ui\b|view|screen|hook|frontend",
        "async": r"async|concurren|parallel|worker|queue|background|stream|websocket",
        "docs": r"doc(?:s|ument|string)?\b",
        "calls": r"http|fetch|client|cli\b|command|json|date|file",
        "naming": r"renam|refactor",
        "layout": r"module|service|class|package|refactor",
        "exports": r"export|module|library",
        "types": r"type|annotat|refactor",
        "imports": r"import|module|refactor",
    }.items()
}
_SPOKEN_FACTOR = 1.8
_NEAR_FACTOR = 1.4
_FAR_FOLDER_FACTOR = 0.15
_OTHER_LANGUAGE_FACTOR = 0.1
_COMMONPLACE_FACTOR = 0.1
_SHIFT_FACTOR = 1.3
# So many of one category at most, before the others had their turn.
_EACH_CATEGORY = 3
# What is worth less than this to a task is noise in its context.
_MIN_WORTH = 0.2

_COMMONPLACE = frozenset(
    (common.partition(":")[0], aspect.sentence(common.partition(":")[2]))
    for aspect in ASPECTS.values()
    for common in aspect.commonplace
)


@dataclass(frozen=True, slots=True)
class TaskScope:
    """What is known of a task: its text, its languages, and where the closest code lies."""

    task: str
    languages: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()


def conventions_for(
    found: Sequence[Convention], scope: TaskScope, limit: int = 8, min_worth: float = _MIN_WORTH
) -> tuple[Convention, ...]:
    """Return the conventions that a task needs most, best first; each says why.

    Args:
        found: All conventions of the project.
        scope: The task.
        limit: How many at most.
        min_worth: What is worth less is left out.
    """
    families = {family_of(language) for language in scope.languages}
    # A large project has thousands of conventions.
    near = frozenset(str(folder) for path in scope.paths for folder in PurePosixPath(path).parents)
    weighed = [(weigh(one, scope.task, families, near), one) for one in found]
    weighed = [entry for entry in weighed if entry[0][0] >= min_worth]
    weighed.sort(key=lambda entry: (-entry[0][0], entry[1].statement, entry[1].scope))
    chosen: list[Convention] = []
    counts: dict[str, int] = {}
    told: set[tuple[str, str | None]] = set()
    for (_, why), one in weighed:
        if counts.get(one.category, 0) >= _EACH_CATEGORY or (one.statement, one.language) in told:
            continue
        counts[one.category] = counts.get(one.category, 0) + 1
        told.add((one.statement, one.language))
        chosen.append(replace(one, why=why))
    return tuple(chosen[:limit])


def weigh(
    one: Convention, task: str, families: Collection[str], near: Collection[str]
) -> tuple[float, tuple[str, ...]]:
    """Return what a convention is worth to a task, and why.

    Args:
        one: The convention.
        task: What the task says.
        families: The families of languages that it is about.
        near: The folders that the closest code lies in, at any depth.
    """
    worth = one.strength * _WORTH.get(one.category, 0.4)
    why = [f"holds for {one.count} of {one.total}"]
    if word := _spoken_word(one.category, task):
        worth *= _SPOKEN_FACTOR
        why.append(f"the task says {word.lower()!r}")
    if families and one.language not in families:
        worth *= _OTHER_LANGUAGE_FACTOR
    if (one.language or "", one.statement) in _COMMONPLACE:
        worth *= _COMMONPLACE_FACTOR
    if one.since:
        worth *= _SHIFT_FACTOR
        why.append("newer files changed")
    if one.scope:
        is_near = one.scope in near
        worth *= _NEAR_FACTOR if is_near else _FAR_FOLDER_FACTOR
        if is_near:
            why.append(f"the closest code lies in {one.scope}/")
    return worth, tuple(why)


@lru_cache(maxsize=64)  # A category has many conventions.
def _spoken_word(category: str, task: str) -> str:
    spoken = _SPOKEN.get(category)
    match = spoken.search(task) if spoken is not None else None
    return match[0] if match else ""


def describe(one: Convention) -> str:
    """Return a convention as one line: what, how often, where not."""
    where = f"in {one.scope}/: " if one.scope and one.scope not in one.statement else ""
    share = one.since or f"{one.count} of {one.total}"
    not_in = f"; not in {one.counter_examples[0]}" if one.counter_examples else ""
    example = f", e.g. {one.examples[0]}" if one.examples else ""
    return f"{where}{one.statement} ({share}{example}{not_in})"
