"""`store`: what is kept, what is refused, and what storing again does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import FluoriteError, InputError, TooLargeError
from fluorite_mcp.operations.store_request import StoreRequest, check_request

MIB = 1_048_576
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"

NESTED: dict[str, Any] = {}
for _ in range(40):
    NESTED = {"deeper": NESTED}
CYCLE: dict[str, Any] = {}
CYCLE["itself"] = CYCLE

REFUSED: list[tuple[dict[str, Any], type[FluoriteError], str]] = [
    ({"content": ""}, InputError, "content is empty"),
    ({"content": " \n\t"}, InputError, "content is empty"),
    ({"content": "a\0b"}, InputError, "content holds a NUL character at position 1"),
    ({"content": "a\ud800"}, InputError, "content holds half of a surrogate pair at position 1"),
    ({"content": "x" * (MIB + 1)}, TooLargeError, f"content has {MIB + 1} bytes; the limit is {MIB}"),
    ({"content": "漢" * (MIB // 3 + 1)}, TooLargeError, "the limit is"),
    ({"kind": "nota"}, InputError, "kind 'nota' is unknown. Did you mean 'note'"),
    ({"scope": "team"}, InputError, "scope 'team' is unknown"),
    ({"language": "klingon"}, InputError, "language 'klingon' is unknown"),
    ({"id": ""}, InputError, "id may hold"),
    ({"id": "-x"}, InputError, "id may hold"),
    ({"id": "a b"}, InputError, "id may hold"),
    ({"id": "x" * 129}, InputError, "id may hold"),
    ({"id": "note\n"}, InputError, "id may hold"),
    ({"id": "spike:hono-rate-limit"}, InputError, "would name a template"),
    ({"title": "t\0"}, InputError, "title holds a NUL"),
    ({"title": "t" * 201}, TooLargeError, "title has 201 characters"),
    ({"quality_score": 1.5}, InputError, "quality_score is 1.5"),
    ({"quality_score": float("nan")}, InputError, "quality_score is nan"),
    ({"tags": ("",)}, InputError, "tags holds ''"),
    ({"tags": ("t" * 101,)}, InputError, "1 to 100 characters"),
    ({"tags": ("a\ud800",)}, InputError, "tags holds half"),
    ({"tags": tuple(map(str, range(51)))}, TooLargeError, "tags holds 51"),
    ({"frameworks": (" ",)}, InputError, "frameworks holds"),
    ({"metadata": {"a": float("inf")}}, InputError, "metadata is not JSON"),
    ({"metadata": {"a": float("nan")}}, InputError, "metadata is not JSON"),
    ({"metadata": {"a": {1, 2}}}, InputError, "metadata is not JSON"),
    ({"metadata": {"a": b"x"}}, InputError, "metadata is not JSON"),
    ({"metadata": CYCLE}, InputError, "metadata is not JSON"),
    ({"metadata": NESTED}, TooLargeError, "nested deeper than 32"),
    ({"metadata": {"a": "\ud800"}}, InputError, "metadata holds half"),
    ({"metadata": {"a": "x" * 70_000}}, TooLargeError, "metadata has"),
]


@pytest.mark.parametrize(("fields", "error", "said"), REFUSED, ids=[said for _, _, said in REFUSED])
def test_what_cannot_be_kept_is_refused_with_its_reason(
    fields: dict[str, Any], error: type[FluoriteError], said: str
) -> None:
    with pytest.raises(error) as caught:
        check_request(StoreRequest(**{"content": "fine", **fields}), MIB)
    assert said in str(caught.value)


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text() | st.floats() | st.lists(st.text())))
def test_any_input_is_taken_or_refused(content: str, label: str, metadata: dict[str, Any]) -> None:
    request = StoreRequest(content, id=label, title=label, tags=(label,), metadata=metadata)
    with contextlib.suppress(FluoriteError):
        check_request(request, 1024)


@pytest.mark.anyio
async def test_a_megabyte_is_kept_and_comes_back(engine: Engine) -> None:
    content = "line of text\n" * (MIB // 13)
    stored = await engine.store(content)

    assert (await engine.get([stored.id])).chunks[0].content == content


@pytest.mark.anyio
async def test_storing_twice_is_storing_once(engine: Engine) -> None:
    first = await engine.store("Deploys run on Fridays.")
    second = await engine.store("Deploys run on Fridays.")

    assert (first.created, second.created, first.id == second.id) == (True, False, True)
    [chunk] = (await engine.get([first.id])).chunks
    assert [event.event for event in chunk.history] == ["stored"]


@pytest.mark.anyio
async def test_an_id_keeps_its_place_and_remembers_what_it_said(engine: Engine) -> None:
    await engine.store("Deploys run on Fridays.", id="deploys")
    await engine.feedback(["deploys"], "helpful")
    created = (await engine.get(["deploys"])).chunks[0].created_at
    result = await engine.store("Deploys run on Mondays.", id="deploys", tags=["team"])

    [chunk] = (await engine.get(["deploys"])).chunks
    assert result.created is False
    assert (chunk.content, chunk.created_at, chunk.tags) == ("Deploys run on Mondays.", created, ("team",))
    assert chunk.quality > 0.6
    assert [event.event for event in chunk.history] == ["stored", "feedback", "updated"]
    assert chunk.history[-1].detail == {"before": "Deploys run on Fridays."}
    assert not [hit for hit in (await engine.search("Fridays", kinds=["note"])).hits if "Fridays" in hit.snippet]
    assert (await engine.search("deploys Mondays", kinds=["note"])).hits[0].id == "deploys"


@pytest.mark.anyio
async def test_secrets_are_redacted_everywhere_and_counted(engine: Engine) -> None:
    stored = await engine.store(
        f"The token is {SECRET}.",
        title=f"Token {SECRET}",
        tags=[SECRET],
        metadata={"deep": [{"token": SECRET}], "password": "correct-Horse7-battery"},
    )
    exported = [line async for line in engine.export()]

    assert stored.redacted == 5
    assert SECRET not in "".join(exported)
    assert "correct-Horse7" not in "".join(exported)


@pytest.mark.anyio
async def test_content_without_secrets_stays_as_it_is(engine: Engine) -> None:
    metadata = {"author": "me", "n": 3, "list": ["a", {"b": None}], "flag": True}
    stored = await engine.store("def f():\n    return 1\n", kind="code", language="python", metadata=metadata)

    [chunk] = (await engine.get([stored.id])).chunks
    assert (stored.redacted, chunk.content, chunk.metadata) == (0, "def f():\n    return 1\n", metadata)


@pytest.mark.anyio
@pytest.mark.parametrize("symbols", [5, [1, {"a": 1}], {"x": 1}])
async def test_metadata_cannot_break_the_search(engine: Engine, symbols: object) -> None:
    stored = await engine.store("Falcon releases need a tag.", kind="code", metadata={"symbols": symbols, "spike": [1]})
    await engine.store("A template of the team.", kind="spike", title="falcon template", metadata={"spike": [1]})

    assert stored.id in [hit.id for hit in (await engine.search("falcon releases")).hits]
    assert (await engine.suggest("add a falcon release")).intent.action == "add"


@pytest.mark.anyio
async def test_what_says_nearly_the_same_is_named_and_linked(engine: Engine) -> None:
    first = await engine.store("Rate limits count requests per tenant and minute.")
    second = await engine.store("Rate limits count requests per tenant and per minute.")

    assert first.id in [one.id for one in second.similar]
    relations = (await engine.get([second.id])).chunks[0].relations
    assert (first.id, "similar", "out") in [(one.id, one.type, one.direction) for one in relations]
    assert second.id not in [one.id for one in second.similar]


@pytest.mark.anyio
async def test_a_note_belongs_to_its_project_unless_it_is_global(
    open_engine: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    async with open_engine() as engine:
        own = (await engine.store("Falcon deploys on Fridays.")).id
        shared = (await engine.store("Falcon is written in Ada.", scope="global")).id
    async with open_engine(folder=tmp_path / "other") as engine:
        hits = [hit.id for hit in (await engine.search("falcon", kinds=["note"], limit=50)).hits]
        assert (own in hits, shared in hits) == (False, True)
    async with open_engine() as engine:
        hits = [hit.id for hit in (await engine.search("falcon", kinds=["note"], limit=50)).hits]
        assert {own, shared} <= set(hits)


@pytest.mark.anyio
async def test_an_id_of_another_project_is_not_taken_over(open_engine: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with open_engine() as engine:
        await engine.store("Ours.", id="deploys")
        await engine.store("Everybody's.", id="rules", scope="global")
    async with open_engine(folder=tmp_path / "other") as engine:
        for taken, owner in (("deploys", "another project"), ("rules", "global knowledge")):
            with pytest.raises(InputError, match=owner):
                await engine.store("Theirs.", id=taken)
        assert [chunk.content for chunk in (await engine.get(["deploys", "rules"])).chunks] == ["Ours.", "Everybody's."]


@pytest.mark.anyio
async def test_a_note_can_be_shared_with_every_project(engine: Engine) -> None:
    await engine.store("Falcon deploys on Fridays.", id="deploys")
    assert (await engine.store("Falcon deploys on Fridays.", id="deploys", scope="global")).created is False

    assert (await engine.search("falcon deploys", kinds=["note"])).hits[0].id == "deploys"


@pytest.mark.anyio
async def test_the_id_of_a_learned_file_is_not_overwritten(engine: Engine) -> None:
    learned = (await engine.search("DrainQueue", language="go")).hits[0].id

    with pytest.raises(InputError, match=r"belongs to a learned file \(worker/drain.go\)"):
        await engine.store("x", id=learned)


@pytest.mark.anyio
async def test_storing_what_was_forgotten_brings_it_back(engine: Engine) -> None:
    stored = await engine.store("Falcon deploys on Fridays.")
    await engine.forget([stored.id], dry_run=False)
    await engine.store("Falcon deploys on Fridays.")

    assert stored.id in [hit.id for hit in (await engine.search("falcon deploys")).hits]
    assert [event.event for event in (await engine.get([stored.id])).chunks[0].history][-1] == "restored"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("# Deploys\n\nOn Fridays.", "Deploys"),
        ("\n\n  first  \nsecond", "first"),
        ("###", "note"),
        ("x" * 99, "x" * 80),
    ],
)
async def test_a_note_is_titled_by_its_first_line(engine: Engine, content: str, title: str) -> None:
    stored = await engine.store(content)

    assert (await engine.get([stored.id])).chunks[0].title == title
