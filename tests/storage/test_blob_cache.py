"""The cache holds bytes, and what others put into its folder is never run, followed or fatal."""

from __future__ import annotations

import io
import pickle
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import diskcache
import numpy as np
import pytest

from fluorite_mcp.storage.cache import BytesDisk, DiskBlobCache

MEGABYTE = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> Iterator[DiskBlobCache]:
    opened = DiskBlobCache(folder, 4)
    yield opened
    opened.close()


def put_row(folder: Path, **columns: Any) -> None:
    """Write a row as someone else would who may write the folder."""
    row = {"raw": 1, "store_time": 0.0, "access_time": 0.0, "size": 10, "filename": None, "value": None} | columns
    with closing(sqlite3.connect(folder / "cache.db")) as connection, connection:
        marks = ",".join("?" * len(row))
        connection.execute(f"INSERT INTO Cache ({','.join(row)}) VALUES ({marks})", list(row.values()))


def noise(seed: int, size: int) -> bytes:
    return np.random.default_rng(seed).bytes(size)


@pytest.mark.parametrize("value", [b"", b"short", b"long " * 50_000, noise(1, 200_000)])
def test_bytes_come_back_also_after_reopening(cache: DiskBlobCache, folder: Path, value: bytes) -> None:
    cache.set("k", value)
    assert cache.get("k") == value
    cache.close()

    assert cache.get("k") == value
    assert cache.get("other") is None
    assert (cache.hits, cache.misses) == (2, 1)


def test_derived_text_is_kept_compressed(cache: DiskBlobCache) -> None:
    cache.set("empty", b"")
    before = cache.size_bytes()
    cache.set("k", b"the same words again " * 100_000)

    assert cache.size_bytes() - before < 100_000


