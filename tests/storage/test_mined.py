"""What was mined: stale by content or version, gone with its file."""

from __future__ import annotations

import pytest

from fluorite_mcp.models import FileRecord, MinedFile
from fluorite_mcp.storage.store import Store
from tests.storage.conftest import AT

pytestmark = pytest.mark.anyio

LANGUAGES = ("python", "go")


async def project_with_files(store: Store) -> int:
    project = (await store.projects.ensure("/shop", AT)).key
    async with store.database.atomic():
        await store.projects.put_files(
            project,
            [
                FileRecord("a.py", 10, 1, b"a", "python"), FileRecord("b.go", 20, 1, b"b", "go"),
                FileRecord("c.md", 30, 1, b"c", "markdown"), FileRecord("d.py", 40, 1, b"d", "python", "generated"),
            ],
        )  # fmt: skip
    return project


async def test_learned_files_of_a_mined_language_are_stale_until_they_are_mined_as_they_are(store: Store) -> None:
    project = await project_with_files(store)
    assert await store.mined.stale(project, "1", LANGUAGES) == [("a.py", 10), ("b.go", 20)]

    async with store.database.atomic():
        await store.mined.put(project, "1", [MinedFile("a.py", b"a", b"s" * 500), MinedFile("b.go", b"old")])
    assert await store.mined.stale(project, "1", LANGUAGES) == [("b.go", 20)]
    assert await store.mined.count_stale(project, "2", LANGUAGES) == 2
    assert await store.mined.skeletons(project) == [("a.py", b"a", b"s" * 500), ("b.go", b"old", b"")]
    assert await store.mined.skeletons(project, ["b.go", "x.go"]) == [("b.go", b"old", b"")]
    assert await store.mined.count(project) == 2
    assert [data for _, _, data in await store.mined.facts(project, ["a.py", "b.go"])] == [b"", b""]


async def test_what_is_gone_from_the_project_is_forgotten(store: Store) -> None:
    project = await project_with_files(store)
    async with store.database.atomic():
        await store.mined.put(project, "1", [MinedFile("a.py", b"a"), MinedFile("x.py", b"x"), MinedFile("d.py", b"d")])
    before = await store.mined.fingerprint(project)
    gone = await store.mined.gone(project, LANGUAGES)
    async with store.database.atomic():
        await store.mined.remove(project, gone)

    assert sorted(gone) == ["d.py", "x.py"]
    assert await store.mined.gone(project, LANGUAGES) == []
    assert await store.mined.fingerprint(project) != before


async def test_clusters_are_kept_until_they_are_no_more(store: Store) -> None:
    project = await project_with_files(store)
    async with store.database.atomic():
        await store.mined.put_clusters(project, {b"1": b"pattern" * 50, b"2": b""}, {})
    known = await store.mined.clusters(project)
    async with store.database.atomic():
        await store.mined.put_clusters(project, {b"2": b"", b"3": b"x"}, known)

    assert known == {b"1": b"pattern" * 50, b"2": b""}
    assert await store.mined.clusters(project) == {b"2": b"", b"3": b"x"}
