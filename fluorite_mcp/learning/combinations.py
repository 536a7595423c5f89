"""Which frameworks are used together more often than chance has it, and what templates have to do with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

# Two frameworks that met twice met by chance.
MIN_SUPPORT = 3
# So much more often than if they did not care for each other.
MIN_LIFT = 1.5
# Templates serve the same purpose if they share this part of their tags.
_SAME_PURPOSE = 0.4
_MAX_RELATED = 5


@dataclass(frozen=True, slots=True)
class Combination:
    """Two frameworks, in how many stacks both are, and how many times more often than by chance (lift)."""

    first: str
    second: str
    support: int
    lift: float


@dataclass(frozen=True, slots=True)
class Stack:
    """What a template is made of and for."""

    frameworks: frozenset[str]
    tags: frozenset[str]
    languages: frozenset[str] = frozenset()


def find_combinations(stacks: Iterable[frozenset[str]], min_support: int = MIN_SUPPORT) -> tuple[Combination, ...]:
    """Return the pairs that belong together, the most surprising first.

    Args:
        stacks: The frameworks of each project and each template.
        min_support: In how many stacks a pair must be.
    """
    alone: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    total = 0
    for stack in stacks:
        total += 1
        alone.update(stack)
        together.update(combinations(sorted(stack), 2))
    found = [
        Combination(first, second, support, round(support * total / (alone[first] * alone[second]), 2))
        for (first, second), support in together.items()
        if support >= min_support
    ]
    kept = [one for one in found if one.lift >= MIN_LIFT]
    return tuple(sorted(kept, key=lambda one: (-one.lift, -one.support, one.first, one.second)))


def related_templates(
    name: str, stacks: Mapping[str, Stack], known: Sequence[Combination]
) -> list[tuple[str, str, float]]:
    """Return (relation, template, weight) for the templates that have to do with one, heaviest first.

    `alternative` serves the same purpose with other frameworks; its weight is the part of the tags they share.
    `used-with` brings a framework that goes with this one's and serves something else; its weight is 1 - 1/lift.
    """
    own = stacks[name]
    lifts = {frozenset((one.first, one.second)): one.lift for one in known}
    alternatives, partners = [], []
    for other, stack in stacks.items():
        # What is written in another language takes no one's place; where no language is named, either may.
        if other == name or (own.languages != stack.languages and own.languages.isdisjoint(stack.languages)):
            continue
        shared = len(own.tags & stack.tags) / max(1, len(own.tags | stack.tags))
        lift = _lift(own, stack, lifts)
        if shared >= _SAME_PURPOSE and not own.frameworks & stack.frameworks:
            alternatives.append(("alternative", other, round(shared, 3)))
        elif lift and shared < _SAME_PURPOSE:
            partners.append(("used-with", other, round(1 - 1 / lift, 3)))
    return [
        relation
        for group in (alternatives, partners)
        for relation in sorted(group, key=lambda one: (-one[2], one[1]))[:_MAX_RELATED]
    ]


def _lift(own: Stack, other: Stack, lifts: Mapping[frozenset[str], float]) -> float:
    """Return the largest lift between a framework of one and a framework that only the other has."""
    brought = other.frameworks - own.frameworks
    return max((lifts.get(frozenset((a, b)), 0.0) for a in own.frameworks for b in brought), default=0.0)
