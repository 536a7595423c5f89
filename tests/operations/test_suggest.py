"""From a task to material: through a real store with the bundled templates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError
from fluorite_mcp.results import SuggestResult
from fluorite_mcp.text.tokens import count_tokens

pytestmark = pytest.mark.anyio

RATE_LIMIT = "add rate limiting to the Hono API"


@pytest.mark.parametrize("task", [RATE_LIMIT, "Hono の API にレート制限を追加"])
async def test_the_template_that_fits_comes_first(engine: Engine, task: str) -> None:
    result = await engine.suggest(task)

    assert result.spikes[0].id == "hono-rate-limit"
    assert (result.intent.action, result.intent.frameworks) == ("add", ("hono",))
    assert "hono-rate-limit" in result.context
    assert not result.abstained


async def test_the_context_stays_within_the_budget_and_says_more_with_more(engine: Engine) -> None:
    sizes = []
    for budget in (200, 333, 700, 1500, 4000, 8000):
        result = await engine.suggest(RATE_LIMIT, token_budget=budget)
        assert result.used_tokens == count_tokens(result.context) <= budget
        sizes.append(result.used_tokens)

    assert sizes == sorted(sizes)


async def test_the_same_task_gives_the_same_material(engine: Engine, open_engine: Callable[..., Any]) -> None:
    def material(result: SuggestResult) -> tuple[object, ...]:
        return result.context, result.spikes, result.conventions, [hit.id for hit in result.code]

    first = material(await engine.suggest(RATE_LIMIT))
    assert material(await engine.suggest(RATE_LIMIT)) == first
    async with open_engine() as other:
        assert material(await other.suggest(RATE_LIMIT)) == first


async def test_nonsense_in_an_empty_project_is_not_answered(open_engine: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    async with open_engine(folder=tmp_path / "empty") as engine:
        result = await engine.suggest("zymurgy qwxzv plmzt falconry")

        assert (result.abstained, result.context, result.used_tokens) == (True, "", 0)
        assert result.conventions == ()


async def test_the_projects_own_code_and_conventions_are_shown(engine: Engine, project: Path) -> None:
    for name in ("tax_rates", "late_fees", "due_dates"):
        source = f"def compute_{name}(invoice: int) -> int:\n    raise BillingError(invoice)\n"
        (project / "billing" / f"{name}.py").write_text(source)
    result = await engine.suggest("send a reminder to the customer of an unpaid invoice by mail")

    assert "billing/mailer.py" in [hit.path for hit in result.code]
    named = {one.statement: (one.count, one.total, one.examples) for one in result.conventions}
    assert named["what is raised is BillingError"] == (
        3, 3, ("billing/due_dates.py:2", "billing/late_fees.py:2", "billing/tax_rates.py:2")
    )  # fmt: skip
    assert "How this project does it" in result.context


async def test_a_file_that_comes_later_counts_in_the_next_suggestion(engine: Engine, project: Path) -> None:
    def raised(result: SuggestResult) -> list[int]:
        return [one.count for one in result.conventions if one.statement == "what is raised is BillingError"]

    for number, name in enumerate(("tax_rates", "late_fees", "due_dates", "refunds")):
        if number == 3:
            assert raised(await engine.suggest("send a reminder of an unpaid invoice by mail")) == [3]
        source = f"def compute_{name}(invoice: int) -> int:\n    raise BillingError(invoice)\n"
        (project / "billing" / f"{name}.py").write_text(source)

    assert raised(await engine.suggest("send a reminder of an unpaid invoice by mail")) == [4]


async def test_what_was_noted_is_shown_with_its_origin(engine: Engine) -> None:
    note = await engine.store(
        "Rate limiting for the Hono API counts per tenant, not per address.", title="Rate limiting"
    )
    result = await engine.suggest(RATE_LIMIT, token_budget=8000)

    assert note.id in [hit.id for hit in result.notes]
    assert note.id in result.context
    assert "per tenant" in result.context


async def test_stored_code_without_a_file_is_named_by_its_id(engine: Engine) -> None:
    stored = await engine.store(
        "def limit_rate(api):\n    return api\n", kind="code", title="limit rate of the Hono API", language="python"
    )
    result = await engine.suggest(RATE_LIMIT, token_budget=8000)

    assert stored.id in [hit.id for hit in result.code]
    assert "None:None" not in result.context


async def test_a_suggestion_for_a_subfolder_still_has_templates(engine: Engine) -> None:
    result = await engine.suggest(RATE_LIMIT, path="billing")

    assert result.spikes[0].id == "hono-rate-limit"
    assert {hit.path for hit in result.code} <= {"billing/invoices.py", "billing/mailer.py"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"task": " "}, "task"),
        ({"task": "x" * 8001}, "task"),
        ({"task": "x", "token_budget": 199}, "token_budget"),
        ({"task": "x", "token_budget": 8001}, "token_budget"),
        ({"task": "x", "path": "nowhere"}, "path"),
    ],
)
async def test_a_bad_argument_is_named(engine: Engine, arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        await engine.suggest(**arguments)


_GO_ROUTE = """package main

