"""A cluster's pattern as bytes, by the texts of its examples: what was found once stays true wherever they move."""

from __future__ import annotations

import json
from typing import Any

from fluorite_mcp.patterns.discover import CounterExample, Pattern
from fluorite_mcp.patterns.grouping import Cluster, Member
from fluorite_mcp.patterns.quality import Quality
from fluorite_mcp.patterns.template import Hole, Part, Place, Template


def encode_pattern(pattern: Pattern | None) -> bytes:
    """Write a pattern; None, that a cluster has no pattern, is written as well."""
    if pattern is None:
        return b""
    template = pattern.template
    values = {
        "language": pattern.language,
        "kind": pattern.kind,
        "parts": encode_parts(template.parts),
        "holes": [[hole.name, hole.type, hole.role, hole.values, hole.is_layout] for hole in template.holes],
        "score": pattern.quality.score,
        "factors": dict(pattern.quality.factors),
        "exemplars": [member.skeleton.digest for member in pattern.exemplars],
        "indents": pattern.indents,
        "members": sorted({member.skeleton.digest for member in pattern.members}),
        "counter": [[one.member.skeleton.digest, one.reason] for one in pattern.counter_examples],
        "calls": pattern.calls,
        "seed_calls": pattern.seed_calls,
        "shape": pattern.shape,
    }
    return json.dumps(values, separators=(",", ":")).encode()


def decode_pattern(data: bytes, cluster: Cluster) -> Pattern | None:
    """Read a pattern of a cluster of the same texts, at the places they have now."""
    if not data:
        return None
    values: dict[str, Any] = json.loads(data)
    found: dict[int, list[Member]] = {}
    for group in (cluster.seed, *cluster.near):
        for member in group.members:
            found.setdefault(member.skeleton.digest, []).append(member)
    members = [member for digest in values["members"] for member in found[digest]]
    holes = tuple(Hole(name, type_, role, tuple(told), layout) for name, type_, role, told, layout in values["holes"])
    return Pattern(
        language=values["language"],
        kind=values["kind"],
        template=Template(decode_parts(values["parts"]), holes),
        quality=Quality(values["score"], values["factors"]),
        exemplars=tuple(found[digest][0] for digest in values["exemplars"]),
        indents=tuple(values["indents"]),
        members=tuple(sorted(members, key=lambda one: (one.path, one.skeleton.start))),
        counter_examples=tuple(CounterExample(found[digest][0], reason) for digest, reason in values["counter"]),
        calls=tuple(values["calls"]),
        seed_calls=tuple(values["seed_calls"]),
        shape=values["shape"],
    )


def encode_parts(parts: tuple[Part, ...]) -> list[Any]:
    """Return the parts of a template as plain values: texts, and for holes their number with its spellings."""
    return [part if isinstance(part, str) else [part.hole, *part.filters] for part in parts]


def decode_parts(values: list[Any]) -> tuple[Part, ...]:
    """Read what `encode_parts` wrote."""
    return tuple(part if isinstance(part, str) else Place(part[0], tuple(part[1:])) for part in values)
