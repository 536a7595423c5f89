"""What to call a hole: by the role of what stands there, told by the kinds of what encloses it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fluorite_mcp.patterns.generalise import Spot
from fluorite_mcp.patterns.kinds import Role
from fluorite_mcp.spikes.casing import snake

# A name, and the role in words.
Named = tuple[str, str]

_DEFINITION_NAME = "name of the definition"
_DEFINITION_PART = "part of the definition's name"

# Where one hole stands at several spots, the first of these roles names it.
_TELLING = (_DEFINITION_NAME, _DEFINITION_PART, "type", "called function")

_DEFINES = re.compile(r"(definition|declaration|declarator|_item|_spec|function|method|class|signature)$")
_FIELD = re.compile(r"^(public_)?(field|property)_(declaration|definition|signature|item)$|^enum_(variant|assignment)")
_CLASS = re.compile(r"class|struct|interface|enum|trait|impl|record|type")
_CALLED = re.compile(r"call|invocation|macro")
_NAMES_MEMBER = frozenset({"attribute", "property", "field"})
_NAMES_CALLED = frozenset({"function", "method", "name", "macro"})

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,30}")
_SNAKE = re.compile(r"[a-z][a-z0-9_]*")
_ROUTE = re.compile(r"[\"'`]?/[\w/{}<>:.*-]*[\"'`]?")

# Literals by their role: the name where nothing labels them, and the role in words.
_LITERALS = {Role.TEXT: ("text", "string"), Role.NUMBER: ("number", "number"), Role.CONSTANT: ("flag", "constant")}

# By what encloses a name, the first that fits.
_NAME_PLACES: tuple[tuple[re.Pattern[str], Named], ...] = (
    (re.compile("parameter"), ("parameter", "parameter")),
    (re.compile("decorator|annotation"), ("decorator", "decorator")),
    (re.compile("import"), ("module", "imported name")),
    (re.compile("declarator"), ("variable", "variable")),
    (re.compile("pair"), ("key", "key")),
)
_FIELD_NAMES = {"left": ("variable", "variable"), "pattern": ("variable", "variable"), "key": ("key", "key")}

# By what encloses a run of nodes that only some examples have, or a subtree.
_RUN_PLACES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("parameter"), "parameters"),
    (re.compile("type"), "type"),
    (re.compile("argument"), "arguments"),
    (re.compile("class|declaration_list|field_list|interface|enum|impl"), "members"),
    (re.compile("block|body|statement|module|definition"), "statements"),
)
_SUBTREE_PLACES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("parameter"), "parameters"),
    (re.compile("type"), "type"),
    (re.compile("block"), "statements"),
)
_SUBTREE_FIELDS = {
    "type": "type", "return_type": "type", "result": "type", "body": "statements", "consequence": "statements",
    "alternative": "statements", "condition": "condition", "left": "left", "pattern": "pattern",
}  # fmt: skip


def name_of(spot: Spot, values: Sequence[str]) -> Named:
    """Return a name for what differs at a spot, and its role in words."""
    parent = spot.path[0] if spot.path else ""
    if spot.role is Role.INNER:
        name = _subtree_name(spot, parent)
        return name, name.rpartition("_")[2]
    defined = _name_of_definition(spot, parent)
    return defined or _name_of_leaf(spot, parent, values)


def _name_of_definition(spot: Spot, parent: str) -> Named | None:
    if spot.field == "name" and _FIELD.search(parent):
        return "field", "field"
    if spot.field == "name" and "parameter" not in parent and _DEFINES.search(parent):
        kind = "class" if _CLASS.search(parent) else "function"
        return ("subject", _DEFINITION_PART) if spot.is_part else (f"{kind}_name", _DEFINITION_NAME)
    return None


def _name_of_leaf(spot: Spot, parent: str, values: Sequence[str]) -> Named:
    if spot.role in _LITERALS:
        name, role = _LITERALS[spot.role]
        is_route = spot.role is Role.TEXT and all(map(_ROUTE.fullmatch, values))
        return "route" if is_route else _labelled(spot, name), role
    if spot.role is Role.TYPE or ("type" in parent and "parameter" not in parent):
        return "type", "type"
    return _name_of_name(spot, parent)


def most_telling(names: Sequence[Named]) -> Named:
    """Return the name by which a hole that stands at several spots is known."""
    return min(names, key=lambda named: _TELLING.index(named[1]) if named[1] in _TELLING else len(_TELLING))


def _name_of_name(spot: Spot, parent: str) -> Named:
    if spot.field in _NAMES_MEMBER:
        is_called = len(spot.path) > 1 and _CALLED.search(spot.path[1])
        return ("method", "called function") if is_called else ("attribute", "attribute")
    if spot.field in _NAMES_CALLED and _CALLED.search(parent):
        return "called", "called function"
    placed = next((named for place, named in _NAME_PLACES if place.search(parent)), None)
    return placed or _FIELD_NAMES.get(spot.field) or (_labelled(spot, "name"), "name")


def _subtree_name(spot: Spot, parent: str) -> str:
    if parent == "hedge":
        place = spot.path[1] if len(spot.path) > 1 else ""
        name = next((name for known, name in _RUN_PLACES if known.search(place)), "part")
        return _labelled(spot, name) if name in {"arguments", "part"} else name
    placed = next((name for known, name in _SUBTREE_PLACES if known.search(parent)), None)
    return placed or _SUBTREE_FIELDS.get(spot.field) or _labelled(spot, "expression")


def _labelled(spot: Spot, fallback: str) -> str:
    """Name a value by what stands before it, `timeout` in `timeout=3`, or by what it is."""
    label = snake(spot.label) if _LABEL.fullmatch(spot.label) else ""
    return f"{label}_{fallback}" if _SNAKE.fullmatch(label) else fallback
