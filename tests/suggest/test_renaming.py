"""A name is changed only where nothing outside the template can know it."""

from __future__ import annotations

import pytest

from fluorite_mcp.suggest.renaming import in_case, renamed_definitions


@pytest.mark.parametrize(
    ("name", "case", "new"),
    [
        ("order-store", "camelCase", "orderStore"),
        ("order-store", "PascalCase", "OrderStore"),
        ("orderStore", "kebab-case", "order-store"),
        ("MAX_AGE", "camelCase", "maxAge"),
        ("maxAge", "UPPER_CASE", "MAX_AGE"),
        ("readHTTPBody", "snake_case", "read_http_body"),
        ("page2Url", "snake_case", ""),
    ],
)
def test_a_name_in_another_case(name: str, case: str, new: str) -> None:
    assert in_case(name, case) == new


def renamed(aspect: str, case: str, **files: str) -> tuple[dict[str, str], dict[str, str]]:
    given = [(f"src/{name}.ts", text, "typescript") for name, text in files.items()]
    done, names = renamed_definitions(given, aspect, case)
    return {path[4:-3]: text for path, text, _ in done}, names


def test_a_constant_is_renamed_wherever_it_stands() -> None:
    files, names = renamed("name-constant", "camelCase", a="const MAX_AGE = 60;\nif (age > MAX_AGE) stop(MAX_AGE);\n")

    assert files["a"] == "const maxAge = 60;\nif (age > maxAge) stop(maxAge);\n"
    assert names == {"MAX_AGE": "maxAge"}


def test_an_exported_function_is_renamed_with_those_that_import_it() -> None:
    files, _ = renamed(
        "name-function", "snake_case",
        a="export function readOrder(id: string) {\n  return id;\n}\n",
        b='import { readOrder } from "./a";\n\nconst orders = ids.map(readOrder);\n',
    )  # fmt: skip

    assert "export function read_order(" in files["a"]
    assert files["b"] == 'import { read_order } from "./a";\n\nconst orders = ids.map(read_order);\n'


@pytest.mark.parametrize(
    "files",
    [
        {"a": "export function readOrder() {}\n"},
        {"a": "function readOrder() {}\nregister('readOrder');\n"},
        {"a": "function readOrder() {}\n// readOrder is slow\n"},
        {"a": "function readOrder() {}\nconst api = { readOrder };\n"},
        {"a": "function readOrder() {}\nstore.readOrder();\n"},
        {"a": "function readOrder() {}\nexport { readOrder };\n"},
        {"a": "function readOrder() {}\nconst read_order = 1;\n"},
        {"a": "function readOrder() {}\n", "b": "readOrder();\n"},
        {"a": "function readOrder() {}\n", "b": 'import { readOrder } from "orders";\n'},
        {"a": "function useOrders() {}\nuseOrders();\n"},
        {"a": "function OrderList() {}\n"},
    ],
)
def test_what_somebody_else_may_know_keeps_its_name(files: dict[str, str]) -> None:
    assert renamed("name-function", "snake_case", **files) == (files, {})
