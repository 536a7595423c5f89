"""Chunk text, stored once per distinct text and compressed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence

import zstandard

from fluorite_mcp.storage.database import Database

# The level at which a source file's chunk costs about as long to compress as to insert.
_ZSTD_LEVEL = 3

# Shorter text does not get smaller.
_MIN_COMPRESSED_BYTES = 128


def content_hash(data: bytes) -> bytes:
    """Return the 16-byte name of a text."""
    return hashlib.blake2b(data, digest_size=16).digest()


class ContentTable:
    """The `contents` table."""

    def __init__(self, database: Database, *, compress: bool) -> None:
        self._database = database
        self._compress = compress
        self._compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)

    async def put(self, texts: Sequence[str]) -> list[int]:
        """Store texts that are not there yet; returns each text's key. Runs inside `atomic`."""
        encoded = [text.encode() for text in texts]
        hashes = [content_hash(data) for data in encoded]
        known = await self._keys(hashes)
        new = {name: data for name, data in zip(hashes, encoded, strict=True) if name not in known}
        if new:
            # Keys are given here, as SQLite would: so they need not be asked for. The write lock is held.
            row = await self._database.fetch_one("SELECT max(key) FROM contents")
            first = ((row and row[0]) or 0) + 1
            keys = dict(zip(new, range(first, first + len(new)), strict=True))
            await self._database.execute_many(
                "INSERT INTO contents (key, hash, size, compressed, data) VALUES (?, ?, ?, ?, ?)",
                [(keys[name], name, len(data), *self._pack(data)) for name, data in new.items()],
            )
            known |= keys
        return [known[name] for name in hashes]

    async def _keys(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        rows = await self._database.fetch_in("SELECT hash, key FROM contents WHERE hash IN ({in})", list(set(hashes)))
        return dict(rows)

    def _pack(self, data: bytes) -> tuple[int, bytes]:
        if not self._compress or len(data) < _MIN_COMPRESSED_BYTES:
            return 0, data
        return 1, self._compressor.compress(data)

    async def remove_unused(self, keys: Sequence[int]) -> None:
        """Delete those of the texts that no chunk refers to any more. Runs inside `atomic`."""
        used = await self._database.fetch_in("SELECT DISTINCT content FROM chunks WHERE content IN ({in})", keys)
        unused = set(keys) - {key for (key,) in used}
        await self._database.execute_many("DELETE FROM contents WHERE key = ?", [(key,) for key in unused])


def unpack(compressed: int, data: bytes) -> str:
    """Return the text of a row of `contents`."""
    return (_decompressor().decompress(data) if compressed else data).decode()


def _decompressor() -> zstandard.ZstdDecompressor:
    """Return this thread's decompressor: making one takes longer than a chunk, and threads must not share one."""
    known: zstandard.ZstdDecompressor | None = getattr(_own, "decompressor", None)
    if known is None:
        known = _own.decompressor = zstandard.ZstdDecompressor()
    return known


_own = threading.local()
