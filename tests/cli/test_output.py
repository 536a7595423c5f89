"""Lines for people: aligned, whole, harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.cli.output import Output, count, printable


@given(st.text())
def test_no_control_character_survives_but_tab_and_newline(text: str) -> None:
    shown = printable(text)

    assert not any((ord(sign) < 32 and sign not in "\t\n") or 127 <= ord(sign) < 160 for sign in shown)


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs"))))
def test_text_without_control_characters_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_columns_are_aligned_by_what_a_terminal_shows_and_end_without_spaces(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Output().columns([["日本", "x"], ["abc", ("yy", "bold")], ["", "z"]])

    assert capsys.readouterr().out == "日本  x\nabc   yy\n      z\n"


def test_no_rows_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Output().columns([])

    assert capsys.readouterr().out == ""


def test_lines_are_whole_and_plain_when_they_are_not_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output()
    out.line(("word " * 100, "red"))
    out.block("[bold]not markup[/bold] :smile:\nsecond " + "x" * 300)

    first, second, third, _ = capsys.readouterr().out.split("\n")
    assert first == "word " * 100
    assert second == "    [bold]not markup[/bold] :smile:"
    assert third == "    second " + "x" * 300


def test_a_terminal_gets_colour_and_rendered_markdown_unless_the_user_wants_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    Output().line(("red", "red"))
    Output().markdown("# Title\n\n- one\n")
    coloured = capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    Output().line(("red", "red"))

    assert "\x1b[31mred" in coloured
    assert "# Title" not in coloured
    assert "Title" in coloured
    assert capsys.readouterr().out == "red\n"


def test_numbers_agree_with_their_nouns() -> None:
    assert [count(1, "hit"), count(0, "hit"), count(2000, "hit")] == ["1 hit", "0 hits", "2,000 hits"]
