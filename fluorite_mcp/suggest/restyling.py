"""Writing a template's files as the project writes its own, where that is certain; else saying what differs.

Each step takes files and returns them with what it changed and what it could not change, both with their evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from fluorite_mcp.conventions.roles import ROLE_SENTENCES
from fluorite_mcp.conventions.words import case_of
from fluorite_mcp.suggest.choices import choices_of
from fluorite_mcp.suggest.renaming import in_case, renamed_definitions
from fluorite_mcp.suggest.runners import rewritten_runner
from fluorite_mcp.suggest.ways import COMPONENT_SUFFIXES, MODULE_SUFFIXES, Way, Ways

# A file of a template: path, text, language.
File = tuple[str, str, str | None]

# Below these folders a file's name is a route, and what begins with these characters belongs to a framework.
_ROUTED = frozenset({"app", "pages", "routes"})
_FRAMEWORK_NAME = re.compile(r"^[+_\[$(@.]|\.(?:config|d|server|client)\.")
_SCRIPT_SUFFIX = r"(?:\.(?:test|spec))?(?:\.(?:[cm]?[jt]sx?|vue|svelte))?"

_NODE_MODULES = frozenset(
    {"assert", "buffer", "child_process", "cluster", "crypto", "dns", "events", "fs", "http", "http2", "https", "net",
     "os", "path", "perf_hooks", "process", "querystring", "readline", "stream", "string_decoder", "timers", "tls",
     "url", "util", "v8", "vm", "worker_threads", "zlib"}
)  # fmt: skip
_NODE_IMPORT = re.compile(r"""(\b(?:from|import|require\()\s*\(?)(["'])(node:)?([a-z0-9_]+)((?:/\w+)?)\2""")


@dataclass(frozen=True, slots=True)
class Restyled:
    """Files of a template, what was changed in them to be like the project's, and what differs still."""

    files: tuple[File, ...]
    adapted: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()


def restyle(files: Sequence[File], ways: Ways) -> Restyled:
    """Return a template's files as the project would write them.

    Args:
        files: The files, rendered.
        ways: What the project has settled on.
    """
    done = Restyled(tuple(files))
    for step in _STEPS if ways else ():
        after = step(done.files, ways)
        done = Restyled(after.files, done.adapted + after.adapted, done.differs + after.differs)
    return done


def _names_of_files(files: tuple[File, ...], ways: Ways) -> Restyled:
    """Rename files in the case of the project's, with what imports them."""
    adapted = []
    for stem in dict.fromkeys(_stem(path) for path, _, _ in files):
        alike = [path for path, _, _ in files if _stem(path) == stem]
        ways_here = [_file_way(path, ways) for path in alike]
        way = ways_here[0]
        # Files of one name are imported alike: either all of them are renamed or none.
        if way is None or case_of(stem) in (None, way.value) or any(one != way for one in ways_here):
            continue
        new = in_case(stem, way.value)
        moved = _moved(files, stem, new) if new else None
        if moved is not None:
            files = moved
            named = PurePosixPath(alike[0]).name
            renamed = new + named.removeprefix(stem)
            adapted.append(f"`{named}` is `{renamed}`, as files are named in {way.value} ({way.evidence})")
    return Restyled(files, tuple(adapted))


def _stem(path: str) -> str:
    return PurePosixPath(path).name.partition(".")[0]


def _file_way(path: str, ways: Ways) -> Way | None:
    place = PurePosixPath(path)
    if _FRAMEWORK_NAME.search(place.name) or _ROUTED.intersection(place.parts[:-1]):
        return None
    if place.suffix in COMPONENT_SUFFIXES:
        return ways.get(("script", "name-file component"))
    return ways.get(("script", "name-file module")) if place.suffix in MODULE_SUFFIXES else None


def _moved(files: tuple[File, ...], stem: str, new: str) -> tuple[File, ...] | None:
    """Return the files with those of one name renamed, and imported by the new one; None if another has that."""
    if any(_stem(path) == new for path, _, _ in files):
        return None
    alike = {path for path, _, _ in files if _stem(path) == stem}
    endings = "|".join(sorted({re.escape(PurePosixPath(path).name.removeprefix(stem)) for path in alike}))
    # A path in quotes that begins at its folder or an alias of the sources, and one with the suffix of such a file.
    imported = re.compile(rf"""(["'`](?:\.{{1,2}}|@|~)/(?:[^"'`\s]*/)?){re.escape(stem)}(?={_SCRIPT_SUFFIX}["'`])""")
    listed = re.compile(rf"(?<=/){re.escape(stem)}(?=(?:{endings})(?![\w.]))")
    return tuple(
        (
            path.removesuffix(PurePosixPath(path).name) + new + PurePosixPath(path).name.removeprefix(stem)
            if path in alike
            else path,
            listed.sub(new, imported.sub(rf"\g<1>{new}", text)),
            language,
        )
        for path, text, language in files
    )


def _names_of_tests(files: tuple[File, ...], ways: Ways) -> Restyled:
    """End the names of script tests as the project's do: `.test` or `.spec`."""
    way = ways.get(("script", "test-file"))
    match = re.match(r"\*\.(test|spec)\.", way.value) if way else None
    if way is None or match is None:
        return Restyled(files)
    wanted, other = match[1], "spec" if match[1] == "test" else "test"
    ending = re.compile(rf"\.{other}(?=\.(?:[cm]?[jt]sx?|\{{))")
    renamed = [path for path, _, _ in files if ending.search(PurePosixPath(path).name)]
    if not renamed:
        return Restyled(files)
    moved = tuple((ending.sub(f".{wanted}", path), ending.sub(f".{wanted}", text), lang) for path, text, lang in files)
    named = ", ".join(f"`{path}`" for path in renamed[:3])
    return Restyled(moved, (f"{named} ends in .{wanted} as tests do ({way.evidence})",))


def _node_prefix(files: tuple[File, ...], ways: Ways) -> Restyled:
    """Import Node's own modules with or without their prefix."""
    way = ways.get(("script", "import-builtin"))
    if way is None or way.value not in ("prefixed", "bare"):
        return Restyled(files)
    prefix = "node:" if way.value == "prefixed" else ""

    def written(match: re.Match[str]) -> str:
        before, quote, _, module, rest = match.groups()
        # Some modules are known by their prefix alone.
        return f"{before}{quote}{prefix}{module}{rest}{quote}" if module in _NODE_MODULES else match[0]

    changed = tuple((path, _NODE_IMPORT.sub(written, text), language) for path, text, language in files)
    if changed == files:
        return Restyled(files)
    how = "with" if prefix else "without"
    return Restyled(changed, (f"Node's own modules are imported {how} node: ({way.evidence})",))


def _definitions(files: tuple[File, ...], ways: Ways) -> Restyled:
    """Name functions and constants in the project's case, those that nothing outside the template knows."""
    adapted = []
    for aspect, what in (("name-function", "functions"), ("name-constant", "constants of a module")):
        way = ways.get(("script", aspect))
        if way is None:
            continue
        files, names = renamed_definitions(files, aspect, way.value)
        if names:
            told = ", ".join(f"`{old}` is `{new}`" for old, new in list(names.items())[:3])
            adapted.append(f"{told}, as {what} are named in {way.value} ({way.evidence})")
    return Restyled(files, tuple(adapted))


def _runner(files: tuple[File, ...], ways: Ways) -> Restyled:
    """Have tests import the project's runner where it has the same functions."""
    way = ways.get(("script", "role test-runner"))
    if way is None:
        return Restyled(files)
    rewritten = rewritten_runner(files, way.value)
    if rewritten is None:
        return Restyled(files)
    command = ways.get(("script", "test-command"))
    check = f"; check with `{command.value}` ({command.evidence})" if command else ""
    return Restyled(rewritten, (f"tests run with {way.value} ({way.evidence}){check}",))


def _other_packages(files: tuple[File, ...], ways: Ways) -> Restyled:
    """Say which packages the project has others for."""
    taken: dict[tuple[str, str], list[str]] = {}
    labels: dict[tuple[str, str], set[str]] = {}
    for one in choices_of(files):
        key = one.family, f"role {one.role}"
        taken.setdefault(key, []).append(f"{one.label} (`{one.path}:{one.line}`)")
        labels.setdefault(key, set()).add(one.label)
    differs = []
    for (family, aspect), places in taken.items():
        way = ways.get((family, aspect))
        if way is not None and way.value not in labels[family, aspect]:
            sentence = ROLE_SENTENCES[aspect.removeprefix("role ")][1].replace("{value}", way.value)
            differs.append(f"{' and '.join(places[:2])}; here {sentence} ({way.evidence})")
    return Restyled(files, (), tuple(differs))


_STEPS: Sequence[Callable[[tuple[File, ...], Ways], Restyled]] = (
    _names_of_files, _names_of_tests, _node_prefix, _definitions, _runner, _other_packages,
)  # fmt: skip
