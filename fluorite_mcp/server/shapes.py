"""The shape of a result as a JSON schema, small: every client loads all of them at every start."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from fluorite_mcp.results import Answer

_SCALARS: Mapping[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def result_schema(result: type[Answer], *, describe_rows: bool) -> dict[str, Any]:
    """Return the schema of a result: its fields, and with `describe_rows` the fields of what it lists.

    Objects that stand alone, such as the project, are named without their fields, and so is what listed things list
    in turn: whoever reads them sees what they are.
    """
    rows: dict[str, Any] = {}
    schema = _object(result, rows if describe_rows else None)
    return schema | ({"$defs": rows} if rows else {})


def _object(cls: type[Any], rows: dict[str, Any] | None) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {"type": "object", "properties": {field.name: _shape(hints[field.name], rows) for field in fields(cls)}}


def _shape(hint: Any, rows: dict[str, Any] | None) -> dict[str, Any]:
    """Return the schema of one field. `rows` collects what lists hold; None where lists stay undescribed."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (types.UnionType, Union):
        # Not one `type` with a list of names: clients that map schemas to other dialects know single types only.
        return {"anyOf": [{"type": _SCALARS[argument]} for argument in arguments]}
    if origin is tuple:
        return _list(arguments[0], rows)
    return {"type": _SCALARS.get(hint, "object")}


def _list(row: Any, rows: dict[str, Any] | None) -> dict[str, Any]:
    if rows is None or not is_dataclass(row) or not isinstance(row, type):
        return {"type": "array"}
    if row.__name__ not in rows:
        rows[row.__name__] = _object(row, None)
    return {"type": "array", "items": {"$ref": f"#/$defs/{row.__name__}"}}
