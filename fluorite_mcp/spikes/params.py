"""The parameters of a manifest: each with a type that its default satisfies."""

from __future__ import annotations

import re
from typing import cast

from fluorite_mcp.models import ParamType, SpikeParam
from fluorite_mcp.spikes.document import fail
from fluorite_mcp.spikes.fields import Fields
from fluorite_mcp.spikes.holes import PARAM_NAME
from fluorite_mcp.spikes.values import PARAM_TYPES, pattern_problem, value_problem

_KEYS = ("default", "description", "required", "type", "choices", "pattern")
_TYPE = re.compile("|".join(PARAM_TYPES))


def read_params(root: Fields) -> tuple[SpikeParam, ...]:
    """Read the list under `params`.

    Raises:
        SpikeError: Names file and line.
    """
    found: dict[str, SpikeParam] = {}
    for node in root.members("params"):
        fields = Fields(node, root.source, "a param", ("name",), _KEYS)
        param = _param(fields)
        if param.name in found:
            fail(root.source, node.line, f"parameter '{param.name}' is declared twice.")
        found[param.name] = param
    return tuple(found.values())


def _param(fields: Fields) -> SpikeParam:
    name = fields.matching("name", PARAM_NAME, "lower-case letters, digits and '_', starting with a letter")
    default = fields.text("default", "", may_be_empty=True) if fields.has("default") else None
    required = fields.flag("required")
    if default is None and not required:
        fail(fields.source, fields.line, f"parameter '{name}' needs a 'default' or 'required: true'.")
    if default is not None and required:
        fail(fields.source, fields.line, f"parameter '{name}' has a default, so it cannot be required; drop one.")
    if default is not None and "{{" in default:
        fail(fields.source, fields.line, f"the default of '{name}' holds '{{{{'; defaults are plain text.")
    type_ = _type(fields)
    choices, pattern = _choices(fields, name, type_), _pattern(fields)
    param = SpikeParam(name, default, fields.text("description", ""), required, type_, choices, pattern)
    if default is not None and (problem := value_problem(param, default)):
        fail(fields.source, fields.line_of("default"), f"the default '{default}' of '{name}' {problem}.")
    return param


def _type(fields: Fields) -> ParamType:
    if not fields.has("type"):
        return "text"
    return cast("ParamType", fields.matching("type", _TYPE, f"one of {', '.join(PARAM_TYPES)}"))


def _choices(fields: Fields, name: str, type_: ParamType) -> tuple[str, ...]:
    choices = fields.texts("choices")
    if type_ == "choice" and not choices:
        fail(fields.source, fields.line, f"parameter '{name}' of type choice needs 'choices'.")
    if type_ != "choice" and fields.has("choices"):
        fail(fields.source, fields.line_of("choices"), f"'choices' of '{name}' needs 'type: choice'.")
    return choices


def _pattern(fields: Fields) -> str | None:
    if not fields.has("pattern"):
        return None
    pattern = fields.text("pattern")
    if problem := pattern_problem(pattern):
        fail(fields.source, fields.line_of("pattern"), f"the pattern {pattern} {problem}.")
    return pattern
