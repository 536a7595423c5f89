"""Which definitions may be examples of one pattern: those of one shape, and those nearly so that do the same thing.

The same thing is what calls mostly the same APIs, or some of the same under names that mean the same (`decodeXML`,
`decodeYAML`). Only skeletons are read here. A cluster is a seed, the definitions of one shape that share their frequent
calls, with near groups in order of likeness; which of them really belong to it, generalising decides.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import NamedTuple

from fluorite_mcp.patterns.meaning import Agree
from fluorite_mcp.patterns.skeletons import FileSkeletons, Skeleton

MIN_COUNT = 3
"""Fewer examples are chance, not a pattern."""

MAX_CLUSTERS = 500

# How much of their sketches nearly equal trees share, and of their calls definitions that do the same.
_NEAR_TREES = 0.34
_NEAR_CALLS = 0.5
# Of their calls definitions whose names say that they do the same; without any, unrelated ones of one form would be it.
_SOME_CALLS = 0.2
_MAX_NEAR_GROUPS = 12
# A part that so many groups have (`return x`) tells nothing.
_COMMON_PART = 40
_NAMES_SAID = 6
# As if they shared so many, where neither calls anything.
_NO_CALLS = 0.5


@dataclass(frozen=True, slots=True)
class Member:
    """A definition that may be an example, with the file it stands in."""

    path: str
    file_hash: bytes
    language: str
    imports: tuple[str, ...]
    skeleton: Skeleton

    @property
    def order(self) -> tuple[int, str, int]:
        """By text first: the same texts are in the same order wherever they stand."""
        return (self.skeleton.digest, self.path, self.skeleton.start)


@dataclass(slots=True)
class Group:
    """Definitions of one shape that share their frequent calls."""

    language: str
    kind: str
    shape: int
    members: list[Member]
    sketch: frozenset[int] = frozenset()
    calls: frozenset[str] = frozenset()
    decorators: frozenset[str] = frozenset()

    @property
    def said(self) -> str:
        """What its names say: those of its definitions, and what they call."""
        names = sorted({member.skeleton.name for member in self.members})
        return " ".join([*names[:_NAMES_SAID], *sorted(self.calls)])


@dataclass(frozen=True, slots=True)
class Cluster:
    """A seed group and the groups near it, the most alike first."""

    seed: Group
    near: tuple[Group, ...] = field(default=())

    @property
    def size(self) -> int:
        """How many definitions it has at most."""
        return len(self.seed.members) + sum(len(group.members) for group in self.near)

    @property
    def signature(self) -> bytes:
        """A hash of all texts: the same cluster gives the same pattern."""
        digest = hashlib.blake2b(digest_size=16)
        for group in (self.seed, *self.near):
            digest.update(b"|")
            for member in group.members:
                digest.update(member.skeleton.digest.to_bytes(8, "big"))
        return digest.digest()


def find_clusters(files: Iterable[tuple[str, bytes, FileSkeletons]], agree: Agree) -> list[Cluster]:
    """Group the definitions of a project, the most promising cluster first.

    Args:
        files: (path, content hash, skeletons) of each file.
        agree: Tells whether names mean the same.
    """
    groups = list(_groups(files))
    clusters = [cluster for cluster in _clusters(groups, agree) if cluster.size >= MIN_COUNT]
    clusters.sort(key=lambda one: (-_promise(one), one.signature))
    return clusters[:MAX_CLUSTERS]


def _promise(cluster: Cluster) -> float:
    group = cluster.seed
    first = group.members[0].skeleton
    return math.sqrt(min(cluster.size, 12) * (1 + len(group.calls))) * min(first.nodes, 200)


def _groups(files: Iterable[tuple[str, bytes, FileSkeletons]]) -> Iterator[Group]:
    shapes: dict[tuple[str, str, int], list[Member]] = defaultdict(list)
    for path, file_hash, file in files:
        for one in file.skeletons:
            member = Member(path, file_hash, file.language, file.imports, one)
            shapes[file.language, _family(one.kind), one.shape].append(member)
    for (language, kind, shape), members in shapes.items():
        if len(members) == 1:
            yield _described(Group(language, kind, shape, members))
            continue
        frequent = _frequent(members)
        split: dict[frozenset[str], list[Member]] = defaultdict(list)
        for member in members:
            split[frequent.intersection(member.skeleton.calls)].append(member)
        for some in split.values():
            some.sort(key=lambda member: member.order)
            yield _described(Group(language, kind, shape, some))


def _family(kind: str) -> str:
    return "function" if kind in {"function", "method"} else kind


def _frequent(members: Sequence[Member]) -> frozenset[str]:
    counts = Counter(call for member in members for call in member.skeleton.calls)
    return frozenset(call for call, count in counts.items() if count >= MIN_COUNT)


def _described(group: Group) -> Group:
    first, *others = (member.skeleton for member in group.members)
    calls = set(first.calls).intersection(*(one.calls for one in others)) if others else set(first.calls)
    group.sketch, group.calls = frozenset(first.sketch), frozenset(calls)
    group.decorators = frozenset(name.rpartition(".")[2] for name in first.decorators)
    return group


class _Near(NamedTuple):
    """A group near a seed: how alike they are, its number, and whether their calls alone say so."""

    likeness: float
    group: int
    by_calls: bool


def _clusters(groups: Sequence[Group], agree: Agree) -> Iterator[Cluster]:
    seeds = _seeds(groups)
    near_seeds = _find_near(groups, seeds, agree)
    for index in seeds:
        group, near = groups[index], near_seeds[index]
        # A small group is judged with the largest one near it, where that is the seed.
        if len(group.members) < MIN_COUNT and any(one.by_calls and _leads(groups[one.group], group) for one in near):
            continue
        near.sort(key=lambda one: (-one.likeness, groups[one.group].members[0].order))
        yield Cluster(group, tuple(groups[one.group] for one in near[:_MAX_NEAR_GROUPS]))


def _find_near(groups: Sequence[Group], seeds: Sequence[int], agree: Agree) -> dict[int, list[_Near]]:
    """Return, for each seed, the groups near it."""
    near: dict[int, list[_Near]] = {index: [] for index in seeds}
    doubtful: list[tuple[int, _Near]] = []
    for seed, index, trees in _alike_trees(groups, seeds):
        calls = _shared_calls(groups[seed], groups[index])
        one = _Near(trees + calls, index, by_calls=calls >= _NEAR_CALLS)
        if one.by_calls:
            near[seed].append(one)
        elif calls >= _SOME_CALLS:
            doubtful.append((seed, one))
    if doubtful:
        same = agree([(groups[seed].said, groups[one.group].said) for seed, one in doubtful])
        for seed, one in compress(doubtful, same):
            near[seed].append(one)
    return near


def _alike_trees(groups: Sequence[Group], seeds: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """Yield each seed with a group whose trees are nearly equal to its own, and which part of them is."""
    holders = _holders(groups, seeds)
    for index, group in enumerate(groups):
        known = holders.get((group.language, group.kind), {})
        shared = [seed for part in group.sketch if part in known for seed in known[part]]
        # Hundreds of seeds share one part with a group; those that share more are few.
        for seed, count in Counter(shared).items() if len(shared) > 1 else ():
            if count > 1 and seed != index and groups[seed].decorators == group.decorators:
                trees = count / min(len(group.sketch), len(groups[seed].sketch))
                if trees >= _NEAR_TREES:
                    yield seed, index, trees


def _holders(groups: Sequence[Group], seeds: Sequence[int]) -> dict[tuple[str, str], dict[int, list[int]]]:
    """Return, for each language and kind, which seeds have a part; parts that very many have tell nothing.

    Only parts of seeds are listed: most groups share none with any, and cost a look-up for each of their parts.
    """
    holders: dict[tuple[str, str], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index in seeds:
        listed = holders[groups[index].language, groups[index].kind]
        for part in groups[index].sketch:
            listed[part].append(index)
    return {
        place: {part: some for part, some in listed.items() if len(some) <= _COMMON_PART}
        for place, listed in holders.items()
    }


def _seeds(groups: Sequence[Group]) -> list[int]:
    """Choose the groups that clusters are built around.

    A definition whose shape is its own, as most are, is one only where enough others call just the same; it is the
    first of them.
    """
    alike: dict[tuple[str, str, frozenset[str], frozenset[str]], list[int]] = defaultdict(list)
    seeds = []
    for index, group in enumerate(groups):
        if len(group.members) > 1:
            seeds.append(index)
        elif group.calls:
            alike[group.language, group.kind, group.calls, group.decorators].append(index)
    for some in alike.values():
        if len(some) >= MIN_COUNT:
            seeds += sorted(some, key=lambda index: groups[index].members[0].order)
    return seeds


def _leads(one: Group, other: Group) -> bool:
    return (-len(one.members), one.members[0].order) < (-len(other.members), other.members[0].order)


def _shared_calls(left: Group, right: Group) -> float:
    """Return which part of their calls two groups share."""
    all_calls = left.calls | right.calls
    return len(left.calls & right.calls) / len(all_calls) if all_calls else _NO_CALLS
