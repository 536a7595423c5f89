"""A pattern as a chunk: what people and search read, and in its metadata what renders it again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from fluorite_mcp.learning.prepare import chunk_id
from fluorite_mcp.models import Chunk, Origin, Project
from fluorite_mcp.patterns.discover import Pattern
from fluorite_mcp.patterns.encoding import encode_parts
from fluorite_mcp.patterns.grouping import Member
from fluorite_mcp.patterns.template import Hole

MINED = "pattern"
"""Where in a pattern chunk's metadata what was mined stands. A pattern that somebody stored has no such key."""

_ONLY_RENDERS = frozenset({"parts", "values", "indent"})
_SHOWN_EXEMPLARS = 12
_RENDERED_EXEMPLARS = 5
_SHOWN_VALUES = 4
_VALUE_CHARS = 48
_NAME = re.compile(r"[^\W\d]\w*")


def pattern_id(project: Project, pattern: Pattern) -> str:
    """Return the id of a pattern: the same for as long as its most frequent shape and what that calls stay."""
    family = "function" if pattern.kind in {"function", "method"} else pattern.kind
    return chunk_id("pattern", project.root, pattern.language, family, str(pattern.shape), *pattern.seed_calls)


def pattern_chunk(
    pattern: Pattern,
    project: Project,
    frameworks: Mapping[str, Collection[str]],
    now: str,
    commit: str | None,
    looked_at: int | None = None,
) -> Chunk:
    """Return the chunk of a pattern.

    Args:
        pattern: The pattern.
        project: Where it was found.
        frameworks: The frameworks of its files, by path.
        now: The time of this learning; the first one stays that of the chunk that is stored.
        commit: The commit that is checked out.
        looked_at: How many of the project's files were looked at, where that is not all.
    """
    id_ = pattern_id(project, pattern)
    return Chunk(
        id=id_,
        kind="pattern",
        title=_title(pattern),
        content=_content(pattern, looked_at),
        project=project.key,
        language=pattern.language,
        frameworks=_frameworks(pattern, frameworks),
        tags=("pattern",),
        origin=Origin(commit=commit),
        quality=pattern.quality.score,
        created_at=now,
        accessed_at=now,
        recorded_at=now,
        metadata={MINED: _mined(pattern)},
    )


def shown_metadata(chunk: Chunk) -> dict[str, Any]:
    """Return a chunk's metadata as people read them: without what only renders a pattern again."""
    mined = chunk.metadata.get(MINED)
    if not isinstance(mined, dict):
        return dict(chunk.metadata)
    shown = {key: value for key, value in mined.items() if key not in _ONLY_RENDERS}
    shown["exemplars"] = [
        {key: value for key, value in one.items() if key not in _ONLY_RENDERS} for one in mined.get("exemplars", ())
    ]
    return {**chunk.metadata, MINED: shown}


