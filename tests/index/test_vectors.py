"""Vector indexes against plain numpy, and their files against damage."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fluorite_mcp.index import vectors
from fluorite_mcp.index.inverted import InvertedIndex
from fluorite_mcp.index.published_file import checksum_of
from fluorite_mcp.index.vectors import (
    create_exact,
    from_bytes,
    read_index,
    search_index,
    to_bytes,
    write_index,
)
from tests.index.conftest import build_index, clustered, nearest, unit

KEYS = np.arange(300, dtype=np.int64) * 7 + 3


def test_vectors_survive_the_way_through_the_store() -> None:
    original = clustered(10)

    rows = to_bytes(original)

    assert [len(row) for row in rows] == [64] * 10
    assert np.abs(from_bytes(rows) - original).max() < 1e-3


def test_the_exact_index_finds_what_comparing_all_finds() -> None:
    stored = from_bytes(to_bytes(clustered(300)))
    index = build_index(KEYS, stored)
    for query in clustered(20, seed=1):
        found = search_index(index, query, 10)
        assert [key for key, _ in found] == [int(KEYS[row]) for row in nearest(stored, query, 10)]
        assert [score for _, score in found] == pytest.approx(sorted(stored @ query, reverse=True)[:10], abs=1e-3)


def test_removed_vectors_do_not_count_and_allowed_ones_alone_do() -> None:
    stored = clustered(300)
    index, query = build_index(KEYS, stored), clustered(1, seed=2)[0]
    best = [key for key, _ in search_index(index, query, 10)]

    assert [key for key, _ in search_index(index, query, 5, removed=best[:5])] == best[5:]
    assert [key for key, _ in search_index(index, query, 5, allowed=[best[7], best[2], -1])] == [best[2], best[7]]
    assert [key for key, _ in search_index(index, query, 5, allowed=best[:3], removed=best[1:2])] == [best[0], best[2]]
    assert search_index(index, query, 5, allowed=[]) == []
    assert search_index(index, query, 500, removed=[int(key) for key in KEYS]) == []


def test_more_than_there_is_and_an_empty_index() -> None:
    query = clustered(1, seed=2)[0]

    assert len(search_index(build_index(KEYS, clustered(300)), query, 1000)) == 300
    assert search_index(create_exact(32), query, 5) == []


def test_above_the_exact_limit_nearly_all_true_neighbours_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 5_000)
    stored, queries = clustered(20_000, 64, 200), clustered(100, 64, 200)
    keys = np.arange(20_000, dtype=np.int64) + 1_000_000
    index = build_index(keys, stored)
    assert isinstance(index, InvertedIndex)

    shared = 0
    for query in queries:
        found = {key - 1_000_000 for key, _ in search_index(index, query, 10)}
        shared += len(found & set(nearest(stored, query, 10)))

    assert shared / 1000 >= 0.95


def test_masks_hold_above_the_exact_limit_and_in_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 100)
    stored = clustered(3_000)
    built = build_index(np.arange(3_000, dtype=np.int64), stored)
    checksum = write_index(built, tmp_path / "a.faiss")
    read = read_index(tmp_path / "a.faiss", checksum)
    assert read is not None
    query = unit(stored[5] + 0.01)
    for index in (built, read):
        best = [key for key, _ in search_index(index, query, 10)]
        assert best[0] == 5
        assert search_index(index, query, 3, removed=[5])[0][0] == best[1]
        assert [key for key, _ in search_index(index, query, 3, allowed=[5])] == [5]
        assert search_index(index, query, 10) == search_index(built, query, 10)


def test_a_written_index_answers_the_same(tmp_path: Path) -> None:
    index, query = build_index(KEYS, clustered(300)), clustered(1, seed=3)[0]
    checksum = write_index(index, tmp_path / "日本 a.faiss")

    read = read_index(tmp_path / "日本 a.faiss", checksum)

    assert search_index(read, query, 300) == search_index(index, query, 300)
    assert [file.name for file in tmp_path.iterdir()] == ["日本 a.faiss"]


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "a.faiss"
    return path, write_index(build_index(KEYS, clustered(300)), path)


def test_a_missing_file_is_no_index(written: tuple[Path, str]) -> None:
    path, checksum = written
    path.unlink()

    assert read_index(path, checksum) is None


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_no_index(written: tuple[Path, str], kept: float) -> None:
    path, checksum = written
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])

    assert read_index(path, checksum) is None


@pytest.mark.parametrize("place", [0, 5, 30, 60, 0.1, 0.5, 0.999])
def test_a_flipped_bit_is_noticed(written: tuple[Path, str], place: float) -> None:
    path, checksum = written
    data = bytearray(path.read_bytes())
    data[int(place if isinstance(place, int) else place * len(data))] ^= 0x10
    path.write_bytes(data)

    assert read_index(path, checksum) is None


def test_the_file_of_another_generation_is_no_index(written: tuple[Path, str]) -> None:
    path, checksum = written
    write_index(build_index(KEYS, clustered(300, seed=9)), path)

    assert read_index(path, checksum) is None


def test_a_file_that_is_no_index_is_refused_even_with_its_checksum(written: tuple[Path, str]) -> None:
    path, _ = written
    path.write_bytes(b"no index")

    assert read_index(path, checksum_of(path)) is None


KILLED = """
import os, sys
from pathlib import Path
from fluorite_mcp.index import vectors
from fluorite_mcp.index.inverted import InvertedIndex
from tests.index.conftest import build_index, clustered
import numpy as np
os.fsync = lambda descriptor: os.kill(os.getpid(), 9)
vectors.write_index(build_index(np.arange(300), clustered(300)), Path(sys.argv[1]))
"""


def test_a_writer_that_is_killed_leaves_the_old_file(written: tuple[Path, str]) -> None:
    path, checksum = written

    assert subprocess.run([sys.executable, "-c", KILLED, path]).returncode == -9

    assert read_index(path, checksum) is not None


def test_an_index_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.faiss" / "in the way").mkdir(parents=True)

    with pytest.raises(OSError, match="faiss"):
        write_index(build_index(KEYS, clustered(300)), tmp_path / "a.faiss")

    assert [file.name for file in tmp_path.iterdir()] == ["a.faiss"]
