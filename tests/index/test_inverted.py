"""The approximate index against comparing everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fluorite_mcp.index import inverted
from fluorite_mcp.index.inverted import InvertedIndex, calibration_queries, list_count, sample_step, train
from tests.index.conftest import clustered, nearest, unit

STORED = clustered(12_000, 48, 300)
KEYS = np.arange(12_000, dtype=np.int64) * 3 + 7


def build(stored: NDArray[np.float32] = STORED, keys: NDArray[np.int64] = KEYS) -> InvertedIndex:
    index = train(stored[:: sample_step(len(stored))], len(stored))
    index.add(keys, stored)
    index.calibrate(calibration_queries(stored))
    return index


@pytest.fixture(scope="module")
def index() -> InvertedIndex:
    return build()


def recall(index: InvertedIndex, stored: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
    """Return the part of the ten best scores that is reached among the first 24, which the store puts in order."""
    reached = 0
    for query in queries:
        exact = stored @ query
        bound = np.sort(exact)[-10]
        keys = index.search(query, 24)[0]
        reached += min(10, int((exact[(keys - 7) // 3] >= bound - 1e-6).sum()))
    return reached / (10 * len(queries))


@settings(max_examples=30, deadline=None)
@given(
    count=st.integers(60, 400),
    dimensions=st.sampled_from([3, 16, 33, 64]),
    seed=st.integers(0, 10_000),
)
def test_with_every_list_searched_the_best_are_the_best_of_all(count: int, dimensions: int, seed: int) -> None:
    stored = clustered(count, dimensions, 7, seed)
    index = train(stored, count)
    index.add(np.arange(count, dtype=np.int64), stored)
    query = clustered(1, dimensions, 7, seed + 1)[0]

    keys, scores = index.search(query, count, whole=True)

    exact = stored @ query
    assert sorted(keys.tolist()) == list(range(count))
    # Codes of 8 bits on both sides: the order holds wherever cosines differ by more than their rounding.
    assert np.abs(scores - exact[keys]).max() < 0.05
    assert (np.diff(scores) <= 0).all()


def test_enough_true_neighbours_are_found_on_clustered_vectors(index: InvertedIndex) -> None:
    queries = unit(STORED[::120] + STORED[60::120] - STORED.mean(axis=0))

    assert recall(index, STORED, queries) >= 0.97
    assert 0 <= index.lists.reach < 1


def test_near_copies_do_not_make_the_reach_too_narrow() -> None:
    random = np.random.default_rng(3)
    copies = unit(np.repeat(clustered(1_000, 48, 200), 12, axis=0) + 0.03 * random.normal(size=(12_000, 48)))
    queries = unit(copies[::120] + copies[60::120] + copies[30::120] - 2 * copies.mean(axis=0))

    assert recall(build(copies), copies, queries) >= 0.95


def test_a_wider_reach_looks_at_more_and_finds_no_less(index: InvertedIndex) -> None:
    queries = clustered(40, 48, 300, seed=5)
    reach = index.lists.reach
    found = []
    for wider in (0.0, 0.1, 0.3):
        index.lists.reach = wider
        found.append(recall(index, STORED, queries))
    index.lists.reach = reach

    assert found == sorted(found)


def test_removed_vectors_are_gone_and_added_ones_are_found() -> None:
    index = build()
    query = STORED[17]
    assert index.search(query, 1)[0].tolist() == [KEYS[17]]

    index.remove(np.array([KEYS[17], 10**12], dtype=np.int64))
    index.add(np.array([5], dtype=np.int64), unit(query + 0.01)[None])

    keys = index.search(query, 5)[0].tolist()
    assert keys[0] == 5
    assert KEYS[17] not in keys
    assert index.ntotal == 12_000


def test_vectors_far_beyond_the_sample_are_cut_and_still_found() -> None:
    stored = np.zeros((2_000, 8), np.float32)
    stored[:, :4] = clustered(2_000, 4, 20)
    index = train(stored, 2_000)
    strange = unit(np.array([[0, 0, 0, 0, 1, 1, 1, 1]], np.float32))
    index.add(np.arange(2_000, dtype=np.int64), stored)
    index.add(np.array([9_999], dtype=np.int64), strange)

    assert index.search(strange[0], 1, whole=True)[0].tolist() == [9_999]


def test_fewer_vectors_than_a_full_ranking_are_all_found() -> None:
    stored = clustered(6, 16, 2)
    index = train(stored, 6)
    index.add(np.arange(6, dtype=np.int64), stored)
    index.calibrate(calibration_queries(stored))

    assert sorted(index.search(stored[0], 32)[0].tolist()) == list(range(6))
    assert index.search(stored[2], 1)[0].tolist() == [2]


def test_the_most_lists_bound_what_one_query_costs(index: InvertedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    probe = InvertedIndex._probe

    def counting(self: InvertedIndex, places: NDArray[np.int64], *rest: object) -> object:
        looked_at.append(len(places))
        return probe(self, places, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(InvertedIndex, "_probe", counting)
    reach, index.lists.reach = index.lists.reach, 10.0
    index.search(nearest_to_nothing(), 10)
    index.lists.reach = -1.0
    index.search(nearest_to_nothing(), 10)
    index.lists.reach = reach

    lists = index.index.nlist
    assert looked_at == [max(inverted._FIRST_LISTS, round(lists * inverted._MOST_LISTS)), inverted._FIRST_LISTS]


def nearest_to_nothing() -> NDArray[np.float32]:
    return unit(np.random.default_rng(11).normal(size=48))


def test_the_number_of_lists_grows_with_the_root_of_the_vectors() -> None:
    assert [list_count(count) for count in (1, 50_000, 1_000_000, 4_000_000)] == [4, 1024, 4096, 8192]
    assert sample_step(100) == 1
    assert 1_000_000 / sample_step(1_000_000) >= 4096 * 20


def test_the_nearest_of_the_exact_order_is_among_the_first(index: InvertedIndex) -> None:
    for query in STORED[::1_500]:
        assert KEYS[nearest(STORED, query, 1)[0]] == index.search(query, 10)[0][0]
