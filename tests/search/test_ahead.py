"""A small project is read whole when it is first searched; what is read then is what would be read later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from fluorite_mcp.index.lexical import LexicalIndex
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk
from fluorite_mcp.search import ahead
from fluorite_mcp.search.ahead import ReadAhead
from fluorite_mcp.search.documents import Document, DocumentCache, DocumentId, document_of
from fluorite_mcp.search.headers import HeaderCache
from fluorite_mcp.storage.store import Store
from tests.search.conftest import bundled, piece
from tests.search.test_documents import add
from tests.storage.conftest import AT, open_at

pytestmark = pytest.mark.anyio

CHUNKS = (
    piece(0, "a/x.py", "dog cat dog", end=10, defines=(("walk", "function", 9, 0),)),
    piece(1, "a/x.py", "bird", line=11, end=30, defines=(("walk", "function", 90, 0), ("Bird", "class", 9, 0))),
    piece(2, "a/y.py", "import x"),
    Chunk("note:1", "note", "Dogs", "walk them", project=1),
    Chunk("note:2", "note", "Cats", "do not"),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_at(tmp_path / "data" / "fluorite.db")
    async with opened.database.atomic():
        await opened.projects.ensure("/shop", AT)
    await add(opened, *CHUNKS)
    yield opened
    await opened.close()


class Caches:
    """The caches over a store, and what reads ahead into them."""

    def __init__(self, store: Store) -> None:
        self.headers = HeaderCache(store.chunks)
        self.documents = DocumentCache(store.chunks, store.merged, LexicalIndex(store.database), bundled(), bundled())
        self.ahead = ReadAhead(store.chunks, self.headers, self.documents)


def same(one: Document, other: Document) -> bool:
    arrays = [
        (one.names, other.names), (one.standing, other.standing),
        *((getattr(one.text, name), getattr(other.text, name)) for name in ("terms", "counts", "mean")),
        *((getattr(one.text.definitions, name), getattr(other.text.definitions, name)) for name in ("terms", "sizes")),
    ]  # fmt: skip
    return (
        all(np.array_equal(left, right, equal_nan=True) for left, right in arrays)
        and one.text.definitions.lines == other.text.definitions.lines
        and (one.path, one.text.length, one.text.lines) == (other.path, other.text.length, other.text.lines)
    )


async def ids(store: Store) -> list[DocumentId]:
    return [document_of(chunk) for chunk in (await store.chunks.find([chunk.id for chunk in CHUNKS])).values()]


async def test_what_was_read_ahead_is_what_would_have_been_read(store: Store) -> None:
    early, late = Caches(store), Caches(store)
    await early.ahead.read((1, GLOBAL_SCOPE))
    wanted = await ids(store)
    known, found = await early.documents.load(wanted), await late.documents.load(wanted)

    assert set(known) == set(wanted)
    assert all(same(known[one], found[one]) for one in wanted)
    keys = [chunk.key for chunk in (await store.chunks.find([chunk.id for chunk in CHUNKS])).values()]
    assert await early.headers.load_headers(keys) == await late.headers.load_headers(keys)


async def test_after_it_nothing_is_read_until_the_store_changes(store: Store) -> None:
    caches = Caches(store)
    await caches.ahead.read((1,))
    before = (await caches.documents.load([(1, "a/x.py")]))[(1, "a/x.py")]
    assert (await caches.documents.load([(1, "a/x.py")]))[(1, "a/x.py")] is before
    async with store.database.atomic():
        await store.chunks.retire(["c1"], AT)
    await caches.ahead.read((1,))

    assert (await caches.documents.load([(1, "a/x.py")]))[(1, "a/x.py")].text.length == 3


async def test_a_large_scope_is_not_read_ahead(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "SMALL_SCOPE_CHUNKS", 3)
    caches = Caches(store)
    await caches.ahead.read((1, GLOBAL_SCOPE))

    assert {document for document in caches.documents._documents if not isinstance(document, int)} == set()
    assert len(caches.documents._documents) == 1


async def test_more_chunks_than_allowed_leave_no_half_documents(store: Store) -> None:
    caches = Caches(store)
    await caches.documents.load_scope(1, 2)

    assert caches.documents._documents == {}


async def test_the_size_of_a_scope_is_counted_no_further_than_asked(store: Store) -> None:
    assert await store.chunks.size_of_scope(1, 100) == 4
    assert await store.chunks.size_of_scope(1, 2) == 2
    assert await store.chunks.size_of_scope(GLOBAL_SCOPE, 100) == 1
