"""A pattern as a spike: typed parameters, and the example back."""

from __future__ import annotations

from typing import Any

import pytest

from fluorite_mcp.errors import InputError
from fluorite_mcp.patterns.promotion import MinedPattern, promote
from fluorite_mcp.spikes.render import render_spike


def mined(parts: list[Any], holes: list[tuple[str, str, bool]], values: list[list[str]]) -> MinedPattern:
    return MinedPattern(
        "pattern-abcdefghijklmnop",
        "Pattern: function read_… calling session.get",
        "python",
        (),
        {
            "count": 3,
            "files": 2,
            "parts": parts,
            "holes": [{"name": name, "type": type_, "role": "name", "layout": layout} for name, type_, layout in holes],
            "exemplars": [
                {"path": f"shop/a{number}.py", "line": 1, "end_line": 3, "symbol": "f", "indent": "", "values": one}
                for number, one in enumerate(values)
            ],
        },
    )


def test_holes_become_typed_parameters_with_the_example_as_defaults() -> None:
    pattern = mined(
        ["def read_", [0], "(limit=", [1], "):", [2], "return ", [0, "plural"], "\n"],
        [("subject", "name", False), ("number", "integer", False), ("layout", "text", True)],
        [["order", "7", "\n    # why\n    "], ["user", "8", "\n    "]],
    )
    spike, text = promote(pattern)

    assert [(param.name, param.type, param.default) for param in spike.params] == [
        ("file", "path", "shop/function-read-calling-session-get-abcdef.py"),
        ("subject", "name", "order"),
        ("number", "integer", "7"),
    ]
    assert text.startswith("id: function-read-calling-session-get-abcdef\n")
    [file] = render_spike(spike, {"subject": "user", "number": "8"})
    assert file.content == "def read_user(limit=8):\n    # why\n    return users\n\n"


@pytest.mark.parametrize("literal", ["{{subject}}", "{{ subject }}", "{{subject|pascal}}"])
def test_a_text_that_looks_like_a_hole_is_refused(literal: str) -> None:
    pattern = mined([f"a = '{literal}'\n", [0]], [("subject", "name", False)], [["order"], ["user"]])
    with pytest.raises(InputError, match="cannot become a template"):
        promote(pattern)


def test_other_braces_stay() -> None:
    pattern = mined(["style={{ a: 1 }} ${{ x }} {", [0], "_id}"], [("subject", "name", False)], [["order"], ["user"]])
    spike, _ = promote(pattern)
    assert render_spike(spike, {})[0].content == "style={{ a: 1 }} ${{ x }} {order_id}\n"


def test_a_default_with_braces_is_refused() -> None:
    pattern = mined(["a = ", [0]], [("text", "text", False)], [["'{{x}}'"], ["'y'"]])
    with pytest.raises(InputError, match="cannot become a template"):
        promote(pattern)
