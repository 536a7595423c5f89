"""Leaving out chunks that do not count: as words or as rows, with the same result."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.index import common_words, filtering, lexical
from fluorite_mcp.index.expressions import Expression, Filters, RowCondition, ScopeFilter, match_expression
from fluorite_mcp.index.filtering import Filtering
from fluorite_mcp.index.lexical import LexicalIndex
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk
from fluorite_mcp.storage.store import Store
from tests.storage.conftest import AT, add, note, open_at

pytestmark = pytest.mark.anyio

SCOPES: Sequence[tuple[int, ...]] = [(), (GLOBAL_SCOPE,), (1,), (1, GLOBAL_SCOPE), (1, 2)]
KINDS: Sequence[tuple[str, ...]] = [(), ("code",), ("code", "doc"), ("note",)]
LANGUAGES = [None, "python", "go"]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_at(tmp_path / "fluorite.db")
    for number in (1, 2, 3):
        await opened.projects.ensure(f"/p{number}", AT)
    kinds = (("code", "python"), ("code", "go"), ("doc", None), ("note", None))
    await add(
        opened,
        *(
            chunk_of(f"{scope} {kind} {language} {number}", scope or None, kind, language)
            for number, scope, (kind, language) in product(range(3), (GLOBAL_SCOPE, 1, 2, 3), kinds)
        ),
    )
    yield opened
    await opened.close()


def chunk_of(id_: str, project: int | None, kind: Any, language: str | None) -> Chunk:
    return note(id_, "tulip rose", project=project, kind=kind, language=language)


async def found(store: Store, query: Sequence[str], where: ScopeFilter) -> dict[int, float]:
    return dict((await LexicalIndex(store.database).search(query, where, 100)).scores)


async def test_a_small_store_is_filtered_by_words(store: Store) -> None:
    where = ScopeFilter((1, 0), ("code", "doc"), "python")

    filters = await Filtering(store.database).filters(where, 48)

    assert match_expression(["a", "b"], filters) == Expression(
        '("§p1" OR "§p0") AND ("§kcode" OR "§kdoc") AND ("§lpython") AND ("a" OR "b")'
    )


async def test_what_many_chunks_of_a_large_store_pass_is_a_condition_on_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 24 of 48 chunks are code, 12 are of project 1, 12 are in Python: rows from the root of 7 x 48 on, which is 18.
    monkeypatch.setattr(filtering, "_WIDE", 7)

    filters = await Filtering(store.database).filters(ScopeFilter((1,), ("code",), "python"), 48)

    assert filters == Filters(
        words=('("§p1")', '("§lpython")'), rows=RowCondition("c.kind IN (?)", ("code",), ('("§kcode")',))
    )


@pytest.mark.parametrize("scopes", SCOPES)
@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_common", [False, True])
async def test_rows_leave_out_what_words_leave_out(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    scopes: tuple[int, ...],
    kinds: tuple[str, ...],
    language: str | None,
    is_common: bool,
) -> None:
    if is_common:
        monkeypatch.setattr(common_words, "_COSTLY_POSTINGS", 10)
        monkeypatch.setattr(common_words, "_RARE_POSTINGS", 10)
    where = ScopeFilter(scopes, kinds, language)
    by_words = await found(store, ["tulip", "rose"], where)

    monkeypatch.setattr(filtering, "_WIDE", 0)
    by_rows = await found(store, ["tulip", "rose"], where)

    assert by_rows == by_words
    assert len(by_rows) == 3 * sum(
        (not scopes or scope in scopes) and (not kinds or kind in kinds) and (not language or spoken == language)
        for scope in (GLOBAL_SCOPE, 1, 2, 3)
        for kind, spoken in (("code", "python"), ("code", "go"), ("doc", None), ("note", None))
    )


async def test_chunks_that_do_not_count_take_no_place(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few may be scored: all of those before are of other projects."""
    monkeypatch.setattr(filtering, "_WIDE", 0)
    monkeypatch.setattr(lexical, "POSTINGS_BUDGET", 4)
    await add(store, *(chunk_of(f"late {number}", 3, "note", None) for number in range(4)))

    keys = await found(store, ["tulip", "rose"], ScopeFilter((3,), ("note",)))

    assert len(keys) == 4


@pytest.mark.parametrize("words", [["tulip"], ["tulip", "rose"]])
@pytest.mark.parametrize("is_common", [False, True])
async def test_what_stands_behind_very_many_others_is_asked_by_words(
    store: Store, monkeypatch: pytest.MonkeyPatch, words: list[str], is_common: bool
) -> None:
    """More chunks match before it than are looked at."""
    monkeypatch.setattr(filtering, "_WIDE", 0)
    monkeypatch.setattr(lexical, "POSTINGS_BUDGET", 4)
    monkeypatch.setattr(common_words, "_TAKEN", 4)
    if is_common:
        monkeypatch.setattr(common_words, "_COSTLY_POSTINGS", 10)
        monkeypatch.setattr(common_words, "_RARE_POSTINGS", 10)
    await add(store, *(chunk_of(f"late {number}", 3, "memory", None) for number in range(3)))

    keys = await found(store, words, ScopeFilter((3,), ("memory",)))

    assert len(keys) == 3


async def test_a_language_of_few_chunks_is_few_wherever_they_stand(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Learned in one piece, before or after everything else."""
    await add(store, *(chunk_of(f"late {number}", 1, "code", "rust") for number in range(6)))
    monkeypatch.setattr(filtering, "_WIDE", 20)
    monkeypatch.setattr(filtering, "_SAMPLE", 4)

    filters = await Filtering(store.database).filters(ScopeFilter((), (), "rust"), 54)

    assert filters == Filters(words=('("§lrust")',))


async def test_counts_are_taken_again_when_the_store_has_grown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "_WIDE", 7)
    index = Filtering(store.database)
    where = ScopeFilter((1,))
    assert (await index.filters(where, 48)).words

    await add(store, *(chunk_of(f"more {number}", 1, "note", None) for number in range(40)))

    assert (await index.filters(where, 88)).rows
