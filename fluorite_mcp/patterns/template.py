"""A template: fixed text and holes in order. Filled with the values of an exemplar, it is that exemplar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fluorite_mcp.models import ParamType
from fluorite_mcp.spikes.casing import FILTERS


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hole stands: its number, and the spellings (`FILTERS`) that its value gets there."""

    hole: int
    filters: tuple[str, ...] = ()


Part: TypeAlias = str | Place


@dataclass(frozen=True, slots=True)
class Hole:
    """What differs between the exemplars.

    Attributes:
        name: What it is, lower case with `_`.
        type: What its values are, as a template's parameter would have it.
        role: Where it stands, in words: "function name", "string".
        values: Its value in each exemplar, in their order.
        is_layout: Whether it is only white space and comments between two tokens.
    """

    name: str
    type: ParamType
    role: str
    values: tuple[str, ...]
    is_layout: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """Parts in order, and the holes that they name."""

    parts: tuple[Part, ...]
    holes: tuple[Hole, ...]

    @property
    def named_holes(self) -> tuple[Hole, ...]:
        """The holes that are more than layout."""
        return tuple(hole for hole in self.holes if not hole.is_layout)

    def values_of(self, exemplar: int) -> tuple[str, ...]:
        """Return the value of every hole in one exemplar."""
        return tuple(hole.values[exemplar] for hole in self.holes)

    def show(self, layout_of: int = 0) -> str:
        """Return the template with `{{name}}` for holes, laid out as one of the exemplars."""
        return "".join(self._shown(part, layout_of) for part in self.parts)

    def _shown(self, part: Part, layout_of: int) -> str:
        if isinstance(part, str):
            return part
        hole = self.holes[part.hole]
        if hole.is_layout:
            return hole.values[layout_of]
        return "{{" + "|".join([hole.name, *part.filters]) + "}}"


def render(parts: Sequence[Part], values: Sequence[str]) -> str:
    """Fill every hole with its value, by the hole's number."""
    return "".join(part if isinstance(part, str) else spelled(values[part.hole], part.filters) for part in parts)


def spelled(value: str, filters: Sequence[str]) -> str:
    """Return a value in the spelling of some filters, one after the other."""
    for name in filters:
        value = FILTERS[name](value)
    return value
