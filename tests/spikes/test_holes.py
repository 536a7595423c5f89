from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.spikes.holes import edit_distance, fill, find_problem, used_params

VALUES = {"entity": "order line", "port": "80"}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{port}} {{ port }} {{\tport }}", "80 80 80"),
        ("{{entity|pascal}} {{entity|camel}} {{ entity | snake }}", "OrderLine orderLine order_line"),
        ("{{entity|plural|kebab}}", "order-lines"),
        ("${{entity|camel}} = 1;", "$orderLine = 1;"),
        ("`${{{port}}}`", "`${80}`"),
        ('f"{{{port}}}"', 'f"{80}"'),
    ],
)
def test_declared_names_are_filled(template: str, filled: str) -> None:
    assert fill(template, VALUES) == filled


@pytest.mark.parametrize(
    "literal",
    [
        "style={{ a: 1 }}",
        "style={{ port: 1 }}",
        "value={{ port, rest }}",
        "value={{\n  port,\n}}",
        "${{ secrets.TOKEN }}",
        "${{ port }}",
        "<p>{{ message }}</p>",
        "{{ .Values.port }}",
        "{{- range .Values.env }}",
        "{{ items | upper }}",
        "{{#each rows}}{{/each}}",
        'f"{{literal}}"',
        "{{ port.value }}",
        "{ {port} }",
        "}}",
        "{{",
    ],
)
def test_the_braces_of_other_languages_survive(literal: str) -> None:
    assert find_problem(literal, VALUES) is None
    assert fill(literal, VALUES) == literal


def test_a_value_that_looks_like_a_hole_is_not_filled_again() -> None:
    assert fill("{{port}}", {"port": "{{entity}}", "entity": "x"}) == "{{entity}}"


def test_the_first_mistake_is_the_one_reported() -> None:
    problem = find_problem("{{port}} {{ port\n{{ prot }}", VALUES)
    assert problem is not None
    assert (problem.offset, "not closed" in problem.message) == (9, True)


@pytest.mark.parametrize("near", ["{{entit}}", "{{entitys}}", "{{enttiy}}", "{{ porr }}", "${{entiti}}"])
def test_a_slip_of_the_finger_is_told(near: str) -> None:
    problem = find_problem(near, VALUES)
    assert problem is not None
    assert "did you mean" in problem.message


@pytest.mark.parametrize("far", ["{{ element }}", "{{ p }}", "{{ title }}"])
def test_another_word_is_no_slip(far: str) -> None:
    assert find_problem(far, VALUES) is None


def test_short_names_allow_one_edit_only() -> None:
    assert find_problem("{{ row }}", ["key"]) is None
    assert find_problem("{{ kez }}", ["key"]) is not None


def test_used_params_are_those_with_a_hole() -> None:
    assert used_params("{{entity}} ${{ port }} {{other}}", VALUES) == {"entity"}


@given(st.text(alphabet="{}|$ \tab\nport:,.", max_size=40))
def test_filling_with_the_hole_itself_changes_only_spelling(template: str) -> None:
    assert fill(template, {}) == template
    find_problem(template, ["port"])


@given(st.text("ab", max_size=5), st.text("ab", max_size=5), st.text("ab", max_size=5))
def test_edit_distance_is_a_metric(a: str, b: str, c: str) -> None:
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
