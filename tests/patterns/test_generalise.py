"""Anti-unification: the template holds for every example, and says what they share."""

from __future__ import annotations

import itertools
import keyword
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.patterns.generalise import generalise, shared_ends
from fluorite_mcp.patterns.naming import name_holes
from fluorite_mcp.patterns.template import Template, render
from fluorite_mcp.patterns.trees import Definition, indented
from fluorite_mcp.text.languages import detect_language
from tests.patterns.conftest import ReadDefinitions, read

ROOT = Path(__file__).resolve().parents[2]

VIEWS = '''
@bp.route("/create", methods=("GET", "POST"))
@login_required
def create():
    """Make one."""
    if request.method == "POST":
        title = request.form["title"]
        flash(error)
    return render_template("blog/create.html")


@bp.route("/update/<int:id>", methods=("GET", "POST"))
@login_required
def update(id):
    if request.method == "POST":
        body = request.form["body"]
        flash(error)
        db.commit()
    return render_template("blog/update.html", post=post)
'''


def template_of(definitions: list[Definition]) -> Template:
    return name_holes(generalise(definitions))


def assert_gives_back(template: Template, found: list[tuple[Definition, str]]) -> None:
    for number, (definition, text) in enumerate(found):
        assert indented(render(template.parts, template.values_of(number)), definition.indent) == text


def test_a_template_keeps_what_is_shared_and_names_what_differs(read_definitions: ReadDefinitions) -> None:
    found = read_definitions("python", VIEWS)
    template = template_of([definition for definition, _ in found])

    shown = template.show(1)
    assert shown.startswith(
        '@bp.route("/{{route_text}}", methods=("GET", "POST"))\n@login_required\ndef {{function_name}}('
    )
    assert 'render_template("blog/{{function_name}}.html"' in shown
    assert [(hole.name, hole.type) for hole in template.named_holes][:2] == [
        ("route_text", "text"), ("function_name", "name"),
    ]  # fmt: skip
    assert_gives_back(template, found)


def test_lists_of_different_length_become_one_hole_for_the_run(read_definitions: ReadDefinitions) -> None:
    found = read_definitions("python", VIEWS)
    template = template_of([definition for definition, _ in found])

    values = {hole.name: hole.values for hole in template.named_holes}
    assert values["statements"] == ("", "\n        db.commit()")
    assert values["parameters"] == ("", "id")


def test_the_same_substitution_is_the_same_hole_in_whatever_spelling(read_definitions: ReadDefinitions) -> None:
    text = "".join(
        f"def load_{name}(id):\n    {name}s = session.query({name.title()})\n    return {name}s.get(id)\n\n"
        for name in ("order", "user")
    )
    found = read_definitions("python", text)
    template = template_of([definition for definition, _ in found])

    assert len(template.named_holes) == 1
    assert "query({{" in template.show()
    assert "|pascal}}" in template.show()
    assert_gives_back(template, found)


def test_equal_definitions_have_no_holes(read_definitions: ReadDefinitions) -> None:
    found = read_definitions("go", "package a\nfunc A() error {\n\treturn b.Run()\n}\n") * 3
    assert template_of([definition for definition, _ in found]).holes == ()


def test_another_indentation_is_no_difference(read_definitions: ReadDefinitions) -> None:
    function = "def f(a):\n    if a:\n        return b(a)\n\n    return c"
    text = f"{function}\n\nclass A:\n    {indented(function, '    ')}\n"
    found = [pair for pair in read_definitions("python", text) if not pair[1].startswith("class")]
    template = template_of([definition for definition, _ in found])

    assert template.holes == ()
    assert_gives_back(template, found)


@pytest.mark.parametrize(
    ("texts", "ends"),
    [
        (["get_user", "get_order"], ("get_", "")),
        (["UserService", "OrderService"], ("", "Service")),
        (['"/api/users"', '"/api/orders"'], ('"/api/', '"')),
        (["a1", "a2"], ("", "")),
        (["name", "name_of"], ("", "")),
        (["naïve_one", "naïve_two"], ("naïve_", "")),
    ],
)
def test_names_and_texts_keep_the_words_they_share(texts: list[str], ends: tuple[str, str]) -> None:
    start, end = shared_ends(texts)
    assert (texts[0][:start], texts[0][len(texts[0]) - end :]) == ends


NAME = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: not keyword.iskeyword(name))
LITERAL = st.one_of(st.integers(0, 99).map(str), st.from_regex(r'"[a-z/{} é]{0,6}"', fullmatch=True))


@st.composite
def expression(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0:
        return draw(st.one_of(NAME, LITERAL))
    below = expression(depth - 1)
    form = draw(st.integers(0, 4))
    if form == 0:
        return f"{draw(NAME)}({', '.join(draw(st.lists(below, max_size=3)))})"
    if form == 1:
        return f"{draw(NAME)}.{draw(NAME)}"
    if form == 2:
        return f"{draw(below)} + {draw(below)}"
    if form == 3:
        return f"[{','.join(draw(st.lists(below, max_size=3)))}]"
    return draw(st.one_of(NAME, LITERAL))


@st.composite
def function(draw: st.DrawFn) -> str:
    lines = [f"def {draw(NAME)}({', '.join(draw(st.lists(NAME, max_size=2, unique=True)))}):"]
    if draw(st.booleans()):
        lines.append('    """Text\n      of two lines."""')
    for _ in range(draw(st.integers(1, 4))):
        value = draw(expression())
        lines.append(
            draw(
                st.sampled_from(
                    [f"    {draw(NAME)} = {value}", f"    if {value}:\n        return {value}", f"    {value}  # why",
                     f"\n    return {value}", f"    for x in {value}:\n\n        {value}"]
                )
            )
        )  # fmt: skip
    indent = draw(st.sampled_from(["", "    ", "        "]))
    text = indented("\n".join(lines), indent)
    return f"class A:\n{indent}{text}\n" if indent else f"{text}\n"


@settings(max_examples=120, deadline=None)
@given(st.lists(function(), min_size=2, max_size=4))
def test_whatever_is_generalised_every_example_comes_back_byte_for_byte(functions: list[str]) -> None:
    found = [read("python", text)[-1] for text in functions]
    assert_gives_back(template_of([definition for definition, _ in found]), found)


REAL = [
    *sorted((ROOT / "fluorite_mcp" / "operations").glob("*.py"))[:6],
    *sorted((ROOT / "tests" / "text" / "samples").glob("*"))[:30],
]


@pytest.mark.parametrize("path", [path for path in REAL if path.is_file()], ids=lambda path: path.name)
def test_real_definitions_come_back_byte_for_byte(path: Path) -> None:
    text = path.read_text("utf-8", "replace")
    language = detect_language(path.name, text)
    if language is None:
        return
    found = read(language, text)
    for pair in itertools.pairwise(found):
        assert_gives_back(template_of([definition for definition, _ in pair]), list(pair))
