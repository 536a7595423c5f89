"""Sums and times of a process."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.measures import SECONDS_BUCKETS, Measures, cumulative, labels_text, quantile

TIMES = st.lists(st.floats(0, 200), min_size=1, max_size=200)


@settings(deadline=None)
@given(TIMES)
def test_a_histogram_counts_every_time_once_and_sums_them(times: list[float]) -> None:
    measures = Measures()
    for seconds in times:
        measures.observe("x", seconds)
    sums = measures.seen()
    histogram = cumulative(sums, "x")

    assert histogram[-1][1] == len(times)
    assert sums["x_sum", ""] == pytest.approx(sum(times))
    assert all(count == sum(one <= bound for one in times) for bound, count in histogram)


@settings(deadline=None)
@given(TIMES, st.floats(0.01, 0.99))
def test_a_quantile_lies_no_higher_than_the_bucket_of_the_true_one(times: list[float], part: float) -> None:
    measures = Measures()
    for seconds in times:
        measures.observe("x", seconds)
    estimate = quantile(cumulative(measures.seen(), "x"), part)
    true = sorted(times)[min(len(times) - 1, int(part * len(times)))]

    assert estimate is not None
    # Between two observations either neighbour is right, so the estimate may lie in an earlier bucket.
    assert 0 <= estimate <= min((bound for bound in SECONDS_BUCKETS if bound >= true), default=SECONDS_BUCKETS[-1])


def test_without_observations_there_is_no_quantile() -> None:
    assert quantile(cumulative({}, "x"), 0.5) is None


def test_what_is_taken_is_counted_once_and_can_be_given_back() -> None:
    measures = Measures()
    measures.count("x", 2, how="a")
    taken = measures.take()

    assert taken == {("x", 'how="a"'): 2}
    assert measures.take() == {}
    measures.give_back(taken)
    assert measures.seen() == taken


def test_threads_lose_no_count() -> None:
    measures = Measures()

    def count() -> None:
        for _ in range(1000):
            measures.count("x")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert measures.seen() == {("x", ""): 4000}


def test_labels_are_ordered_and_escaped() -> None:
    assert labels_text({"b": 'say "x"\n', "a": "\\"}) == 'a="\\\\",b="say \\"x\\"\\n"'
