"""A task gets the conventions it needs, and each says why."""

from __future__ import annotations

from fluorite_mcp.conventions.relevance import TaskScope, conventions_for, describe
from fluorite_mcp.results import Convention

LOGGING = Convention(
    statement="logging goes through structlog", count=20, total=21, category="logging", strength=0.8, language="python",
    examples=("a.py:1",), counter_examples=("b.py:2",),
)  # fmt: skip
TESTS = Convention(
    statement="tests run with pytest", count=30, total=30, category="tests", strength=0.9, language="python"
)
SNAKE = Convention(
    statement="functions are named in snake_case", count=900, total=900, category="naming", strength=0.99,
    language="python",
)  # fmt: skip
SERVICES = Convention(
    statement="types in app/services/ are named …Service", count=9, total=9, category="layout", strength=0.7,
    scope="app/services", language="python",
)  # fmt: skip
ALL = (LOGGING, TESTS, SNAKE, SERVICES)


def chosen(scope: TaskScope) -> list[str]:
    return [one.category for one in conventions_for(ALL, scope)]


def test_what_the_task_speaks_of_comes_first_and_says_so() -> None:
    first = conventions_for(ALL, TaskScope("add logging to the importer"))[0]

    assert first.category == "logging"
    assert first.why == ("holds for 20 of 21", "the task says 'logging'")


def test_what_goes_without_saying_is_left_out() -> None:
    assert "naming" not in chosen(TaskScope("add a function"))


def test_what_holds_for_a_folder_matters_near_it_only() -> None:
    assert "layout" in chosen(TaskScope("add billing", paths=("app/services/user.py",)))
    assert "layout" not in chosen(TaskScope("add billing", paths=("app/web/user.py",)))


def test_conventions_of_another_language_are_left_out() -> None:
    assert chosen(TaskScope("add logging", languages=frozenset({"go"}))) == []


def test_a_line_names_how_often_and_where_not() -> None:
    assert describe(LOGGING) == "logging goes through structlog (20 of 21, e.g. a.py:1; not in b.py:2)"
