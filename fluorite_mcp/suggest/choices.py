"""What a template is written with: the package it takes for each role, and where it says so."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from fluorite_mcp.conventions.facts import family_of
from fluorite_mcp.conventions.reading import roles_of
from fluorite_mcp.conventions.roles import ROLE_SENTENCES
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.suggest.runners import is_rewritable
from fluorite_mcp.suggest.ways import BROWSER_TESTS, ROLES_FOLLOWED, Ways

# What a file imports, by language family; what stands in a comment or text by mistake is rare in a template.
_IMPORTED: Mapping[str, re.Pattern[str]] = {
    "script": re.compile(r"""^[^\n"'`]*?\b(?:from|import|require\()\s*\(?["']([^"'\n]+)["']""", re.MULTILINE),
    "python": re.compile(r"^\s*(?:from|import)\s+([A-Za-z_][\w.]*)", re.MULTILINE),
    "go": re.compile(r'^\s*(?:import\s+)?(?:[\w.]+\s+)?"([\w./-]+)"\s*$', re.MULTILINE),
    "rust": re.compile(r"^\s*(?:pub\s+)?use\s+([A-Za-z_]\w*(?:::\w+)*)", re.MULTILINE),
    "php": re.compile(r"^\s*use\s+([A-Za-z_][\w\\]*)", re.MULTILINE),
    "java": re.compile(r"^\s*import\s+(?:static\s+)?([\w.]+)", re.MULTILINE),
    "ruby": re.compile(r"""^\s*require\s+["']([^"'\n]+)["']""", re.MULTILINE),
}
# Languages that hold script beside markup.
_SCRIPT_INSIDE = frozenset({"vue", "svelte", "astro"})
# Python tests that import nothing are pytest's.
_PYTEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
_FILES_KEPT = 2_000
# For the sake of these no template is preferred that fits much worse: the code that was asked for does not use them.
_TOOLS = frozenset(role for role, (category, _) in ROLE_SENTENCES.items() if category == "tests")


class Choice(NamedTuple):
    """A package that plays a role in a file of a template."""

    family: str
    role: str
    label: str
    path: str
    line: int


def choices_of(files: Iterable[tuple[str, str, str | None]]) -> tuple[Choice, ...]:
    """Return what some files (path, text, language) take for each role that projects settle on, each once."""
    found: dict[tuple[str, str, str], Choice] = {}
    for path, text, language in files:
        family = "script" if language in _SCRIPT_INSIDE else family_of(language or "")
        for one in _of_file(path, text, family):
            found.setdefault((one.family, one.role, one.label), one)
    return tuple(found.values())


@lru_cache(maxsize=_FILES_KEPT)
def _of_file(path: str, text: str, family: str) -> tuple[Choice, ...]:
    pattern = _IMPORTED.get(family)
    if pattern is None:
        return ()
    is_test = is_test_path(path)
    found: dict[tuple[str, str], Choice] = {}
    for match in pattern.finditer(text):
        for role, label in roles_of(match[1], family):
            if label == BROWSER_TESTS or role not in ROLES_FOLLOWED:
                continue
            # What a test reaches for, such as an HTTP client, is no choice for the code.
            if is_test == (role in _TOOLS):
                line = text.count("\n", 0, match.start(1)) + 1
                found.setdefault((role, label), Choice(family, role, label, path, line))
    plain = _PYTEST.search(text) if family == "python" and is_test else None
    if plain is not None and not any(role == "test-runner" for role, _ in found):
        line = text.count("\n", 0, plain.start(1)) + 1
        found["test-runner", "pytest"] = Choice(family, "test-runner", "pytest", path, line)
    return tuple(found.values())


class Stance(NamedTuple):
    """The roles in which a template does as a project does, and those in which it does not."""

    follows: frozenset[str] = frozenset()
    contradicts: frozenset[str] = frozenset()


def stance_of(choices: Sequence[Choice], ways: Ways, named: Collection[str]) -> Stance:
    """Return where a template follows a project's ways.

    Args:
        choices: What the template is written with.
        ways: What the project has settled on.
        named: Words of the task: a package that it names is wanted, whatever the project does elsewhere.

    Tests that can be written for the project's runner are no reason for or against a template.
    """
    taken: dict[str, set[str]] = {}
    wanted: dict[str, str] = {}
    for one in choices:
        way = ways.get((one.family, f"role {one.role}"))
        if way is None or is_rewritable(one.label, way.value):
            continue
        if _plain(one.label) not in named:
            taken.setdefault(one.role, set()).add(one.label)
            wanted[one.role] = way.value
    follows = frozenset(role for role, labels in taken.items() if wanted[role] in labels)
    return Stance(follows, frozenset(taken) - follows)


def _plain(label: str) -> str:
    return label.lower().rpartition("/")[2]


class Contender(NamedTuple):
    """A template that may be offered: how well it fits, how it stands to the project, for which frameworks it is."""

    score: float
    stance: Stance
    kinds: frozenset[str] = frozenset()


def kinds_of(frameworks: Collection[str], choices: Sequence[Choice]) -> frozenset[str]:
    """Return what a template is a template for: its frameworks without the packages that only play a role in it."""
    return frozenset(frameworks) - {_plain(one.label) for one in choices}


def followers_first(contenders: Sequence[Contender], close: float) -> list[tuple[float, int]]:
    """Return scores and places anew, best first: what contradicts a project comes after all that follow it in that.

    How well a template fits decides, as long as no other one does the same as the project does: one that fits nearly
    as well as the best, or one for the same framework, which is a variant of it.

    Args:
        contenders: Best first.
        close: From which part of the best's score on another one fits nearly as well.
    """
    ranked = []
    near = close * max((one.score for one in contenders), default=0.0)
    for place, one in enumerate(contenders):
        bounds = [
            other.score
            for other in contenders
            if (shared := other.stance.follows & one.stance.contradicts)
            and (other.score >= near or (shared - _TOOLS and other.kinds & one.kinds))
        ]
        ranked.append((min([one.score, *bounds]), bool(bounds), place))
    ranked.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    return [(score, place) for score, _, place in ranked]