def _frameworks(pattern: Pattern, frameworks: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return the frameworks that at least half of a pattern's files use."""
    paths = {member.path for member in pattern.members}
    counts = Counter(name for path in paths for name in frameworks.get(path, ()))
    return tuple(sorted(name for name, count in counts.items() if count * 2 >= len(paths)))


def _title(pattern: Pattern) -> str:
    """Say what the examples are, where, and what they call: `method get_…_url of EditView calling reverse, quote`."""
    name = _name(pattern)
    decorators = list(dict.fromkeys(pattern.exemplars[0].skeleton.decorators))
    with_ = f" with @{', @'.join(decorators[:2])}" if decorators else ""
    calls = [call for call in pattern.calls if _NAME.search(call)][:3]
    calling = f" calling {', '.join(calls)}" if calls else ""
    named = " ".join(filter(None, [pattern.kind, name, _owner(pattern)]))
    return f"Pattern: {named}{with_}{calling}"[:160]


def _owner(pattern: Pattern) -> str:
    """Say in which class or folder all examples stand, if they share one."""
    owners = {member.skeleton.symbol.rpartition(".")[0] for member in pattern.members}
    if len(owners) == 1 and (owner := owners.pop()):
        return f"of {owner}"
    folders = [member.path.split("/")[:-1] for member in pattern.members]
    shared = folders[0][: _shared(folders, min(map(len, folders)))]
    return f"in {'/'.join(shared[-2:])}" if shared else ""


def _name(pattern: Pattern) -> str:
    """Return the words that all examples' names begin or end with, `get_…_url`; else their most frequent name."""
    names = [member.skeleton.name for member in pattern.members]
    words = [re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|_+|[^A-Za-z0-9_]+", name) for name in names]
    shortest = min(map(len, words))
    start = _shared(words, shortest)
    if all(len(found) == shortest == start for found in words):
        return names[0]
    end = _shared([found[::-1] for found in words], max(0, shortest - start))
    first = words[0]
    head, tail = "".join(first[:start]), "".join(first[len(first) - end :] if end else [])
    return f"{head}…{tail}" if _NAME.search(head + tail) else ""


def _shared(words: list[list[str]], most: int) -> int:
    count = 0
    while count < most and len({found[count] for found in words}) == 1:
        count += 1
    return count


def _content(pattern: Pattern, looked_at: int | None) -> str:
    files = len({member.path for member in pattern.members})
    among = f", among the {looked_at:,} that are looked at in so large a project" if looked_at else ""
    counted = f"Seen {len(pattern.members)} times in {files} file{'s' if files > 1 else ''}{among}."
    blocks = [
        f"{counted} What is the same everywhere, with {{{{holes}}}} for what differs:",
        f"```{pattern.language}\n{pattern.template.show()}\n```",
    ]
    holes = pattern.template.named_holes
    if holes:
        blocks.append("\n".join(["Holes:", *map(_hole_line, holes)]))
    blocks.append("\n".join(["Examples:", *(f"- {_place(one)}" for one in pattern.members[:_SHOWN_EXEMPLARS])]))
    if pattern.counter_examples:
        lines = [f"- {_place(one.member)}: {one.reason}" for one in pattern.counter_examples]
        blocks.append("\n".join(["Nearly the same, but not quite:", *lines]))
    return "\n\n".join(blocks) + "\n"


def _hole_line(hole: Hole) -> str:
    values = list(dict.fromkeys(" ".join(value.split()) for value in hole.values))
    shown = ", ".join(f"`{value[:_VALUE_CHARS]}`" if value else "nothing" for value in values[:_SHOWN_VALUES])
    return f"- `{hole.name}` ({hole.role}, {hole.type}): {shown}{', …' if len(values) > _SHOWN_VALUES else ''}"


def _place(member: Member) -> str:
    return f"{member.path}:{member.skeleton.start_line} {member.skeleton.symbol}"


def _mined(pattern: Pattern) -> dict[str, Any]:
    """Return what a pattern is as plain values, for tools and for rendering it."""
    template = pattern.template
    return {
        "count": len(pattern.members),
        "files": len({member.path for member in pattern.members}),
        "factors": dict(pattern.quality.factors),
        "calls": list(pattern.calls),
        "parts": encode_parts(template.parts),
        "holes": [
            {"name": hole.name, "type": hole.type, "role": hole.role, "layout": hole.is_layout}
            for hole in template.holes
        ],
        "exemplars": [
            {**_located(member), "indent": indent, "values": list(template.values_of(number))}
            for number, (member, indent) in enumerate(
                zip(pattern.exemplars[:_RENDERED_EXEMPLARS], pattern.indents, strict=False)
            )
        ],
        "counter_examples": [{**_located(one.member), "reason": one.reason} for one in pattern.counter_examples],
    }


def _located(member: Member) -> dict[str, Any]:
    one = member.skeleton
    return {"path": member.path, "line": one.start_line, "end_line": one.end_line, "symbol": one.symbol}
