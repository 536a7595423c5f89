"""Frameworks that are used together more often than chance has it."""

from __future__ import annotations

import pytest

from fluorite_mcp.learning.combinations import (
    Combination,
    Seen,
    Stack,
    describe,
    find_combinations,
    related_templates,
)


def stack(frameworks: str, tags: str) -> Stack:
    return Stack(frozenset(frameworks.split()), frozenset(tags.split()))


def test_a_pair_has_its_support_and_its_lift() -> None:
    stacks = [frozenset({"laravel", "inertia"})] * 4 + [frozenset({"laravel"}), *([frozenset({"react"})] * 5)]

    seen = Seen(both=4, first=4, second=5)
    assert find_combinations(stacks) == (Combination("inertia", "laravel", 4, 2.0, templates=seen),)


def test_projects_and_templates_are_counted_together_and_told_apart() -> None:
    templates = [frozenset({"fastapi", "sqlalchemy"}), *([frozenset({"react"})] * 5)]
    projects = [*([frozenset({"fastapi", "sqlalchemy", "pytest"})] * 3), frozenset({"fastapi"}), frozenset({"vue"})]

    [one] = [one for one in find_combinations(templates, projects) if "pytest" not in (one.first, one.second)]

    assert (one.support, one.lift) == (4, 2.2)  # of 11 stacks, 5 have the one and 4 the other
    assert one.projects == Seen(both=3, first=4, second=3)
    assert one.templates == Seen(both=1, first=1, second=1)


@pytest.mark.parametrize(
    ("projects", "templates", "said"),
    [
        (Seen(3, 4, 3), Seen(), "fastapi is used with sqlalchemy in 3 of 4 learned projects that use fastapi"),
        (Seen(), Seen(4, 15, 6), "fastapi is used with sqlalchemy in 4 of 15 templates that use fastapi"),
        (
            Seen(1, 1, 2), Seen(2, 9, 6),
            "fastapi is used with sqlalchemy in 1 of 1 learned project and 2 of 9 templates that use fastapi",
        ),
        (Seen(1, 1, 1), Seen(0, 7, 7), "fastapi is used with sqlalchemy in 1 of 1 learned project that uses fastapi"),
    ],
)  # fmt: skip
def test_where_a_combination_was_seen_is_said_in_words(projects: Seen, templates: Seen, said: str) -> None:
    assert describe(Combination("fastapi", "sqlalchemy", 5, 3.0, projects, templates), "fastapi") == said


def test_a_combination_is_told_from_either_side() -> None:
    one = Combination("fastapi", "sqlalchemy", 5, 3.0, Seen(3, 8, 4))

    assert (
        describe(one, "sqlalchemy") == "sqlalchemy is used with fastapi in 3 of 4 learned projects that use sqlalchemy"
    )


def test_what_met_twice_or_by_chance_is_no_combination() -> None:
    assert find_combinations([frozenset({"a", "b"})] * 2) == ()
    assert find_combinations([frozenset({"a", "b"})] * 9) == ()


def test_templates_for_the_same_purpose_are_alternatives_and_others_go_with_each_other() -> None:
    stacks = {
        "hono-crud": stack("hono", "api crud rest"),
        "express-crud": stack("express", "api crud rest"),
        "drizzle-schema": stack("drizzle", "database"),
        "django-mail": stack("django", "mail"),
    }
    known = (Combination("drizzle", "hono", 5, 4.0, Seen(2, 2, 3), Seen(3, 3, 9)),)

    alternative, partner = related_templates("hono-crud", stacks, known)

    assert (alternative.type, alternative.id, alternative.weight) == ("alternative", "express-crud", 1.0)
    assert alternative.why == "both are for api, crud, rest"
    assert (partner.type, partner.id, partner.weight) == ("used-with", "drizzle-schema", 0.75)
    assert partner.why == "hono is used with drizzle in 2 of 3 learned projects and 3 of 9 templates that use hono"


def test_what_is_written_in_another_language_takes_no_ones_place() -> None:
    tags = frozenset({"api", "crud"})
    stacks = {
        "actix": Stack(frozenset({"actix"}), tags, frozenset({"rust"})),
        "axum": Stack(frozenset({"axum"}), tags, frozenset({"rust"})),
        "flask": Stack(frozenset({"flask"}), tags, frozenset({"python"})),
    }

    assert [(one.type, one.id) for one in related_templates("actix", stacks, ())] == [("alternative", "axum")]
