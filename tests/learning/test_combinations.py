"""Frameworks that are used together more often than chance has it."""

from __future__ import annotations

from fluorite_mcp.learning.combinations import Combination, Stack, find_combinations, related_templates


def stack(frameworks: str, tags: str) -> Stack:
    return Stack(frozenset(frameworks.split()), frozenset(tags.split()))


def test_a_pair_has_its_support_and_its_lift() -> None:
    stacks = [frozenset({"laravel", "inertia"})] * 4 + [frozenset({"laravel"}), *([frozenset({"react"})] * 5)]

    assert find_combinations(stacks) == (Combination("inertia", "laravel", 4, 2.0),)


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
    known = (Combination("drizzle", "hono", 5, 4.0),)

    assert related_templates("hono-crud", stacks, known) == [
        ("alternative", "express-crud", 1.0),
        ("used-with", "drizzle-schema", 0.75),
    ]


def test_what_is_written_in_another_language_takes_no_ones_place() -> None:
    tags = frozenset({"api", "crud"})
    stacks = {
        "actix": Stack(frozenset({"actix"}), tags, frozenset({"rust"})),
        "axum": Stack(frozenset({"axum"}), tags, frozenset({"rust"})),
        "flask": Stack(frozenset({"flask"}), tags, frozenset({"python"})),
    }

    assert related_templates("actix", stacks, ()) == [("alternative", "axum", 1.0)]
