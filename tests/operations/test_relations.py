"""`get` shows what a chunk depends on, what uses it, and what is similar to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.operations.dependencies import MAX_LINKS
from fluorite_mcp.operations.relations import COMPUTED_CHUNKS
from fluorite_mcp.operations.similar import MAX_SIMILAR
from fluorite_mcp.results import RelationView
from tests.conftest import OpenEngine, WriteFiles

pytestmark = pytest.mark.anyio

NUMBERS = '''"""Numbers of invoices."""


def parse_number(text):
    """Read the number out of a scanned invoice."""
    return int(text.removeprefix("INV-"))


class NumberRange:
    """A run of invoice numbers."""

    def next_free_number(self):
        """Return the first number that no invoice has."""
        return self.last + 1
'''
BOOKING = '''"""Booking of invoices."""

from pay.numbers import NumberRange, parse_number


def book_scanned(text, ledger):
    """Book an invoice that was scanned."""
    number = parse_number(text)
    return ledger.add(number, note=describe(number))


def describe(number):
    """Say which invoice a number is."""
    return f"invoice {number}"


def open_range():
    """Open a run of numbers."""
    return NumberRange().next_free_number()
'''
TESTS = """from pay.numbers import parse_number


def test_parse_number():
    assert parse_number("INV-7") == 7
"""
GO_MODEL = """package store

// CleanOrder removes what an order must not keep.
func CleanOrder(order Order) Order {
	order.Notes = nil
	return order
}
"""
GO_USE = """package main

import "example.org/shop/store"

