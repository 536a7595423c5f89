"""Headers from memory, as long as the store does not change."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fluorite_mcp.models import Chunk
from fluorite_mcp.search import headers
from fluorite_mcp.search.headers import HeaderCache

pytestmark = pytest.mark.anyio


class Table:
    """A store of headers that counts what is read from it."""

    def __init__(self) -> None:
        self.chunks = {key: Chunk(f"c{key}", "note", "old", "", key=key) for key in range(1, 6)}
        self.now = 1
        self.read: list[int] = []

    async def load_headers(self, keys: Sequence[int]) -> dict[int, Chunk]:
        self.read += keys
        return {key: self.chunks[key] for key in keys if key in self.chunks}

    async def headers_of_scope(self, scope: int, limit: int) -> dict[int, Chunk]:
        return await self.load_headers(list(self.chunks)[:limit])

    async def version(self) -> int:
        return self.now


async def test_a_header_is_read_once() -> None:
    table = Table()
    cache = HeaderCache(table)

    await cache.load_headers([1, 2])
    assert set(await cache.load_headers([2, 3])) == {2, 3}
    assert table.read == [1, 2, 3]


async def test_a_change_of_the_store_is_seen() -> None:
    table = Table()
    cache = HeaderCache(table)
    await cache.load_headers([1])
    table.chunks[1] = Chunk("c1", "note", "new", "", key=1)
    del table.chunks[2]
    table.now = 2

    assert {key: chunk.title for key, chunk in (await cache.load_headers([1, 2])).items()} == {1: "new"}


async def test_unknown_keys_are_left_out() -> None:
    assert await HeaderCache(Table()).load_headers([99]) == {}


async def test_the_cache_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "_HEADERS_KEPT", 2)
    table = Table()
    cache = HeaderCache(table)
    await cache.load_headers([1, 2, 3])
    await cache.load_headers([1])

    assert table.read == [1, 2, 3, 1]
