"""What a template is written with, and which of several does as the project does."""

from __future__ import annotations

import pytest

from fluorite_mcp.suggest.choices import Contender, Stance, choices_of, followers_first, kinds_of, stance_of
from fluorite_mcp.suggest.ways import Way

WAYS = {
    ("script", "role validation"): Way("valibot", "5 of 5"),
    ("script", "role test-runner"): Way("Vitest", "5 of 5"),
}


@pytest.mark.parametrize(
    ("path", "text", "language", "found"),
    [
        ("src/a.ts", 'import { z } from "zod";\n', "typescript", [("validation", "zod", 1)]),
        ("src/a.ts", "import {\n  object,\n} from 'valibot';\n", "typescript", [("validation", "valibot", 3)]),
        ("src/a.js", 'const joi = require("joi");\n', "javascript", [("validation", "joi", 1)]),
        ("src/A.vue", '<script setup>\nimport { z } from "zod";\n</script>\n', "vue", [("validation", "zod", 2)]),
        ("src/a.test.ts", 'import { test } from "node:test";\n', "typescript", [("test-runner", "node:test", 1)]),
        ("src/a.ts", 'import { test } from "vitest";\n', "typescript", []),
        ("tests/test_a.py", "import httpx\nimport pytest\n", "python", [("test-runner", "pytest", 2)]),
        ("e2e/a.spec.ts", 'import { test } from "@playwright/test";\n', "typescript", []),
        ("tests/test_a.py", "\ndef test_it():\n    pass\n", "python", [("test-runner", "pytest", 2)]),
        ("tests/test_a.py", "import unittest\n\n", "python", [("test-runner", "unittest", 1)]),
        ("app/a.py", "from pydantic import BaseModel\n", "python", [("validation", "pydantic", 1)]),
        ("a.go", 'import (\n\t"log/slog"\n)\n', "go", [("logging", "log/slog", 2)]),
        ("src/a.rs", "use sqlx::PgPool;\n", "rust", [("data", "SQLx", 1)]),
        ("README.md", 'import { z } from "zod";\n', "markdown", []),
    ],
)  # fmt: skip
def test_imports_say_what_a_template_takes_for_a_role(
    path: str, text: str, language: str, found: list[tuple[str, str, int]]
) -> None:
    assert [(one.role, one.label, one.line) for one in choices_of([(path, text, language)])] == found


def stance(text: str, named: frozenset[str] = frozenset()) -> Stance:
    return stance_of(choices_of([("src/a.ts", text, "typescript")]), WAYS, named)


def test_a_template_follows_or_contradicts_what_the_project_has_settled_on() -> None:
    assert stance('import * as v from "valibot";') == Stance(frozenset({"validation"}), frozenset())
    assert stance('import { z } from "zod";') == Stance(frozenset(), frozenset({"validation"}))
    assert stance('import { Hono } from "hono";') == Stance()
    assert stance('import pino from "pino";') == Stance()


def test_tests_that_can_be_rewritten_contradict_nothing() -> None:
    def of(runner: str, module: str) -> Stance:
        choices = choices_of([("src/a.test.ts", f'import {{ test }} from "{module}";', "typescript")])
        return stance_of(choices, {("script", "role test-runner"): Way(runner, "5 of 5")}, ())

    assert of("Vitest", "node:test") == of("Jest", "vitest") == Stance()
    assert of("node:test", "vitest").contradicts == {"test-runner"}
    assert of("Vitest", "vitest").follows == {"test-runner"}


def test_a_package_that_the_task_names_contradicts_nothing() -> None:
    assert stance('import { z } from "zod";', frozenset({"zod"})) == Stance()


FOLLOWS, CONTRADICTS, NEITHER = (
    Stance(frozenset({"validation"})),
    Stance(contradicts=frozenset({"validation"})),
    Stance(),
)


@pytest.mark.parametrize(
    ("stances", "order"),
    [
        ([CONTRADICTS, NEITHER, FOLLOWS], [1, 2, 0]),
        ([CONTRADICTS, FOLLOWS, NEITHER], [1, 0, 2]),
        ([CONTRADICTS, NEITHER, NEITHER], [0, 1, 2]),
        ([FOLLOWS, CONTRADICTS, FOLLOWS], [0, 2, 1]),
        ([CONTRADICTS, Stance(frozenset({"data"})), NEITHER], [0, 1, 2]),
    ],
)
def test_what_contradicts_comes_after_what_follows_in_the_same(stances: list[Stance], order: list[int]) -> None:
    contenders = [Contender(score, stance) for score, stance in zip((0.9, 0.6, 0.5), stances, strict=True)]
    ranked = followers_first(contenders, 0.4)

    assert [place for _, place in ranked] == order
    assert [score for score, _ in ranked] == sorted((score for score, _ in ranked), reverse=True)


def test_a_variant_for_the_same_framework_is_preferred_however_far_behind() -> None:
    kind = frozenset({"fastify"})
    best, variant = Contender(0.9, CONTRADICTS, kind), Contender(0.2, FOLLOWS, kind)

    assert followers_first([best, variant], 0.4) == [(0.2, 1), (0.2, 0)]
    assert followers_first([best, variant._replace(kinds=frozenset({"hono"}))], 0.4) == [(0.9, 0), (0.2, 1)]


def test_for_a_test_runner_no_variant_is_preferred_that_is_far_behind() -> None:
    kind, runner = frozenset({"fastify"}), frozenset({"test-runner"})
    best, variant = Contender(0.9, Stance(contradicts=runner), kind), Contender(0.2, Stance(runner), kind)

    assert followers_first([best, variant], 0.4) == [(0.9, 0), (0.2, 1)]
    assert followers_first([best, variant._replace(score=0.5)], 0.4) == [(0.5, 1), (0.5, 0)]


def test_what_only_plays_a_role_is_not_what_a_template_is_for() -> None:
    choices = choices_of([("src/a.ts", 'import { z } from "zod";', "typescript")])

    assert kinds_of({"hono", "zod"}, choices) == {"hono"}
