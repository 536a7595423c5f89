"""What is wrong with the arguments of a call, in one sentence that names the argument; the SDK ignores or mumbles."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fluorite_mcp.errors import InputError
from fluorite_mcp.operations.arguments import check_characters

if TYPE_CHECKING:
    from mcp.server.mcpserver.tools import Tool
    from pydantic import ValidationError

_SHOWN_CHARS = 60

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list of texts",
}


def check_arguments(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments the tool does not have, and texts that are none, however deep they stand.

    Raises:
        InputError: Names the argument, and the nearest that the tool has.
    """
    known = list(tool.parameters["properties"])
    for name, value in arguments.items():
        if name not in known:
            takes = f"It takes {', '.join(known)}." if known else "It takes none."
            raise InputError(f"{tool.name} has no argument {shown(name)}. {guess(name, known)}{takes}")
        for text in _texts(value):
            check_characters(name, text)


def explain_arguments(tool: Tool, error: ValidationError) -> str:
    """Say in one sentence what is wrong with the first argument that is."""
    first = error.errors(include_url=False)[0]
    name, *inside = first["loc"]
    schema = tool.parameters["properties"][name]
    if first["type"] == "missing":
        return f"{tool.name} needs {name}: {schema.get('description', _expected(schema))}."
    if inside:
        schema = schema.get("items", {})
        name = f"{name}[{inside[0]}]"
    return f"{name} is {shown(first['input'])}; it may be {_expected(schema)}."


def guess(word: str, known: list[str]) -> str:
    """Return "Did you mean …? " for a word that resembles a known one, else nothing."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]}? " if near else ""


def shown(value: object) -> str:
    """Return a value as a message shows it, shortened."""
    # Cut first: the repr of a large text would be as large.
    text = repr(value[: _SHOWN_CHARS + 1]) if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


def _expected(schema: Mapping[str, Any]) -> str:
    if choices := schema.get("enum"):
        return ", ".join(choices)
    expected = _TYPES[schema["type"]]
    if "minimum" in schema:
        expected += f" from {schema['minimum']} to {schema['maximum']}"
    return expected


def _texts(value: object) -> Iterator[str]:
    # Without recursion: a client may nest as deep as it likes.
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            waiting += one
