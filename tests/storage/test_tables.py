"""The smaller tables: projects, files, named values, history, relations, undos, contents."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluorite_mcp.models import Event, FileRecord, Project, Relation
from fluorite_mcp.storage.store import Store
from tests.storage.conftest import AT, add, ask, change, note, open_at

pytestmark = pytest.mark.anyio

LATER = "2026-06-01T00:00:00.000000Z"


async def test_a_project_is_made_once_and_named_after_its_folder(store: Store) -> None:
    assert await store.projects.find("/work/shop") is None
    shop = await store.projects.ensure("/work/shop", AT)
    root = await store.projects.ensure("/", LATER)

    assert await store.projects.ensure("/work/shop", LATER) == shop == Project(shop.key, "shop", "/work/shop")
    assert root.name == "/"
    assert await store.projects.all() == [root, shop]
    assert await store.projects.dates(shop.key) == (AT, None, None)


async def test_a_learning_is_dated(store: Store) -> None:
    one, other = [await store.projects.ensure(root, AT) for root in ("/one", "/other")]
    assert await store.projects.learned_at(one.key) is None
    assert await store.projects.newest_learning() is None

    async with store.database.atomic():
        await store.projects.mark_learned(one.key, AT, "abc")
        await store.projects.mark_learned(other.key, LATER, None)

    assert await store.projects.learned_at(one.key) == AT
    assert await store.projects.dates(one.key) == (AT, AT, "abc")
    assert await store.projects.newest_learning() == LATER
    assert await store.projects.learned_at(99) is None


async def test_files_are_replaced_and_forgotten(store: Store) -> None:
    project = (await store.projects.ensure("/shop", AT)).key
    other = (await store.projects.ensure("/other", AT)).key
    first, second = FileRecord("a.py", 10, 1, b"hash", "python"), FileRecord("b.bin", 20, 2, skipped="binary")
    async with store.database.atomic():
        await store.projects.put_files(project, [first, second])
        await store.projects.put_files(other, [first])
        await store.projects.put_files(project, [changed := FileRecord("a.py", 11, 3, b"new", "python")])

    assert await store.projects.files(project) == {"a.py": changed, "b.bin": second}
    assert await store.projects.file_stats(project, ["a.py", "none"]) == {"a.py": (11, 3)}
    async with store.database.atomic():
        await store.projects.remove_files(project, ["a.py", "none"])
    assert await store.projects.files(project) == {"b.bin": second}
    assert await store.projects.files(other) == {"a.py": first}


async def test_learned_files_are_found_by_their_names(store: Store) -> None:
    project = (await store.projects.ensure("/p", AT)).key
    paths = ["a.py", "x/A.py", "x/y/ba.py", "x/a.py/b", "x/skipped/a.py"]
    async with store.database.atomic():
        await store.projects.put_files(
            project, [FileRecord(path, 1, 1, skipped="binary" if "skipped" in path else None) for path in paths]
        )

    assert sorted(await store.projects.paths_named(project, ["A.py", "none"])) == ["a.py", "x/A.py"]
    assert await store.projects.paths_named(project + 1, ["a.py"]) == []
    assert await store.projects.paths_named(project, ["b", "", "y/ba.py", "ba.py"]) == ["x/a.py/b", "x/y/ba.py"]
    assert await store.projects.paths_named(project, []) == []
    assert sorted(await store.projects.paths_named(project, [f"n{n}.py" for n in range(300)] + ["a.py"])) == [
        "a.py",
        "x/A.py",
    ]


async def test_named_values_are_overwritten(store: Store) -> None:
    assert await store.meta.get("color") is None
    async with store.database.atomic():
        await store.meta.set("color", "red")
        await store.meta.set("color", "blue")

    assert await store.meta.get("color") == "blue"


async def test_history_is_told_oldest_first(store: Store) -> None:
    async with store.database.atomic():
        await store.history.note(["a", "b"], "stored", AT)
        await store.history.note(["a"], "updated", LATER, {"before": "日本"})
        await store.history.insert("c", [Event(AT, "stored", {"by": "import"})])

    events = await store.history.of(["a", "c", "unknown"])
    assert events == {
        "a": [Event(AT, "stored", {}), Event(LATER, "updated", {"before": "日本"})],
        "c": [Event(AT, "stored", {"by": "import"})],
        "unknown": [],
    }


async def test_a_relation_is_kept_once_with_its_newest_weight(store: Store) -> None:
    edge = Relation("a", "b", "similar", 0.5)
    async with store.database.atomic():
        await store.relations.put([edge, Relation("b", "c", "extends")], AT)
        await store.relations.put([stronger := Relation("a", "b", "similar", 0.9)], LATER)

    assert await store.relations.of(["b"]) == [stronger, Relation("b", "c", "extends")]
    assert await store.relations.of(["a", "b"]) == [stronger, Relation("b", "c", "extends")]
    assert await store.relations.of(["none"]) == []
    assert await store.relations.all() == [(stronger, AT), (Relation("b", "c", "extends"), AT)]


async def test_an_undo_is_found_by_its_token(store: Store) -> None:
    async with store.database.atomic():
        await store.undos.put("t1", AT, ["a", "b"])
        await store.undos.put("t2", LATER, [])

    assert await store.undos.find("t1") == ["a", "b"]
    assert await store.undos.find("t2") == []
    assert await store.undos.find("t3") is None
    assert await store.undos.newest(1) == ["t2"]
    assert await store.undos.all() == [("t1", AT, ["a", "b"]), ("t2", LATER, [])]


async def test_the_same_text_is_kept_once(store: Store, path: Path) -> None:
    await add(store, note("a", "the same"), note("b", "the same"), note("c", "another"))
    await add(store, note("d", "the same"))

    assert ask(path, "SELECT size FROM contents ORDER BY key") == [8, 7]


async def test_text_goes_with_the_last_chunk_that_says_it(store: Store, path: Path) -> None:
    first, second = await add(store, note("a", "the same"), note("b", "the same"))
    async with store.database.atomic():
        await store.chunks.remove([first.key])
    assert ask(path, "SELECT count(*) FROM contents") == [1]

    await change(store, second, "new text")
    assert ask(path, "SELECT size FROM contents") == [8]
    async with store.database.atomic():
        await store.chunks.remove([chunk.key for chunk in (await store.chunks.find(["b"])).values()])
    assert ask(path, "SELECT count(*) FROM contents") == [0]


@pytest.mark.parametrize("text", ["short", "long and again " * 100, "日本語のテキスト" * 50, "", "\x00 odd \u2028"])
@pytest.mark.parametrize("compress", [True, False])
async def test_text_comes_back_as_it_was(path: Path, text: str, compress: bool) -> None:
    store = await open_at(path, compress=compress)
    (chunk,) = await add(store, note("a", text))
    await store.close()

    assert chunk.content == text
    packed, size, length = ask(path, "SELECT compressed, size, length(data) FROM contents")[0]
    assert size == len(text.encode())
    assert packed == (compress and size >= 128)
    assert length < size if packed else length == size
