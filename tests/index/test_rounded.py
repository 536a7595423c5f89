"""Vectors that wait for an index, in 8 bits a number."""

from __future__ import annotations

import numpy as np
import pytest

from fluorite_mcp.index.rounded import RoundedIndex
from fluorite_mcp.index.vectors import build_rounded, is_rounded, search_index, to_bytes
from tests.index.conftest import build_index, clustered, nearest, unit

COUNT = 3_000
KEYS = np.arange(COUNT, dtype=np.int64) * 7 + 3
STORED = clustered(COUNT, 64)


@pytest.fixture(scope="module")
def index() -> RoundedIndex:
    rows = list(zip(KEYS.tolist(), to_bytes(STORED), strict=True))
    built = build_rounded(rows[:200])
    for start in range(200, COUNT, 700):
        block = slice(start, start + 700)
        built.add(KEYS[block], STORED[block])
    return built


def test_what_is_rounded_says_so(index: RoundedIndex) -> None:
    assert (index.ntotal, index.d) == (COUNT, 64)
    assert is_rounded(index)
    assert not is_rounded(build_index(KEYS[:10], STORED[:10]))


def test_cosines_are_right_to_a_hundredth_and_nearly_all_hits_are_the_true_ones(index: RoundedIndex) -> None:
    right = 0
    for query in clustered(50, 64, seed=1):
        found = search_index(index, query, 10)
        cosines = {int(key): float(cosine) for key, cosine in zip(KEYS, STORED @ query, strict=True)}
        assert [score for _, score in found] == pytest.approx([cosines[key] for key, _ in found], abs=0.01)
        right += len({key for key, _ in found} & {int(KEYS[row]) for row in nearest(STORED, query, 10)})
    assert right >= 0.95 * 50 * 10


def test_removed_vectors_do_not_count_and_allowed_ones_alone_do(index: RoundedIndex) -> None:
    query = clustered(1, 64, seed=2)[0]
    best = [key for key, _ in search_index(index, query, 10)]

    assert [key for key, _ in search_index(index, query, 5, removed=best[:5])] == best[5:]
    assert [key for key, _ in search_index(index, query, 5, allowed=[best[7], best[2], -1])] == [best[2], best[7]]
    assert len(search_index(index, query, COUNT + 5, removed=best)) == COUNT - 10


def test_a_later_vector_far_from_the_first_ones_is_still_found() -> None:
    far = unit(np.eye(64, dtype=np.float32)[:1])
    rows = list(zip(KEYS.tolist(), to_bytes(STORED), strict=True))[:500]
    built = build_rounded(rows)
    built.add(np.array([1], np.int64), far)

    assert search_index(built, far[0], 1)[0][0] == 1
