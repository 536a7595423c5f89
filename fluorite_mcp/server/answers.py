"""From a result of the engine to an answer on the wire: structured content and text, both valid Unicode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from mcp.types import CallToolResult, TextContent

from fluorite_mcp.results import Answer


def answer(result: Answer, text: str) -> CallToolResult:
    """Return a result as structured content beside the text written of it."""
    return CallToolResult(
        content=[TextContent(type="text", text=sendable(text))], structured_content=structured(result)
    )


def failure(text: str) -> CallToolResult:
    """Return a sentence that says what went wrong."""
    return CallToolResult(content=[TextContent(type="text", text=sendable(text))], is_error=True)


def sendable(text: str) -> str:
    """Replace halves of surrogate pairs, as in file names that are not UTF-8: one of them would end the connection."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def structured(value: Any) -> Any:
    """Return a value as JSON has it: dataclasses as objects, tuples as lists."""
    if isinstance(value, str):
        return sendable(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: structured(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {sendable(str(key)): structured(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [structured(inner) for inner in value]
    return value
