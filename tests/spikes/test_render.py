from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.models import Spike, SpikeFile, SpikeParam, SpikePatch
from fluorite_mcp.spikes.holes import fill, find_problem
from fluorite_mcp.spikes.paths import path_problem
from fluorite_mcp.spikes.render import (
    RenderedFile,
    complete_params,
    has_all_defaults,
    render,
    render_patches,
    render_spike,
)


def spike(*params: SpikeParam, path: str = "{{entity|snake}}.py") -> Spike:
    return Spike(
        id="demo",
        name="Demo",
        version="1.0.0",
        stack=("demo",),
        tags=(),
        description="d",
        params=params or (SpikeParam("entity", "order line"),),
        files=(SpikeFile(path, "class {{entity|pascal}}: {{ other: 1 }}\n"),),
        patches=(SpikePatch("{{entity|snake}}.txt", "+{{entity}}\n"),),
    )


def test_defaults_fill_what_is_not_given() -> None:
    assert render_spike(spike(), {}) == [RenderedFile("order_line.py", "class OrderLine: {{ other: 1 }}\n")]


def test_given_values_win_over_defaults() -> None:
    assert render_spike(spike(), {"entity": "invoice"})[0].path == "invoice.py"


def test_patches_are_rendered_too() -> None:
    assert render_patches(spike(), {"entity": "invoice"}) == [SpikePatch("invoice.txt", "+invoice\n")]


def test_an_unknown_parameter_is_refused_with_those_that_exist() -> None:
    with pytest.raises(SpikeError, match=r"demo: unknown parameter 'entitty'; known: entity\. Did you mean 'entity'\?"):
        render_spike(spike(), {"entitty": "x"})


def test_a_spike_without_parameters_says_so() -> None:
    bare = Spike("bare", "Bare", "1.0.0", ("demo",), (), "d", files=(SpikeFile("a", "{{b}}"),))
    assert render_spike(bare, {}) == [RenderedFile("a", "{{b}}")]
    with pytest.raises(SpikeError, match="known: none"):
        render_spike(bare, {"b": "x"})


@pytest.mark.parametrize("params", [{}, {"entity": ""}, {"entity": "  "}])
def test_a_required_parameter_is_asked_for(params: dict[str, str]) -> None:
    required = spike(SpikeParam("entity", required=True))
    assert not has_all_defaults(required)
    with pytest.raises(SpikeError, match="required 'entity'"):
        render_spike(required, params)
    assert complete_params(required, {"entity": "x"}) == {"entity": "x"}


def test_an_optional_parameter_may_be_emptied() -> None:
    assert complete_params(spike(), {"entity": ""}) == {"entity": ""}


@pytest.mark.parametrize("value", ["../../etc/passwd", "/etc/passwd", "a\nb", ".git/hooks", "C:/x", "a/./b", ""])
def test_a_value_cannot_lead_a_path_out_of_the_folder(value: str) -> None:
    with pytest.raises(SpikeError, match="demo: with these parameters the path"):
        render_spike(spike(path="{{entity}}"), {"entity": value})


@pytest.mark.parametrize("value", ["a\x00b", "\x1b[31m", "\ud800", "x" * 10_001])
def test_a_value_must_be_text_of_moderate_length(value: str) -> None:
    with pytest.raises(SpikeError, match=r"demo: the value .* of 'entity' (holds a control|has 10001 char)"):
        render_spike(spike(), {"entity": value})


def test_a_value_must_satisfy_its_type() -> None:
    typed = spike(SpikeParam("entity", "8000", type="port"))
    assert complete_params(typed, {"entity": "81"}) == {"entity": "81"}
    with pytest.raises(SpikeError, match="demo: the value 'x' of 'entity' is no port from 1 to 65535"):
        complete_params(typed, {"entity": "x"})


def test_two_files_cannot_become_one() -> None:
    both = Spike(
        "demo",
        "Demo",
        "1.0.0",
        ("demo",),
        (),
        "d",
        params=(SpikeParam("a", "x"), SpikeParam("b", "y")),
        files=(SpikeFile("{{a}}.py", ""), SpikeFile("{{b}}.py", "")),
    )
    assert [file.path for file in render_spike(both, {})] == ["x.py", "y.py"]
    with pytest.raises(SpikeError, match=r"two files become 'x\.py'"):
        render_spike(both, {"b": "x"})
    with pytest.raises(SpikeError, match=r"'x\.py' and 'X\.py' cannot both be written with these parameters"):
        render_spike(both, {"b": "X"})
    with pytest.raises(SpikeError, match=r"'x\.py' and 'x\.py/y\.py' cannot both be written"):
        render_spike(both, {"b": "x.py/y"})


@given(st.text())
def test_whatever_the_value_the_path_stays_inside(value: str) -> None:
    try:
        rendered = render_spike(spike(path="src/{{entity}}"), {"entity": value})
    except SpikeError:
        return
    path = rendered[0].path
    assert path_problem(path) is None
    assert not path.startswith("/")
    assert ".." not in path.split("/")


NAMES = ("alpha", "beta_2")
PIECES = st.one_of(
    st.sampled_from(["{{alpha}}", "{{ beta_2 }}", "{{gamma}}", "{{", "}}", "{", "$", "${{ alpha }}", "\n"]),
    st.text(st.characters(exclude_characters="{}$", exclude_categories=["Cs", "Cc"]), max_size=5),
)


@given(st.lists(PIECES, max_size=12), st.text(max_size=8), st.text(max_size=8))
def test_every_hole_is_filled_once_and_everything_else_stays(pieces: list[str], alpha: str, beta: str) -> None:
    """No value is read as a template, and nothing but holes changes."""
    values = {"alpha": f"{{{{beta_2}}}}{alpha}", "beta_2": beta}
    holes = {"{{alpha}}": values["alpha"], "{{ beta_2 }}": values["beta_2"]}
    # Braces beside a hole may make another hole of it; a bar on lines of its own keeps them apart.
    template = "\n|\n".join(pieces)
    if find_problem(template, NAMES) is not None:
        return
    assert fill(template, values) == "\n|\n".join(holes.get(piece, piece) for piece in pieces)


@given(st.dictionaries(st.sampled_from([*NAMES, "entity", "zeta"]), st.text(max_size=20), max_size=4))
def test_rendering_gives_files_inside_or_a_spike_error(params: dict[str, str]) -> None:
    try:
        rendered = render(spike(path="src/{{entity}}.py"), params)
    except SpikeError:
        return
    assert set(params) <= {"entity"}
    assert all(path_problem(file.path) is None for file in rendered.files)
