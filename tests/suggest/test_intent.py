"""What a task asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.results import Intent
from fluorite_mcp.suggest.intent import understand_task

STACKS = ("hono", "nextjs", "fastapi", "github-actions", "laravel", "kubernetes")


def intent(task: str, given: tuple[str, ...] = (), used: tuple[str, ...] = ()) -> Intent:
    return understand_task(task, given, STACKS, used)


@pytest.mark.parametrize(
    ("task", "action"),
    [
        ("add rate limiting to the Hono API", "add"),
        ("fix the flaky upload", "fix"),
        ("write tests for the parser", "test"),
        ("refactor the session store", "refactor"),
        ("migrate to Next.js 15", "migrate"),
        ("set up CI with GitHub Actions", "configure"),
        ("document the public API", "document"),
        ("Hono の API にレート制限を追加", "add"),
        ("ログインのバグを修正", "fix"),
        ("テストを書く", "test"),
        ("a dashboard for invoices", "build"),
    ],
)
def test_the_verb_says_what_to_do(task: str, action: str) -> None:
    assert intent(task).action == action


@pytest.mark.parametrize(
    ("task", "frameworks"),
    [
        ("add rate limiting to the Hono API", ("hono",)),
        ("HonoのAPIにレート制限", ("hono",)),
        ("a Next.js page", ("nextjs",)),
        ("GitHub Actions workflow", ("github-actions",)),
        ("ララベルのコントローラー", ("laravel",)),
        ("deploy to k8s", ("kubernetes",)),
        ("an honorary title", ()),
    ],
)
def test_frameworks_are_known_by_every_name_people_use(task: str, frameworks: tuple[str, ...]) -> None:
    assert intent(task).frameworks == frameworks


def test_what_the_caller_names_comes_first() -> None:
    assert intent("add an endpoint to Hono", given=("Next.js",)).frameworks == ("nextjs", "hono")


def test_without_a_name_the_project_decides() -> None:
    assert intent("add an endpoint", used=("fastapi", "sqlalchemy", "redis")).frameworks == ("fastapi", "sqlalchemy")


def test_a_framework_tells_the_language_unless_the_task_does() -> None:
    assert intent("rate limiting in Hono").language == "typescript"
    assert intent("rate limiting in Hono with javascript").language == "javascript"
    assert intent("rate limiting").language is None


def test_the_topics_are_what_is_left_of_the_task() -> None:
    topics = intent("add rate limiting to the Hono API").topics

    assert "rate" in topics
    assert "hono" not in topics


@given(st.text(min_size=1))
def test_any_task_has_an_intent(task: str) -> None:
    assert intent(task) == intent(task)
    assert len(intent(task).topics) <= 12
