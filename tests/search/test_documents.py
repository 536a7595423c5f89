"""Files put together from their chunks in a real store, and kept until the store changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fluorite_mcp.index.lexical import LexicalIndex
from fluorite_mcp.models import Chunk, Origin, PreparedChunk
from fluorite_mcp.search import documents as documents_module
from fluorite_mcp.search.documents import Document, DocumentCache, document_of
from fluorite_mcp.search.fields import embedding_text, lexical_fields
from fluorite_mcp.search.profile import term_hash
from fluorite_mcp.storage.store import Store
from tests.search.conftest import Shelf, bundled, piece
from tests.storage.conftest import AT, open_at

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_at(tmp_path / "data" / "fluorite.db")
    async with opened.database.atomic():
        await opened.projects.ensure("/shop", AT)
    yield opened
    await opened.close()


async def add(store: Store, *chunks: Chunk, model: str | None = None) -> None:
    items = []
    for chunk in chunks:
        dated = replace(chunk, created_at=AT, accessed_at=AT, recorded_at=AT)
        vector = bundled().embed_query(embedding_text(chunk)).astype(np.float16).tobytes()
        items.append(PreparedChunk(dated, lexical_fields(dated), vector))
    async with store.database.atomic():
        await store.chunks.add(items, model or bundled().name)


def cache_of(store: Store) -> DocumentCache:
    return DocumentCache(store.chunks, store.merged, LexicalIndex(store.database), bundled(), bundled())


async def load(store: Store, path: str) -> Document:
    return (await cache_of(store).load([(1, path)]))[(1, path)]


def counts(document: Document) -> Mapping[int, float]:
    return dict(zip(document.text.terms.tolist(), document.text.counts.tolist(), strict=True))


TWO = (
    piece(0, "a/x.py", "dog cat dog", end=10, defines=(("walk", "function", 1, 1),)),
    piece(1, "a/x.py", "dog bird", line=11, end=30, defines=(("walk", "function", 90, 0), ("Bird", "class", 9, 0))),
)


async def test_a_file_is_put_together_from_its_chunks(store: Store) -> None:
    await add(store, *TWO, piece(2, "a/y.py", "dog"))
    document = await load(store, "a/x.py")

    assert counts(document) == {term_hash(word): count for word, count in (("dog", 3), ("cat", 1), ("bird", 1))}
    assert (document.text.length, document.text.lines) == (5, 30)
    assert document.text.terms.tolist() == sorted(document.text.terms.tolist())
    assert float(np.linalg.norm(document.text.mean)) == pytest.approx(1.0, abs=1e-3)


async def test_of_two_definitions_of_a_name_the_strongest_counts(store: Store) -> None:
    await add(store, *TWO)
    document = await load(store, "a/x.py")

    first, second = document.text.definitions.at(0), document.text.definitions.at(1)

    assert (first.name, second.name) == ("walk", "Bird")
    assert first.strength > 0.8


async def test_a_definition_knows_the_words_of_its_name(store: Store) -> None:
    await add(store, piece(0, "a/x.py", defines=(("send_mail", "function", 9, 0), ("run", "function", 9, 0))))
    document = await load(store, "a/x.py")
    terms = document.text.definitions.terms.tolist()

    assert document.text.definitions.sizes.tolist() == [2, 1]
    assert (set(terms[:2]), terms[2:]) == ({term_hash("send"), term_hash("mail")}, [term_hash("run")])


async def test_archived_chunks_do_not_count(store: Store) -> None:
    await add(store, *TWO)
    async with store.database.atomic():
        await store.chunks.retire(["c1"], AT)

    assert counts(await load(store, "a/x.py")) == {term_hash("dog"): 2, term_hash("cat"): 1}


async def test_vectors_of_another_model_do_not_count(store: Store) -> None:
    await add(store, TWO[0], model="other")
    document = await load(store, "a/x.py")

    assert document.text.length == 3
    assert document.text.mean.shape == (0,)


async def test_a_file_knows_how_often_it_is_imported(store: Store) -> None:
    await add(
        store,
        piece(0, "a/wire.py", "def send(): ..."),
        piece(1, "a/b.py", "import wire"),
        piece(2, "a/c.py", "from a import wire"),
        piece(3, "a/d.py", "print('wire')"),
    )

    assert (await load(store, "a/wire.py")).importers == 2
    assert (await load(store, "a/d.py")).importers == 0


async def test_what_is_stored_is_a_document_of_its_own(store: Store) -> None:
    await add(store, Chunk("note:1", "note", "Dogs", "walk them"))
    [chunk] = (await store.chunks.find(["note:1"])).values()
    [document] = (await cache_of(store).load([chunk.key])).values()

    assert document_of(chunk) == chunk.key
    assert document.path is None
    assert (document.text.length, len(document.names)) == (3, 1)


def test_a_chunk_belongs_to_its_file_only_if_it_was_learned_from_it() -> None:
    assert document_of(piece(7, "a/x.py")) == (1, "a/x.py")
    assert document_of(replace(piece(7, "a/x.py"), project=None)) == 7
    assert document_of(Chunk("m", "memory", "", "", key=9, project=1, origin=Origin("a/x.py"))) == 9


async def test_a_document_is_gone_with_its_chunks_and_new_when_the_store_changes(store: Store) -> None:
    await add(store, TWO[0])
    cache = cache_of(store)
    before = (await cache.load([(1, "a/x.py")]))[(1, "a/x.py")]
    assert (await cache.load([(1, "a/x.py")]))[(1, "a/x.py")] is before
    await add(store, TWO[1])
    assert (await cache.load([(1, "a/x.py")]))[(1, "a/x.py")].text.length == 5
    async with store.database.atomic():
        await store.chunks.retire(["c0", "c1"], AT)

    assert await cache.load([(1, "a/x.py"), (1, "none.py"), 99]) == {}


async def reads(shelf: Shelf, cache: DocumentCache, ids: Sequence[int]) -> int:
    await cache.load(ids)
    return shelf.reads


async def test_documents_are_read_once_and_the_cache_does_not_grow_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf = Shelf([Chunk(f"n{key}", "note", "", "dog", key=key) for key in range(5)])
    cache = DocumentCache(shelf, shelf, shelf, bundled(), bundled())

    assert await reads(shelf, cache, [1, 2]) == 1
    assert await reads(shelf, cache, [1, 2]) == 1
    assert await reads(shelf, cache, [2, 3]) == 2
    monkeypatch.setattr(documents_module, "_DOCUMENTS_KEPT", 2)
    assert await reads(shelf, cache, [1]) == 3
