"""A template's files become like the project's where that is certain; what is not like it is said."""

from __future__ import annotations

import posixpath
import re

import pytest

from fluorite_mcp.spikes.library import bundled_folder, load_spikes
from fluorite_mcp.spikes.render import render_partly
from fluorite_mcp.suggest.restyling import File, restyle
from fluorite_mcp.suggest.ways import Way
from fluorite_mcp.text.health import parse_health
from fluorite_mcp.text.languages import detect_language

MODULES = {("script", "name-file module"): Way("camelCase", "9 of 9, e.g. src/a.ts:1")}


def test_a_file_is_named_as_the_projects_are_with_all_that_import_it() -> None:
    files: list[File] = [
        ("src/order-store.ts", "export const store = 1;\n", "typescript"),
        ("src/order-store.test.ts", 'import { store } from "./order-store.ts";\n', "typescript"),
        ("src/main.ts", 'import { store } from "@/order-store";\nget("/order-store");\n', "typescript"),
        ("package.json", '{ "main": "src/order-store.ts", "name": "order-store" }', "json"),
    ]
    done = restyle(files, MODULES)

    assert done.files == (
        ("src/orderStore.ts", "export const store = 1;\n", "typescript"),
        ("src/orderStore.test.ts", 'import { store } from "./orderStore.ts";\n', "typescript"),
        ("src/main.ts", 'import { store } from "@/orderStore";\nget("/order-store");\n', "typescript"),
        ("package.json", '{ "main": "src/orderStore.ts", "name": "order-store" }', "json"),
    )
    assert done.adapted == (
        "`order-store.ts` is `orderStore.ts`, as files are named in camelCase (9 of 9, e.g. src/a.ts:1)",
    )


@pytest.mark.parametrize(
    "path",
    ["src/app/api/sign-in.ts", "src/routes/sign-in.ts", "+page-data.ts", "vite-app.config.ts", "app-env.d.ts",
     "src/sign-in.css", "src/signIn.ts", "src/main.ts"],
)  # fmt: skip
def test_a_name_that_is_a_route_or_a_tools_or_fits_stays(path: str) -> None:
    files = ((path, "export {};\n", "typescript"),)

    assert restyle(files, MODULES).files == files


def test_a_file_is_not_renamed_over_another() -> None:
    files = (("src/sign-in.ts", "", "typescript"), ("src/signIn.css", "", "css"))

    assert restyle(files, MODULES).files == files


def test_tests_end_as_the_projects_do() -> None:
    spec = {("script", "test-file"): Way("*.spec.ts", "4 of 4")}
    files: list[File] = [
        ("src/a.test.ts", "", "typescript"),
        ("package.json", '{ "test": "node --test src/*.test.ts" }', "json"),
    ]
    done = restyle(files, spec)

    assert done.files[0][0] == "src/a.spec.ts"
    assert done.files[1][1] == '{ "test": "node --test src/*.spec.ts" }'


def test_node_modules_are_imported_as_the_project_does() -> None:
    bare = {("script", "import-builtin"): Way("bare", "3 of 3")}
    prefixed = {("script", "import-builtin"): Way("prefixed", "3 of 3")}
    text = 'import { test } from "node:test";\nimport fs from "node:fs/promises";\nimport x from "./fs";\n'
    without = text.replace("node:fs", "fs")

    assert restyle([("a.ts", text, "typescript")], bare).files[0][1] == without
    assert restyle([("a.ts", without, "typescript")], prefixed).files[0][1] == text


def test_tests_run_with_the_projects_runner_and_its_command() -> None:
    project = {
        ("script", "role test-runner"): Way("Vitest", "5 of 5, e.g. src/b.test.ts:1"),
        ("script", "test-command"): Way("npm test", "package.json:4"),
    }
    text = 'import { test } from "node:test";\n\ntest("adds", () => {});\n'
    done = restyle([("src/a.test.ts", text, "typescript")], project)

    assert done.files[0][1] == text.replace("node:test", "vitest")
    assert done.adapted == (
        "tests run with Vitest (5 of 5, e.g. src/b.test.ts:1); check with `npm test` (package.json:4)",
    )
    assert done.differs == ()


def test_another_package_for_the_same_is_told_with_both_places() -> None:
    validation = {("script", "role validation"): Way("valibot", "7 of 7, e.g. src/user.ts:1")}
    done = restyle([("src/a.ts", '\nimport { z } from "zod";\n', "typescript")], validation)

    assert done.differs == (
        "zod (`src/a.ts:2`); here schemas for validation are written with valibot (7 of 7, e.g. src/user.ts:1)",
    )
    assert restyle([("src/a.ts", 'import * as v from "valibot";', "typescript")], validation).differs == ()


def test_a_project_of_which_nothing_is_known_changes_nothing() -> None:
    files = (("src/order-store.ts", 'import { z } from "zod";\n', "typescript"),)

    assert restyle(files, {}).files == files


_SPECIFIER = re.compile(r"""(?:from|import|require\(|mock\()\s*\(?["'](\.{1,2}/[^"']+)["']""")
_SUFFIXES = ("", ".ts", ".tsx", ".js", ".mjs", ".vue", ".svelte", "/index.ts")
_SCRIPTS = frozenset({"typescript", "tsx", "javascript"})


@pytest.mark.parametrize("case", ["kebab-case", "camelCase", "PascalCase", "snake_case"])
@pytest.mark.parametrize("runner", ["Vitest", "Jest"])
def test_every_bundled_template_stays_whole(case: str, runner: str) -> None:
    """Imports of the template's own files lead where they led, and what parsed parses."""
    project = {
        ("script", aspect): Way(value, "9 of 9")
        for aspect, value in {
            "name-file component": case, "name-file module": case, "test-file": "*.spec.ts", "import-builtin": "bare",
            "name-function": "snake_case" if case == "camelCase" else "camelCase", "role test-runner": runner,
            "name-constant": "UPPER_CASE" if case == "camelCase" else "camelCase",
        }.items()
    }  # fmt: skip
    changed = 0
    for spike in load_spikes(bundled_folder())[0]:
        rendered = render_partly(spike, {}).files
        files: list[File] = [(file.path, file.content, detect_language(file.path, "")) for file in rendered]
        done = restyle(files, project)
        before, after = {path for path, _, _ in files}, {path for path, _, _ in done.files}
        changed += tuple(files) != done.files
        assert len(after) == len(before), spike.id
        for (path, text, language), (new_path, new_text, _) in zip(files, done.files, strict=True):
            assert _resolved(path, text, before) == _resolved(new_path, new_text, after), (spike.id, path)
            if text != new_text and language in _SCRIPTS:
                assert parse_health(new_text, language) == parse_health(text, language), (spike.id, path)
    assert changed > 40


def _resolved(path: str, text: str, paths: set[str]) -> list[bool]:
    bases = [posixpath.normpath(posixpath.join(posixpath.dirname(path), one)) for one in _SPECIFIER.findall(text)]
    return [
        any(one + suffix in paths for one in (base, re.sub(r"\.jsx?$", "", base)) for suffix in _SUFFIXES)
        for base in bases
    ]
