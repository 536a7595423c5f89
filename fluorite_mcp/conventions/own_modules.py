"""Which files of its own project an import may mean, most likely first; whether they exist, the store knows.

Imports come as the facts of a file keep them (`own-target`, `uses`, `calls`). Nothing is read here.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fluorite_mcp.conventions.facts import FileFacts, family_of

# Files that hand on what the other files of their folder define.
_INDEX_NAMES = frozenset({"__init__.py", "mod.rs", "lib.rs", "main.rs"})
_SCRIPT_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".vue", ".svelte", ".d.ts")
# Where a project's packages lie, if not beside what imports them.
_ROOTS = ("", "src/", "lib/", "python/")
_ALIAS = re.compile(r"^(?:@|~~?|#)/?|^src/|^\$lib/")
_GO_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
# Languages whose facts say of which module a call is, and what stands before the name; Python's modules and names are
# told apart by which files there are.
_CALLED_AS: Mapping[str, str] = {"python": "", "go": ".", "java": ".", "php": "::"}
# Languages whose facts name each thing that is imported.
_BY_NAME = frozenset({"python"})
# Imports of one file that are followed; a file with more is an index of the whole project.
MAX_IMPORTS = 60
# What one import may mean.
_MAX_CANDIDATES = 24


@dataclass(frozen=True, slots=True)
class OwnImport:
    """An import of what may be the project's own.

    Attributes:
        module: As the facts have it.
        name: The name that is taken from it, "" where the whole module is or where that is not known.
        lines: Where it stands; empty where only its use is known.
        candidates: Files it may mean, best first; one that ends in `/` is a folder whose files are one module.
    """

    module: str
    name: str
    lines: tuple[int, ...]
    candidates: tuple[str, ...]


def manifest_of(language: str) -> str | None:
    """Return the name of the file that says under which name a project's own modules are imported, if one does."""
    return {"go": "go.mod", "php": "composer.json"}.get(language)


def own_imports(
    facts: FileFacts,
    path: str,
    manifests: Mapping[str, str],
    is_wanted: Callable[[str, Sequence[int]], bool] = lambda _name, _lines: True,
) -> list[OwnImport]:
    """Return what a file imports that may be its project's own, in the order of its facts.

    Args:
        facts: The file's.
        path: Relative to the project root.
        manifests: The texts of the manifests above the file (see `manifest_of`), by path.
        is_wanted: Whether an import of a name on some lines matters. Only languages that import by name are asked.
    """
    family = family_of(facts.language)
    resolve = _RESOLVERS.get(family)
    if resolve is None:
        return []
    wanted = [(value, lines) for aspect, value, lines in facts.observations if aspect == "own-target"]
    if facts.language in ("python", "ruby", "rust"):
        wanted += [(value, lines) for aspect, value, lines in facts.observations if aspect == "uses"]
    if facts.language in _CALLED_AS:  # what of a module is called says more than its import
        wanted += [(_called(facts.language, v), ()) for a, v, _ in facts.observations if a == "calls" and "(" not in v]
    found: dict[tuple[str, str], OwnImport] = {}
    for value, lines in wanted:
        module, _, name = value.partition(" ")
        if family in _BY_NAME and not is_wanted(name or last_name(module), lines):
            continue
        candidates = tuple(dict.fromkeys(resolve(module, name, path, manifests)))[:_MAX_CANDIDATES]
        if candidates and (module, name) not in found:
            found[module, name] = OwnImport(module, name or last_name(module), lines, candidates)
    return list(found.values())[:MAX_IMPORTS]


def _called(language: str, value: str) -> str:
    """Return a call as an import of the name that is called: `module name`."""
    separator = _CALLED_AS[language]
    module, _, name = value.rpartition(separator) if separator else ("", "", value)
    return f"{module} {name}" if module else name


def is_met(place: str, path: str) -> bool:
    """Whether a definition in `path` is what an import of a name from `place` (a candidate that exists) can give."""
    folder, _, name = place.rpartition("/")
    return holds(place, path) or (is_index(name) and path.startswith(f"{folder}/" if folder else ""))


def holds(place: str, path: str) -> bool:
    """Whether a file is the candidate of an import, or one of the files of a folder that is a module."""
    return path == place or (place.endswith("/") and (path.rpartition("/")[0] or ".") == place[:-1])


def is_index(name: str) -> bool:
    """Whether a file of this name hands on what its folder defines."""
    return name in _INDEX_NAMES or name.startswith("index.")


def last_name(module: str) -> str:
    """Return the last name of a module's, a call's or a path's."""
    return re.split(r"[.:/\\]+", module)[-1]


@lru_cache(maxsize=1024)
def folders_above(path: str) -> tuple[str, ...]:
    """Return the folders above a file, the nearest first, each with its `/`, the root as ""."""
    parts = path.split("/")[:-1]
    return tuple("".join(f"{part}/" for part in parts[:end]) for end in range(len(parts), -1, -1))


def _python(module: str, name: str, path: str, _: Mapping[str, str]) -> Iterator[str]:
    dots = len(module) - len(module.lstrip("."))
    parts = [part for part in module[dots:].split(".") if part]
    above = folders_above(path)
    if dots:
        if dots <= len(above):
            yield from _python_files(above[dots - 1], parts, name)
        return
    if not parts:
        return
    roots = [*(one for one in _ROOTS if one not in above), *reversed(above)]
    if name:
        for root in reversed(roots):
            yield from _python_files(root, parts, name)
        return
    # A call's value ends in names that are no modules.
    for root in roots[:5]:
        for end in range(len(parts), max(0, len(parts) - 3), -1):
            yield from _python_files(root, parts[:end], "")