class Payload:
    """Makes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


def test_a_pickled_value_is_never_run(cache: DiskBlobCache, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "executed"
    payload = pickle.dumps(Payload(target))
    cache.set("good", b"bytes")
    put_row(folder, key="evil", mode=4, value=payload)
    (folder / "evil.val").write_bytes(payload)
    put_row(folder, key="file", mode=4, filename="evil.val")
    put_row(folder, key=pickle.dumps(Payload(target)), raw=0, mode=1, value=b"")

    # The payload works: diskcache's own Disk runs it.
    with diskcache.Cache(str(shutil.copytree(folder, tmp_path / "stock"))) as stock:
        stock.get("evil")
    assert target.exists()
    target.unlink()

    for key in ("evil", "file"):
        assert cache.get(key) is None
    cache.set("evil", b"mine")
    assert cache.get("evil") == b"mine"
    assert cache.get("good") == b"bytes"
    assert not target.exists()
    assert cache.notices == []


def test_rows_of_other_modes_and_broken_rows_are_misses(cache: DiskBlobCache, folder: Path) -> None:
    cache.set("good", b"bytes")
    put_row(folder, key="text", mode=1, value="text, not bytes")
    put_row(folder, key="file of text", mode=3, filename="x")
    put_row(folder, key="no frame", mode=1, value=b"no zstd frame")

    for key in ("text", "file of text", "no frame"):
        assert cache.get(key) is None
    assert cache.get("good") == b"bytes"
    assert cache.notices == []


def test_a_row_cannot_name_files_outside_the_folder(cache: DiskBlobCache, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    cache.set("large", noise(1, 100_000))
    (stored,) = folder.glob("*/*/*.val")
    shutil.copy(stored, secret)
    put_row(folder, key="evil", mode=2, filename="../secret")

    assert cache.get("evil") is None
    cache.set("evil", b"takes the row's place, so that its file goes")
    assert secret.exists()
    assert cache.get("large") == noise(1, 100_000)


def test_only_bytes_under_text_keys_are_stored(folder: Path) -> None:
    with diskcache.Cache(str(folder), disk=BytesDisk) as raw:
        for key, value in (("k", "text"), ("k", 1), (b"k", b"bytes"), (1, b"bytes")):
            with pytest.raises(TypeError):
                raw.set(key, value)
        with pytest.raises(ValueError, match="key"):
            raw.disk.get(b"pickled", raw=False)
        with pytest.raises(TypeError):
            raw.set("k", io.BytesIO(b"bytes"), read=True)


def test_the_limit_holds_and_what_was_used_stays(folder: Path) -> None:
    cache = DiskBlobCache(folder, 2)
    for number in range(100):
        cache.set(f"k{number}", noise(number, 100_000))
        assert cache.get("k0") is not None
    assert cache.size_bytes() < 2.5 * MEGABYTE
    assert sum(file.stat().st_size for file in folder.rglob("*.val")) <= 2 * MEGABYTE
    assert cache.get("k99") == noise(99, 100_000)
    assert cache.get("k1") is None
    cache.close()


@pytest.mark.parametrize("damage", [b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_folder_starts_over_with_one_notice(cache: DiskBlobCache, folder: Path, damage: bytes) -> None:
    cache.set("k", b"old")
    cache.close()
    for file in folder.glob("cache.db*"):
        file.write_bytes(damage)

    assert cache.get("k") is None
    cache.set("k", b"new")
    assert cache.get("k") == b"new"
    assert len(cache.notices) == 1
    assert "started anew" in cache.notices[0]


def test_foreign_settings_in_the_folder_start_it_over(cache: DiskBlobCache, folder: Path) -> None:
    cache.set("k", b"old")
    cache.close()
    with closing(sqlite3.connect(folder / "cache.db")) as connection, connection:
        connection.execute("INSERT INTO Settings VALUES ('disk_unknown', 1)")

    assert cache.get("k") is None
    cache.set("k", b"new")
    assert cache.get("k") == b"new"
    assert len(cache.notices) == 1


def test_a_cache_that_another_process_writes_is_a_miss_and_no_damage(cache: DiskBlobCache, folder: Path) -> None:
    cache.set("k", b"bytes")
    with closing(sqlite3.connect(folder / "cache.db", isolation_level=None)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        cache._cache._timeout = 0.05
        cache._thread.submit(cache._cache.close).result()  # type: ignore[union-attr] # so that the timeout is used
        cache.set("k", b"not written")
        assert cache.notices == []
        rival.execute("COMMIT")

    assert cache.get("k") == b"bytes"


def test_a_folder_that_cannot_be_used_is_said_once_and_is_a_miss(folder: Path) -> None:
    folder.write_text("a file in the way")
    cache = DiskBlobCache(folder, 4)
    for _ in range(5):
        cache.set("k", b"bytes")
        assert cache.get("k") is None
    assert len(cache.notices) == 2
    assert "cannot be used" in cache.notices[1]
    assert folder.read_text() == "a file in the way"
    cache.close()


def test_a_folder_deleted_in_use_costs_misses_only(cache: DiskBlobCache, folder: Path) -> None:
    other = DiskBlobCache(folder, 4)
    cache.set("k", b"old")
    other.set("k", b"old")
    shutil.rmtree(folder)

    for _ in range(3):
        for each in (cache, other):
            each.set("k", b"new")
    assert cache.get("k") == other.get("k") == b"new"
    assert cache.notices == other.notices == []
    other.close()


def test_the_size_of_no_cache_is_nothing(cache: DiskBlobCache, folder: Path) -> None:
    assert cache.size_bytes() == 0
    assert not folder.exists()


def test_many_threads_share_a_cache(cache: DiskBlobCache) -> None:
    def use(number: int) -> None:
        for step in range(20):
            cache.set(f"{number}-{step}", bytes([number]))
            assert cache.get(f"{number}-{step}") == bytes([number])

    threads = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.hits == 120


USE = """
import sys
from pathlib import Path
from fluorite_mcp.storage.cache import DiskBlobCache
cache = DiskBlobCache(Path(sys.argv[1]), 8)
for step in range(50):
    cache.set(f"{sys.argv[2]}-{step}", sys.argv[2].encode() * 1000)
found = sum(cache.get(f"{sys.argv[2]}-{step}") == sys.argv[2].encode() * 1000 for step in range(50))
print(found, cache.notices)
cache.close()
"""


def test_several_processes_share_a_folder(cache: DiskBlobCache, folder: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", USE, folder, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(3)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in started] == ["50 []"] * 3

    assert all(cache.get(f"{number}-49") == str(number).encode() * 1000 for number in range(3))
