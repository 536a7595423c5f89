from __future__ import annotations

import gc

import pytest

from fluorite_mcp import garbage
from fluorite_mcp.garbage import collect_young, paused_collection


class _Ring:
    """An object that only the search for cycles frees."""

    def __init__(self) -> None:
        self.me = self


def test_the_collector_waits_inside_and_goes_on_after() -> None:
    with paused_collection():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_it_goes_on_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), paused_collection():
        raise ZeroDivisionError

    assert gc.isenabled()


def test_of_two_pauses_the_last_one_lets_it_go_on() -> None:
    first, second = paused_collection(), paused_collection()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()

    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_a_program_that_collects_by_itself_is_left_alone() -> None:
    gc.disable()
    try:
        with paused_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_a_batch_left_behind_is_collected_between_batches() -> None:
    with paused_collection():
        collect_young()
        _Ring()
        assert gc.get_count()[0]
        rings = [one for one in gc.get_objects(generation=0) if isinstance(one, _Ring)]
        assert len(rings) == 1
        del rings

        collect_young()
        assert not [one for one in gc.get_objects() if isinstance(one, _Ring)]


def test_pauses_that_overlap_without_end_do_not_keep_it_from_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "_MOST_UNCOLLECTED", 10)
    with paused_collection():
        collect_young()
        rings = [_Ring() for _ in range(20)]
        del rings
        with paused_collection():
            pass

        assert not gc.isenabled()
        assert not [one for one in gc.get_objects() if isinstance(one, _Ring)]
