"""Rewriting tests for another runner: only where both runners have everything that the tests use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_FROM = r"""import\s*\{{([^}}]*)\}}\s*from\s*(["']){module}\2"""
_SHARED = frozenset({"test", "it", "describe", "beforeEach", "afterEach"})
_HOOKS = frozenset({"beforeAll", "afterAll"})
# A callback with a parameter takes the context of its runner, and options are each runner's own.
_OWN_CALLS = re.compile(
    r"\b(?:test|it|describe)(?:\.\w+)?\(\s*(?:\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`)\s*,\s*"
    r"(?:\{|(?:async\s*)?(?:\(\s*[\w{\[]|\w+\s*=>|function\s*\w*\(\s*\w))"
)
_MATCHER = re.compile(r"\.(to[A-Z]\w*)\s*\(")
_EXPECT_MEMBER = re.compile(r"\bexpect\.(\w+)")
_TEST_MEMBER = re.compile(r"\b(?:test|it|describe)\.(\w+)")
# What Jest has under the same name, with the same meaning as Vitest, which took it over from there.
_JEST_MATCHERS = frozenset(
    {"toBe", "toBeCloseTo", "toBeDefined", "toBeFalsy", "toBeGreaterThan", "toBeGreaterThanOrEqual", "toBeInstanceOf",
     "toBeLessThan", "toBeLessThanOrEqual", "toBeNaN", "toBeNull", "toBeTruthy", "toBeUndefined", "toContain",
     "toContainEqual", "toEqual", "toHaveLength", "toHaveProperty", "toMatch", "toMatchObject", "toStrictEqual",
     "toThrow", "toThrowError"}
)  # fmt: skip
_JEST_EXPECT = frozenset({"any", "anything", "arrayContaining", "objectContaining", "stringContaining",
                          "stringMatching", "not"})  # fmt: skip
_MEMBERS = frozenset({"only", "skip", "todo"})
_SCRIPTS = frozenset({"typescript", "tsx", "javascript"})


class _Rewriting(NamedTuple):
    """From the module of one runner to that of another: the names that both have."""

    module: str
    names: frozenset[str]
    takes_expect: bool


# By the project's runner, from which others its tests can be written. Node's own has no `expect`, so nothing leads to
# it; and what Vitest calls `vi` Jest calls `jest`, with other rules for mocked modules.
_REWRITINGS: Mapping[str, Mapping[str, _Rewriting]] = {
    "Vitest": {"node:test": _Rewriting("vitest", _SHARED, takes_expect=False),
               "@jest/globals": _Rewriting("vitest", _SHARED | _HOOKS | {"expect"}, takes_expect=True)},
    "Jest": {"vitest": _Rewriting("@jest/globals", _SHARED | _HOOKS | {"expect"}, takes_expect=True),
             "node:test": _Rewriting("@jest/globals", _SHARED, takes_expect=False)},
}  # fmt: skip

# What `npm test` runs in a template's manifest, and what it runs with another runner.
_NODE_SCRIPT = re.compile(r'("test"\s*:\s*")node\b[^"\n]*--test\b[^"\n]*"')
_COMMANDS = {"Vitest": "vitest run", "Jest": "jest"}

_MODULES = {"Jest": "@jest/globals", "Vitest": "vitest"}


def is_rewritable(label: str, runner: str) -> bool:
    """Whether tests of one runner can be written for another, both as conventions call them."""
    return _MODULES.get(label, label) in _REWRITINGS.get(runner, {})


def rewritten_runner(
    files: Sequence[tuple[str, str, str | None]], runner: str
) -> tuple[tuple[str, str, str | None], ...] | None:
    """Return files whose tests import a runner's functions from it; None if they do, or if one cannot be sure.

    Args:
        files: Path, text and language of each.
        runner: The project's, as conventions call it.
    """
    rewritings = _REWRITINGS.get(runner, {})
    concerned = [path for path, text, _ in files if any(_times_named(text, module) for module in rewritings)]
    changed: list[tuple[str, str, str | None]] = []
    for path, text, language in files:
        after: str | None = text
        if path in concerned:
            after = _in_file(text, rewritings) if language in _SCRIPTS else None
        elif path.rpartition("/")[2] == "package.json" and runner in _COMMANDS:
            after = _NODE_SCRIPT.sub(rf'\g<1>{_COMMANDS[runner]}"', text)
        if after is None:
            return None  # Of two runners in one template nobody would be glad.
        changed.append((path, after, language))
    return tuple(changed) if concerned else None


def _times_named(text: str, module: str) -> int:
    return len(re.findall(rf"""["']{re.escape(module)}["'/]""", text))


def _in_file(text: str, rewritings: Mapping[str, _Rewriting]) -> str | None:
    for module, rewriting in rewritings.items():
        if _times_named(text, module):
            return _rewritten(text, module, rewriting)
    return text


def _rewritten(text: str, module: str, rewriting: _Rewriting) -> str | None:
    pattern = re.compile(_FROM.format(module=re.escape(module)))
    imports = list(pattern.finditer(text))
    if len(imports) != 1 or _times_named(text, module) != 1:
        return None
    names = {name.strip() for name in imports[0][1].split(",") if name.strip()}
    if not names <= rewriting.names or _OWN_CALLS.search(text):
        return None
    if not set(_TEST_MEMBER.findall(text)) <= _MEMBERS:
        return None
    if rewriting.takes_expect and not (
        set(_MATCHER.findall(text)) <= _JEST_MATCHERS and set(_EXPECT_MEMBER.findall(text)) <= _JEST_EXPECT
    ):
        return None
    start, end = imports[0].span()
    return text[:start] + imports[0][0].replace(module, rewriting.module) + text[end:]
