"""Chunks, their words and their vectors stay in step, whatever is done to them."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluorite_mcp.errors import StoreError
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, FileRecord, Origin
from fluorite_mcp.storage import chunks
from fluorite_mcp.storage.store import Store
from tests.storage.conftest import AT, MODEL, add, ask, change, matches, note, open_at, prepared, vector, word_index

pytestmark = pytest.mark.anyio

LATER = "2026-06-01T00:00:00.000000Z"


async def test_a_chunk_comes_back_with_every_field(store: Store) -> None:
    project = (await store.projects.ensure("/shop", AT)).key
    chunk = Chunk(
        id="code:1", kind="code", title="retry", content="def retry(): ...", project=project, language="python",
        frameworks=("fastapi", "日本"), tags=("net",),
        origin=Origin("a/b.py", 3, 9, "Client.retry", "abc", "https://example.org", "session"),
        quality=0.25, helpful=1.5, unhelpful=0.5, usage=3, created_at=AT, accessed_at=LATER, valid_from=AT,
        valid_to=LATER, recorded_at=AT, metadata={"symbols": ["retry"], "nested": {"n": [1, None, "é"]}},
    )  # fmt: skip

    (stored,) = await add(store, chunk)

    assert stored == replace(chunk, key=stored.key)
    assert await store.chunks.load([stored.key, 999]) == {stored.key: stored}
    assert await store.chunks.load_headers([stored.key]) == {stored.key: replace(stored, content="")}
    assert await store.chunks.find(["unknown"]) == {}


async def test_a_text_is_shown_with_what_is_known_of_its_file(store: Store) -> None:
    project = (await store.projects.ensure("/shop", AT)).key
    async with store.database.atomic():
        await store.projects.put_files(project, [FileRecord("a.py", 10, 1, b"hash", "python")])
    ours = {"project": project, "kind": "code"}
    learned, gone, stored = await add(
        store, note("a", "one", origin=Origin("a.py"), **ours), note("b", "two", origin=Origin("b.py"), **ours),
        note("c", "three", origin=Origin("a.py")),
    )  # fmt: skip

    assert await store.chunks.shown([learned.key, gone.key, stored.key, 999]) == {
        learned.key: ("one", (10, 1)), gone.key: ("two", None), stored.key: ("three", None),
    }  # fmt: skip


async def test_an_id_is_added_once(store: Store) -> None:
    await add(store, note("a", "first"))
    with pytest.raises(StoreError, match="UNIQUE"):
        await add(store, note("b", "new"), note("a", "second"))

    assert list(await store.chunks.find(["a", "b"])) == ["a"]


async def test_a_chunk_is_found_by_its_words_until_it_is_removed(store: Store, path: Path) -> None:
    first, second = await add(store, note("a", "tulips and roses"), note("b", "roses"))
    assert matches(path, "rose") == [first.key, second.key]

    async with store.database.atomic():
        await store.chunks.remove([first.key])

    assert matches(path, "rose") == [second.key]
    assert matches(path, "tulip") == []
    assert "tulip" not in ask(path, "SELECT term FROM word_counts")
    assert ask(path, "SELECT id FROM words_docsize") == [second.key]
    assert ask(path, "SELECT chunk FROM embeddings") == [second.key]
    assert ask(path, "SELECT chunk FROM removals") == [first.key]


async def test_new_text_gets_a_new_key_under_the_same_id(store: Store, path: Path) -> None:
    (old,) = await add(store, note("a", "tulips"))
    new = await change(store, old, "roses")

    assert new.key > old.key
    assert (matches(path, "tulip"), matches(path, "rose")) == ([], [new.key])
    assert ask(path, "SELECT chunk FROM embeddings") == [new.key]
    assert ask(path, "SELECT chunk FROM removals") == [old.key]


async def test_keys_are_never_used_again(store: Store, path: Path) -> None:
    (first,) = await add(store, note("a", "1"))
    async with store.database.atomic():
        await store.chunks.remove([first.key])
    await store.close()

    again = await open_at(path)
    (second,) = await add(again, note("a", "1"))
    await again.close()
    assert second.key > first.key


async def test_an_archived_chunk_is_kept_and_not_found(store: Store, path: Path) -> None:
    first, second = await add(store, note("a", "tulips"), note("b", "tulips"))
    for _ in range(2):  # Archiving twice is archiving once.
        async with store.database.atomic():
            await store.chunks.retire(["a", "unknown"], LATER)

    assert await store.chunks.find(["a"]) == {"a": replace(first, retired_at=LATER)}
    assert await store.chunks.load_headers([first.key, second.key]) == {second.key: replace(second, content="")}
    assert matches(path, "tulip") == [second.key]
    assert ask(path, "SELECT chunk FROM embeddings") == [second.key]
    assert ask(path, "SELECT chunk FROM removals") == [first.key]
    assert await store.chunks.counts() == ({"note": 1}, 1)


async def test_an_archived_chunk_is_found_again_when_it_is_replaced(store: Store, path: Path) -> None:
    (old,) = await add(store, note("a", "tulips"))
    async with store.database.atomic():
        await store.chunks.retire(["a"], LATER)
    back = await change(store, old, "tulips")

    assert matches(path, "tulip") == [back.key]
    assert ask(path, "SELECT chunk FROM removals") == [old.key]


async def test_an_archived_chunk_can_be_added_and_removed_without_words(store: Store, path: Path) -> None:
    (kept,) = await add(store, note("a", "tulips", retired_at=LATER))
    assert matches(path, "tulip") == []
    assert ask(path, "SELECT chunk FROM embeddings") == []

    async with store.database.atomic():
        await store.chunks.remove([kept.key])
    assert ask(path, "SELECT count(*) FROM removals") == [0]


async def test_moving_changes_lines_and_commit_only(store: Store) -> None:
    (chunk,) = await add(store, note("a", "text", origin=Origin("a.py", 1, 2, "f", "old")))
    moved = replace(chunk, origin=Origin("a.py", 11, 12, "f", "new"))
    async with store.database.atomic():
        await store.chunks.move([moved])

    assert await store.chunks.load([chunk.key]) == {chunk.key: moved}


async def test_quality_and_use_are_written(store: Store) -> None:
    (chunk,) = await add(store, note("a", "text"))
    async with store.database.atomic():
        await store.chunks.score([replace(chunk, quality=0.9, helpful=2.0, unhelpful=1.0)])
        await store.chunks.touch(["a", "a"], LATER)

    expected = replace(chunk, quality=0.9, helpful=2.0, unhelpful=1.0, usage=2, accessed_at=LATER)
    assert await store.chunks.find(["a"]) == {"a": expected}


async def test_chunks_wait_for_vectors_of_the_model(store: Store) -> None:
    first, second, third = await add(store, note("a", "1"), note("b", "2"), note("c", "3"))
    async with store.database.atomic():
        await store.chunks.retire(["c"], AT)
        await store.chunks.embed([(first.key, vector(1)), (third.key, vector(1)), (999, vector(1))], "other")

    assert await store.chunks.without_embedding("other", 10) == [second.key]
    assert await store.chunks.without_embedding(MODEL, 10) == [first.key]
    assert await store.chunks.without_embedding("third", 1) == [first.key]


async def test_a_chunk_without_a_vector_is_stored_and_waits(store: Store) -> None:
    async with store.database.atomic():
        await store.chunks.add([prepared(note("a", "text"), None)], "")
    (chunk,) = (await store.chunks.find(["a"])).values()

    assert await store.chunks.without_embedding(MODEL, 10) == [chunk.key]


async def test_chunks_are_listed_by_file_and_by_scope(store: Store) -> None:
    project = (await store.projects.ensure("/shop", AT)).key
    one, two, free = await add(
        store,
        note("a", "1", kind="code", project=project, origin=Origin("a.py", 1, 1)),
        note("b", "2", kind="doc", project=project, origin=Origin("b.md", 1, 1)),
        note("c", "3", origin=Origin("a.py", 1, 1)),
    )
    async with store.database.atomic():
        await store.chunks.retire(["a"], AT)

    def ids(chunks: list[Chunk]) -> list[str]:
        assert all(chunk.content == "" for chunk in chunks)
        return [chunk.id for chunk in chunks]

    assert ids(await store.chunks.of_files(project, ["a.py", "none"])) == ["a"]
    assert ids(await store.chunks.of_scope(project, ["code", "doc"])) == ["b"]
    assert ids(await store.chunks.of_scope(GLOBAL_SCOPE, ["note"])) == ["c"]
    assert ids(await store.chunks.of_scope(GLOBAL_SCOPE, ["doc"])) == []
    assert one.project == two.project == project
    assert free.project is None


async def test_profiles_are_read_of_living_chunks_with_vectors_of_one_model(store: Store) -> None:
    project = (await store.projects.ensure("/shop", AT)).key
    one, two, gone, other = await add(
        store,
        *(note(f"n{n}", str(n), project=project, kind="code", origin=Origin("a.py", n, n + 9)) for n in range(3)),
        note("b", "b", project=project, kind="code", origin=Origin("b.py", 1, 1)),
    )
    async with store.database.atomic():
        await store.chunks.retire(["n2"], AT)
        await store.chunks.embed([(two.key, vector(1))], "other")

    of_file = {row.key: row for row in await store.chunks.profiles_of_files(project, ["a.py", "none"], MODEL)}
    assert of_file.keys() == {one.key, two.key}
    assert of_file[one.key] == (one.key, "a.py", 9, prepared(one).words.profile, vector(0))
    assert of_file[two.key].vector is None
    assert {row.key for row in await store.chunks.profiles_of([gone.key, other.key, 999], MODEL)} == {other.key}
    assert await store.chunks.profiles_of_files(project + 1, ["a.py"], MODEL) == []


async def test_selecting_by_scope_kind_and_age(store: Store) -> None:
    project = (await store.projects.ensure("/shop", AT)).key
    await add(
        store,
        note("a", "1", project=project),
        note("b", "2", accessed_at=LATER),
        note("c", "3", kind="doc"),
        note("d", "4", retired_at=AT),
    )

    async def select(**where: Any) -> list[str]:
        return [chunk.id for chunk in await store.chunks.select(**{"scope": None} | where)]

    assert await select() == ["c", "b", "a"]
    assert await select(limit=2) == ["c", "b"]
    assert await select(scope=project) == ["a"]
    assert await select(scope=GLOBAL_SCOPE) == ["c", "b"]
    assert await select(kinds=["note", "code"]) == ["b", "a"]
    assert await select(older_than=LATER) == ["c", "a"]
    assert await select(scope=GLOBAL_SCOPE, kinds=["note"], older_than=LATER) == []


async def test_export_pages_over_everything_in_order(store: Store) -> None:
    chunks = await add(store, *(note(f"n{number}", str(number)) for number in range(5)))
    async with store.database.atomic():
        await store.chunks.retire(["n1"], AT)

    pages, after = [], 0
    while page := await store.chunks.export(after, 2):
        pages.append([chunk.content for chunk in page])
        after = page[-1].key
    assert pages == [["0", "1"], ["2", "3"], ["4"]]
    assert after == chunks[-1].key


async def test_ids_are_hinted_at_by_their_beginning(store: Store) -> None:
    await add(store, *(note(id_, id_) for id_ in ("note:ab", "note:ac", "note:é", "other", "note_")))

    assert await store.chunks.ids_like("note:", 10) == ["note:ab", "note:ac", "note:é"]
    assert await store.chunks.ids_like("note:", 1) == ["note:ab"]
    assert await store.chunks.ids_like("%", 10) == []


async def test_rebuilding_the_words_mends_a_damaged_index(store: Store, path: Path) -> None:
    chunks = await add(store, *(note(f"n{number}", f"tulip {number}") for number in range(600)))
    async with store.database.atomic():
        await store.chunks.retire(["n0"], AT)
    before = word_index(path)
    async with store.database.atomic():
        await store.database.execute(
            "INSERT INTO words (rowid, scope, title, symbol, path, imports, body)"
            " VALUES (77777, '', '', '', '', '', 'ghost')"
        )
        await store.database.execute("INSERT INTO words (words) VALUES ('optimize')")
    assert word_index(path) != before

    async with store.database.atomic():
        assert await store.chunks.rebuild_words() == 599

    assert word_index(path) == before
    assert matches(path, "tulip") == [chunk.key for chunk in chunks[1:]]


async def test_a_failed_change_leaves_the_words_as_they_were(store: Store, path: Path) -> None:
    first, second = await add(store, note("a", "tulips"), note("b", "roses"))
    before = word_index(path)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with store.database.atomic():
            await store.chunks.remove([first.key])
            await store.chunks.retire(["b"], AT)
            await store.chunks.add([prepared(note("c", "lilies"))], MODEL)
            raise ZeroDivisionError

    assert word_index(path) == before
    assert await store.chunks.load([first.key, second.key]) == {first.key: first, second.key: second}


IDS = st.sampled_from(["a", "b", "c", "d"])
TEXTS = st.text("abAB_ -.日本語é0'\"*\n", max_size=12) | st.sampled_from(
    ["getHTTPResponse2", "tulip tulips", "", "NEAR(a b)", "the same text"]
)
ACTIONS = st.lists(
    st.tuples(st.sampled_from(["add", "replace", "retire", "remove", "rename"]), IDS, TEXTS), max_size=14
)


async def apply(store: Store, action: str, id_: str, text: str) -> None:
    known = (await store.chunks.find([id_])).get(id_)
    chunk = note(id_, text, title=text[:5], tags=("tag",), origin=Origin(symbol=text[-4:] or None))
    async with store.database.atomic():
        if known is None:
            await store.chunks.add([prepared(chunk)], MODEL)
        elif action in ("add", "replace"):
            await store.chunks.replace([prepared(chunk)], MODEL)
        elif action == "rename":
            await store.chunks.replace([prepared(replace(known, title=text[:7]))], MODEL)
        elif action == "retire":
            await store.chunks.retire([id_], AT)
        else:
            await store.chunks.remove([known.key])


async def check_indexes(store: Store, path: Path) -> None:
    before = word_index(path)
    living = {chunk.key: chunk for chunk in await store.chunks.export(0, 100) if chunk.retired_at is None}
    for key, chunk in living.items():
        for column in prepared(chunk).words[:-1]:
            for word in column.split():
                assert key in before[word]
    assert {key for keys in before.values() for key in keys} == living.keys()
    assert ask(path, "SELECT chunk FROM embeddings ORDER BY chunk") == sorted(living)
    profiles = [(key, prepared(chunk).words.profile) for key, chunk in sorted(living.items())]
    assert ask(path, "SELECT chunk, data FROM profiles ORDER BY chunk") == profiles
    unused = "SELECT count(*) FROM contents WHERE key NOT IN (SELECT content FROM chunks)"
    assert ask(path, unused) == [0]
    # FTS5 checks its own structure.
    async with store.database.atomic():
        await store.database.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        await store.chunks.rebuild_words()
    assert word_index(path) == before


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTIONS)
def test_after_any_changes_the_words_are_those_of_a_rebuild(actions: list[tuple[str, str, str]]) -> None:
    async def run(path: Path) -> None:
        store = await open_at(path)
        try:
            for action in actions:
                await apply(store, *action)
            await check_indexes(store, path)
        finally:
            await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder) / "fluorite.db"))


@pytest.mark.parametrize("files_a_query", [1, 2, 1_000])
async def test_files_are_told_by_their_heads_and_their_frameworks(
    store: Store, monkeypatch: pytest.MonkeyPatch, files_a_query: int
) -> None:
    monkeypatch.setattr(chunks, "_FILES_A_QUERY", files_a_query)
    project = (await store.projects.ensure("/p", AT)).key

    def piece(id_: str, path: str, line: int, frameworks: tuple[str, ...] = ()) -> Chunk:
        origin = Origin(path, line, line + 1)
        return note(id_, f"text {id_}", kind="code", project=project, origin=origin, frameworks=frameworks)

    await add(
        store, piece("b2", "b.py", 9, ("hono",)), piece("b1", "b.py", 1, ("hono",)), piece("a", "a.py", 3),
        piece("gone", "b.py", 0), note("free", "of no file"),
    )  # fmt: skip
    async with store.database.atomic():
        await store.chunks.retire(["gone"], LATER)

    heads = await store.chunks.heads_of_files(project, ["a.py", "b.py", "none.py"])

    assert {path: chunk.id for path, chunk in heads.items()} == {"a.py": "a", "b.py": "b1"}
    assert await store.chunks.frameworks_by_file(project) == {"a.py": (), "b.py": ("hono",)}
    assert await store.chunks.frameworks_by_file(project + 1) == {}
