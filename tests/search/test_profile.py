"""What is kept of a chunk's text for ranking, as bytes and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.profile import Defined, decode_profile, definition_strength, encode_profile, term_hash

TOKENS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), max_size=60)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KINDS = st.sampled_from(["class", "function", "method", "heading"])
DEFINITIONS = st.lists(st.builds(Defined, NAMES, KINDS, st.floats(0, 1)), max_size=12)


@given(TOKENS, DEFINITIONS)
def test_a_profile_comes_back_from_its_bytes(tokens: list[str], definitions: list[Defined]) -> None:
    profile = decode_profile(encode_profile(tokens, definitions))
    counted = dict(zip(profile.terms.tolist(), profile.counts.tolist(), strict=True))

    assert profile.length == len(tokens)
    assert profile.terms.tolist() == sorted({term_hash(token) for token in tokens})
    for token in tokens:
        alike = sum(term_hash(other) == term_hash(token) for other in tokens)
        assert counted[term_hash(token)] == alike
    assert [one.kind for one in profile.definitions] == [one.kind for one in definitions]
    assert [one.name for one in profile.definitions] == [one.name.replace("\n", " ") for one in definitions]
    for read, written in zip(profile.definitions, definitions, strict=True):
        assert read.strength == pytest.approx(written.strength, abs=1 / 255)


@given(TOKENS, DEFINITIONS, st.dictionaries(st.integers(0, 2**32 - 1), st.integers(0, 255)), st.integers(0, 2**32 - 1))
def test_what_names_count_comes_back_too(
    tokens: list[str], definitions: list[Defined], named: dict[int, int], width: int
) -> None:
    profile = decode_profile(encode_profile(tokens, definitions, named, width))

    assert dict(zip(profile.named.tolist(), profile.extra.tolist(), strict=True)) == named
    assert (profile.width, profile.length) == (width, len(tokens))
    assert profile.terms.tolist() == sorted({term_hash(token) for token in tokens})
    assert len(profile.definitions) == len(definitions)


@given(TOKENS, DEFINITIONS, st.data())
def test_bytes_that_are_cut_off_are_refused(tokens: list[str], definitions: list[Defined], data: st.DataObject) -> None:
    whole = encode_profile(tokens, definitions)
    names = len("\n".join(f"{one.kind} {one.name}" for one in definitions).encode())
    cut = data.draw(st.integers(0, len(whole) - names - 1))

    with pytest.raises(ValueError, match="cut off"):
        decode_profile(whole[:cut])


def test_a_word_counts_255_times_at_most_and_the_length_counts_on() -> None:
    profile = decode_profile(encode_profile(["again"] * 1000, []))

    assert (profile.counts.tolist(), profile.length) == ([255], 1000)


def test_a_stored_text_with_more_terms_than_fit_keeps_some() -> None:
    profile = decode_profile(encode_profile((f"word{number}" for number in range(70_000)), []))

    assert 60_000 < len(profile.terms) < 70_000
    assert profile.length == 70_000


def test_more_definitions_than_fit_are_cut() -> None:
    profile = decode_profile(encode_profile([], [Defined(f"f{n}", "function", 1.0) for n in range(5_000)]))

    assert [one.name for one in profile.definitions] == [f"f{n}" for n in range(len(profile.definitions))]
    assert 4_000 < len(profile.definitions) < 5_000


def test_a_type_defines_more_than_a_function_than_a_method_than_a_heading() -> None:
    strengths = [definition_strength(kind, 20, 0) for kind in ("class", "function", "method", "heading")]

    assert strengths == sorted(set(strengths), reverse=True)


@pytest.mark.parametrize("kind", ["class", "function", "constant"])
def test_longer_definitions_define_more_and_deeper_ones_less(kind: str) -> None:
    by_lines = [definition_strength(kind, lines, 0) for lines in (1, 5, 40)]
    by_depth = [definition_strength(kind, 40, depth) for depth in (0, 1, 2)]

    assert by_lines == sorted(set(by_lines))
    assert by_depth == sorted(set(by_depth), reverse=True)
    assert definition_strength(kind, 40, 9) == by_depth[-1]


@given(st.text(max_size=9), st.integers(-1, 10**7), st.integers(0, 99))
def test_a_strength_is_between_nothing_and_everything(kind: str, lines: int, depth: int) -> None:
    assert 0 < definition_strength(kind, lines, depth) <= 1
