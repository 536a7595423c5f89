from __future__ import annotations

import textwrap
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.text.chunker import MAX_PARSED_CHARS, Piece, chunk_text
from fluorite_mcp.text.splitting import CAP_CHARS, LIMIT_CHARS, TARGET_CHARS

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.sample"))
BODY = "    total = compute(total, other)\n"

FRAGMENTS = st.sampled_from(
    [
        *("def f(x):\n", "    return x\n", "class A:\n", "\n", "  \n", "x = 1\n", "# note\n", "\f\n", "a\rb", "\r\n"),
        *("あ", '"""', "(", "}", "\t", "word " * 40, "y" * 700, "# H\n", "## G\n\ntext\n", "- a\n"),
    ]
)
LANGUAGE = st.sampled_from([None, "python", "markdown", "javascript", "yaml", "klingon"])


def function(name: str, lines: int) -> str:
    return f"def {name}(total):\n{BODY * lines}\n\n"


def check_partition(text: str, pieces: list[Piece]) -> None:
    assert "".join(piece.text for piece in pieces) == text
    position = 0
    for piece in pieces:
        assert piece.text
        assert (piece.start, piece.end) == (position, position + len(piece.text))
        assert text[piece.start : piece.end] == piece.text
        assert piece.start_line == text.count("\n", 0, piece.start) + 1
        assert piece.end_line == text.count("\n", 0, piece.end - 1) + 1
        assert len(piece.text) <= CAP_CHARS
        position = piece.end
    for left, right in pairwise(pieces):
        assert right.start_line == left.end_line + 1 or left.start_line == left.end_line == right.start_line


@settings(deadline=None, max_examples=150)
@given(st.lists(FRAGMENTS, max_size=60).map("".join), LANGUAGE)
def test_pieces_are_the_lines_of_the_file_each_once(text: str, language: str | None) -> None:
    check_partition(text, chunk_text(text, language))


@settings(deadline=None)
@given(st.text(), LANGUAGE)
def test_any_text_is_partitioned(text: str, language: str | None) -> None:
    check_partition(text, chunk_text(text, language))


@settings(deadline=None)
@given(st.lists(FRAGMENTS, min_size=1, max_size=60).map("".join), LANGUAGE)
def test_white_space_alone_is_a_piece_only_if_it_cannot_join_a_neighbour(text: str, language: str | None) -> None:
    pieces = chunk_text(text, language)
    for index, piece in enumerate(pieces):
        if not piece.text.strip():
            neighbours = pieces[max(index - 1, 0) : index] + pieces[index + 1 : index + 2]
            assert all(len(piece.text) + len(other.text) > CAP_CHARS or _is_cut(other) for other in neighbours)


def _is_cut(piece: Piece) -> bool:
    """A part of a line that was too long for a piece."""
    return not piece.text.endswith("\n") or len(piece.text) > LIMIT_CHARS or piece.start_line == piece.end_line


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_partitioned_and_every_symbol_is_in_one_piece(path: Path) -> None:
    text = path.read_text("utf-8")
    for version in (text, text.replace("\n", "\r\n"), text.rstrip("\n"), text * 4):
        pieces = chunk_text(version, path.stem)
        check_partition(version, pieces)
        assert any(piece.symbol for piece in pieces)


def test_an_empty_file_has_no_pieces() -> None:
    assert chunk_text("", "python") == []


def test_a_small_file_is_one_piece() -> None:
    text = "import os\n\n\ndef f():\n    pass\n"
    [piece] = chunk_text(text, "python")
    [definition] = piece.definitions

    assert piece == Piece(1, 5, 0, len(text), "f", (definition,), "function", text)
    assert (definition.name, definition.kind, definition.start_line, definition.end_line) == ("f", "function", 4, 5)
    assert piece.symbols == ("f",)


def test_a_definition_within_the_limit_stays_whole_with_its_comment_and_decorator() -> None:
    big = "# Adds up.\n@cache\n" + function("add", 40)
    text = function("before", 20) + big + function("after", 20)
    pieces = chunk_text(text, "python")
    assert TARGET_CHARS < len(big) <= LIMIT_CHARS
    assert [(piece.symbol, piece.kind) for piece in pieces] == [
        ("before", "function"),
        ("add", "function"),
        ("after", "function"),
    ]
    assert pieces[1].text == big


def test_small_neighbours_are_packed_up_to_the_target() -> None:
    pieces = chunk_text("".join(function(f"f{number}", 3) for number in range(12)), "python")
    assert all(len(piece.text) <= TARGET_CHARS for piece in pieces)
    assert all(len(piece.symbols) > 3 for piece in pieces[:-1])
    assert [name for piece in pieces for name in piece.symbols] == [f"f{number}" for number in range(12)]


