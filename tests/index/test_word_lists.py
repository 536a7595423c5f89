"""Files of words hold what went in: built at once or step by step, here or elsewhere, and refused when damaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluorite_mcp.index import word_lists_build
from fluorite_mcp.index.build_order import BuildOrder
from fluorite_mcp.index.build_process import start_build
from fluorite_mcp.index.postings import COUNT_BITS, COUNT_MASK, ChunkWords
from fluorite_mcp.index.published_file import checksum_of
from fluorite_mcp.index.word_lists import WordLists, read_word_lists
from fluorite_mcp.index.word_lists_build import WordListsBuild, word_portion

# Hashes at both ends, at the borders of ranges, and between.
TERMS = (0, 1, 7, (1 << 24) - 1, 1 << 24, 1 << 31, (1 << 32) - 2, (1 << 32) - 1)

Chunk = tuple[int, Sequence[tuple[int, int]]]


def words(terms: Sequence[tuple[int, int]]) -> ChunkWords:
    """The words of a chunk: terms with their counts; one may stand there twice."""
    hashes = np.array([term for term, _ in terms], np.uint32)
    return ChunkWords(hashes.tobytes(), bytes(count for _, count in terms), sum(count for _, count in terms))


def make(path: Path, chunks: Sequence[Chunk], base: tuple[Path, str] | None = None, removed: Sequence[int] = ()) -> str:
    """Build a file of some chunks, three at a time. Returns its checksum."""
    order = BuildOrder("words", str(path), len(chunks))
    if base is not None:
        order = BuildOrder("words", str(path), len(chunks), str(base[0]), base[1], tuple(removed))
    build = WordListsBuild(order)
    assert build.goes_on == (base is not None)
    for start in range(0, len(chunks), 3):
        some = chunks[start : start + 3]
        build.take(word_portion([key for key, _ in some], [words(terms) for _, terms in some]))
    checksum, rows = build.finish()
    assert rows == len(opened(path, checksum).keys)
    return checksum


def opened(path: Path, checksum: str) -> WordLists:
    lists = read_word_lists(path, checksum)
    assert lists is not None
    return lists


def held(lists: WordLists) -> dict[int, dict[int, int]]:
    """Return what each term counts in each chunk."""
    found = {}
    for term, (start, end) in zip(TERMS, lists.ranges(TERMS), strict=True):
        postings = lists.read(start, end)
        keys = lists.keys[postings >> COUNT_BITS].tolist()
        assert keys == sorted(keys)
        found[term] = dict(zip(keys, (postings & COUNT_MASK).tolist(), strict=True))
    return found


def expected(chunks: Sequence[Chunk]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {term: {} for term in TERMS}
    for key, terms in chunks:
        counted: Counter[int] = Counter()
        for term, count in terms:
            counted[term] += count
        for term, count in counted.items():
            found[term][key] = count
    return found


def widths(chunks: Sequence[Chunk]) -> list[int]:
    return [sum(count for _, count in terms) for _, terms in chunks]


CHUNKS = st.lists(
    st.lists(st.tuples(st.sampled_from(TERMS), st.integers(1, 255)), max_size=6, unique_by=lambda t: t[0])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(texts=CHUNKS, first=st.integers(0, 30), removed=st.sets(st.integers(1, 40)), run=st.sampled_from([1, 9, 1000]))
def test_a_file_holds_what_went_in_at_once_or_step_by_step(
    texts: list[list[tuple[int, int]]], first: int, removed: set[int], run: int, tmp_path: Path
) -> None:
    chunks: list[Chunk] = [(2 * number + 1, terms) for number, terms in enumerate(texts)]
    before, after, whole = chunks[:first], chunks[first:], tmp_path / "whole.words"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_lists_build, "RUN_POSTINGS", run)
        at_once = opened(whole, make(whole, chunks))
        base = tmp_path / "1-1.words"
        checksum = make(base, before)
        later = tmp_path / "1-2.words"
        stepwise = opened(later, make(later, after, (base, checksum), sorted(removed)))

    kept = [chunk for chunk in before if chunk[0] not in removed] + after
    assert held(at_once) == expected(chunks)
    assert held(stepwise) == expected(kept)
    assert stepwise.keys.tolist() == [key for key, _ in kept]
    assert stepwise.widths.tolist() == widths(kept)
    assert {path.name for path in tmp_path.iterdir()} == {"whole.words", "1-1.words", "1-2.words"}


def test_a_word_that_names_and_text_say_counts_both(tmp_path: Path) -> None:
    path = tmp_path / "1-1.words"
    lists = opened(path, make(path, [(5, [(7, 255), (7, 255)])]))

    assert held(lists)[7] == {5: 510}


def test_unknown_words_stand_nowhere(tmp_path: Path) -> None:
    path, empty = tmp_path / "1-1.words", tmp_path / "1-2.words"
    lists, nothing = opened(path, make(path, [(5, [(7, 1)])])), opened(empty, make(empty, []))

    assert lists.ranges([6, 8]) == [(0, 0), (0, 0)]
    assert nothing.ranges([7]) == [(0, 0)]


@pytest.mark.parametrize("damage", ["changed", "shortened", "missing", "another"])
def test_a_damaged_file_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "1-1.words"
    checksum = make(path, [(5, [(7, 1)])])
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"changed": data[:-1] + b"?", "shortened": data[:-9], "another": b"x" * 40}[damage])
    if damage == "another":
        checksum = checksum_of(path)

    assert read_word_lists(path, checksum) is None


def test_a_base_that_is_damaged_is_not_gone_on_from(tmp_path: Path) -> None:
    base = tmp_path / "1-1.words"
    make(base, [(5, [(7, 1)])])

    assert not WordListsBuild(BuildOrder("words", str(tmp_path / "1-2.words"), 1, str(base), "other")).goes_on


def test_what_cannot_be_read_any_more_is_said(tmp_path: Path) -> None:
    path = tmp_path / "1-1.words"
    lists = opened(path, make(path, [(5, [(7, 1)])]))

    with pytest.raises(OSError, match="shorter"):
        lists.read(0, 1_000)


@pytest.mark.anyio
async def test_a_process_of_its_own_builds_the_same(tmp_path: Path) -> None:
    chunks: list[Chunk] = [(key, [(TERMS[key % 8], 1 + key)]) for key in range(1, 20)]
    here, there = tmp_path / "1-1.words", tmp_path / "1-2.words"
    async with start_build() as build:
        await build.begin(BuildOrder("words", str(there), 19))
        await build.take(word_portion([key for key, _ in chunks], [words(terms) for _, terms in chunks]))
        checksum, rows = await build.finish()

    assert (checksum, rows) == (make(here, chunks), 19)
