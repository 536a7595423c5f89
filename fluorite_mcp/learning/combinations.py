"""Which frameworks are used together more often than chance has it, and what templates have to do with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

# Two frameworks that met twice met by chance.
MIN_SUPPORT = 3
# So much more often than if they did not care for each other.
MIN_LIFT = 1.5
# Templates serve the same purpose if they share this part of their tags.
_SAME_PURPOSE = 0.4
_MAX_RELATED = 5
_TAGS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """Where two frameworks were seen: in how many stacks both are, and each of them."""

    both: int = 0
    first: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class Combination:
    """Two frameworks, in how many stacks both are, and how many times more often than by chance (lift).

    `projects` and `templates` are the parts of the support that learned projects and templates have.
    """

    first: str
    second: str
    support: int
    lift: float
    projects: Seen = Seen()
    templates: Seen = Seen()


@dataclass(frozen=True, slots=True)
class Stack:
    """What a template is made of and for."""

    frameworks: frozenset[str]
    tags: frozenset[str]
    languages: frozenset[str] = frozenset()


def find_combinations(
    stacks: Iterable[frozenset[str]], projects: Iterable[frozenset[str]] = (), min_support: int = MIN_SUPPORT
) -> tuple[Combination, ...]:
    """Return the pairs that belong together, the most surprising first.

    Args:
        stacks: The frameworks of each template.
        projects: The frameworks of each learned project.
        min_support: In how many of all these a pair must be.
    """
    of_templates, of_projects = _count(stacks), _count(projects)
    alone = of_templates.alone + of_projects.alone
    together = of_templates.together + of_projects.together
    total = of_templates.total + of_projects.total
    found = [
        Combination(
            first, second, support, round(support * total / (alone[first] * alone[second]), 2),
            of_projects.seen(first, second), of_templates.seen(first, second),
        )
        for (first, second), support in together.items()
        if support >= min_support
    ]  # fmt: skip
    kept = [one for one in found if one.lift >= MIN_LIFT]
    return tuple(sorted(kept, key=lambda one: (-one.lift, -one.support, one.first, one.second)))


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many stacks hold each framework, and each pair."""

    alone: Counter[str]
    together: Counter[tuple[str, str]]
    total: int

    def seen(self, first: str, second: str) -> Seen:
        return Seen(self.together[first, second], self.alone[first], self.alone[second])


def _count(stacks: Iterable[frozenset[str]]) -> _Counts:
    alone: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    total = 0
    for stack in stacks:
        total += 1
        alone.update(stack)
        together.update(combinations(sorted(stack), 2))
    return _Counts(alone, together, total)


def describe(one: Combination, about: str) -> str:
    """Say in words where a combination was seen, from the side of one of its frameworks."""
    is_first = about == one.first
    other = one.second if is_first else one.first
    places = [
        f"{seen.both} of {count} {kind}{'s' if count > 1 else ''}"
        for kind, seen in (("learned project", one.projects), ("template", one.templates))
        if (count := seen.first if is_first else seen.second) and seen.both
    ]
    return f"{about} is used with {other} in {' and '.join(places)} that use{'s' if _is_one(places) else ''} {about}"


def _is_one(places: Sequence[str]) -> bool:
    return len(places) == 1 and " of 1 " in places[0]


@dataclass(frozen=True, slots=True)
class RelatedTemplate:
    """A template that has to do with another one: how, which, how much (0..1), and why."""

    type: Literal["alternative", "used-with"]
    id: str
    weight: float
    why: str


def related_templates(name: str, stacks: Mapping[str, Stack], known: Sequence[Combination]) -> list[RelatedTemplate]:
    """Return the templates that have to do with one, alternatives first, in each group the heaviest first.

    `alternative` serves the same purpose with other frameworks; its weight is the part of the tags they share.
    `used-with` brings a framework that goes with this one's and serves something else; its weight is 1 - 1/lift.
    """
    own = stacks[name]
    by_pair = {frozenset((one.first, one.second)): one for one in known}
    alternatives, partners = [], []
    for other, stack in stacks.items():
        # What is written in another language takes no one's place; where no language is named, either may.
        if other == name or (own.languages != stack.languages and own.languages.isdisjoint(stack.languages)):
            continue
        common = own.tags & stack.tags
        shared = len(common) / max(1, len(own.tags | stack.tags))
        if shared >= _SAME_PURPOSE and not own.frameworks & stack.frameworks:
            why = f"both are for {', '.join(sorted(common)[:_TAGS_NAMED])}"
            alternatives.append(RelatedTemplate("alternative", other, round(shared, 3), why))
        elif shared < _SAME_PURPOSE and (found := strongest(own.frameworks, stack.frameworks, by_pair)):
            about, one = found
            partners.append(RelatedTemplate("used-with", other, round(1 - 1 / one.lift, 3), describe(one, about)))
    return [
        related
        for group in (alternatives, partners)
        for related in sorted(group, key=lambda one: (-one.weight, one.id))[:_MAX_RELATED]
    ]


def strongest(
    own: frozenset[str], other: frozenset[str], by_pair: Mapping[frozenset[str], Combination]
) -> tuple[str, Combination] | None:
    """Return the strongest combination of a framework of one with one that only the other has, and the former."""
    found = [
        (a, one)
        for a in sorted(own)
        for b in sorted(other - own)
        if (one := by_pair.get(frozenset((a, b)))) is not None
    ]
    return max(found, key=lambda pair: (pair[1].lift, pair[1].support), default=None)
