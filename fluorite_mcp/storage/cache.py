"""A bounded cache of derived bytes on disk: diskcache without its unpickling.

diskcache's stock serialisers unpickle what they read, so whoever can write the cache folder can run code
(CVE-2025-69872). `BytesDisk` stores and returns raw bytes under text keys and refuses every other mode. The whole
folder may be deleted at any time; a damaged one is.
"""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import diskcache
import zstandard
from diskcache.core import MODE_BINARY, MODE_RAW, UNKNOWN

logger = logging.getLogger(__name__)

# Derived text such as parses shrinks to a fifth at a level that costs microseconds.
_ZSTD_LEVEL = 1
_BYTES_PER_MB = 1024 * 1024

# As diskcache makes them: two folders of two digits, 28 more digits.
_NAME = re.compile(r"[0-9a-f]{2}[/\\][0-9a-f]{2}[/\\][0-9a-f]{28}\.val")


class _DamagedError(Exception):
    """The cache's settings are not as this module writes them."""


class BytesDisk(diskcache.Disk):  # type: ignore[misc] # diskcache carries no types
    """Raw bytes and text only, compressed."""

    def put(self, key: Any) -> tuple[Any, bool]:
        """Return the key as the database holds it."""
        if not isinstance(key, str):
            raise TypeError(f"cache keys are text, not {type(key).__name__}")
        return key, True

    def get(self, key: Any, raw: bool) -> Any:  # noqa: FBT001 - diskcache's signature
        """Return the key as it was given."""
        if not raw or not isinstance(key, str):
            raise ValueError("a cache key that is not plain text was refused")
        return key

    def store(self, value: Any, read: bool, key: Any = UNKNOWN) -> tuple[int, int, str | None, Any]:  # noqa: FBT001
        """Return size, mode, file name and value as the database holds them."""
        if read or not isinstance(value, bytes):
            raise TypeError(f"cache values are bytes, not {type(value).__name__}")
        packed = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(value)
        stored: tuple[int, int, str | None, Any] = super().store(packed, read=False, key=key)
        return stored

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> bytes:  # noqa: FBT001
        """Return the bytes that were stored; any mode but raw bytes and binary files is refused."""
        if read or mode not in (MODE_RAW, MODE_BINARY):
            raise ValueError(f"a cache row of mode {mode} was refused")
        packed = super().fetch(mode, self._inside(filename), value, read=False)
        if not isinstance(packed, bytes):
            raise TypeError("a cache row that is not bytes was refused")
        return zstandard.ZstdDecompressor().decompress(packed)

    def remove(self, file_path: str) -> None:
        """Delete the file of a row that goes."""
        super().remove(self._inside(file_path))

    def _inside(self, name: str | None) -> str | None:
        """Refuse a file name that leads out of the cache's folder: the row was not written by us."""
        if name is not None and not _NAME.fullmatch(name):
            raise ValueError(f"the cache file name {name!r} was refused")
        return name


class DiskBlobCache:
    """Implements `ports.BlobCache` over a folder. Never fails: a cache that cannot answer has a miss.

    All work happens on one thread of its own, because diskcache keeps a connection for each thread that calls it
    and can close only the caller's.
    """

    def __init__(self, folder: Path, limit_mb: int) -> None:
        self._folder = folder
        self._limit = limit_mb * _BYTES_PER_MB
        self._cache: Any = None
        self._thread: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()
        self._started_over = self._given_up = False
        self.hits = 0
        self.misses = 0
        # What the user should hear of once, such as a damaged folder.
        self.notices: list[str] = []

    def get(self, key: str) -> bytes | None:
        """Return the cached bytes or None."""
        found = self._attempt(lambda cache: cache.get(key))
        if isinstance(found, bytes):
            self.hits += 1
            return found
        self.misses += 1
        return None

    def set(self, key: str, value: bytes) -> None:
        """Keep the bytes; the least recently used go when the folder is full."""
        self._attempt(lambda cache: cache.set(key, value))

    def size_bytes(self) -> int:
        """Return what the cache occupies on disk."""
        if not self._folder.exists():
            return 0
        return int(self._attempt(lambda cache: cache.volume()) or 0)

    def close(self) -> None:
        """Close the cache's files; it opens them again when it is asked again."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.submit(self._close).result()
            thread.shutdown()

    def _attempt(self, action: Callable[[Any], Any]) -> Any:
        if self._given_up:
            return None
        with self._starting:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="cache")
            future = self._thread.submit(self._try, action)
        return future.result()

    def _try(self, action: Callable[[Any], Any]) -> Any:
        try:
            try:
                return action(self._open())
            except (sqlite3.Error, OSError) as error:
                if _is_passing(error) or self._cache is None:
                    raise
                # Another process may have started the folder over: then it is only this connection that is stale.
                self._close()
                return action(self._open())
        except (sqlite3.Error, OSError, _DamagedError) as error:
            if not _is_passing(error):
                self._start_over(error)
        except (ValueError, TypeError, KeyError, zstandard.ZstdError) as error:
            # One row that is not ours; the rest of the cache is fine.
            logger.warning("a cache row was ignored: %s", error)
        except diskcache.Timeout:
            logger.debug("the cache is busy")
        return None

    def _open(self) -> Any:
        if self._cache is None:
            try:
                self._cache = diskcache.Cache(
                    str(self._folder), disk=BytesDisk, size_limit=self._limit, eviction_policy="least-recently-used"
                )
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                # Everything that opening reads is ours to write, so whatever it trips over is damage.
                raise _DamagedError(str(error)) from error
        return self._cache

    def _close(self) -> None:
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def _start_over(self, error: Exception) -> None:
        self._close()
        if self._started_over:
            self._given_up = True
            self._notify(f"The cache {self._folder} cannot be used ({error}); answers are computed anew each time.")
            return
        self._started_over = True
        self._notify(f"The cache {self._folder} was damaged ({error}) and is started anew; it holds derived data only.")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _notify(self, notice: str) -> None:
        logger.warning(notice)
        self.notices.append(notice)


def _is_passing(error: Exception) -> bool:
    """Whether an error says nothing about the folder: another process writes, or the disk is full."""
    return "locked" in str(error) or "full" in str(error)
