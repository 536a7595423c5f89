"""What a project has settled on is counted in its files, or declared in a manifest; what is mixed is not settled."""

from __future__ import annotations

import pytest

from fluorite_mcp.conventions.derive import Stated
from fluorite_mcp.results import Convention
from fluorite_mcp.suggest.ways import Way, declared_ways, ways_of


def stated(aspect: str, value: str, *, language: str = "script", scope: str = "", strength: float = 0.5) -> Stated:
    convention = Convention(
        statement=value, count=4, total=5, language=language, scope=scope, strength=strength, examples=("src/a.ts:3",)
    )
    return Stated(aspect, value, convention)


def test_a_convention_is_a_way_with_its_count_and_place() -> None:
    ways = ways_of([stated("role validation", "valibot")], {})

    assert ways == {("script", "role validation"): Way("valibot", "4 of 5, e.g. src/a.ts:3")}


def test_what_is_counted_goes_before_what_is_declared() -> None:
    declared = {("script", "role validation"): Way("zod", "package.json:4")}

    assert ways_of([stated("role validation", "joi")], declared)["script", "role validation"].value == "joi"
    assert ways_of([], declared) == declared


@pytest.mark.parametrize(
    "one",
    [
        stated("role validation", "joi", scope="packages/old"),
        stated("role test-runner", "Playwright"),
        stated("raises", "HttpError"),
    ],
)
def test_what_holds_elsewhere_or_says_nothing_of_templates_is_no_way(one: Stated) -> None:
    assert ways_of([one], {}) == {}


def test_the_form_of_python_tests_names_their_runner_where_no_import_does() -> None:
    form = stated("test-form", "TestCase", language="python")

    assert ways_of([form], {})["python", "role test-runner"].value == "unittest"
    imported = stated("role test-runner", "pytest", language="python")
    assert ways_of([imported, form], {})["python", "role test-runner"].value == "pytest"


NPM = """{
  "scripts": {
    "test": "jest --ci"
  },
  "dependencies": {
    "valibot": "^1.0.0",
    "@sinclair/typebox-not": "^1.0.0"
  },
  "devDependencies": { "typescript": "^5.0.0" },
  "more": {
    "jest": "^30.0.0"
  }
}
"""


def test_a_manifest_that_names_one_package_for_a_role_settles_it() -> None:
    ways = declared_ways([], {"package.json": NPM})

    assert ways["script", "role validation"] == Way("valibot", "package.json:6")
    assert ways["script", "role test-runner"] == Way("Jest", "package.json:11")
    assert ways["script", "test-command"] == Way("npm test", "package.json:3")


def test_a_manifest_that_names_two_settles_nothing() -> None:
    text = NPM.replace('"valibot": "^1.0.0",', '"valibot": "^1.0.0",\n    "zod": "^4.0.0",')

    assert ("script", "role validation") not in declared_ways([], {"package.json": text})


def test_nodes_own_runner_is_told_by_the_command() -> None:
    text = '{\n  "scripts": {\n    "test": "node --import tsx --test src/*.test.ts"\n  }\n}\n'

    assert declared_ways([], {"package.json": text})["script", "role test-runner"] == Way("node:test", "package.json:3")


def test_the_command_that_npm_init_writes_is_none() -> None:
    text = '{\n  "scripts": {\n    "test": "echo \\"Error: no test specified\\" && exit 1"\n  }\n}\n'

    assert declared_ways([], {"package.json": text}) == {}


def test_a_python_manifest_is_read() -> None:
    text = '[project]\nname = "ledger"\ndependencies = [\n  "msgspec>=0.19",\n  "httpx[http2]>=0.27",\n]\n'

    ways = declared_ways([], {"pyproject.toml": text})
    assert ways["python", "role validation"] == Way("msgspec", "pyproject.toml:4")
    assert ways["python", "role http"] == Way("httpx", "pyproject.toml:5")


def test_components_and_modules_are_named_each_in_their_way() -> None:
    paths = [*(f"src/{name}.tsx" for name in ("OrderList", "UserCard", "PriceTag")),
             *(f"src/{name}.ts" for name in ("order-list", "user-card", "price-tag", "main")),
             "src/orderList.test.ts"]  # fmt: skip

    ways = declared_ways(paths, {})
    assert ways["script", "name-file component"] == Way("PascalCase", "3 of 3, e.g. src/OrderList.tsx")
    assert ways["script", "name-file module"] == Way("kebab-case", "3 of 3, e.g. src/order-list.ts")


def test_names_in_two_cases_are_no_way() -> None:
    assert declared_ways(["a/order-list.ts", "a/user-card.ts", "a/priceTag.ts", "a/taxRate.ts"], {}) == {}
