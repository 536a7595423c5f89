"""Fills a spike with parameters: the files it would create and the diffs it would apply."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.models import Spike, SpikePatch
from fluorite_mcp.spikes.holes import fill
from fluorite_mcp.spikes.paths import path_problem
from fluorite_mcp.spikes.values import value_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A file as it would be written: a path relative to the target folder, with `/`, and its text."""

    path: str
    content: str


def render_spike(spike: Spike, params: Mapping[str, str]) -> list[RenderedFile]:
    """Render every file of a spike.

    Args:
        spike: The template.
        params: Values by parameter name; defaults fill the rest.

    Raises:
        SpikeError: An unknown parameter, a required one missing, or a value that makes a path unusable.
    """
    values = complete_params(spike, params)
    rendered: dict[str, RenderedFile] = {}
    for file in spike.files:
        path = _safe_path(spike, file.path, values)
        if path in rendered:
            raise SpikeError(f"{spike.id}: two files become '{path}' with these parameters; choose others.")
        rendered[path] = RenderedFile(path, fill(file.template, values))
    return list(rendered.values())


def render_patches(spike: Spike, params: Mapping[str, str]) -> list[SpikePatch]:
    """Render the diffs of a spike; arguments and errors as in `render_spike`."""
    values = complete_params(spike, params)
    return [SpikePatch(_safe_path(spike, patch.path, values), fill(patch.diff, values)) for patch in spike.patches]


def complete_params(spike: Spike, params: Mapping[str, str]) -> dict[str, str]:
    """Return a value for every parameter of the spike.

    Raises:
        SpikeError: An unknown parameter, a required one missing or empty, or a value that its type does not allow.
    """
    known = [param.name for param in spike.params]
    for name in params:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            listed = ", ".join(known) or "none"
            raise SpikeError(f"{spike.id}: unknown parameter '{name}'; known: {listed}.{hint}")
    missing = [param.name for param in spike.params if param.required and not params.get(param.name, "").strip()]
    if missing:
        raise SpikeError(f"{spike.id}: give a value for the required {', '.join(map(repr, missing))}.")
    values = {param.name: params.get(param.name, param.default or "") for param in spike.params}
    for param in spike.params:
        if problem := value_problem(param, values[param.name]):
            shown = values[param.name][:_SHOWN_CHARS]
            raise SpikeError(f"{spike.id}: the value {shown!r} of '{param.name}' {problem}.")
    return values


def has_all_defaults(spike: Spike) -> bool:
    """Whether the spike renders without any value given."""
    return not any(param.required for param in spike.params)


def _safe_path(spike: Spike, template: str, values: Mapping[str, str]) -> str:
    path = fill(template, values)
    problem = path_problem(path)
    if problem is not None:
        raise SpikeError(f"{spike.id}: with these parameters the path '{path}' {problem}.")
    return path
