"""From a typed async function to an MCP tool: strict arguments, small schemas, structured answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BeforeValidator

from fluorite_mcp.results import Answer
from fluorite_mcp.server.shapes import result_schema

ToolContext = Context[Any, Any]

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
WRITES_ONCE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
DESTROYS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False)


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What clients are told of a tool.

    `result` is the dataclass that the structured content has the fields of. `describe_rows` is false where the things
    it lists are those of another tool, which describes them.
    """

    name: str
    description: str
    hints: ToolAnnotations
    result: type[Answer]
    describe_rows: bool = True


class StrictArguments(FuncMetadata):
    """Arguments as they were sent: the SDK would read any text that happens to be JSON as something else."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments; an explicit null is the same as leaving the argument out."""
        return {name: value for name, value in data.items() if value is not None}


def build_tool(fn: Callable[..., Awaitable[CallToolResult]], spec: ToolSpec) -> Tool:
    """Make a tool of a function whose parameters are its arguments and whose `ctx` is the request."""
    tool = Tool.from_function(
        fn, name=spec.name, description=spec.description, annotations=spec.hints, structured_output=False
    )
    metadata = StrictArguments(
        arg_model=tool.fn_metadata.arg_model, output_schema=result_schema(spec.result, describe_rows=spec.describe_rows)
    )
    return tool.model_copy(update={"parameters": _input_schema(tool.parameters), "fn_metadata": metadata})


def _as_list(value: object) -> object:
    """Some clients send a list as JSON text, and assistants send a single text for a list of one."""
    if not isinstance(value, str):
        return value
    parsed = _parsed(value, "[")
    if isinstance(parsed, list):
        return parsed
    return [value] if value else []


def _as_object(value: object) -> object:
    """Some clients send an object as JSON text."""
    return _parsed(value, "{") if isinstance(value, str) else value


def _parsed(text: str, opening: str) -> object:
    if not text.lstrip().startswith(opening):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


Texts = Annotated[list[str], BeforeValidator(_as_list)]
JsonObject = Annotated[dict[str, Any], BeforeValidator(_as_object)]


def _input_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: _argument(one) for name, one in schema.get("properties", {}).items()}
    out: dict[str, Any] = {"type": "object", "properties": properties}
    if required := schema.get("required"):
        out["required"] = required
    # Unknown arguments are refused, and clients that check before they send may know it.
    return out | {"additionalProperties": False}


def _argument(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what a client does not need to send an argument: generated titles, and null where leaving out is meant."""
    one = {key: value for key, value in schema.items() if key != "title"}
    choices = [choice for choice in one.pop("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        one = choices[0] | one
    if one.get("default", ...) in (None, [], {}):
        del one["default"]
    return one
