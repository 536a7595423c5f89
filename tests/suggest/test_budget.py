"""A budget is divided by weight, and nothing of it is lost while somebody can use it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.suggest.budget import Want, allocate

WANTS = st.dictionaries(
    st.sampled_from(["code", "uses", "template", "conventions", "notes"]),
    st.builds(Want, st.floats(0.0, 10.0), st.integers(0, 5000)),
)


@given(st.integers(0, 8000), WANTS)
def test_no_part_gets_more_than_it_wants_and_all_together_no_more_than_there_is(
    budget: int, wants: dict[str, Want]
) -> None:
    rooms = allocate(budget, wants)

    assert rooms.keys() == wants.keys()
    assert sum(rooms.values()) <= budget
    assert all(0 <= rooms[name] <= wants[name].tokens for name in wants)


@given(st.integers(0, 8000), WANTS)
def test_a_budget_is_used_up_where_the_parts_want_that_much(budget: int, wants: dict[str, Want]) -> None:
    usable = sum(want.tokens for want in wants.values() if want.weight > 0)

    # Each part may lose a token to rounding.
    assert sum(allocate(budget, wants).values()) >= min(budget, usable) - len(wants)


def test_what_one_part_leaves_goes_to_the_others_by_weight() -> None:
    rooms = allocate(1000, {"code": Want(3, 5000), "uses": Want(1, 5000), "notes": Want(4, 100)})

    assert rooms == {"code": 675, "uses": 225, "notes": 100}
