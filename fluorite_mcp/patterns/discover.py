"""From clusters to patterns: generalise the seed, take in near groups as long as the pattern stays good, judge it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fluorite_mcp.patterns.generalise import generalise
from fluorite_mcp.patterns.grouping import MIN_COUNT, Cluster, Group, Member
from fluorite_mcp.patterns.naming import name_holes
from fluorite_mcp.patterns.quality import Quality, Support, judge
from fluorite_mcp.patterns.template import Template
from fluorite_mcp.patterns.trees import Definition

# So many examples are generalised; what has the shape of one of them and the same calls counts besides.
MAX_GENERALISED = 12

# How much worse a pattern may get by another group of examples.
_MAX_LOSS = 0.04

# What a seed of enough examples scores below this part of the threshold, further examples do not mend.
_HOPELESS = 0.6

# After so many groups that do not fit, less alike ones will not either.
_MAX_REFUSED = 3

_MAX_COUNTER_EXAMPLES = 5

# Reads the tree of a definition; None if its file changed meanwhile.
Load = Callable[[Member], Definition | None]


@dataclass(frozen=True, slots=True)
class CounterExample:
    """A definition like the examples that deviates, and how."""

    member: Member
    reason: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """What some definitions have in common.

    Attributes:
        template: Its holes have one value for each of `exemplars`.
        exemplars: The definitions that were generalised, in a fixed order.
        indents: The indentation of each of them.
        members: All definitions that count as examples; the exemplars are among them.
        calls: What every example calls.
        seed_calls: What every definition of the seed calls.
        shape: The shape of the seed: with language, kind and seed calls it names the pattern.
    """

    language: str
    kind: str
    template: Template
    quality: Quality
    exemplars: tuple[Member, ...]
    indents: tuple[str, ...]
    members: tuple[Member, ...]
    counter_examples: tuple[CounterExample, ...]
    calls: tuple[str, ...]
    seed_calls: tuple[str, ...]
    shape: int


def discover(cluster: Cluster, load: Load, threshold: float) -> Pattern | None:
    """Return the pattern of a cluster, or None where there is none worth showing."""
    chosen = _Chosen.of(cluster.seed, load)
    if chosen is None or (chosen.count >= MIN_COUNT and chosen.quality.score < _HOPELESS * threshold):
        return None
    near: list[Group] = []
    for group in cluster.near:
        wider = chosen.with_group(group, load) if len(near) < _MAX_REFUSED else None
        if wider is not None and _may_widen(chosen, wider):
            chosen = wider
        else:
            near.append(group)
    if chosen.count < MIN_COUNT or chosen.quality.score < threshold:
        return None
    return _pattern(cluster.seed, chosen, near)


def _may_widen(before: _Chosen, after: _Chosen) -> bool:
    # Until there are enough examples the seed cannot be judged.
    return before.count < MIN_COUNT or after.quality.score >= before.quality.score - _MAX_LOSS


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The groups that belong to a pattern so far, and the pattern they make."""

    groups: tuple[Group, ...]
    exemplars: tuple[Member, ...]
    definitions: tuple[Definition, ...]
    template: Template
    quality: Quality

    @property
    def count(self) -> int:
        return sum(len(group.members) for group in self.groups)

    @classmethod
    def of(cls, group: Group, load: Load) -> _Chosen | None:
        return cls._made((group,), _read(group.members, MAX_GENERALISED, load))

    def with_group(self, group: Group, load: Load) -> _Chosen | None:
        room = max(MAX_GENERALISED - len(self.exemplars), 2)
        more = _read(group.members, room, load)
        if not more:
            return None
        pairs = [*zip(self.exemplars, self.definitions, strict=True), *more]
        return self._made((*self.groups, group), pairs)

    @classmethod
    def _made(cls, groups: tuple[Group, ...], pairs: Sequence[tuple[Member, Definition]]) -> _Chosen | None:
        if not pairs:
            return None
        exemplars, definitions = zip(*pairs, strict=True)
        template = name_holes(generalise(definitions))
        members = [member for group in groups for member in group.members]
        return cls(groups, exemplars, definitions, template, judge(template, _support(members)))


def _read(members: Sequence[Member], most: int, load: Load) -> list[tuple[Member, Definition]]:
    """Read the trees of some members: different texts first, since copies say nothing new."""
    texts: dict[int, Member] = {}
    for member in members:
        texts.setdefault(member.skeleton.digest, member)
    found = []
    for member in list(texts.values())[:most]:
        definition = load(member)
        if definition is not None:
            found.append((member, definition))
    return found


def _support(members: Sequence[Member]) -> Support:
    lines = sum(one.skeleton.end_line - one.skeleton.start_line + 1 for one in members) / len(members)
    return Support(len(members), len({one.path for one in members}), lines, len(_shared_calls(members)))


def _shared_calls(members: Sequence[Member]) -> tuple[str, ...]:
    first, *others = (set(member.skeleton.calls) for member in members)
    return tuple(sorted(first.intersection(*others)))


def _pattern(seed: Group, chosen: _Chosen, near: Sequence[Group]) -> Pattern:
    members = sorted(
        (member for group in chosen.groups for member in group.members),
        key=lambda one: (one.path, one.skeleton.start),
    )
    calls = _shared_calls(members)
    counter = [
        CounterExample(member, reason)
        for group in near
        for member in group.members[:2]
        if (reason := _deviation(member, calls, members))
    ]
    return Pattern(
        language=seed.language,
        kind=members[0].skeleton.kind,
        template=chosen.template,
        quality=chosen.quality,
        exemplars=chosen.exemplars,
        indents=tuple(definition.indent for definition in chosen.definitions),
        members=tuple(members),
        counter_examples=tuple(counter[:_MAX_COUNTER_EXAMPLES]),
        calls=calls,
        seed_calls=tuple(sorted(seed.calls)),
        shape=seed.shape,
    )


def _deviation(member: Member, calls: Sequence[str], members: Sequence[Member]) -> str:
    """Say how a near miss differs from the examples."""
    lacking = [call for call in calls if call not in member.skeleton.calls]
    known = {call for one in members for call in one.skeleton.calls}
    more = [call for call in member.skeleton.calls if call not in known]
    parts = []
    if lacking:
        parts.append(f"does not call {', '.join(lacking[:3])}")
    if more:
        parts.append(f"calls {', '.join(more[:3])} too")
    if not parts and member.skeleton.handles_errors != members[0].skeleton.handles_errors:
        parts.append("handles errors differently")
    return "; ".join(parts) or "has other statements"
