"""Everything beside the database is derived: without it the next start answers the same, and says what it missed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fluorite_mcp.engine import DATABASE_NAME, Engine
from fluorite_mcp.errors import StoreCorruptError
from fluorite_mcp.storage.backup import list_backups
from tests.reliability.soundness import check_store

pytestmark = pytest.mark.anyio

QUERIES = ("book an invoice", "drawRevenueChart", "督促メール", "remind customers", "how to deploy")
DAMAGE = (
    "vectors/*.faiss deleted", "vectors/*.faiss truncated", "vectors/*.faiss overwritten", "vectors deleted",
    "cache deleted", "cache/* overwritten", "locks deleted", "locks/* overwritten", "fluorite.lock deleted",
    "vectors/*.lock deleted", "backups deleted",
)  # fmt: skip


async def answers(engine: Engine) -> list[tuple[str, float]]:
    results = await engine.search_many(QUERIES)
    assert all(result.hits for result in results)
    return [(hit.id, hit.score) for result in results for hit in result.hits]


@pytest.fixture
async def before(data_dir: Path, project: Path) -> list[tuple[str, float]]:
    """A store with published vector files, and what it answered."""
    async with Engine.open(data_dir, folder=project) as engine:
        await engine.store("Deploys need the VPN.")
        await engine.learn()
        await engine.rebuild()
        await engine.settle()
        return await answers(engine)


def damage(path: Path, how: str) -> None:
    if how == "truncated":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif how == "overwritten":
        path.write_bytes(b"\xff" * 5000)
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


@pytest.mark.parametrize("what", DAMAGE)
async def test_without_a_derived_file_the_answers_are_the_same(
    data_dir: Path, project: Path, before: list[tuple[str, float]], what: str
) -> None:
    (data_dir / "cache").mkdir(exist_ok=True)
    (data_dir / "cache" / "cache.db").touch()
    pattern, how = what.split()
    damaged = list(data_dir.glob(pattern))
    assert damaged
    for path in damaged:
        damage(path, how)

    async with Engine.open(data_dir, folder=project) as engine:
        assert sorted(await answers(engine)) == sorted(before)
        await engine.rebuild()
        assert sorted(await answers(engine)) == sorted(before)
    await check_store(data_dir)


async def test_a_lost_vector_file_is_told_once(data_dir: Path, project: Path, before: list[tuple[str, float]]) -> None:
    for path in (data_dir / "vectors").glob("*.faiss"):
        path.write_bytes(b"damaged")

    async with Engine.open(data_dir, folder=project) as engine:
        first = await engine.search(QUERIES[0])
        second = await engine.search(QUERIES[0])

    assert "was missing or damaged and is rebuilt from the store" in " ".join(first.notices)
    assert second.notices == ()
    assert second.hits == first.hits


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.99])
async def test_a_truncated_store_is_reported_with_its_backup_and_left_as_it_is(
    data_dir: Path, project: Path, before: list[tuple[str, float]], kept: float
) -> None:
    database = data_dir / DATABASE_NAME
    whole = database.read_bytes()
    cut = whole[: int(len(whole) * kept)]
    database.write_bytes(cut)
    backup = list_backups(database)[-1]

    with pytest.raises(StoreCorruptError) as caught:
        async with Engine.open(data_dir, folder=project):
            pass

    assert str(backup) in str(caught.value)
    assert database.read_bytes() == cut


async def test_the_backup_answers_in_the_place_of_a_damaged_store(
    data_dir: Path, project: Path, before: list[tuple[str, float]]
) -> None:
    database = data_dir / DATABASE_NAME
    database.write_bytes(b"")
    shutil.copy(list_backups(database)[-1], database)

    async with Engine.open(data_dir, folder=project) as engine:
        assert sorted(await answers(engine)) == sorted(before)
