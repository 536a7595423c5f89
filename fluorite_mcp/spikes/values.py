"""What a parameter may hold: the rule of each type, for defaults in a manifest and for values of a user alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from fluorite_mcp.models import ParamType
from fluorite_mcp.spikes.paths import path_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fluorite_mcp.models import SpikeParam

PARAM_TYPES: tuple[str, ...] = get_args(ParamType)

MAX_VALUE_CHARS = 10_000
"""A parameter is a name, a number or a short text; whole files belong into the template."""

MAX_MATCHED_CHARS = 200
_MAX_REPETITIONS = 4
"""A pattern may come from anyone, and Python's matcher backtracks: within these limits it ends in a second."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_REPETITION = re.compile(r"(?<!\\)[*+{]")
_REPEATED_GROUP = re.compile(r"(?<!\\)\)[*+{]")
_BACK_REFERENCE = re.compile(r"\\[1-9]|\(\?P=")


def value_problem(param: SpikeParam, value: str) -> str | None:
    """Say what is wrong with a value, as the end of a sentence, or None when it is fine."""
    if len(value) > MAX_VALUE_CHARS:
        return f"has {len(value)} characters; it may have {MAX_VALUE_CHARS}"
    if _CONTROL.search(value):
        return "holds a control character or broken Unicode"
    problem = _TYPE_PROBLEMS[param.type](param, value)
    if problem is None and param.pattern is not None:
        return _pattern_problem(param.pattern, value)
    return problem


def pattern_problem(pattern: str) -> str | None:
    """Say why a regular expression cannot be used for values, or None."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no regular expression: {error}"
    if len(pattern) > MAX_MATCHED_CHARS:
        return f"has {len(pattern)} characters; it may have {MAX_MATCHED_CHARS}"
    if _REPEATED_GROUP.search(pattern) or _BACK_REFERENCE.search(pattern):
        return (
            "repeats a group or refers back to one, which may take forever on some values; use classes such as [a-z-]+"
        )
    if len(_REPETITION.findall(pattern)) > _MAX_REPETITIONS or pattern.count("?") > 2 * _MAX_REPETITIONS:
        return f"repeats more than {_MAX_REPETITIONS} times, which may take forever on some values"
    return None


def _pattern_problem(pattern: str, value: str) -> str | None:
    if len(value) > MAX_MATCHED_CHARS:
        return f"has {len(value)} characters; it may have {MAX_MATCHED_CHARS}"
    return None if re.fullmatch(pattern, value) else f"does not match the pattern {pattern}"


def _name_problem(_param: SpikeParam, value: str) -> str | None:
    return None if _NAME.fullmatch(value) else "is no name; use letters, digits, '-' and '_', starting with a letter"


def _integer_problem(_param: SpikeParam, value: str) -> str | None:
    return None if _INTEGER.fullmatch(value) else "is no whole number"


def _number_problem(_param: SpikeParam, value: str) -> str | None:
    return None if _NUMBER.fullmatch(value) else "is no number, such as 7 or 0.25"


def _boolean_problem(_param: SpikeParam, value: str) -> str | None:
    return None if value in ("true", "false") else "is neither true nor false"


def _choice_problem(param: SpikeParam, value: str) -> str | None:
    return None if value in param.choices else f"is none of {', '.join(param.choices)}"


def _port_problem(_param: SpikeParam, value: str) -> str | None:
    is_port = re.fullmatch(r"[0-9]{1,5}", value) and 1 <= int(value) <= 65_535
    return None if is_port else "is no port from 1 to 65535"


_TYPE_PROBLEMS: Mapping[str, Callable[[SpikeParam, str], str | None]] = {
    "text": lambda _param, _value: None,
    "name": _name_problem,
    "integer": _integer_problem,
    "number": _number_problem,
    "boolean": _boolean_problem,
    "choice": _choice_problem,
    "path": lambda _param, value: path_problem(value),
    "port": _port_problem,
}
