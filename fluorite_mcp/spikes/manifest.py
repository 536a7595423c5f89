"""The format of a spike: from YAML text to a checked `Spike`, or to an error that names file and line.

```yaml
id: fastapi-crud                # kebab-case, unique
name: FastAPI CRUD              # what people call it
version: 1.0.0                  # semantic version of the template
stack: [fastapi]                # lower-case kebab-case names
tags: [api]                     # optional, as stack
description: What it gives and when to use it, in two or three sentences.
description_ja: The same in Japanese.             # optional
notes: What to do after applying it.              # optional
params:                         # each with a `default`, or with `required: true`
  - {name: entity, default: item, description: The resource.}
files:                          # files or patches or both; holes are explained in holes.py
  - path: app/{{entity}}.py
    template: |
      class {{entity|pascal}}: ...
patches:
  - path: app/main.py
    diff: |
      @@ -1 +1 @@
```

Every scalar is text exactly as written; numbers need no quotes.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from fluorite_mcp.models import Spike, SpikeFile, SpikeParam, SpikePatch
from fluorite_mcp.spikes.document import ListNode, MapNode, Node, TextNode, fail, read_document
from fluorite_mcp.spikes.holes import PARAM_NAME, find_problem
from fluorite_mcp.spikes.paths import path_problem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")

_REQUIRED = ("id", "name", "version", "stack", "description")
_OPTIONAL = ("tags", "description_ja", "notes", "params", "files", "patches")


def parse_spike(text: str, source: str) -> Spike:
    """Read one spike.

    Args:
        text: The YAML.
        source: What messages call the file, for example `spikes/fastapi/fastapi-crud.yaml`.

    Raises:
        SpikeError: Anything that is not as the format says; the message names file and line.
    """
    root = _Fields(read_document(text, source), source, "a spike", _REQUIRED, _OPTIONAL)
    params = _params(root)
    declared = [param.name for param in params]
    files = [SpikeFile(*pair) for pair in _changes(root, "files", "template", declared)]
    patches = [SpikePatch(*pair) for pair in _changes(root, "patches", "diff", declared)]
    if not files and not patches:
        fail(source, root.line, "a spike needs 'files' or 'patches'.")
    return Spike(
        id=root.matching("id", _KEBAB, "kebab-case, for example fastapi-crud"),
        name=root.text("name"),
        version=root.matching("version", _SEMVER, "a semantic version, for example 1.0.0"),
        stack=root.names("stack"),
        tags=root.names("tags"),
        description=root.text("description"),
        params=tuple(params),
        files=tuple(files),
        patches=tuple(patches),
        description_ja=root.text("description_ja", ""),
        notes=root.text("notes", ""),
    )


def _params(root: _Fields) -> list[SpikeParam]:
    found: dict[str, SpikeParam] = {}
    for node in root.members("params"):
        param = _Fields(node, root.source, "a param", ("name",), ("default", "description", "required"))
        name = param.matching("name", PARAM_NAME, "lower-case letters, digits and '_', starting with a letter")
        if name in found:
            fail(root.source, node.line, f"parameter '{name}' is declared twice.")
        found[name] = _param(param, name)
    return list(found.values())


def _param(param: _Fields, name: str) -> SpikeParam:
    default = param.text("default", "", may_be_empty=True) if param.has("default") else None
    required = param.flag("required")
    if default is None and not required:
        fail(param.source, param.line, f"parameter '{name}' needs a 'default' or 'required: true'.")
    if default is not None and required:
        fail(param.source, param.line, f"parameter '{name}' has a default, so it cannot be required; drop one.")
    if default is not None and "{{" in default:
        fail(param.source, param.line, f"the default of '{name}' holds '{{{{'; defaults are plain text.")
    return SpikeParam(name, default, param.text("description", ""), required)


def _changes(root: _Fields, key: str, body: str, declared: Collection[str]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for node in root.members(key):
        change = _Fields(node, root.source, f"one of '{key}'", ("path", body), ())
        path = change.text("path")
        problem = path_problem(path)
        if problem is not None:
            fail(root.source, change.node("path").line, f"path '{path}' {problem}.")
        if path in found:
            fail(root.source, change.node("path").line, f"path '{path}' stands twice in '{key}'.")
        _check_holes(change, "path", declared)
        _check_holes(change, body, declared)
        found[path] = change.text(body, "", may_be_empty=True)
    return list(found.items())


def _check_holes(change: _Fields, key: str, declared: Collection[str]) -> None:
    node = change.node(key)
    text = change.text(key, "", may_be_empty=True)
    problem = find_problem(text, declared)
    if problem is not None:
        below = text.count("\n", 0, problem.offset) + 1 if node.is_block else 0
        fail(change.source, node.line + below, problem.message)


class _Fields:
    """The keys of one mapping, checked against those that are allowed, read by type."""

    def __init__(self, node: Node, source: str, what: str, required: Sequence[str], optional: Sequence[str]) -> None:
        if not isinstance(node, MapNode):
            fail(source, node.line, f"{what} must be a mapping with the keys {', '.join(required)}.")
        self.line = node.line
        self.source = source
        self._values = {key.value: value for key, value in node.fields}
        allowed = (*required, *optional)
        for key, _ in node.fields:
            if key.value not in allowed:
                fail(source, key.line, f"unknown key '{key.value}'; {_suggestion(key.value, allowed)}")
        missing = [key for key in required if key not in self._values]
        if missing:
            fail(source, node.line, f"{what} lacks {', '.join(repr(key) for key in missing)}.")

    def has(self, key: str) -> bool:
        return key in self._values

    def node(self, key: str) -> TextNode:
        node = self._values[key]
        if not isinstance(node, TextNode):
            fail(self.source, node.line, f"'{key}' must be text.")
        return node

    def text(self, key: str, missing: str | None = None, *, may_be_empty: bool = False) -> str:
        if missing is not None and key not in self._values:
            return missing
        node = self.node(key)
        if may_be_empty:
            if not node.value and not node.is_quoted and not node.is_block:
                fail(self.source, node.line, f"'{key}' has no value; write '' if it shall be empty.")
            return node.value
        if not node.value.strip():
            fail(self.source, node.line, f"'{key}' is empty.")
        return node.value.strip()

    def matching(self, key: str, pattern: re.Pattern[str], wanted: str) -> str:
        value = self.text(key)
        if not pattern.fullmatch(value):
            fail(self.source, self.node(key).line, f"'{key}' is '{value}' but must be {wanted}.")
        return value

    def flag(self, key: str) -> bool:
        value = self.text(key, "false")
        if value not in ("true", "false"):
            fail(self.source, self.node(key).line, f"'{key}' must be true or false, not '{value}'.")
        return value == "true"

    def members(self, key: str) -> tuple[Node, ...]:
        node = self._values.get(key)
        if node is None:
            return ()
        if not isinstance(node, ListNode):
            fail(self.source, node.line, f"'{key}' must be a list.")
        return node.members

    def names(self, key: str) -> tuple[str, ...]:
        names: list[str] = []
        for node in self.members(key):
            if not isinstance(node, TextNode) or not _KEBAB.fullmatch(node.value):
                shown = f"'{node.value}'" if isinstance(node, TextNode) else "a nested value"
                fail(self.source, node.line, f"'{key}' holds {shown}; its names are lower-case and kebab-case.")
            names.append(node.value)
        if not names and key in _REQUIRED:
            fail(self.source, self._values[key].line, f"'{key}' is empty.")
        return tuple(dict.fromkeys(names))


def _suggestion(key: str, allowed: Sequence[str]) -> str:
    near = get_close_matches(key, allowed, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(allowed)}."