// Archive keeps an order for good.
func Archive(order store.Order) error {
	return write(store.CleanOrder(order))
}
"""
HANDLER = '''def read_{name}(number: int, session: Session) -> {title}View:
    """Return one {name}, or answer that there is none."""
    found = session.get({title}, number)
    if found is None:
        logger.info("no %s has number %d", "{name}", number)
        raise HTTPException(status_code=404, detail="not found")
    session.refresh(found, with_for_update=False)
    return {title}View.model_validate(found, from_attributes=True)
'''
ODD = """def 名前():
    return print_it("\\"")


def NEAR():
    return AND(名前(), OR())


def AND(a, b):
    return a
"""
FILES = {
    "pay/__init__.py": "",
    "pay/numbers.py": NUMBERS,
    "pay/booking.py": BOOKING,
    "checks/test_numbers.py": TESTS,
    "go.mod": "module example.org/shop\n\ngo 1.22\n",
    "store/order.go": GO_MODEL,
    "main.go": GO_USE,
}


@pytest.fixture
def shop(tmp_path: Path, write_files: WriteFiles) -> Path:
    root = tmp_path / "shop"
    (root / ".git").mkdir(parents=True)
    return write_files(root, FILES)


async def relations(engine: Engine, symbol: str, path: str) -> Sequence[RelationView]:
    """Return the relations of the piece of a file that holds a symbol."""
    hits = (await engine.search(symbol, limit=20, max_lines=200)).hits
    [hit] = [one for one in hits if one.path == path and symbol in one.snippet][:1]
    return (await engine.get([hit.id])).chunks[0].relations


def shown(found: Sequence[RelationView], called: str) -> list[str]:
    """Return the places and reasons of one kind of relation."""
    return [f"{one.title.rpartition(':')[0]}: {one.why}" for one in found if one.called == called]


async def test_code_depends_on_what_it_imports_and_calls(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine(shop) as engine:
        await engine.learn()
        found = await relations(engine, "book_scanned", "pay/booking.py")

    [need] = [one for one in found if one.called == "depends on"]
    assert need.title.startswith("pay/numbers.py:")
    assert need.why.startswith("calls ")
    assert (need.type, need.direction, need.weight) == ("depends-on", "out", 1.0)


async def test_what_code_is_used_by_is_told_code_before_tests(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine(shop) as engine:
        await engine.learn()
        found = await relations(engine, "parse_number", "pay/numbers.py")

    assert shown(found, "used by")[0].startswith("pay/booking.py: ")
    assert shown(found, "used by")[-1] == "checks/test_numbers.py: calls parse_number"
    assert {(one.type, one.direction) for one in found if one.called == "used by"} == {("depends-on", "in")}


async def test_the_top_of_a_file_depends_on_the_modules_it_imports_and_they_are_used_by_it(
    open_engine: OpenEngine, tmp_path: Path, write_files: WriteFiles
) -> None:
    root = tmp_path / "site"
    (root / ".git").mkdir(parents=True)
    files = {
        "web/main.ts": 'import "./setup";\nimport { theme } from "./theme";\n\nexport const page = [theme];\n',
        "web/setup.ts": "window.ready = true;\n",
        "web/theme.ts": "export const theme = {};\n",
        "other/setup.ts": "window.other = true;\n",
    }
    write_files(root, files)
    async with open_engine(root) as engine:
        await engine.learn()
        needs = await relations(engine, "page", "web/main.ts")
        users = await relations(engine, "window.ready", "web/setup.ts")
        others = await relations(engine, "window.other", "other/setup.ts")

    assert "web/setup.ts: imports its file" in shown(needs, "depends on")
    assert shown(users, "used by") == ["web/main.ts: imports its file"]
    assert {one.weight for one in users} == {0.5}
    assert shown(others, "used by") == []


async def test_go_packages_are_followed_by_their_module(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine(shop) as engine:
        await engine.learn()
        needs = await relations(engine, "Archive", "main.go")
        users = await relations(engine, "CleanOrder", "store/order.go")

    assert shown(needs, "depends on") == ["store/order.go: calls CleanOrder"]
    assert shown(users, "used by") == ["main.go: calls CleanOrder"]


async def test_who_defines_a_name_itself_uses_its_own(open_engine: OpenEngine, shop: Path) -> None:
    own = "package tools\n\nfunc CleanOrder(text string) string { return text }\n\nvar clean = CleanOrder(Text)\n"
    (shop / "tools").mkdir()
    (shop / "tools/clean.go").write_text(own)
    async with open_engine(shop) as engine:
        await engine.learn()

        assert shown(await relations(engine, "CleanOrder", "store/order.go"), "used by") == [
            "main.go: calls CleanOrder"
        ]


async def test_an_edit_is_followed_at_once(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine(shop) as engine:
        await engine.learn()
        (shop / "main.go").write_text(GO_USE.replace("store.CleanOrder(order)", "order"))
        await engine.learn()

        assert shown(await relations(engine, "CleanOrder", "store/order.go"), "used by") == []


async def test_what_was_not_mined_yet_is_told_as_far_as_names_say_it(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine(shop) as engine:
        await engine.learn()
        await engine._stored.database.fetch("SELECT 1")
        async with engine._stored.database.atomic():
            await engine._stored.database.execute("DELETE FROM mined_files")

        assert shown(await relations(engine, "Archive", "main.go"), "depends on") == [
            "store/order.go: calls CleanOrder; nothing else here has this name"
        ]


async def test_at_most_five_are_shown_and_always_the_same(
    open_engine: OpenEngine, tmp_path: Path, write_files: WriteFiles
) -> None:
    root = tmp_path / "many"
    (root / ".git").mkdir(parents=True)
    calls = "\n    ".join(f"first_step_{n}()" for n in range(9))
    imports = "\n".join(f"from lib.step{n} import first_step_{n}" for n in range(9))
    files = {f"lib/step{n}.py": f"def first_step_{n}():\n    return {n}\n" for n in range(9)}
    files |= {f"lib/use{n}.py": f"from lib.step1 import first_step_1\n\nX{n} = first_step_1()\n" for n in range(9)}
    write_files(root, {**files, "lib/all.py": f"{imports}\n\n\ndef run_all():\n    {calls}\n"})

    async with open_engine(root) as engine:
        await engine.learn()
        needs = [await relations(engine, "run_all", "lib/all.py") for _ in range(2)]
        users = [await relations(engine, "def first_step_1", "lib/step1.py") for _ in range(2)]

    assert len(shown(needs[0], "depends on")) == len(shown(users[0], "used by")) == MAX_LINKS
    assert needs[0] == needs[1]
    assert users[0] == users[1]


async def test_another_projects_code_is_never_meant(
    open_engine: OpenEngine, shop: Path, tmp_path: Path, write_files: WriteFiles
) -> None:
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    write_files(other, {"main.go": "package main\n\nfunc run() { CleanOrder(nil) }\n"})

    async with open_engine(shop) as engine:
        await engine.learn()
        await engine.learn(str(other))
        users = await relations(engine, "CleanOrder", "store/order.go")
        [hit] = (await engine.search("CleanOrder", path=str(other))).hits[:1]

        assert shown(users, "used by") == ["main.go: calls CleanOrder"]
        assert (await engine.get([hit.id])).chunks[0].relations == ()


async def test_archived_chunks_have_no_computed_relations_and_are_in_none(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine(shop) as engine:
        await engine.learn()
        [hit] = (await engine.search("CleanOrder", kinds=("code",))).hits[:1]
        await engine.forget([hit.id], dry_run=False)

        assert (await engine.get([hit.id])).chunks[0].relations == ()
        assert shown(await relations(engine, "Archive", "main.go"), "depends on") == []


async def test_similar_code_of_other_files_is_named_and_other_code_is_not(
    open_engine: OpenEngine, tmp_path: Path, write_files: WriteFiles
) -> None:
    root = tmp_path / "handlers"
    (root / ".git").mkdir(parents=True)
    names = ("order", "invoice", "parcel", "customer", "ticket")
    files = {f"web/{name}s.py": HANDLER.format(name=name, title=name.title()) for name in names}
    colors = "def mix_colors(red, green):\n    return (red + green) // 2\n"
    other = "def get_order(number, session):\n    return session.get(Order, number) or NotFoundView(number)\n"
    write_files(root, {**files, "web/colors.py": colors, "web/lookup.py": other})

    async with open_engine(root) as engine:
        await engine.learn()
        found = [one for one in await relations(engine, "read_order", "web/orders.py") if one.type == "similar"]
        odd = [
            *await relations(engine, "mix_colors", "web/colors.py"),
            *await relations(engine, "get_order", "web/lookup.py"),
        ]

    assert len(found) == MAX_SIMILAR
    assert all(one.weight >= 0.8 and "read_" in one.title and one.direction == "out" for one in found)
    assert [one for one in odd if one.type == "similar"] == []


async def test_notes_are_similar_if_they_say_nearly_the_same(open_engine: OpenEngine) -> None:
    async with open_engine() as engine:
        one = await engine.store("Deployments to production run on Friday mornings after the tests have passed.")
        two = await engine.store("Deployments to production run on Friday mornings, after all tests have passed!")
        other = await engine.store("Invoices are numbered by year.")
        found = (await engine.get([one.id])).chunks[0].relations

    assert [edge.id for edge in found if edge.type == "similar"] == [two.id]
    assert other.id not in {edge.id for edge in found}


async def test_of_many_chunks_the_first_are_looked_into(open_engine: OpenEngine, shop: Path) -> None:
    async with open_engine(shop) as engine:
        await engine.learn()
        notes = [(await engine.store(f"Note number {n}.")).id for n in range(COMPUTED_CHUNKS)]
        [hit] = (await engine.search("CleanOrder", kinds=("code",))).hits[:1]
        last = (await engine.get([*notes, hit.id])).chunks[-1]
        first = (await engine.get([hit.id, *notes])).chunks[0]

    assert [one for one in last.relations if one.type == "depends-on"] == []
    assert [one.called for one in first.relations if one.type == "depends-on"] == ["used by"]


@pytest.mark.parametrize(
    "definitions",
    ["text", [["load"]], [[1, 2]], {"a": 1}, [["load", "function", 1, 0]], [['"; DROP', "function", 1, 0]]],
)
async def test_stored_metadata_of_any_shape_are_no_code(open_engine: OpenEngine, definitions: object) -> None:
    async with open_engine() as engine:
        stored = await engine.store("def load(): pass", language="python", metadata={"definitions": definitions})

        assert (await engine.get([stored.id])).chunks[0].relations == ()


async def test_odd_names_and_texts_break_no_lookup(
    open_engine: OpenEngine, tmp_path: Path, write_files: WriteFiles
) -> None:
    root = tmp_path / "odd"
    (root / ".git").mkdir(parents=True)
    write_files(
        root, {"a b/c'd\".py": ODD, "e.py": "(" * 400 + "\nclass Broken(\n", "f.ts": "export const $x = <T,>(`a${b(}`"}
    )

    async with open_engine(root) as engine:
        await engine.learn()
        hits = (await engine.search("def NEAR AND Broken", limit=20)).hits
        chunks = (await engine.get([hit.id for hit in hits])).chunks

    assert {chunk.path for chunk in chunks} >= {"a b/c'd\".py", "e.py"}
