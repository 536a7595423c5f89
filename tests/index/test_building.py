"""Building an index here and in a process of its own: one contract, and what happens when something ends early."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fluorite_mcp.errors import StoreError
from fluorite_mcp.index import build_process
from fluorite_mcp.index.build_order import Build, BuildOrder, Portion, Purpose
from fluorite_mcp.index.build_process import BuildProcess, serve, start_build
from fluorite_mcp.index.building import BuildHere
from fluorite_mcp.index.inverted import RETRAIN_GROWTH, InvertedIndex
from fluorite_mcp.index.vector_build import InvertedIndexBuild
from fluorite_mcp.index.vectors import read_index, to_bytes, write_index
from tests.index.conftest import build_index, clustered

pytestmark = pytest.mark.anyio

STORED = clustered(3_000)


def portion(purpose: Purpose, start: int, end: int, stored: NDArray[np.float32] = STORED) -> Portion:
    keys = np.arange(start, end, dtype=np.int64)
    return Portion(purpose, keys.tobytes(), b"".join(to_bytes(stored[start:end])))


@asynccontextmanager
async def here() -> AsyncIterator[Build]:
    yield BuildHere()


BUILDERS = pytest.mark.parametrize("start", [here, start_build])


def opened(path: str, checksum: str) -> InvertedIndex:
    index = read_index(Path(path), checksum)
    assert isinstance(index, InvertedIndex)
    return index


async def build_whole(build: Build, path: Path) -> str:
    assert not await build.begin(BuildOrder("vectors", str(path), 2_500))
    await build.take(portion("sample", 0, 1_000))
    await build.take(portion("add", 0, 1_000))
    await build.take(portion("add", 1_000, 2_500))
    checksum, rows = await build.finish()
    assert rows == 2_500
    return checksum


@BUILDERS
async def test_an_index_is_built_from_nothing(start: object, tmp_path: Path) -> None:
    path = tmp_path / "日本 1.faiss"
    async with start() as build:  # type: ignore[operator]
        index = opened(str(path), await build_whole(build, path))

    assert index.search(STORED[2_400], 1)[0].tolist() == [2_400]
    assert index.lists.trained == 2_500
    assert np.isfinite(index.lists.reach)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@BUILDERS
async def test_a_build_goes_on_from_the_index_before(start: object, tmp_path: Path) -> None:
    first, second = tmp_path / "1.faiss", tmp_path / "2.faiss"
    async with start() as build:  # type: ignore[operator]
        checksum = await build_whole(build, first)
    order = BuildOrder("vectors", str(second), 3_000, str(first), checksum, (17, 99_999))
    async with start() as build:  # type: ignore[operator]
        assert await build.begin(order)
        await build.take(portion("add", 2_500, 3_000))
        checksum, rows = await build.finish()

    index = opened(str(second), checksum)
    assert rows == 2_999
    assert index.search(STORED[2_999], 1)[0].tolist() == [2_999]
    assert 17 not in index.search(STORED[17], 20)[0]
    assert index.lists.trained == 2_500, "the lists stay as they are"


@pytest.mark.parametrize("why", ["damaged", "missing", "exact", "outgrown"])
async def test_a_base_that_does_not_serve_is_not_used(why: str, tmp_path: Path) -> None:
    path = tmp_path / "1.faiss"
    build = BuildHere()
    checksum = await build_whole(build, path)
    expected = 3_000
    if why == "damaged":
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    elif why == "missing":
        path.unlink()
    elif why == "exact":
        checksum = write_index(build_index(np.arange(3_000), STORED), path)
    else:
        expected = RETRAIN_GROWTH * 2_500

    assert not InvertedIndexBuild(
        BuildOrder("vectors", str(tmp_path / "2.faiss"), expected, str(path), checksum)
    ).goes_on


@BUILDERS
async def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(start: object, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        async with start() as build:  # type: ignore[operator]
            await build_whole(build, tmp_path / "nowhere" / "1.faiss")


async def test_an_index_of_no_vectors_is_not_written(tmp_path: Path) -> None:
    build = BuildHere()
    await build.begin(BuildOrder("vectors", str(tmp_path / "1.faiss"), 1))
    with pytest.raises(ValueError, match="no vectors"):
        await build.finish()


async def test_a_killed_build_is_reported_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="ended with -9"):  # noqa: PT012 - the moment of the kill is the point
        async with start_build() as build:
            assert isinstance(build, BuildProcess)
            await build.begin(BuildOrder("vectors", str(tmp_path / "1.faiss"), 3_000))
            os.kill(build._process.pid, signal.SIGKILL)
            for _ in range(200):
                await build.take(portion("sample", 0, 3_000))

    assert list(tmp_path.iterdir()) == []


async def test_a_build_that_is_given_up_ends_its_process(tmp_path: Path) -> None:
    async with start_build() as build:
        assert isinstance(build, BuildProcess)
        await build.begin(BuildOrder("vectors", str(tmp_path / "1.faiss"), 3_000))
        await build.take(portion("sample", 0, 3_000))
        pid = build._process.pid

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list(tmp_path.iterdir()) == []


async def test_where_no_process_can_be_started_this_one_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_process, "_COMMAND", (str(tmp_path / "no program"),))
    path = tmp_path / "1.faiss"
    async with start_build() as build:
        assert isinstance(build, BuildHere)
        opened(str(path), await build_whole(build, path))


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.999])
def test_a_parent_that_ends_early_gets_nothing_written(kept: float, tmp_path: Path) -> None:
    whole = _written_by_a_parent(tmp_path / "1.faiss")
    answers = io.BytesIO()

    serve(io.BytesIO(whole[: int(len(whole) * kept)]), answers)

    assert list(tmp_path.iterdir()) == []
    assert b"checksum" not in answers.getvalue()


def _written_by_a_parent(path: Path) -> bytes:
    """Return what a parent process writes for a whole build."""
    written = io.BytesIO()

    class Pipe:
        def write(self, data: bytes) -> None:
            written.write(data)

        async def drain(self) -> None: ...

    class Answers:
        async def readline(self) -> bytes:
            return b'{"goes_on": false, "checksum": "", "rows": 2500}\n'

    class Process:
        stdin, stdout = Pipe(), Answers()

    asyncio.run(build_whole(BuildProcess(Process()), path))  # type: ignore[arg-type]
    return written.getvalue()


def test_a_whole_order_is_carried_out(tmp_path: Path) -> None:
    answers = io.BytesIO()

    serve(io.BytesIO(_written_by_a_parent(tmp_path / "1.faiss")), answers)

    assert b'"rows": 2500' in answers.getvalue()
    assert (tmp_path / "1.faiss").exists()
