"""Conventions are counted, never guessed."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.conventions.derive import MIN_COUNT, derive_stated
from fluorite_mcp.conventions.facts import FACTS_VERSION
from fluorite_mcp.conventions.shifts import FileDates
from fluorite_mcp.conventions.strength import wilson
from fluorite_mcp.conventions.tally import Tally
from fluorite_mcp.results import Convention


def row(path: str, *observations: tuple[object, ...], language: str = "python") -> tuple[str, bytes, bytes]:
    return path, b"", json.dumps([FACTS_VERSION, language, *observations]).encode()


def derived(*rows: tuple[str, bytes, bytes], dates: FileDates | None = None) -> dict[str, Convention]:
    tally = Tally()
    tally.change(rows)
    return {one.convention.statement: one.convention for one in derive_stated(tally, dates)}


def test_a_convention_has_its_count_its_places_and_where_it_does_not_hold() -> None:
    rows = [row(f"app/r{n}.py", ("route-validation", "zod", n + 1)) for n in range(14)]
    rows += [row("app/legacy/x.py", ("route-validation", "none", 12)), row("app/y.py", ("route-validation", "none", 3))]

    found = derived(*rows)["route handlers that take a body validate it with zod"]

    assert (found.count, found.total, found.category) == (14, 16, "validation")
    assert found.counter_examples == ("app/y.py:3", "app/legacy/x.py:12")
    assert found.examples[0] == "app/r0.py:1"
    assert found.strength == round(wilson(14, 16), 3)


def test_less_than_three_and_less_than_most_are_no_convention() -> None:
    assert derived(row("a.py", ("env-with", "os.environ", 1, 2))) == {}
    assert derived(row("a.py", ("env-with", "os.environ", 1, 2, 3), ("env-with", "os.getenv", 4, 5, 6))) == {}
    assert derived() == {}


def test_a_folder_that_differs_speaks_for_itself() -> None:
    rows = [row(f"app/a{n}.py", ("export", "named", 1, 2)) for n in range(9)]
    rows += [row(f"pages/p{n}.py", ("export", "default", 1, 2)) for n in range(3)]

    found = derived(*rows)

    assert found["modules export by name, not as default"].scope == ""
    assert (found["modules export a default"].scope, found["modules export a default"].total) == ("pages", 6)


def test_types_of_a_folder_share_the_end_of_their_names() -> None:
    rows = [row(f"app/services/s{n}.py", ("class-word", "Service", 1)) for n in range(5)]

    assert "types in app/services/ are named …Service" in derived(*rows)


def test_where_a_package_is_imported_is_said_if_that_is_a_narrow_place() -> None:
    rows = [row(f"app/db/d{n}.py", ("uses", "sqlalchemy", 2)) for n in range(5)]
    rows += [row(f"app/web/w{n}.py") for n in range(12)]

    found = derived(*rows)

    assert found["sqlalchemy is imported in app/db/ only"].count == 5


def test_a_library_does_not_use_itself_under_its_own_name() -> None:
    rows = [row(f"benches/b{n}.rs", ("uses", "wire_up", 3), language="rust") for n in range(9)]
    rows += [row(f"src/a{n}.rs", language="rust") for n in range(30)]
    tally = Tally()
    tally.change(rows)

    assert [one.convention.statement for one in derive_stated(tally)] == ["wire_up is imported in benches/ only"]
    assert derive_stated(tally, name="Wire-Up") == ()


def test_tests_beside_and_apart_are_told_by_paths_alone() -> None:
    found = derived(*(row(f"src/a{n}.test.ts", language="typescript") for n in range(3)))
    assert {"tests lie beside what they test", "test files are named *.test.ts"} <= found.keys()

    found = derived(*(row(f"tests/unit/test_{n}.py") for n in range(3)))
    assert "tests lie in tests/" in found


def test_newer_files_that_do_it_otherwise_are_the_convention_since_then() -> None:
    rows = [row(f"old{n}.py", ("optional", "Optional", 1)) for n in range(20)]
    rows += [row(f"new{n}.py", ("optional", "X | None", 1)) for n in range(9)]
    dates = FileDates({f"new{n}.py": (1_700_000_000 + n, f"c{n}") for n in range(9)})

    found = derived(*rows, dates=dates)

    assert found["optional types are written X | None"].since == (
        "since 2023-11-14 (c0), last 2023-11-14 (c8): 9 of 9 newer files"
    )
    assert "optional types are written Optional[X]" not in found


def test_a_file_that_changes_is_counted_anew_and_one_that_goes_is_not_counted() -> None:
    tally = Tally()
    tally.change([row(f"a{n}.py", ("optional", "Optional", 1)) for n in range(4)])
    tally.change([row("a0.py", ("optional", "X | None", 1))], ["a1.py"])

    fresh = Tally()
    fresh.change(
        [row("a0.py", ("optional", "X | None", 1)), *(row(f"a{n}.py", ("optional", "Optional", 1)) for n in (2, 3))]
    )

    assert tally.cases == fresh.cases
    assert tally.files == fresh.files


VALUES = st.tuples(st.sampled_from(["optional", "raises", "env"]), st.sampled_from(["a", "b"]), st.integers(1, 9))


@given(st.dictionaries(st.sampled_from(["a.py", "b/c.py", "b/d.py", "e/f/g.py", "h.py"]), st.lists(VALUES, max_size=5)))
def test_counts_are_counts(files: dict[str, list[tuple[object, ...]]]) -> None:
    for one in derived(*(row(path, *found) for path, found in files.items())).values():
        assert MIN_COUNT <= one.count <= one.total
        assert 0 < one.strength <= one.count / one.total
        assert bool(one.counter_examples) == (one.count < one.total)
