"""Which lines are comments or documentation."""

from __future__ import annotations

import pytest

from fluorite_mcp.text.comments import code_lines


@pytest.mark.parametrize(
    ("text", "language", "code"),
    [
        ("# a\nx = 1  # b\n", "python", ["x = 1  # b"]),
        ('"""One.\n\nMore.\n"""\nx = 1', "python", ["x = 1"]),
        ("// a\n/* b\n * c\n */\nf();", "go", ["f();"]),
        ("-- a\nselect 1", "sql", ["select 1"]),
        ("\n\n", "go", []),
    ],
)
def test_what_is_left_is_code(text: str, language: str, code: list[str]) -> None:
    assert code_lines(text.split("\n"), language) == code
