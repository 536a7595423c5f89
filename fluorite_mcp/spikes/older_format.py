"""Templates of the older fluorite-mcp: one JSON object with id, name, version, stack, tags, description, params, files.

What that format left open is settled here: names become kebab-case, parameters snake_case with their holes, a missing
version is 1.0.0. What nobody can settle is an error that names the field.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.models import Spike, SpikeFile, SpikeParam, SpikePatch
from fluorite_mcp.spikes.casing import snake
from fluorite_mcp.spikes.holes import PARAM_NAME, find_open_hole
from fluorite_mcp.spikes.paths import path_problem
from fluorite_mcp.spikes.render import has_all_defaults, render
from fluorite_mcp.spikes.values import value_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NOT_KEBAB = re.compile(r"[^a-z0-9]+")
_SEMVER = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ud800-\udfff]")

_MAX_ID_CHARS = 200
_MAX_PARTS = 500


def read_older(text: str, source: str) -> Iterator[Spike | SpikeError]:
    """Read a file that holds one template or a list of them.

    Args:
        text: The JSON.
        source: What messages call the file.

    Yields:
        Each template, or the error that says why it cannot be used.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        yield SpikeError(f"{source}:{error.lineno}: not valid JSON: {error.msg}.")
        return
    except RecursionError:
        yield SpikeError(f"{source}: nested too deep to be a template.")
        return
    members = document if isinstance(document, list) else [document]
    for number, values in enumerate(members):
        where = f"{source}[{number}]" if isinstance(document, list) else source
        try:
            yield _spike(values, where)
        except SpikeError as error:
            yield error


def _spike(values: Any, source: str) -> Spike:
    if not isinstance(values, dict):
        raise SpikeError(f"{source}: a template is a JSON object, not {_kind(values)}.")
    given = _text(values, "id", source)
    id_ = _kebab(given)
    if not id_ or len(id_) > _MAX_ID_CHARS:
        raise SpikeError(f"{source}: 'id' is {given[:60]!r}, of which no kebab-case name can be made.")
    params, renamed = _params(values, source)
    files = [
        SpikeFile(_renamed(path, renamed), _renamed(body, renamed))
        for path, body in _changes(values, "files", ("template", "content"), source)
    ]
    patches = [
        SpikePatch(_renamed(path, renamed), _renamed(body, renamed))
        for path, body in _changes(values, "patches", ("diff", "patch"), source)
    ]
    if not files and not patches:
        raise SpikeError(f"{source}: has neither files nor patches.")
    version = _text(values, "version", source, "1.0.0")
    spike = Spike(
        id=id_,
        name=_text(values, "name", source, given),
        version=version if _SEMVER.fullmatch(version) else "1.0.0",
        stack=_names(values, "stack", source),
        tags=_names(values, "tags", source),
        description=_text(values, "description", source, _text(values, "name", source, given)),
        params=params,
        files=tuple(files),
        patches=tuple(patches),
    )
    _check(spike, source)
    return spike


def _params(values: Mapping[str, Any], source: str) -> tuple[tuple[SpikeParam, ...], dict[str, str]]:
    """Return the parameters, and the new name of each that had to be renamed."""
    found: dict[str, SpikeParam] = {}
    renamed: dict[str, str] = {}
    for number, one in enumerate(_list(values, "params", source)):
        where = f"params[{number}]"
        if not isinstance(one, dict):
            raise SpikeError(f"{source}: '{where}' is {_kind(one)}; it must be an object.")
        given = _text(one, "name", source)
        name = given if PARAM_NAME.fullmatch(given) else snake(given)
        if not PARAM_NAME.fullmatch(name) or name in found:
            raise SpikeError(f"{source}: '{where}' is named {given[:60]!r}, which no parameter can be, or twice.")
        if name != given:
            renamed[given] = name
        param = SpikeParam(name, _default(one, where, source), _text(one, "description", source, ""))
        if param.default is None and one.get("required") is True:
            param = SpikeParam(name, None, param.description, required=True)
        elif param.default is None:
            param = SpikeParam(name, "", param.description)
        elif problem := value_problem(param, param.default):
            raise SpikeError(f"{source}: the default of '{given}' {problem}.")
        found[name] = param
    return tuple(found.values()), renamed


def _default(param: Mapping[str, Any], where: str, source: str) -> str | None:
    value = param.get("default")
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise SpikeError(f"{source}: the default of '{where}' is {_kind(value)}; it must be a text or a number.")


def _changes(values: Mapping[str, Any], key: str, bodies: tuple[str, ...], source: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for number, one in enumerate(_list(values, key, source)):
        where = f"{key}[{number}]"
        if not isinstance(one, dict):
            raise SpikeError(f"{source}: '{where}' is {_kind(one)}; it must be an object with path and {bodies[0]}.")
        path = one.get("path")
        body = next((one[name] for name in bodies if name in one), None)
        if not isinstance(path, str) or not isinstance(body, str):
            raise SpikeError(f"{source}: '{where}' needs the texts path and {bodies[0]}.")
        if path in seen:
            raise SpikeError(f"{source}: the path '{path}' stands twice in '{key}'.")
        seen.add(path)
        yield path, body


def _check(spike: Spike, source: str) -> None:
    """Refuse what could not be written: paths that leave the folder, bytes, holes that stay open."""
    declared = [param.name for param in spike.params]
    for path, body in [*((f.path, f.template) for f in spike.files), *((p.path, p.diff) for p in spike.patches)]:
        if problem := path_problem(path):
            raise SpikeError(f"{source}: the path '{path[:200]}' {problem}.")
        if _BINARY.search(body):
            raise SpikeError(f"{source}: '{path}' holds binary content or broken Unicode.")
        for text in (path, body):
            if hole := find_open_hole(text, declared):
                line = text.count("\n", 0, hole.offset) + 1
                raise SpikeError(f"{source}: '{path}', line {line}: {hole.message}")
    if spike.params and has_all_defaults(spike):
        try:
            render(spike, {})
        except SpikeError as error:
            raise SpikeError(f"{source}: {error}") from error


def _text(values: Mapping[str, Any], key: str, source: str, missing: str | None = None) -> str:
    value = values.get(key)
    if value is None and missing is not None:
        return missing
    if not isinstance(value, str):
        state = "is missing" if value is None else f"is {_kind(value)}; it must be a text"
        raise SpikeError(f"{source}: '{key}' {state}.")
    if not value.strip() and missing is None:
        raise SpikeError(f"{source}: '{key}' is empty.")
    return _BINARY.sub("", value).strip() or (missing or "")


def _list(values: Mapping[str, Any], key: str, source: str) -> list[Any]:
    value = values.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise SpikeError(f"{source}: '{key}' is {_kind(value)}; it must be a list.")
    if len(value) > _MAX_PARTS:
        raise SpikeError(f"{source}: '{key}' has {len(value)} members; a template may have {_MAX_PARTS}.")
    return value


def _names(values: Mapping[str, Any], key: str, source: str) -> tuple[str, ...]:
    names = [_kebab(name) for name in _list(values, key, source) if isinstance(name, str)]
    return tuple(dict.fromkeys(name for name in names if name))


def _kebab(text: str) -> str:
    return _NOT_KEBAB.sub("-", text.lower()).strip("-")


def _renamed(text: str, renamed: Mapping[str, str]) -> str:
    for old, new in renamed.items():
        text = re.sub(r"\{\{[ \t]*" + re.escape(old) + r"[ \t]*\}\}", f"{{{{{new}}}}}", text)
    return text


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
