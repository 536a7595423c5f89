"""From what a query points at to the hits that come first, in a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.results import Hit
from fluorite_mcp.search.places import matching_files, name_fit, places_at
from fluorite_mcp.search.reading import Mention
from tests.conftest import WriteFiles

pytestmark = pytest.mark.anyio

LEDGER = "\n".join(
    [
        "class Ledger:",
        '    """Keeps the rows."""',
        *(
            f"\n    def step_{number}(self, rows):\n" + "".join(f"        rows.append({number})\n" for _ in range(25))
            for number in range(6)
        ),
    ]
)


@pytest.fixture
def shop(project: Path, write_files: WriteFiles) -> Path:
    """The project with a file of several chunks, and files of the same name elsewhere."""
    return write_files(
        project,
        {
            "billing/ledger.py": LEDGER,
            "other/ledger.py": "def unrelated():\n    return 1\n",
            "main.py": "from billing import ledger\n\n\ndef main():\n    return ledger\n",
        },
    )


async def first(engine: Engine, query: str) -> Hit:
    return (await engine.search(query, limit=3)).hits[0]


def line_of(root: Path, path: str, text: str) -> int:
    lines = (root / path).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def holds(hit: Hit, path: str, line: int) -> bool:
    return hit.path == path and (hit.start_line or 0) <= line <= (hit.end_line or 0)


@pytest.mark.parametrize("root", ["/srv/build-7/", "C:\\Users\\bob\\", ""])
async def test_the_innermost_frame_of_the_project_comes_first(engine: Engine, shop: Path, root: str) -> None:
    line = line_of(shop, "billing/ledger.py", "def step_4") + 3
    trace = (
        'Traceback (most recent call last):\n  File "/srv/build-7/main.py", line 4, in main\n    return ledger\n'
        f'  File "{root}billing/ledger.py", line {line}, in step_4\n    rows.append(4)\n'
        '  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode\n    x()\n'
        "ValueError: reminder of customer 42 failed"
    )

    hit = await first(engine, trace)
    assert holds(hit, "billing/ledger.py", line)
    assert hit.why[0] == f"line {line} of the trace lies here"


async def test_frames_of_libraries_count_where_no_other_is_there(engine: Engine, shop: Path) -> None:
    line = line_of(shop, "billing/ledger.py", "def step_2") + 3
    trace = (
        'Traceback (most recent call last):\n  File "/home/bob/mysite/views.py", line 4, in main\n    x()\n'
        f'  File "/venv/lib/python3.11/site-packages/billing/ledger.py", line {line}, in step_2\nValueError: no'
    )

    assert holds(await first(engine, trace), "billing/ledger.py", line)


async def test_a_library_with_a_file_of_the_same_name_is_not_the_project(engine: Engine, shop: Path) -> None:
    trace = 'Traceback:\n  File "/venv/lib/python3.11/site-packages/x/ledger.py", line 2, in f\nE: no'

    result = await engine.search(trace, kinds=["code"])
    assert not any("of the trace lies here" in why for hit in result.hits for why in hit.why)


@pytest.mark.parametrize("form", ["why {path}:{line}?", "line {line} of {path}", "{path}#L{line}-L{line}"])
async def test_a_line_that_is_named_comes_first(engine: Engine, shop: Path, form: str) -> None:
    line = line_of(shop, "billing/ledger.py", "def step_5") + 3

    assert holds(await first(engine, form.format(path="billing/ledger.py", line=line)), "billing/ledger.py", line)


@pytest.mark.parametrize("name", ["Ledger.step_3", "Ledger::step_3", "Ledger#step_3", "billing.ledger.Ledger.step_3"])
async def test_a_method_that_is_named_comes_first(engine: Engine, shop: Path, name: str) -> None:
    hit = await first(engine, f"what does {name} do")

    assert holds(hit, "billing/ledger.py", line_of(shop, "billing/ledger.py", "def step_3"))
    assert hit.why[0] == f"the query names {name.replace('::', '.').replace('#', '.')}"


async def test_a_name_in_a_namespace_is_left_to_ranking_where_others_define_it_too(
    engine: Engine, shop: Path, write_files: WriteFiles
) -> None:
    only = await engine.search("where is main.main")
    write_files(shop, {"web/main.py": "def main():\n    return 2\n"})
    several = await engine.search("where is main.main")

    assert "the query names main.main" in [why for hit in only.hits for why in hit.why]
    assert "the query names main.main" not in [why for hit in several.hits for why in hit.why]


async def test_a_named_file_is_found_by_its_path_alone(engine: Engine, shop: Path) -> None:
    hit = await first(engine, "zymurgy falconry other/ledger.py")

    assert (hit.path, hit.why[0]) == ("other/ledger.py", "the query names this file")


async def test_filters_hold_for_named_places_too(engine: Engine, shop: Path) -> None:
    assert not (await engine.search("billing/ledger.py:3", kinds=["note"])).hits
    assert not (await engine.search("billing/ledger.py:3", language="go", kinds=["code"])).hits


async def test_what_is_excluded_stands_behind_the_rest(engine: Engine) -> None:
    async def ordered(query: str) -> list[str | None]:
        return [hit.path for hit in (await engine.search(query, limit=50, kinds=["code"])).hits]

    plain = await ordered("parse invoice number")
    without = await ordered("parse invoice number, not billing/invoices.py")

    assert plain[0] == "billing/invoices.py"
    assert without[0] != "billing/invoices.py"
    assert "billing/invoices.py" in without


def chunk(path: str, start: int, end: int, symbol: str = "", *defines: str, key: int = 1) -> Chunk:
    listed = [[name, "function", end - start, 0] for name in defines]
    origin = Origin(path, start, end, symbol or None)
    return Chunk(f"c{key}", "code", "", "", key=key, project=1, origin=origin, metadata={"definitions": listed})


@pytest.mark.parametrize(
    ("written", "files", "is_sure"),
    [
        ("/srv/app/billing/a.py", ["billing/a.py"], True),
        ("/srv/app/x/a.py", ["billing/a.py", "other/a.py"], False),
        ("A.py", ["billing/a.py", "other/a.py"], True),
        ("src/billing/A.py", ["billing/a.py"], True),
        ("b.py", [], False),
    ],
)
def test_paths_match_by_their_last_parts(written: str, files: list[str], is_sure: bool) -> None:
    known = [(1, "billing/a.py"), (1, "other/a.py")]

    found, sure = matching_files(Mention(written), known)
    assert ([path for _, path in found], sure) == (files, is_sure)


def test_a_path_that_must_match_whole_matches_no_part() -> None:
    assert matching_files(Mention("com/acme/Wire.java", is_whole=True), [(1, "other/acme/Wire.java")]) == ([], False)
    assert matching_files(Mention("acme/Wire.java", is_whole=True), [(1, "src/acme/Wire.java")])[1]


def test_a_line_after_the_end_means_the_last_chunk() -> None:
    chunks = [chunk("a.py", 1, 10), chunk("a.py", 11, 20, key=2)]

    assert [one.key for one, _ in places_at(Mention("a.py", 99), chunks)] == [2]
    assert [one.key for one, _ in places_at(Mention("a.py", 5, 15), chunks)] == [1, 2]
    assert places_at(Mention("a.py", 5), []) == []


def test_a_function_that_has_moved_since_is_meant_as_well() -> None:
    chunks = [chunk("a.py", 1, 10, "load", "load"), chunk("a.py", 11, 20, "save", "save", key=2)]
    places = places_at(Mention("a.py", 5, symbol="Store.save", is_frame=True), chunks)

    assert [(one.key, why) for one, why in places] == [
        (1, "line 5 of the trace lies here"),
        (2, "the trace was in Store.save"),
    ]


@pytest.mark.parametrize(
    ("symbol", "fit"),
    [
        ("Ledger.add", 1.0),
        ("billing.Ledger.add", 1.0),
        ("other.Ledger.add", 0.5),
        ("Other.add", 0.0),
        ("Ledger.x", 0.0),
    ],
)
def test_a_dotted_name_fits_where_it_is_defined(symbol: str, fit: float) -> None:
    one = chunk("billing/ledger.py", 1, 9, "Ledger.add", "add")

    assert name_fit(symbol.split("."), one) == fit


def test_a_function_at_the_top_of_a_module_is_named_with_it() -> None:
    one = chunk("billing/ledger.py", 1, 9, "add", "add")

    assert name_fit(["ledger", "add"], one) == 1.0
    assert name_fit(["billing", "add"], one) == 1.0
