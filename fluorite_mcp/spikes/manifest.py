"""The format of a spike: from YAML text to a checked `Spike`, or to an error that names file and line.

```yaml
id: fastapi-crud                # kebab-case, unique
name: FastAPI CRUD              # what people call it
version: 1.0.0                  # semantic version of the template
stack: [fastapi]                # lower-case kebab-case names
tags: [api]                     # optional, as stack
aliases: [crud-py]              # optional: further names that resolve, unique over the library
extends: fastapi-base           # optional: a spike whose params, files and patches come first; the same path replaces
description: What it gives and when to use it, in two or three sentences.
description_ja: The same in Japanese.             # optional
notes: What to do after applying it.              # optional
params:                         # each with a `default` that its type allows, or with `required: true`
  - {name: entity, default: item, description: The resource.}
  - {name: port, type: port, default: 8000}       # text (as without), name, integer, number, boolean, path, port
  - {name: engine, type: choice, choices: [sqlite, postgresql], default: sqlite}
  - {name: region, default: eu-west-1, pattern: "[a-z]+-[a-z]+-[0-9]"}
files:                          # files or patches or both; holes are explained in holes.py
  - path: app/{{entity}}.py
    template: |
      class {{entity|pascal}}: ...
patches:
  - path: app/main.py
    diff: |
      @@ -1 +1 @@
verify:                         # optional: what proves that the rendered files work
  tools: [python]               # programs that must be on the machine
  setup: ["python -m pip install -q ."]           # run in the rendered folder; holes are filled
  checks: ["python -m pytest -q"]                 # each must exit 0
```

Every scalar is text exactly as written; numbers need no quotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn, TypeVar

from fluorite_mcp.models import Spike, SpikeFile, SpikeParam, SpikePatch, SpikeVerification
from fluorite_mcp.spikes.document import fail, read_document
from fluorite_mcp.spikes.fields import KEBAB, Fields
from fluorite_mcp.spikes.holes import fill, find_problem
from fluorite_mcp.spikes.params import read_params
from fluorite_mcp.spikes.paths import clashing_paths, path_problem

if TYPE_CHECKING:
    from collections.abc import Collection

_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
# Escapes in quoted YAML can write what no text file holds.
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ud800-\udfff]")
_ID_WANTED = "kebab-case, for example fastapi-crud"

_REQUIRED = ("id", "name", "version", "stack", "description")
_OPTIONAL = ("tags", "aliases", "extends", "description_ja", "notes", "params", "files", "patches", "verify")

PartT = TypeVar("PartT", SpikeParam, SpikeFile, SpikePatch)


class Manifest:
    """A spike file that was read, but not yet joined with the spike it extends.

    Args:
        text: The YAML.
        source: What messages call the file, for example `spikes/fastapi/fastapi-crud.yaml`.

    Raises:
        SpikeError: Not YAML, or the keys of the whole are not as the format says.
    """

    def __init__(self, text: str, source: str) -> None:
        self._root = Fields(read_document(text, source), source, "a spike", _REQUIRED, _OPTIONAL)
        self.source = source
        self.id = self._root.matching("id", KEBAB, _ID_WANTED)
        self.aliases = self._root.names("aliases")
        self.extends = self._root.matching("extends", KEBAB, _ID_WANTED) if self._root.has("extends") else None

    def fail_at(self, key: str, message: str) -> NoReturn:
        """Raise a SpikeError at the line of a key."""
        fail(self.source, self._root.line_of(key), message)

    def build(self, base: Spike | None) -> Spike:
        """Check everything and return the spike, joined with the one it extends.

        Raises:
            SpikeError: Anything that is not as the format says; the message names file and line.
        """
        root = self._root
        params = _joined(base.params if base else (), read_params(root), by="name")
        declared = [param.name for param in params]
        own = tuple(SpikeFile(*pair) for pair in _changes(root, "files", "template", declared))
        patches = tuple(SpikePatch(*pair) for pair in _changes(root, "patches", "diff", declared))
        files = _joined(base.files if base else (), own, by="path")
        if not own and not patches:
            fail(self.source, root.line, "a spike needs 'files' or 'patches'.")
        return Spike(
            id=self.id,
            name=root.text("name"),
            version=root.matching("version", _SEMVER, "a semantic version, for example 1.0.0"),
            stack=root.names("stack", may_be_empty=False),
            tags=root.names("tags"),
            description=root.text("description"),
            params=params,
            files=files,
            patches=_joined(base.patches if base else (), patches, by="path"),
            description_ja=root.text("description_ja", ""),
            notes=root.text("notes", ""),
            aliases=self.aliases,
            extends=self.extends,
            inherited=tuple(file.path for file in files if file not in own),
            verify=_verification(root, declared) or (base.verify if base else None),
        )


def parse_spike(text: str, source: str, base: Spike | None = None) -> Spike:
    """Read one spike.

    Args:
        text: The YAML.
        source: What messages call the file.
        base: The spike that it extends.

    Raises:
        SpikeError: Anything that is not as the format says; the message names file and line.
    """
    manifest = Manifest(text, source)
    if manifest.extends is not None and (base is None or base.id != manifest.extends):
        manifest.fail_at("extends", f"the spike extends '{manifest.extends}', which is not here.")
    return manifest.build(base)


def _joined(base: tuple[PartT, ...], own: tuple[PartT, ...], *, by: str) -> tuple[PartT, ...]:
    """Return the parts of the base, then the own ones; an own part of the same name stands in the base's place."""
    parts: dict[str, PartT] = {}
    for part in base + own:
        parts[getattr(part, by)] = part
    return tuple(parts.values())


def _changes(root: Fields, key: str, body: str, declared: Collection[str]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for node in root.members(key):
        change = Fields(node, root.source, f"one of '{key}'", ("path", body), ())
        path = change.text("path")
        # Holes hold what no path may; any value shows what stands around them.
        if problem := path_problem(fill(path, dict.fromkeys(declared, "x"))):
            fail(root.source, change.node("path").line, f"path '{path}' {problem}.")
        if path in found:
            fail(root.source, change.node("path").line, f"path '{path}' stands twice in '{key}'.")
        if clash := clashing_paths([*found, path]):
            fail(root.source, change.node("path").line, f"paths '{clash[0]}' and '{path}' cannot both be written.")
        _check_holes(change, "path", declared)
        _check_holes(change, body, declared)
        found[path] = change.text(body, "", may_be_empty=True)
    return list(found.items())


def _check_holes(change: Fields, key: str, declared: Collection[str]) -> None:
    node = change.node(key)
    text = change.text(key, "", may_be_empty=True)
    if _BINARY.search(text):
        fail(change.source, node.line, f"'{key}' holds binary content; a template is text.")
    problem = find_problem(text, declared)
    if problem is not None:
        below = text.count("\n", 0, problem.offset) + 1 if node.is_block else 0
        fail(change.source, node.line + below, problem.message)


def _verification(root: Fields, declared: Collection[str]) -> SpikeVerification | None:
    if not root.has("verify"):
        return None
    verify = root.fields("verify", ("tools", "checks"), ("setup",))
    setup, checks = verify.texts("setup"), verify.texts("checks")
    if not checks:
        fail(root.source, verify.line_of("checks"), "'checks' is empty; name at least one command.")
    for key, commands in (("setup", setup), ("checks", checks)):
        for command in commands:
            if problem := find_problem(command, declared):
                fail(root.source, verify.line_of(key), problem.message)
    return SpikeVerification(verify.names("tools"), setup, checks)
