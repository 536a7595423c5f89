"""Filling a template's parameters from the project it is meant for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fluorite_mcp.models import Spike, SpikeParam
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.spikes.values import value_problem

_GO_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_NPM_NAME = re.compile(r'"name"\s*:\s*"((?:@[\w.-]+/)?[\w.-]+)"')
_TOML_NAME = re.compile(r'^name\s*=\s*"([\w.-]+)"', re.MULTILINE)

# Files that name the project, and how.
MANIFESTS: Mapping[str, re.Pattern[str]] = {
    "go.mod": _GO_MODULE, "package.json": _NPM_NAME, "pyproject.toml": _TOML_NAME, "Cargo.toml": _TOML_NAME,
}  # fmt: skip

_NOT_PACKAGES = frozenset({"tests", "test", "docs", "examples", "scripts", "benchmarks", "tools", "migrations"})
# A parameter that speaks of one of these is about the whole project.
_WHOLE_PROJECT = re.compile(
    r"\b(?:crate|project|application|service|workspace|package\.json|server|site|binary|program)\b", re.IGNORECASE
)
_OF_ANOTHER = re.compile(r"\b(?:model|entity|table|under test|measured|job|topic|log line|each line)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ProjectNames:
    """How a project calls its parts; empty where it is not known."""

    name: str = ""
    package: str = ""
    settings_package: str = ""
    django_app: str = ""
    declared: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Values known from the project, and the names of the parameters that keep their default as an assumption."""

    values: Mapping[str, str]
    assumed: tuple[str, ...]


def project_names(name: str, paths: Sequence[str], manifests: Mapping[str, str]) -> ProjectNames:
    """Read a project's names from its paths and manifests.

    Args:
        name: The project's own name.
        paths: Paths of its code.
        manifests: Text of the files in `MANIFESTS`, by their name.
    """
    declared = {
        file: match.group(1)
        for file, pattern in MANIFESTS.items()
        if (match := pattern.search(manifests.get(file, "")))
    }
    return ProjectNames(
        name=name,
        package=_python_package(paths),
        settings_package=_folder_of("settings.py", paths) or _folder_of("__init__.py", paths, below="settings"),
        django_app=_folder_of("apps.py", paths),
        declared=declared,
    )


def fit_params(spike: Spike, names: ProjectNames) -> Fitted:
    """Return what is known of a template's parameters; a value that its type does not allow is not used."""
    values = {}
    for param in spike.params:
        value = _value_for(param, spike, names)
        if value and value_problem(param, value) is None:
            values[param.name] = value
    return Fitted(values, tuple(param.name for param in spike.params if param.name not in values))


def _value_for(param: SpikeParam, spike: Spike, names: ProjectNames) -> str:
    about = param.description
    if _OF_ANOTHER.search(about):
        return ""
    if "django" in spike.stack and param.name in ("app", "project"):
        return names.django_app if param.name == "app" else names.settings_package
    if param.name == "module" and "go" in spike.stack:
        return names.declared.get("go.mod", "")
    if param.name == "package":
        return names.package if "python" in spike.stack else ""
    if param.name in ("name", "app", "service", "project", "site") and _WHOLE_PROJECT.search(about):
        manifest = "Cargo.toml" if "rust" in spike.stack else "package.json"
        return names.declared.get(manifest) or names.declared.get("pyproject.toml") or names.name
    return ""


def _python_package(paths: Sequence[str]) -> str:
    """Return the name of the main package, below "src" or not: the one with most files."""
    counts: Counter[tuple[str, str]] = Counter()
    for path in paths:
        parts = path.split("/")
        folder = "src" if parts[0] == "src" else ""
        inner = parts[1:] if folder else parts
        if path.endswith(".py") and len(inner) > 1 and inner[0] not in _NOT_PACKAGES and not is_test_path(path):
            counts[folder, inner[0]] += 1
    return min(counts, key=lambda one: (-counts[one], one), default=("", ""))[1]


def _folder_of(file: str, paths: Sequence[str], below: str = "") -> str:
    """Return the name of the folder that holds a file, the one with most files where several do."""
    suffix = f"/{below}/{file}" if below else f"/{file}"
    folders = [path.removesuffix(suffix) for path in paths if path.endswith(suffix) and not is_test_path(path)]
    sizes = {folder: sum(path.startswith(folder + "/") for path in paths) for folder in folders}
    best = min(sizes, key=lambda folder: (-sizes[folder], folder), default="")
    return best.rpartition("/")[2]
