"""What a piece of code refers to by name."""

from __future__ import annotations

import time

import pytest

from fluorite_mcp.text.references import references_of

PYTHON = '''
from shop.tax import rate


@cached
def total(order: Order) -> Money:
    """Sum with hidden_helper(order) in the documentation."""
    # commented_out(order)
    self.check(order)
    return fold(order.items(), key=rate, note="quoted_call(1)")
'''


def test_calls_methods_and_types_are_told_apart() -> None:
    forms = references_of(PYTHON, "python").forms

    assert {name: forms[name] for name in ("cached", "check", "fold", "items", "Order", "Money")} == {
        "cached": "call", "check": "own", "fold": "call", "items": "method", "Order": "type", "Money": "type",
    }  # fmt: skip


def test_comments_documentation_texts_and_imports_do_not_count() -> None:
    found = references_of(PYTHON, "python")

    assert not {"hidden_helper", "commented_out", "quoted_call"} & found.forms.keys()
    assert found.counts["rate"] == 1
    assert "tax" not in found.counts


def test_a_name_is_what_it_is_first() -> None:
    assert references_of("x = Parser()\ny: Parser = x\n", "python").forms == {"Parser": "call"}


def test_only_the_lines_of_one_name_are_read_if_asked() -> None:
    found = references_of("first()\nsecond(first)\nthird()\n", "python", only="second")

    assert (found.forms, found.counts["first"]) == ({"second": "call"}, 1)


def test_generic_calls_paths_and_literals_of_go() -> None:
    assert references_of("let x = parse::<Order>(text); Store::open(path)", "rust").forms["parse"] == "call"
    assert references_of("let x = Store::open(path)", "rust").forms["open"] == "method"
    assert references_of("\treturn jsonBinding{}, nil\n", "go").forms == {"jsonBinding": "type"}
    assert references_of("let a: &'a str = f(b); let c = call_it('x');", "rust").forms["call_it"] == "call"


def test_attributes_parameters_and_what_is_assigned_to_are_not_free() -> None:
    found = references_of(
        "def f(prompt: str = x, style=1):\n    self.confirm = a\n    return g(load, style)\n", "python"
    )

    assert {"load", "x", "a"} <= found.free.keys()
    assert not {"prompt", "style", "confirm"} & found.free.keys()
    assert found.counts["style"] == 2
    assert "Store" in references_of("Store::open(path)", "rust").free


@pytest.mark.parametrize("line", ["x" * 1_900, "x." * 900, "x(" * 900, "a=" * 900, '"' * 1_900, "A" * 50_000])
def test_long_lines_take_no_time(line: str) -> None:
    started = time.process_time()
    references_of(line, "python")

    assert time.process_time() - started < 0.1


def test_nothing_is_found_in_nothing() -> None:
    assert references_of("", None).forms == {}
