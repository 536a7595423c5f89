"""From a mined pattern to a spike template: its holes as typed parameters, its best example as their defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

import yaml

from fluorite_mcp.errors import InputError, SpikeError
from fluorite_mcp.models import ParamType, Spike, SpikeParam
from fluorite_mcp.patterns.encoding import decode_parts
from fluorite_mcp.patterns.template import Place, render
from fluorite_mcp.spikes.casing import kebab
from fluorite_mcp.spikes.manifest import parse_spike
from fluorite_mcp.spikes.render import render_spike
from fluorite_mcp.spikes.values import value_problem

_FILE = "file"
_ID_CHARS = 48
_DESCRIPTION_VALUES = 3
_VALUE_CHARS = 40


@dataclass(frozen=True, slots=True)
class MinedPattern:
    """A pattern as its chunk keeps it. `mined` is what `learning.pattern_chunks` wrote."""

    id: str
    title: str
    language: str
    frameworks: tuple[str, ...]
    mined: Mapping[str, Any]


def promote(pattern: MinedPattern) -> tuple[Spike, str]:
    """Return a pattern as a spike, and as the YAML of its file.

    Rendered with its defaults the spike gives the first example, without the indentation it has in its class, and with
    a line break at its end.

    Raises:
        InputError: The pattern's text holds what a template would read as holes, so it cannot be one.
    """
    text = yaml.dump(_manifest(pattern), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)
    example = pattern.mined["exemplars"][0]
    wanted = render(decode_parts(pattern.mined["parts"]), example["values"]) + "\n"
    try:
        spike = parse_spike(text, f"{pattern.id}.yaml")
        [file] = render_spike(spike, {})
    except SpikeError as error:
        raise InputError(f"{pattern.id} cannot become a template: {error}") from error
    if file.content != wanted:
        raise InputError(
            f"{pattern.id} cannot become a template: its text holds braces that a template reads as a hole. "
            f"Copy it from {example['path']}:{example['line']} instead."
        )
    return spike, text


def spike_name(pattern: MinedPattern) -> str:
    """Return the id of a pattern's spike: words of its title, and enough of its own id to be the only one."""
    words = kebab(re.sub(r"[^A-Za-z0-9]+", " ", pattern.title.removeprefix("Pattern: ")))
    if len(words) > _ID_CHARS:
        words = words[:_ID_CHARS].rpartition("-")[0]
    return f"{words}-{pattern.id.rpartition('-')[2][:6]}"


def _manifest(pattern: MinedPattern) -> dict[str, Any]:
    mined = pattern.mined
    example = mined["exemplars"][0]
    params = _params(mined)
    title = pattern.title.removeprefix("Pattern: ")
    return {
        "id": spike_name(pattern),
        "name": title[:1].upper() + title[1:],
        "version": "1.0.0",
        "stack": list(pattern.frameworks) or [pattern.language],
        "tags": ["pattern"],
        "description": (
            f"A recurring {title}, seen {mined['count']} times in {mined['files']} files of a project; promoted from "
            f"the pattern {pattern.id}. Use it to write the next one as the others are written."
        ),
        "notes": f"Taken from {example['path']}:{example['line']}; add the imports that stand there.",
        "params": [
            {"name": _FILE, "type": "path", "default": _file(pattern, example["path"]), "description": "The new file."},
            *params,
        ],
        "files": [{"path": f"{{{{{_FILE}}}}}", "template": _text(mined) + "\n"}],
    }


def _file(pattern: MinedPattern, path: str) -> str:
    known = PurePosixPath(path)
    return str(known.with_name(f"{spike_name(pattern)}{known.suffix}"))


def _names(mined: Mapping[str, Any]) -> list[str]:
    """Return the name of each hole; one that would be called as the file is gets another."""
    return [f"{hole['name']}_value" if hole["name"] == _FILE else hole["name"] for hole in mined["holes"]]


def _params(mined: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    for number, (hole, name) in enumerate(zip(mined["holes"], _names(mined), strict=True)):
        if hole["layout"]:
            continue
        values = [example["values"][number] for example in mined["exemplars"]]
        param = {"name": name, "default": values[0], "description": _described(hole["role"], values)}
        type_ = cast("ParamType", hole["type"])
        if type_ != "text" and not value_problem(SpikeParam(name, type=type_), values[0]):
            param["type"] = type_
        found.append(param)
    return found


def _described(role: str, values: Sequence[str]) -> str:
    others = [" ".join(value.split())[:_VALUE_CHARS] for value in dict.fromkeys(values) if value.strip()]
    return f"{role[:1].upper()}{role[1:]}, for example {', '.join(others[:_DESCRIPTION_VALUES])}." if others else role


def _text(mined: Mapping[str, Any]) -> str:
    names, holes = _names(mined), mined["holes"]
    values = mined["exemplars"][0]["values"]

    def written(place: Place) -> str:
        if holes[place.hole]["layout"]:
            return str(values[place.hole])
        return "{{" + "|".join([names[place.hole], *place.filters]) + "}}"

    return "".join(part if isinstance(part, str) else written(part) for part in decode_parts(mined["parts"]))


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, as people would."""


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _write_text)
