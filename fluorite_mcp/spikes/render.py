"""Fills a spike with parameters: the files it would create and the diffs it would apply."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.models import Spike, SpikeParam, SpikePatch
from fluorite_mcp.spikes.holes import fill
from fluorite_mcp.spikes.paths import clashing_paths, path_problem
from fluorite_mcp.spikes.values import value_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A file as it would be written: a path relative to the target folder, with `/`, and its text."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A whole spike, filled: the values of its parameters, its files and its diffs."""

    values: Mapping[str, str]
    files: tuple[RenderedFile, ...]
    patches: tuple[SpikePatch, ...]


def render(spike: Spike, params: Mapping[str, str]) -> Rendered:
    """Render a spike.

    Args:
        spike: The template.
        params: Values by parameter name; defaults fill the rest.

    Raises:
        SpikeError: An unknown parameter, a required one missing, or a value that makes a path unusable.
    """
    return _rendered(spike, complete_params(spike, params))


def render_partly(spike: Spike, params: Mapping[str, str]) -> Rendered:
    """Render a spike as far as its parameters are known; holes of required ones that are not stay as they are.

    Raises:
        SpikeError: An unknown parameter, or a value that its type does not allow.
    """
    check_params(spike, params)
    return _rendered(spike, _values(spike, params))


def render_spike(spike: Spike, params: Mapping[str, str]) -> list[RenderedFile]:
    """Render every file of a spike; arguments and errors as in `render`."""
    return list(render(spike, params).files)


def render_patches(spike: Spike, params: Mapping[str, str]) -> list[SpikePatch]:
    """Render the diffs of a spike; arguments and errors as in `render`."""
    return list(render(spike, params).patches)


def complete_params(spike: Spike, params: Mapping[str, str]) -> dict[str, str]:
    """Return a value for every parameter of the spike.

    Raises:
        SpikeError: An unknown parameter, a required one missing or empty, or a value that its type does not allow.
    """
    check_params(spike, params)
    missing = [param.name for param in missing_params(spike, params) if param.required]
    if missing:
        raise SpikeError(f"{spike.id}: give a value for the required {', '.join(map(repr, missing))}.")
    return _values(spike, params)


def check_params(spike: Spike, params: Mapping[str, str]) -> None:
    """Refuse parameters that the spike does not have, and values that their type does not allow.

    Raises:
        SpikeError: Names the parameter.
    """
    known = {param.name: param for param in spike.params}
    for name, value in params.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            listed = ", ".join(known) or "none"
            raise SpikeError(f"{spike.id}: unknown parameter '{name[:_SHOWN_CHARS]}'; known: {listed}.{hint}")
        is_left_out = known[name].required and not value.strip()
        if not is_left_out and (problem := value_problem(known[name], value)):
            raise SpikeError(f"{spike.id}: the value {value[:_SHOWN_CHARS]!r} of '{name}' {problem}.")


def missing_params(spike: Spike, params: Mapping[str, str]) -> list[SpikeParam]:
    """Return the parameters that have no value yet; a required one is not given by blanks."""
    return [
        param
        for param in spike.params
        if param.name not in params or (param.required and not params[param.name].strip())
    ]


def _values(spike: Spike, params: Mapping[str, str]) -> dict[str, str]:
    defaults = {param.name: param.default for param in missing_params(spike, params)}
    return {name: value for name, value in {**params, **defaults}.items() if value is not None}


def _rendered(spike: Spike, values: Mapping[str, str]) -> Rendered:
    files = [RenderedFile(_safe_path(spike, file.path, values), fill(file.template, values)) for file in spike.files]
    if clash := clashing_paths(file.path for file in files):
        first, second = clash
        what = f"two files become '{first}'" if first == second else f"'{first}' and '{second}' cannot both be written"
        raise SpikeError(f"{spike.id}: {what} with these parameters; choose others.")
    patches = [SpikePatch(_safe_path(spike, patch.path, values), fill(patch.diff, values)) for patch in spike.patches]
    return Rendered(values, tuple(files), tuple(patches))


def has_all_defaults(spike: Spike) -> bool:
    """Whether the spike renders without any value given."""
    return not any(param.required for param in spike.params)


def _safe_path(spike: Spike, template: str, values: Mapping[str, str]) -> str:
    path = fill(template, values)
    # A preview may leave holes, which hold what no path may.
    undecided = {param.name: "x" for param in spike.params if param.name not in values}
    if problem := path_problem(fill(path, undecided)):
        raise SpikeError(f"{spike.id}: with these parameters the path '{path}' {problem}.")
    return path