def test_a_large_class_is_its_header_and_its_members() -> None:
    members = "".join(textwrap.indent(function(f"m{number}", 20), "    ") for number in range(4))
    text = f'class Big:\n    """What it is."""\n\n    x = 1\n\n{members}\ndef small():\n    pass\n'
    pieces = chunk_text(text, "python")
    assert [piece.symbol for piece in pieces] == ["Big", "Big.m0", "Big.m1", "Big.m2", "Big.m3", "small"]
    assert pieces[0].symbols == ("Big",)
    assert pieces[1].kind == "method"


def test_the_header_of_a_large_class_names_the_piece_it_shares_with_small_members() -> None:
    members = "".join(textwrap.indent(function(f"m{number}", 20), "    ") for number in range(4))
    text = f"class Big:\n    def tiny(self):\n        pass\n\n{members}"
    first = chunk_text(text, "python")[0]
    assert (first.symbol, first.kind, first.symbols) == ("Big", "class", ("Big", "tiny"))


def test_members_of_different_large_classes_do_not_share_a_piece() -> None:
    members = "".join(textwrap.indent(function(f"m{number}", 20), "    ") for number in range(4))
    small = "    def last(self):\n        pass\n\n"
    text = f"class A:\n{members}{small}class B:\n{members}{small}"
    for piece in chunk_text(text, "python"):
        assert len({symbol for symbol in ("A", "B") if f"class {symbol}" in piece.text}) <= 1
        if piece.symbol == "A.last":
            assert "class B" not in piece.text


def test_a_huge_function_is_cut_between_its_statements_and_each_part_names_it() -> None:
    block = "    for item in items:\n        if item:\n            use(item)\n            drop(item)\n\n"
    text = "def huge(items):\n" + block * 60
    pieces = chunk_text(text, "python")
    assert len(pieces) > 2
    assert {piece.symbol for piece in pieces} == {"huge"}
    assert [piece.symbols for piece in pieces] == [("huge",)] + [()] * (len(pieces) - 1)
    assert all(piece.text.startswith("    for item") for piece in pieces[1:])
    assert all(TARGET_CHARS // 2 <= len(piece.text) <= LIMIT_CHARS for piece in pieces[:-1])


def test_a_closing_bracket_and_blank_lines_stay_with_what_they_close() -> None:
    body = "    value = compute(value);\n" * 20
    members = "".join(f"  m{number}() {{\n{body}  }}\n\n\n" for number in range(4))
    pieces = chunk_text(f"class A {{\n{members}}}\n\n\nfunction f() {{}}\n", "javascript")
    assert [piece.symbol for piece in pieces] == ["A", "A.m0", "A.m1", "A.m2", "A.m3", "f"]
    assert pieces[-2].text.endswith("}\n\n\n}\n\n\n")


def test_a_section_of_a_document_is_named_by_its_headings() -> None:
    text = "# Guide\n\n" + "Words in a row. " * 40 + "\n\n## Install\n\n" + "More words here. " * 40 + "\n"
    text += "\n## Use\n\n" + "Last words. " * 60 + "\n"
    pieces = chunk_text(text, "markdown")
    assert [piece.symbol for piece in pieces] == ["Guide", "Guide > Install", "Guide > Use"]


def test_plain_text_is_cut_at_paragraphs() -> None:
    paragraph = "A line of text that is about so long.\n" * 8 + "\n"
    pieces = chunk_text(paragraph * 12, None)
    assert len(pieces) > 3
    assert all(piece.text.endswith(".\n\n") for piece in pieces)
    assert {piece.symbol for piece in pieces} == {None}


def test_a_line_over_the_cap_is_cut_inside_and_other_lines_stay_whole() -> None:
    text = "short\n" + "word " * 2000 + "\nshort\n"
    pieces = chunk_text(text, None)
    check_partition(text, pieces)
    assert [piece.text for piece in (pieces[0], pieces[-1])] == ["short\n", "short\n"]
    assert {(piece.start_line, piece.end_line) for piece in pieces[1:-1]} == {(2, 2)}
    assert all(piece.text.endswith(" ") for piece in pieces[1:-2])


def test_names_on_a_cut_line_are_given_once() -> None:
    pieces = chunk_text('{"key": "' + "x" * 10_000 + '"}\n', "json")
    assert [piece.symbols for piece in pieces][:2] == [("key",), ()]


def test_definitions_on_one_line_do_not_overlap() -> None:
    text = "class A { m() {} } class B { n() {} }\nfunction f() {} function g() {}\n"
    pieces = chunk_text(text * 30, "javascript")
    check_partition(text * 30, pieces)
    assert {"A", "B", "m", "n", "f", "g"} <= set(pieces[0].symbols)


def test_a_file_too_large_to_parse_is_cut_by_lines() -> None:
    text = "def f(): pass\n" * (MAX_PARSED_CHARS // 14 + 1)
    pieces = chunk_text(text, "python")
    check_partition(text, pieces)
    assert {piece.symbol for piece in pieces} == {None}


def test_what_the_grammar_refuses_is_cut_by_lines() -> None:
    text = "- " * 3000 + "\n"
    pieces = chunk_text(text, "yaml")
    check_partition(text, pieces)
    assert {piece.symbol for piece in pieces} == {None}