def _python_files(root: str, parts: Sequence[str], name: str) -> Iterator[str]:
    base = root + "/".join(parts)
    inside = f"{base}/" if parts else root
    if name and name != "*":
        yield f"{inside}{name}.py"
        yield f"{inside}{name}/__init__.py"
    if parts:
        yield f"{base}.py"
    yield f"{inside}__init__.py"


def _script(module: str, _name: str, path: str, _: Mapping[str, str]) -> Iterator[str]:
    above = folders_above(path)
    if module.startswith("."):
        base = _normal(above[0] + module)
        if base is not None:
            yield from _script_files(base)
        return
    rest = _ALIAS.sub("", module)
    folders = ("lib/", "src/lib/") if module.startswith("$lib") else ("src/", "", "app/")
    for root in above:
        for folder in folders:
            # A path that names its file has few forms; an alias has one root.
            yield from list(_script_files(f"{root}{folder}{rest}"))[:4]


def _script_files(base: str) -> Iterator[str]:
    stem, _, ending = base.rpartition(".")
    if "." in base.rpartition("/")[2]:
        yield base
    if f".{ending}" in _SCRIPT_ENDINGS:
        base = stem  # TypeScript imports its files under the names that they are compiled to
    for one in _SCRIPT_ENDINGS:
        yield base + one
    for one in _SCRIPT_ENDINGS[:4]:
        yield f"{base}/index{one}"


def _normal(path: str) -> str | None:
    """Return a path without `.` and `..`; None if it leaves the project."""
    normal = posixpath.normpath(path.lstrip("/"))
    if normal == ".." or normal.startswith("../"):
        return None
    return "" if normal == "." else normal


def _go(module: str, _name: str, path: str, manifests: Mapping[str, str]) -> Iterator[str]:
    for root in folders_above(path):
        declared = _GO_MODULE.search(manifests.get(f"{root}go.mod", ""))
        if declared is None:
            continue
        if module == declared[1]:
            yield root or "./"
        elif module.startswith(f"{declared[1]}/"):
            yield f"{root}{module.removeprefix(declared[1] + '/')}/"


def _rust(module: str, _name: str, path: str, _: Mapping[str, str]) -> Iterator[str]:
    parts = module.split("::")
    before, mark, _rest = path.rpartition("src/")
    source = before + mark
    if parts[0] == "crate" and mark:
        yield from _rust_files(source, parts[1:])
    elif parts[0] == "super":
        above = folders_above(path)
        levels = next((n for n, part in enumerate(parts) if part != "super"), len(parts))
        # `mod.rs` is its folder; any other file lies one below what its parent module holds.
        start = levels if is_index(path.rpartition("/")[2]) else levels - 1
        if start < len(above) and parts[levels:]:
            yield from _rust_files(above[start], parts[levels:])
    elif parts[0] not in ("self", "std", "core", "alloc"):
        crate = parts[0].replace("_", "-")
        for folder in (f"{crate}/src/", f"crates/{crate}/src/", f"{parts[0]}/src/", f"crates/{parts[0]}/src/"):
            yield from _rust_files(folder, parts[1:])


def _rust_files(source: str, parts: Sequence[str]) -> Iterator[str]:
    for end in range(len(parts), 0, -1):
        base = source + "/".join(parts[:end])
        yield f"{base}.rs"
        yield f"{base}/mod.rs"
    if source.endswith("src/"):
        yield f"{source}lib.rs"


def _php(module: str, _name: str, path: str, manifests: Mapping[str, str]) -> Iterator[str]:
    for root in folders_above(path):
        for prefix, folder in _autoloaded(manifests.get(f"{root}composer.json", "")):
            if module.startswith(prefix):
                yield f"{root}{folder}{module.removeprefix(prefix).replace(chr(92), '/')}.php"


def _autoloaded(manifest: str) -> Iterator[tuple[str, str]]:
    """Yield (prefix of a namespace, folder) as PSR-4 has it, the longest prefix first."""
    try:
        parsed = json.loads(manifest) if manifest else {}
        groups = [parsed.get(key, {}).get("psr-4", {}) for key in ("autoload", "autoload-dev")]
        pairs = [
            (prefix, folder)
            for group in groups
            for prefix, folders in group.items()
            for folder in ([folders] if isinstance(folders, str) else folders)
            if isinstance(folder, str)
        ]
    except (ValueError, AttributeError, TypeError, RecursionError):  # no manifest, or one with other things in it
        return
    for prefix, folder in sorted(pairs, key=lambda pair: (-len(pair[0]), pair)):
        below = _normal(folder)
        if below is not None:
            yield prefix, f"{below}/" if below else ""


def _java(module: str, _name: str, path: str, _: Mapping[str, str]) -> Iterator[str]:
    parts = module.split(".")
    at = f"/{path}".find(f"/{parts[0]}/")
    if at < 0:
        return
    own = path[:at]
    # Tests lie beside the sources that they import.
    for root in dict.fromkeys((own, own.replace("/test/", "/main/"), own.replace("test/", "main/", 1))):
        for end in (len(parts), len(parts) - 1):
            yield f"{root}{'/'.join(parts[:end])}.java"


def _ruby(module: str, _name: str, path: str, _: Mapping[str, str]) -> Iterator[str]:
    above = folders_above(path)
    if module.startswith("./"):
        base = _normal(above[0] + module)
        if base is not None:
            yield base if base.endswith(".rb") else f"{base}.rb"
        return
    for root in reversed(above):
        yield f"{root}lib/{module}.rb"


_RESOLVERS: Mapping[str, Callable[[str, str, str, Mapping[str, str]], Iterator[str]]] = {
    "python": _python, "script": _script, "go": _go, "rust": _rust, "php": _php, "java": _java, "ruby": _ruby,
}  # fmt: skip
