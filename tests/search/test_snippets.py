"""The lines that are shown of a chunk."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.snippets import MAX_LINE_CHARS, best_snippet
from fluorite_mcp.text.tokens import index_words

LINES = st.lists(
    st.sampled_from(["alpha", "beta", "alpha beta", "gamma", "", "x = 1", "漢字の行"]), min_size=1, max_size=30
)


@given(LINES, st.integers(1, 8))
def test_a_snippet_is_a_window_of_the_text(lines: list[str], max_lines: int) -> None:
    snippet = best_snippet("\n".join(lines), {"alpha", "beta"}, max_lines)
    kept = "\n".join(lines).rstrip("\n").split("\n")

    assert 1 <= snippet.count <= max_lines
    assert snippet.text.split("\n") == kept[snippet.first : snippet.first + snippet.count]


@given(LINES, st.integers(1, 8))
def test_no_window_holds_more_words_of_the_query(lines: list[str], max_lines: int) -> None:
    words = {"alpha", "beta"}
    snippet = best_snippet("\n".join(lines), words, max_lines)
    kept = "\n".join(lines).rstrip("\n").split("\n")
    size = min(max_lines, len(kept))
    windows = ["\n".join(kept[start : start + size]) for start in range(len(kept) - size + 1)]

    assert held(snippet.text, words) == max(held(window, words) for window in windows)


def held(text: str, words: set[str]) -> int:
    return len(set(index_words(text).split()) & words)


@given(st.text(), st.integers(-1, 5))
def test_any_text_has_a_snippet(text: str, max_lines: int) -> None:
    snippet = best_snippet(text, {"a"}, max_lines)

    assert snippet.count <= max(0, max_lines)
    assert all(len(line) <= MAX_LINE_CHARS for line in snippet.text.split("\n"))


def test_no_lines_are_shown_where_only_the_place_is_wanted() -> None:
    assert best_snippet("a\nb", {"a"}, 0).text == ""


def test_the_line_that_says_it_is_shown() -> None:
    text = "\n".join(
        [*(f"filler {n}" for n in range(50)), "the retry budget is five", *(f"more {n}" for n in range(50))]
    )

    assert "retry budget" in best_snippet(text, set(index_words("retry budget").split()), 3).text


def test_a_long_line_is_cut() -> None:
    assert best_snippet("x" * 1000, set(), 3).text == "x" * (MAX_LINE_CHARS - 1) + "…"


def test_a_definition_without_matches_shows_its_head() -> None:
    assert best_snippet("def head():\n    a\n    b\n    c", {"zzz"}, 2).first == 0


def test_a_word_that_a_longer_one_covers_does_not_count_twice() -> None:
    text = "\n".join(["storage", "x", "x", "stor then tore", "x", "x"])

    assert best_snippet(text, {"stor", "storage", "torag"}, 2).first == 0
    assert best_snippet(text, {"stor", "tore", "storage"}, 2).first == 2
