from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quality.collection import Found, Target
from benchmarks.quality.metrics import hit_rate, matches, ndcg, percentile, recall, reciprocal_rank

PATHS = st.sampled_from(["a.py", "b.py", "src/a.py", "src/b.py", "c/d.py"])
FOUND = st.lists(st.builds(Found, PATHS, st.just(1), st.integers(1, 50), st.just(0)), max_size=15)
TARGETS = st.lists(st.builds(Target, PATHS), min_size=1, max_size=5, unique=True)


def hits(*paths: str) -> list[Found]:
    return [Found(path, 1, 10, 100) for path in paths]


@pytest.mark.parametrize(
    ("path", "target", "is_match"),
    [
        ("src/a.py", Target("src/a.py"), True),
        ("a.py", Target("src/a.py"), True),
        ("repo/src/a.py", Target("src/a.py"), True),
        ("src\\a.py", Target("src/a.py"), True),
        ("src/aa.py", Target("a.py"), False),
        ("src/a.py", Target("src/a.py", 10, 20), True),
        ("src/a.py", Target("src/a.py", 11, 20), False),
    ],
)
def test_a_hit_shows_a_target_of_its_path_whose_lines_overlap(path: str, target: Target, is_match: bool) -> None:
    assert matches(Found(path, 1, 10, 0), target) is is_match


def test_targets_found_by_one_hit_gain_once() -> None:
    targets = [Target("a.py", 1, 2), Target("a.py", 5, 6)]
    ideal = 1 + 1 / math.log2(3)

    assert ndcg(hits("a.py"), targets) == pytest.approx(1 / ideal)


def test_the_second_place_gains_less_than_the_first() -> None:
    assert ndcg(hits("b.py", "a.py"), [Target("a.py")]) == pytest.approx(1 / math.log2(3))


def test_what_stands_beyond_the_tenth_place_is_not_found() -> None:
    late = hits(*(f"{number}.py" for number in range(10)), "a.py")

    assert ndcg(late, [Target("a.py")]) == 0
    assert reciprocal_rank(late, [Target("a.py")]) == 0
    assert hit_rate(late, [Target("a.py")]) == 0


def test_recall_is_the_share_of_targets() -> None:
    assert recall(hits("b", "a", "c"), [Target("a"), Target("x")], 2) == 0.5
    assert recall(hits("b", "a", "c"), [Target("a"), Target("c")], 2) == 0.5


@given(FOUND, TARGETS)
def test_every_measure_lies_between_nothing_and_all(found: list[Found], targets: list[Target]) -> None:
    for value in (ndcg(found, targets), reciprocal_rank(found, targets), recall(found, targets, 5)):
        assert 0 <= value <= 1 + 1e-12


@given(TARGETS)
def test_the_targets_themselves_are_the_ideal_where_no_path_is_part_of_another(targets: list[Target]) -> None:
    apart = [Target(f"{number}/x{number}.py") for number, _ in enumerate(targets)]

    assert ndcg([Found(one.path, 1, 1, 0) for one in apart], apart) == pytest.approx(1)


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([5, 1, 4, 2, 3], 0.5) == 3
    assert percentile([5, 1, 4, 2, 3], 0.95) == 5
    assert percentile([], 0.5) == 0
