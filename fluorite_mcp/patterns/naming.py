"""From differences to holes: each with a name for its role, a type for its values; equal ones are one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from fluorite_mcp.models import ParamType, SpikeParam
from fluorite_mcp.patterns.generalise import Difference, Piece, Spot
from fluorite_mcp.patterns.roles import most_telling, name_of
from fluorite_mcp.patterns.template import Hole, Part, Place, Template, spelled
from fluorite_mcp.spikes.values import value_problem

# The narrowest type that all values have is taken.
_TYPES: tuple[ParamType, ...] = ("integer", "number", "boolean", "name")

# Spellings in which one word comes back, single and combined.
_SPELLINGS: tuple[tuple[str, ...], ...] = (
    (), ("pascal",), ("camel",), ("snake",), ("kebab",), ("plural",), ("plural", "snake"), ("plural", "kebab"),
    ("plural", "camel"), ("plural", "pascal"),
)  # fmt: skip

_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9]{0,60}(?:[_-][A-Za-z0-9]{1,60}){0,8}")
# By a shorter word others would be written by chance.
_MIN_BASE_CHARS = 3

# A comma or semicolon that a formatter puts before a closing bracket is layout.
_LAYOUT = re.compile(r"\s*[,;]?\s*")


def name_holes(pieces: Sequence[Piece]) -> Template:
    """Turn pieces into a template."""
    differences = [piece for piece in pieces if isinstance(piece, Difference)]
    written = _write(differences)
    # A value that another one is made of is written by its place; the rest are the holes.
    bases = list(dict.fromkeys(one.values for one in differences if isinstance(written[one.values], int)))
    numbers = {vector: number for number, vector in enumerate(bases)}
    parts: list[Part] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
            continue
        found = written[piece.values]
        if isinstance(found, int):
            parts.append(Place(numbers[piece.values]))
        else:
            parts.extend(part if isinstance(part, str) else Place(numbers[part[0]], part[1]) for part in found)
    return Template(_joined(parts), tuple(_named(differences, bases)))


Vector = tuple[str, ...]
# A value written by another one: texts, and the other's vector with the spelling it has there.
_Written = list[str | tuple[Vector, tuple[str, ...]]]
# A vector that others may be written by, in all of its spellings.
_Base = tuple[Vector, list[tuple[tuple[str, ...], list[str]]]]


def _write(differences: Sequence[Difference]) -> dict[Vector, _Written | int]:
    """Write each vector by a shorter one if it can be; else it stands for itself (0)."""
    visible = {one.values for one in differences if one.spot is not None}
    written: dict[Vector, _Written | int] = {one.values: 0 for one in differences}
    bases: list[_Base] = []
    for vector in sorted(visible, key=_length_and_order(differences)):
        expressed = next((found for base in bases if (found := _express(vector, base))), None)
        if expressed is not None:
            written[vector] = expressed
        elif all(map(_WORDS.fullmatch, vector)) and min(map(len, vector)) >= _MIN_BASE_CHARS:
            bases.append((vector, [(filters, [spelled(value, filters) for value in vector]) for filters in _SPELLINGS]))
    return written


def _length_and_order(differences: Sequence[Difference]) -> Callable[[Vector], tuple[int, int]]:
    order: dict[Vector, int] = {}
    for number, one in enumerate(differences):
        order.setdefault(one.values, number)
    return lambda vector: (sum(map(len, vector)), order[vector])


def _express(vector: Vector, base: _Base) -> _Written | None:
    """Write a vector by another one, in one of its spellings: `users/{user_id` by `user`."""
    word, spellings = base
    for filters, values in spellings:
        if not all(value and value in text for value, text in zip(values, vector, strict=True)):
            continue
        rests = [text.split(value) for value, text in zip(values, vector, strict=True)]
        if all(rest == rests[0] for rest in rests):
            found: _Written = [rests[0][0]]
            for rest in rests[0][1:]:
                found += [(word, filters), rest]
            return [part for part in found if part]
    return None


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Join texts that follow each other."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(last := joined[-1], str):
            joined[-1] = last + part
        else:
            joined.append(part)
    return tuple(joined)


def _named(differences: Sequence[Difference], bases: Sequence[Vector]) -> Iterator[Hole]:
    """Yield the holes in order. One that stands at several spots is named by the most telling one."""
    spots: dict[Vector, list[Spot]] = {base: [] for base in bases}
    for one in differences:
        if one.spot is not None and one.values in spots:
            spots[one.values].append(one.spot)
    taken: dict[str, int] = {}
    for values in bases:
        told = spots[values]
        if not told or all(map(_LAYOUT.fullmatch, values)):
            yield Hole("layout", "text", "white space and comments", values, is_layout=True)
            continue
        name, role = most_telling([name_of(spot, values) for spot in told])
        taken[name] = taken.get(name, 0) + 1
        unique = name if taken[name] == 1 else f"{name}_{taken[name]}"
        yield Hole(unique, _type(values), role, values)


def _type(values: Sequence[str]) -> ParamType:
    for type_ in _TYPES:
        if not any(value_problem(SpikeParam("value", type=type_), value) for value in values):
            return type_
    return "text"
