"""The holes of a template: what counts as one, how it is filled, and which mistakes can be told.

A hole is `{{name}}`, `{{ name }}` or `{{name|filter|filter}}` on one line, where `name` is a declared
parameter. Everything else is literal, so JSX (`style={{ a: 1 }}`), Vue (`{{ message }}`), Helm
(`{{ .Values.x }}`) and f-strings survive. After `$` only the form without a space is a hole, so `${{name}}`
gives a PHP variable, and `${{ name }}`, as GitHub Actions are written, is always literal. In `{{{name}}}` the
inner braces are the hole: `${{{name}}}` becomes `${value}`. To keep `{{x}}` literal, do not declare `x`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.spikes.casing import FILTERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

PARAM_NAME = re.compile(r"[a-z][a-z0-9_]*")

_START = r"\{\{(?!(?<=\$\{\{)[ \t])[ \t]*([a-z][a-z0-9_]*)[ \t]*"
_HOLE = re.compile(_START + r"((?:\|[ \t]*[a-z_]+[ \t]*)*)\}\}")
_OPENING = re.compile(_START)

_MAX_TYPO = 2
"""An undeclared hole this close to a parameter is a slip of the finger, not another language's braces."""

_SHORT_NAME = 3
"""Nearly every word lies within two edits of a name this short, so these allow one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a template, at a character offset."""

    offset: int
    message: str


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill each hole once; a value that looks like a hole stays as it is.

    Args:
        template: Text with holes, free of problems by `find_problem`.
        values: One value for each declared parameter.
    """

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[1])
        if value is None:
            return match[0]
        for name in _filters(match[2]):
            value = FILTERS[name](value)
        return value

    return _HOLE.sub(value_of, template)


def used_params(template: str, declared: Collection[str]) -> set[str]:
    """Name the declared parameters that have a hole in the template."""
    return {match[1] for match in _HOLE.finditer(template)} & set(declared)


def find_problem(template: str, declared: Collection[str]) -> Problem | None:
    """Return the first hole that cannot be meant as written, or None."""
    problems = (*_wrong_holes(template, declared), *_open_holes(template, declared))
    return min(problems, key=lambda problem: problem.offset, default=None)


def find_open_hole(template: str, declared: Collection[str]) -> Problem | None:
    """Return the first hole of a declared parameter that is not closed on its line, or None."""
    return next(_open_holes(template, declared), None)


def _wrong_holes(template: str, declared: Collection[str]) -> Iterator[Problem]:
    for match in _HOLE.finditer(template):
        name, filters = match[1], _filters(match[2])
        unknown = [each for each in filters if each not in FILTERS]
        if name in declared and unknown:
            known = ", ".join(FILTERS)
            yield Problem(match.start(), f"unknown filter '{unknown[0]}' in {match[0]}; known are {known}.")
            return
        if name in declared:
            continue
        near = next((param for param in declared if _is_typo(name, param)), None)
        if near is not None:
            yield Problem(match.start(), f"unknown parameter in {match[0]}; did you mean '{near}'?")
            return
        if filters and not unknown:
            yield Problem(match.start(), f"'{name}' in {match[0]} is not declared in params.")
            return


def _open_holes(template: str, declared: Collection[str]) -> Iterator[Problem]:
    """Find `{{name` that is not closed on its line; `{{ name: …` and `{{ name, …` begin a literal object."""
    for match in _OPENING.finditer(template):
        if match[1] not in declared or template[match.end() : match.end() + 1] in (":", ","):
            continue
        end = template.find("\n", match.end())
        end = len(template) if end < 0 else end
        if template.find("}}", match.end(), end) < 0:
            yield Problem(match.start(), f"the hole {match[0].rstrip()} is not closed; write {{{{{match[1]}}}}}.")
            return


def _filters(text: str) -> list[str]:
    return [name.strip() for name in text.split("|")[1:]]


def _is_typo(name: str, param: str) -> bool:
    limit = 1 if len(param) <= _SHORT_NAME else _MAX_TYPO
    return abs(len(name) - len(param)) <= limit and edit_distance(name, param) <= limit


def edit_distance(left: str, right: str) -> int:
    """Count the insertions, deletions and replacements between two words (Levenshtein)."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]
