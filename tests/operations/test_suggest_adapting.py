"""The best template as the project would have written it: through a real store, on a real project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

NAMES = ("orderLines", "stockLevels", "priceRules", "taxRates")
SOURCE = """import {{ randomUUID }} from "node:crypto";
import {{ {imported} }} from "{validation}";
import Fastify from "fastify";

const maxPageSize = 50;

export function read{name}(page: number): string[] {{
  return page > maxPageSize ? [] : [randomUUID()];
}}

export const server = Fastify();
"""
TEST = """import {{ expect, test }} from "vitest";

import {{ read{name} }} from "./{name}.js";

test("reads {name}", () => {{
  expect(read{name}(1)).toHaveLength(1);
}});
"""
PACKAGE = '{\n  "name": "shop-api",\n  "scripts": {\n    "test": "vitest run"\n  }\n}\n'


def write_project(root: Path, validation: str, imported: str) -> Path:
    services = root / "src" / "services"
    services.mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "package.json").write_text(PACKAGE, encoding="utf-8")
    for name in NAMES:
        source = SOURCE.format(name=name, validation=validation, imported=imported)
        (services / f"{name}.ts").write_text(source, encoding="utf-8")
        (services / f"{name}.test.ts").write_text(TEST.format(name=name), encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("validation", "imported", "best"),
    [("zod", "z", "fastify-zod"), ("@sinclair/typebox", "Type", "fastify-typebox")],
)
async def test_the_variant_with_the_projects_validation_comes_first(
    open_engine: Callable[..., Any], tmp_path: Path, validation: str, imported: str, best: str
) -> None:
    async with open_engine(folder=write_project(tmp_path / "shop", validation, imported)) as engine:
        result = await engine.suggest("add a Fastify plugin with validated routes and rate limits")
        named = await engine.suggest("add a Fastify plugin with TypeBox schemas and rate limits")

    assert result.spikes[0].id == best
    assert result.spikes[0].differs == ()
    assert named.spikes[0].id == "fastify-typebox"


async def test_a_template_follows_the_project_and_says_where_it_does_not(
    open_engine: Callable[..., Any], tmp_path: Path
) -> None:
    async with open_engine(folder=write_project(tmp_path / "shop", "valibot", "object")) as engine:
        result = await engine.suggest("read the environment config with zod", token_budget=4000)

    best = result.spikes[0]
    assert best.id == "zod-env-config"
    assert best.adapted == (
        "tests run with Vitest (4 of 4, e.g. src/services/orderLines.test.ts:1); "
        "check with `npm test` (package.json:4)",
    )
    assert best.differs == (
        "zod (`src/config.ts:3`); here schemas for validation are written with valibot "
        "(4 of 4, e.g. src/services/orderLines.ts:2)",
    )
    assert f"Adapted: {best.adapted[0]}." in result.context
    assert f"Differs: {best.differs[0]}." in result.context
    assert 'import { test } from "vitest";' in result.context
    assert "node:test" not in result.context


async def test_files_of_a_template_are_named_as_the_projects_files(
    open_engine: Callable[..., Any], tmp_path: Path
) -> None:
    async with open_engine(folder=write_project(tmp_path / "shop", "zod", "z")) as engine:
        result = await engine.suggest("retry fetch with backoff in TypeScript", token_budget=4000)

    assert result.spikes[0].id == "typescript-retry-backoff"
    assert "`src/fetchRetry.ts`" in result.context
    assert "maxRetryAfterMs" in result.context
    assert "src/fetch-retry.ts" not in result.context
