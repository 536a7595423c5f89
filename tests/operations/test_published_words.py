"""A large project through the engine: its words are published in the background and follow the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.index import compaction, generations
from fluorite_mcp.search import word_tables
from tests.storage.conftest import ask

pytestmark = pytest.mark.anyio


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of 60 functions, which counts as large."""
    for module in (compaction, generations):
        monkeypatch.setattr(module, "WORD_LISTS_FROM", 20)
    monkeypatch.setattr(word_tables, "MAX_TABLE_CHUNKS", 20)
    monkeypatch.setattr(generations, "TAIL_LIMIT", 20)
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / ".git").mkdir()
    for number in range(60):
        text = (
            f'def take_{number}(order):\n    """Takes parcel {number} to the lorry."""\n    return order + {number}\n'
        )
        (folder / f"parcel_{number}.py").write_text(text)
    return folder


async def test_a_large_project_is_searched_with_published_words(tree: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with Engine.open(data, folder=tree) as engine:
        before = await engine.search("takes parcel 17 to the lorry", limit=3)
        await engine.settle()
        after = await engine.search("takes the parcel 17 to a lorry", limit=3)
        (tree / "zebra.py").write_text("def crossing(zebra):\n    return zebra.crosses\n")
        (tree / "parcel_17.py").unlink()
        changed = await engine.search("zebra crossing", limit=1)
        gone = await engine.search("takes parcel 17 to the lorry", limit=10)
        sizes = (await engine.status()).sizes

    assert ask(data / "fluorite.db", "SELECT words_file FROM generations WHERE words_file IS NOT NULL")
    assert list((data / "vectors").glob("*.words"))
    assert before.hits[0].path == after.hits[0].path == "parcel_17.py"
    assert changed.hits[0].path == "zebra.py"
    assert "parcel_17.py" not in [hit.path for hit in gone.hits]
    assert sizes["words_bytes"] > 0


async def test_a_damaged_file_of_words_is_told_and_made_again(tree: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with Engine.open(data, folder=tree) as engine:
        await engine.search("parcel")
        await engine.settle()
    [file] = (data / "vectors").glob("1-*.words")
    file.write_bytes(file.read_bytes()[:-1] + b"?")

    async with Engine.open(data, folder=tree) as engine:
        found = await engine.search("takes parcel 17 to the lorry", limit=3)
        told = [*found.notices, *(await engine.search("takes parcel 18 to the lorry")).notices]
        await engine.settle()
        again = await engine.search("takes parcel 19 to the lorry", limit=1)

    assert found.hits[0].path == "parcel_17.py"
    assert [notice for notice in told if "missing or damaged" in notice]
    assert again.hits[0].path == "parcel_19.py"
    assert len(list((data / "vectors").glob("1-*.words"))) == 2
