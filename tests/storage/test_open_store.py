"""Opening stores: folders, stamps of the word index, damage."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import filelock
import pytest

from fluorite_mcp.errors import StoreBusyError, StoreCorruptError, StoreFullError, StoreTooNewError
from fluorite_mcp.storage import store as store_module
from fluorite_mcp.storage.store import Store
from tests.storage.conftest import add, ask, matches, note, open_at

pytestmark = pytest.mark.anyio


async def test_what_was_committed_is_there_after_reopening(store: Store, path: Path) -> None:
    (kept,) = await add(store, note("n1", "deploys need the vpn"))
    await store.close()

    again = await open_at(path)
    assert await again.chunks.find(["n1"]) == {"n1": kept}
    await again.close()


async def test_the_data_folder_is_private(store: Store, path: Path) -> None:
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_another_stamp_of_the_words_rebuilds_their_index(store: Store, path: Path) -> None:
    (kept,) = await add(store, note("n1", "deploys need the vpn"))
    async with store.database.atomic():
        await store.database.execute("INSERT INTO words (words) VALUES ('delete-all')")
    await store.close()
    assert matches(path, "vpn") == []

    again = await open_at(path, words_version="other")
    assert again.notices == ["The word index was rebuilt for this version (1 chunks)."]
    assert matches(path, "vpn") == [kept.key]
    await again.close()

    last = await open_at(path, words_version="other")
    assert last.notices == []
    await last.close()


async def test_a_session_of_an_older_version_writes_no_words_beside_newer_ones(store: Store, path: Path) -> None:
    await add(store, note("n1", "deploys need the vpn"))
    newer = await open_at(path, words_version="newer")

    with pytest.raises(StoreTooNewError, match="Restart this session"):
        await add(store, note("n2", "written too late"))
    with pytest.raises(StoreTooNewError, match="Restart this session"):
        async with store.database.atomic():
            await store.chunks.retire(["n1"], "2026-01-01T00:00:00Z")

    assert list(await newer.chunks.find(["n1", "n2"])) == ["n1"]
    await add(newer, note("n3", "written in time"))
    await newer.close()


async def test_several_stores_open_at_once_in_one_process(path: Path) -> None:
    stores = await asyncio.gather(*(open_at(path) for _ in range(4)))
    await add(stores[0], note("n1", "seen by all"))

    assert [list(await each.chunks.find(["n1"])) for each in stores] == [["n1"]] * 4
    for each in stores:
        await each.close()


async def test_a_data_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreFullError, match="FLUORITE_DATA_DIR"):
        await open_at(tmp_path / "file" / "data" / "fluorite.db")


async def test_a_lock_that_cannot_be_written_is_reported(path: Path) -> None:
    path.with_suffix(".lock").mkdir(parents=True)

    with pytest.raises(StoreFullError, match="cannot be written"):
        await open_at(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_data_folder_that_may_not_be_written_is_reported(path: Path) -> None:
    path.parent.mkdir(mode=0o500)

    with pytest.raises(StoreFullError, match="cannot be written"):
        await open_at(path)


async def test_waiting_too_long_for_another_opening_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_SECONDS", 0.1)
    path.parent.mkdir()
    with filelock.FileLock(path.with_suffix(".lock")), pytest.raises(StoreBusyError, match="opening the store"):
        await open_at(path)


async def test_a_damaged_store_is_refused_and_its_lock_given_back(store: Store, path: Path) -> None:
    await store.close()
    path.write_bytes(path.read_bytes()[:-1000])
    for _ in range(2):
        with pytest.raises(StoreCorruptError, match="truncated"):
            await open_at(path)


async def test_a_store_that_fails_while_it_is_prepared_is_closed(store: Store, path: Path) -> None:
    async with store.database.atomic():
        await store.database.execute("DROP TABLE meta")
    with pytest.raises(Exception, match="no such table: meta"):
        await open_at(path)

    # Nothing holds the store: a whole new table can be made at once.
    async with store.database.atomic():
        await store.database.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
    again = await open_at(path)
    assert ask(path, "SELECT count(*) FROM meta") == [1]
    await again.close()
