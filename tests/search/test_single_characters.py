"""A single character of a script without spaces is a query too."""

from __future__ import annotations

import pytest

from fluorite_mcp.engine import Engine


@pytest.mark.anyio
@pytest.mark.parametrize("query", ["猫", "犬"])
async def test_a_single_character_finds_the_note_that_holds_it_inside_a_word(engine: Engine, query: str) -> None:
    note = await engine.store("三毛猫の写真を一覧に出す。", scope="global")
    await engine.store("柴犬は別の画面に出す。", scope="global")

    hits = (await engine.search(query, kinds=["note"])).hits

    assert (hits[0].id == note.id) == (query == "猫")