import "os"

func Route{number}() string {{ return os.Getenv("ROUTE_{number}") }}
"""


async def test_conventions_follow_the_files_from_one_suggestion_to_the_next(engine: Engine, project: Path) -> None:
    task = "add a Go function that reads a route from the environment"
    for number in range(4):
        (project / f"route_{number}.go").write_text(_GO_ROUTE.format(number=number))
    before = {one.statement: one.total for one in (await engine.suggest(task)).conventions}

    for number in range(4, 30):
        (project / f"route_{number}.go").write_text(_GO_ROUTE.format(number=number))
    after = {one.statement: one.total for one in (await engine.suggest(task)).conventions}

    read = "environment variables are read with os.Getenv"
    assert after[read] >= before.get(read, 0) + 26


async def test_a_template_is_filled_with_the_projects_names_and_says_what_it_assumed(engine: Engine) -> None:
    result = await engine.suggest("add a FastAPI background job worker with arq", token_budget=4000)

    best = result.spikes[0]
    assert best.params["package"] == "billing"
    assert "package" not in best.assumed
    assert "job" in best.assumed
    assert "`billing/jobs.py`" in result.context
    assert "From this project: package = `billing`." in result.context
    assert "Assumed: job = `report`." in result.context


async def test_templates_of_other_languages_are_not_offered_unless_named(
    open_engine: Callable[..., Any], tmp_path: Path
) -> None:
    root = tmp_path / "mailer"
    for name in ("send", "retry", "render", "queue"):
        path = root / "mailer" / f"{name}_mail.rb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"def {name}_mail(message, limit)\n  rate_limit(message, limit)\nend\n", encoding="utf-8")
    async with open_engine(folder=root) as engine:
        unnamed = await engine.suggest("add rate limiting per customer")
        named = await engine.suggest(RATE_LIMIT)

    assert not [spike.id for spike in unnamed.spikes if "hono" in spike.stack]
    assert named.spikes[0].id == "hono-rate-limit"


async def test_what_nearby_code_imports_and_calls_is_said_with_counts(engine: Engine, project: Path) -> None:
    for name in ("tax_rates", "late_fees", "due_dates"):
        head = "from billing.money import round_cents\n\n\n"
        text = f"{head}def compute_{name}(invoice):\n    return round_cents(invoice)\n"
        (project / "billing" / f"{name}.py").write_text(text, encoding="utf-8")
    result = await engine.suggest("compute the early payment discount of an invoice", token_budget=4000)

    assert "from billing.money import round_cents (3)" in result.context
    assert {hit.path for hit in result.code} >= {"billing/tax_rates.py", "billing/late_fees.py"}
    assert all(hit.snippet == "" for hit in result.code)


async def test_a_copy_of_a_file_is_shown_once(engine: Engine, project: Path) -> None:
    text = (project / "billing" / "mailer.py").read_text(encoding="utf-8")
    (project / "billing" / "old_mailer.py").write_text(text, encoding="utf-8")
    result = await engine.suggest("send a reminder to the customer of an unpaid invoice by mail")

    assert result.context.count("def send_reminder") == 1
