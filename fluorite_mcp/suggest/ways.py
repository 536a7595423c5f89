"""What a project has settled on, as far as a template can follow it or say that it does not."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from fluorite_mcp.conventions.derive import MIN_COUNT, MIN_SHARE, MIN_STRENGTH, Stated
from fluorite_mcp.conventions.reading import package_of, roles_of
from fluorite_mcp.conventions.strength import wilson
from fluorite_mcp.conventions.words import file_case
from fluorite_mcp.search.paths import is_test_path

# Roles that one package plays in a project: beside it a template's other one is a second way of doing the same.
ROLES_FOLLOWED = (
    "validation", "test-runner", "data", "http", "logging", "state", "fetching", "styling", "dates", "mocks", "cli",
)  # fmt: skip
# Aspects beside roles that a template's code can be written by.
ASPECTS_FOLLOWED = ("import-builtin", "test-file", "name-constant", "name-function")
# What drives a browser stands beside the runner of all other tests, never in its place.
BROWSER_TESTS = "Playwright"
# What says that tests run with pytest or unittest where no import does.
_RUNNER_BY_FORM = {"function": "pytest", "TestCase": "unittest"}

COMPONENT_SUFFIXES = frozenset({".tsx", ".jsx", ".vue", ".svelte"})
MODULE_SUFFIXES = frozenset({".ts", ".js", ".mts", ".mjs", ".cts", ".cjs"})
# Components are named like their class more often than modules are, so each has a way of its own.
_SUFFIXES = {"name-file component": COMPONENT_SUFFIXES, "name-file module": MODULE_SUFFIXES}

_NPM_PACKAGE = re.compile(r'^\s*"(@?[\w./-]+)"\s*:\s*"[\^~<>=*\dvw]', re.MULTILINE)
_PYTHON_PACKAGE = re.compile(r'^\s*"?([A-Za-z][\w.-]*)(?:\[[\w,-]+\])?\s*(?:"|[<>=~!]|=\s*["{])', re.MULTILINE)
_NPM_TEST = re.compile(r'^\s*"test"\s*:\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)
_DECLARING = {"package.json": ("script", _NPM_PACKAGE), "pyproject.toml": ("python", _PYTHON_PACKAGE)}
# Packages of which nothing is imported where they serve: Jest puts its functions into every test.
_DECLARED_RUNNERS = {"jest": "Jest", "ts-jest": "Jest", "vitest": "Vitest", "mocha": "Mocha", "ava": "AVA"}
_NODE_TEST = re.compile(r"\bnode\b.*--test\b")
# What `npm init` writes.
_NO_TEST = "no test specified"


@dataclass(frozen=True, slots=True)
class Way:
    """A way of doing something, and what shows that it is the project's."""

    value: str
    evidence: str


# By language family and aspect ("role validation", "name-file module").
Ways = Mapping[tuple[str, str], Way]


def ways_of(stated: Sequence[Stated], declared: Ways) -> Ways:
    """Return what a project has settled on: what is counted in its files first, then what its manifests say.

    Args:
        stated: Its conventions.
        declared: What its manifests and the names of its files say.
    """
    wanted = {*(f"role {role}" for role in ROLES_FOLLOWED), *ASPECTS_FOLLOWED}
    ways = dict(declared)
    for one in reversed(stated):  # The strongest last, so that it stays.
        family = one.convention.language
        if family is None or one.convention.scope or one.value == BROWSER_TESTS:
            continue
        if one.aspect == "test-form" and one.value in _RUNNER_BY_FORM and family == "python":
            ways.setdefault((family, "role test-runner"), Way(_RUNNER_BY_FORM[one.value], _evidence(one)))
    for one in reversed(stated):
        family = one.convention.language
        if family is not None and not one.convention.scope and one.aspect in wanted and one.value != BROWSER_TESTS:
            ways[family, one.aspect] = Way(one.value, _evidence(one))
    return ways


def _evidence(one: Stated) -> str:
    convention = one.convention
    share = convention.since or f"{convention.count} of {convention.total}"
    return f"{share}, e.g. {convention.examples[0]}" if convention.examples else share


def declared_ways(paths: Collection[str], manifests: Mapping[str, str]) -> Ways:
    """Return what the names of a project's files and its manifests say.

    Args:
        paths: Paths of its code.
        manifests: Texts of its manifests by file name.
    """
    return {**_by_manifests(manifests), **_by_names(paths)}


def _by_manifests(manifests: Mapping[str, str]) -> dict[tuple[str, str], Way]:
    """Return the roles for which a manifest names one package: who names two has not settled."""
    ways: dict[tuple[str, str], Way] = {}
    for file, (family, pattern) in _DECLARING.items():
        text = manifests.get(file, "")
        found: dict[str, dict[str, int]] = {}
        for match in pattern.finditer(text):
            for role, label in _declared_roles(match[1], family):
                if role in ROLES_FOLLOWED and label != BROWSER_TESTS:
                    found.setdefault(role, {}).setdefault(label, match.start(1))
        for role, labels in found.items():
            if len(labels) == 1:
                ((label, at),) = labels.items()
                ways[family, f"role {role}"] = Way(label, f"{file}:{_line(text, at)}")
    text = manifests.get("package.json", "")
    command = _NPM_TEST.search(text)
    if command and _NO_TEST not in command[1]:
        told = f"package.json:{_line(text, command.start(1))}"
        ways["script", "test-command"] = Way("npm test", told)
        if _NODE_TEST.search(command[1]):
            ways.setdefault(("script", "role test-runner"), Way("node:test", told))
    return ways


def _declared_roles(package: str, family: str) -> Sequence[tuple[str, str]]:
    if package in _DECLARED_RUNNERS:
        return (("test-runner", _DECLARED_RUNNERS[package]),)
    module = package.replace("-", "_").lower() if family == "python" else package
    return roles_of(module, family) if package_of(module, family) else ()


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _by_names(paths: Collection[str]) -> dict[tuple[str, str], Way]:
    ways: dict[tuple[str, str], Way] = {}
    for aspect, suffixes in _SUFFIXES.items():
        cases: dict[str, list[str]] = {}
        for path in sorted(paths):
            if PurePosixPath(path).suffix in suffixes and not is_test_path(path) and (case := file_case(path)):
                cases.setdefault(case, []).append(path)
        total = sum(map(len, cases.values()))
        case = max(cases, key=lambda one: (len(cases[one]), one), default="")
        count = len(cases.get(case, ()))
        if count >= MIN_COUNT and count >= MIN_SHARE * total and wilson(count, total) >= MIN_STRENGTH:
            ways["script", aspect] = Way(case, f"{count} of {total}, e.g. {cases[case][0]}")
    return ways
