"""Files whose name a query says are candidates, in a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fluorite_mcp.models import GLOBAL_SCOPE, FileRecord
from fluorite_mcp.search import named_files
from fluorite_mcp.search.named_files import NamedFiles
from fluorite_mcp.storage.store import Store
from fluorite_mcp.text.tokens import query_words
from tests.search.conftest import piece
from tests.search.test_documents import add
from tests.storage.conftest import AT, open_at

pytestmark = pytest.mark.anyio

SCOPES = (1, GLOBAL_SCOPE)
PATHS = ("src/JsonObject.java", "src/json.py", "src/string_view.h", "lib/index.js", "docs/object.md")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_at(tmp_path / "data" / "fluorite.db")
    async with opened.database.atomic():
        await opened.projects.ensure("/shop", AT)
        await opened.projects.put_files(1, [FileRecord(path, 9, 9, b"h") for path in PATHS])
    pieces = [
        piece(10 * number + part, path, f"text {part}", line=1 + 10 * part, end=10 + 10 * part)
        for number, path in enumerate(PATHS)
        for part in (1, 0)
    ]
    await add(opened, *pieces)
    yield opened
    await opened.close()


async def found(store: Store, query: str, *but: str) -> list[tuple[str | None, int | None]]:
    finder = NamedFiles(store.projects, store.chunks)
    chunks = await finder.find(query_words(query), SCOPES, {(1, path) for path in but})
    return [(chunk.origin.path, chunk.origin.start_line) for chunk in chunks]


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("JSON object with named fields", ["src/JsonObject.java", "src/json.py", "docs/object.md"]),
        ("absl::string_view for references", ["src/string_view.h"]),
        ("what a view of a string is", ["src/string_view.h"]),
        ("string references", []),
        ("the index of the lib", []),
        ("unrelated words", []),
    ],
)
async def test_a_file_is_found_by_its_first_chunk_if_the_query_says_its_whole_name(
    store: Store, query: str, paths: list[str]
) -> None:
    assert sorted(await found(store, query)) == sorted((path, 1) for path in paths)


async def test_what_was_found_already_is_left_out(store: Store) -> None:
    assert await found(store, "json object", "src/JsonObject.java", "docs/object.md") == [("src/json.py", 1)]


async def test_of_many_the_longest_names_are_taken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_files, "MAX_NAMED", 2)

    assert sorted(await found(store, "json object")) == [("docs/object.md", 1), ("src/JsonObject.java", 1)]


async def test_names_follow_the_store(store: Store) -> None:
    finder = NamedFiles(store.projects, store.chunks)
    assert len(await finder.find(["json"], SCOPES, set())) == 1
    async with store.database.atomic():
        await store.projects.remove_files(1, ["src/json.py"])

    assert await finder.find(["json"], SCOPES, set()) == []


async def test_the_files_of_a_huge_project_are_not_looked_through(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_files, "MAX_FILES", len(PATHS) - 1)

    assert await found(store, "json object") == []
