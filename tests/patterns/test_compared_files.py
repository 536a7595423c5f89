"""Of very many files some are looked at: always the same, and spread over all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.patterns.compared_files import sample_files

PATHS = st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=40)


@given(PATHS, st.integers(1, 40))
def test_a_sample_is_a_sorted_part_of_the_paths_whatever_their_order(paths: set[str], limit: int) -> None:
    found = sample_files(sorted(paths), limit)

    assert found == sorted(set(found) & paths)
    assert len(found) == min(limit, len(paths))
    assert found == sample_files(sorted(paths, reverse=True), limit)


@given(PATHS, st.text(min_size=1, max_size=8), st.integers(1, 40))
def test_another_file_changes_a_sample_by_one_at_most(paths: set[str], new: str, limit: int) -> None:
    before, after = set(sample_files(paths, limit)), set(sample_files(paths | {new}, limit))

    assert after - before <= {new}
    assert len(before - after) <= 1


def test_a_sample_is_spread_over_folders() -> None:
    paths = [f"{folder}/{number}.py" for folder in "abcdefgh" for number in range(100)]

    found = sample_files(paths, 200)

    assert all(10 <= sum(path.startswith(folder) for path in found) <= 40 for folder in "abcdefgh")
