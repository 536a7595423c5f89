"""Tests are written for another runner only if it has everything that they use."""

from __future__ import annotations

import pytest

from fluorite_mcp.suggest.runners import rewritten_runner

NODE = 'import assert from "node:assert/strict";\nimport { test } from "node:test";\n\n'
VITEST = 'import { expect, test } from "vitest";\n\n'


def rewritten(text: str, runner: str) -> str | None:
    done = rewritten_runner([("src/a.test.ts", text, "typescript")], runner)
    return done[0][1] if done else None


def test_nodes_tests_become_vitests() -> None:
    text = NODE + 'test("adds", async () => {\n  assert.equal(1 + 1, 2);\n});\n'

    assert rewritten(text, "Vitest") == text.replace('"node:test"', '"vitest"')


def test_vitests_tests_become_jests() -> None:
    text = VITEST + 'test("adds", () => {\n  expect(1 + 1).toBe(2);\n});\n'

    assert rewritten(text, "Jest") == text.replace('"vitest"', '"@jest/globals"')


@pytest.mark.parametrize(
    ("text", "runner"),
    [
        (NODE + 'test("adds", async (t) => {\n  t.mock.fn();\n});\n', "Vitest"),
        (NODE + 'test("adds", { timeout: 100 }, () => {});\n', "Vitest"),
        (NODE + 'test.before(() => {});\n', "Vitest"),
        (NODE.replace("{ test }", "{ after, test }") + 'test("adds", () => {});\n', "Vitest"),
        (NODE.replace("{ test }", "test") + 'test("adds", () => {});\n', "Vitest"),
        (VITEST.replace("test }", "test, vi }") + 'test("adds", () => {});\n', "Jest"),
        (VITEST + 'test("adds", () => {\n  expect(page).toBeInTheDocument();\n});\n', "Jest"),
        (VITEST + 'test("adds", () => {\n  expect.soft(1).toBe(1);\n});\n', "Jest"),
        (VITEST + 'test.for([1])("adds", () => {});\n', "Jest"),
        (VITEST + 'import "vitest/config";\ntest("adds", () => {});\n', "Jest"),
        (VITEST + 'test("adds", () => {});\n', "node:test"),
        (VITEST + 'test("adds", () => {});\n', "Vitest"),
        ('import { expect, test } from "@playwright/test";\n', "Vitest"),
    ],
)  # fmt: skip
def test_what_the_other_runner_may_not_have_stays(text: str, runner: str) -> None:
    assert rewritten(text, runner) is None


def test_one_file_that_cannot_be_rewritten_keeps_them_all() -> None:
    good = NODE + 'test("adds", () => {});\n'
    bad = NODE + 'test("adds", (t) => t.skip());\n'

    assert rewritten_runner([("a.test.ts", good, "typescript"), ("b.test.ts", bad, "typescript")], "Vitest") is None
    assert (
        rewritten_runner([("a.test.ts", good, "typescript"), ("c.json", '{"x": "node:test"}', "json")], "Vitest")
        is None
    )


def test_the_command_of_the_templates_manifest_runs_the_same_runner() -> None:
    test = ("src/a.test.ts", NODE + 'test("adds", () => {});\n', "typescript")
    manifest = ("package.json", '{ "scripts": { "start": "node a.ts", "test": "node --test src/*.test.ts" } }', "json")

    done = rewritten_runner([test, manifest], "Vitest")
    assert done is not None
    assert done[1][1] == '{ "scripts": { "start": "node a.ts", "test": "vitest run" } }'
