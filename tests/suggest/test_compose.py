"""A context never costs more than its budget, whatever goes into it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.suggest.compose import Piece, compose
from fluorite_mcp.text.tokens import count_tokens

TEXT = st.text(alphabet="abc de\n`#*漢字.,()é🙂", max_size=400)
PIECES = st.lists(
    st.builds(Piece, st.text(alphabet="# abc", max_size=20), TEXT, st.none() | st.just("python"), st.floats(0.05, 1.0)),
    max_size=8,
)


@given(PIECES, st.integers(200, 8000), st.text(alphabet="ab 漢", max_size=120))
def test_a_context_stays_within_its_budget(pieces: list[Piece], budget: int, title: str) -> None:
    context = compose(title, pieces, budget)

    assert context.tokens == count_tokens(context.text) <= budget
    assert list(context.used) == sorted(set(context.used))
    assert compose(title, pieces, budget) == context


@given(PIECES)
def test_what_fits_is_there_whole(pieces: list[Piece]) -> None:
    context = compose("t", pieces, 100_000)

    for number in context.used:
        if count_tokens(pieces[number].body) < 50_000 * pieces[number].share:
            assert pieces[number].body.rstrip() in context.text


def test_the_best_comes_first_and_nothing_comes_twice() -> None:
    pieces = [Piece("## A", "one"), Piece("## B", "two"), Piece("## C", " one".strip())]
    context = compose("Task", pieces, 500)

    assert context.used == (0, 1)
    assert context.text == "# Task\n\n## A\none\n\n## B\ntwo"


def test_a_piece_that_does_not_fit_is_cut_and_says_so() -> None:
    body = "\n".join(f"line number {n}" for n in range(400))
    context = compose("Task", [Piece("## Code", body, "python", share=0.5), Piece("## Note", body)], 400)

    assert "```python\nline number 0\n" in context.text
    assert "… " in context.text
    assert "more lines\n```" in context.text
    assert "more lines*" in compose("Task", [Piece("## Note", body)], 400).text


def test_a_piece_of_which_too_little_would_be_left_makes_room_for_the_next() -> None:
    long = Piece("## Long", "\n".join("word " * 60 for _ in range(20)))
    context = compose("Task", [long, Piece("## Short", "it fits")], 100)

    assert context.used == (1,)


def test_code_that_holds_fences_is_quoted_in_longer_ones() -> None:
    context = compose("Task", [Piece("## Doc", "```\ninner\n```", "markdown")], 500)

    assert "````markdown\n```\ninner\n```\n````" in context.text
