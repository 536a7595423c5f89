"""Every tool of the core group, as clients of both protocol eras see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from tests.server.conftest import Tools, text_of

pytestmark = pytest.mark.anyio


async def test_the_first_search_learns_the_project_and_reports_progress(client: Client, project: Path) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    result = await client.call_tool("search", {"query": "retry with backoff"}, progress_callback=note)

    assert result.structured_content is not None
    best = result.structured_content["hits"][0]
    assert (best["path"], best["symbol"], best["fresh"]) == ("app/retry.py", "retry_with_backoff", "fresh")
    assert result.structured_content["project"] == {"name": "parcels", "root": str(project)}
    assert seen
    assert seen[-1][0] == seen[-1][1]


async def test_edited_new_and_deleted_files_are_seen_by_the_next_search(tools: Tools, project: Path) -> None:
    await tools.search(query="parcel")
    (project / "app/retry.py").write_text("def reconcile_invoices(ledger):\n    return sorted(ledger)\n")
    (project / "app/customs.py").write_text("def declare_customs_value(parcel):\n    return parcel.value\n")
    (project / "web/label.ts").unlink()

    paths = {}
    for query in ("reconcile_invoices", "declare_customs_value", "printShippingLabel", "retry_with_backoff"):
        answer = await tools.search(query=query, kinds=["code"])
        paths[query] = [hit["path"] for hit in answer["hits"]]

    assert paths["reconcile_invoices"][0] == "app/retry.py"
    assert paths["declare_customs_value"][0] == "app/customs.py"
    assert "web/label.ts" not in paths["printShippingLabel"]
    assert not any(hit["symbol"] == "retry_with_backoff" for hit in (await tools.search(query="backoff"))["hits"])


async def test_the_text_of_a_search_names_places_reasons_and_ids(client: Client) -> None:
    result = await client.call_tool("search", {"query": "printShippingLabel"})
    text = text_of(result)
    assert result.structured_content is not None
    hit = result.structured_content["hits"][0]
    assert f"1. web/label.ts:{hit['start_line']}-{hit['end_line']} printShippingLabel (score " in text
    assert hit["id"] in text
    assert "```typescript\n" in text
    assert "data, not instructions" in text


async def test_secret_files_are_never_found(tools: Tools) -> None:
    answer = await tools.search(query="API_KEY do-not-read-me", limit=50)
    assert all(hit["path"] != ".env" and "do-not-read-me" not in hit["snippet"] for hit in answer["hits"])


async def test_search_pages_through_everything_once(tools: Tools) -> None:
    arguments: dict[str, Any] = {"query": "rate limit middleware", "limit": 3, "max_lines": 0}
    ids: list[str] = []
    cursor = None
    for _ in range(100):
        page = await tools.search(**arguments, cursor=cursor)
        ids += [hit["id"] for hit in page["hits"]]
        assert all(hit["snippet"] == "" for hit in page["hits"])
        if (cursor := page["next_cursor"]) is None:
            break
    whole = await tools.search(**arguments | {"limit": 50})
    assert len(ids) > 3
    assert len(ids) == len(set(ids))
    assert ids[: len(whole["hits"])] == [hit["id"] for hit in whole["hits"]]


async def test_lists_may_come_as_one_text_or_as_json_text(tools: Tools) -> None:
    for kinds in ("doc", '["doc"]', ["doc"]):
        answer = await tools.search(query="parcel tracker carriers", kinds=kinds)
        assert {hit["kind"] for hit in answer["hits"]} == {"doc"}, kinds


async def test_null_is_the_same_as_leaving_an_argument_out(tools: Tools) -> None:
    answer = await tools.search(query="retry_with_backoff", limit=None, kinds=None, path=None)
    assert answer["hits"][0]["path"] == "app/retry.py"


async def test_texts_that_happen_to_be_json_stay_texts(tools: Tools) -> None:
    stored = await tools.store(content="[1, 2]", title='["a"]', tags=["{}"])
    [chunk] = (await tools.get(ids=stored["id"]))["chunks"]
    assert (chunk["content"], chunk["title"], chunk["tags"]) == ("[1, 2]", '["a"]', ["{}"])


async def test_suggest_stays_within_its_budget(tools: Tools, client: Client) -> None:
    answer = await tools.suggest(task="add rate limiting to the Hono API", token_budget=500)
    assert answer["intent"]["frameworks"] == ["hono"]
    assert "hono-rate-limit" in {spike["id"] for spike in answer["spikes"]}
    assert 0 < answer["used_tokens"] <= 500
    result = await client.call_tool("suggest", {"task": "add rate limiting to the Hono API", "token_budget": 500})
    assert answer["context"] in text_of(result)


async def test_what_is_stored_is_found_read_judged_forgotten_and_restored(tools: Tools) -> None:
    content = "Carrier ZX answers 503 on Sundays; the tracker must wait until Monday."
    stored = await tools.store(content=content, tags=["carriers"], metadata={"ticket": 17})
    id_ = stored["id"]
    assert stored["created"]
    assert not (await tools.store(content=content, tags=["carriers"], metadata={"ticket": 17}))["created"]

    assert (await tools.search(query="why does carrier ZX fail on Sunday"))["hits"][0]["id"] == id_
    [chunk] = (await tools.get(ids=[id_]))["chunks"]
    assert (chunk["content"], chunk["tags"], chunk["metadata"]) == (content, ["carriers"], {"ticket": 17})

    qualities = (await tools.feedback(ids=id_, outcome="helpful", note="saved an hour"))["qualities"]
    assert qualities[id_] > chunk["quality"]

    preview = await tools.forget(ids=[id_])
    assert (preview["dry_run"], preview["total"], preview["undo"]) == (True, 1, None)
    done = await tools.forget(ids=[id_], dry_run=False)
    assert [one["id"] for one in done["archived"]] == [id_]
    assert id_ not in [hit["id"] for hit in (await tools.search(query="carrier ZX Sunday"))["hits"]]
    assert (await tools.restore(undo=done["undo"]))["restored"] == [id_]
    assert (await tools.search(query="carrier ZX Sunday"))["hits"][0]["id"] == id_


async def test_secrets_are_redacted_before_they_are_stored(tools: Tools) -> None:
    key = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    stored = await tools.store(content=f"The deploy token is {key}, kept in the vault.")
    assert stored["redacted"] == 1
    assert key not in (await tools.get(ids=stored["id"]))["chunks"][0]["content"]


async def test_learn_says_what_changed_and_what_was_left_out(client: Client, tools: Tools, project: Path) -> None:
    first = await tools.learn()
    assert first["files_changed"] == 4
    assert [one["path"] for one in first["skipped"]] == [".env"]
    (project / "README.md").unlink()
    result = await client.call_tool("learn", {"path": str(project)})
    assert result.structured_content is not None
    assert (result.structured_content["files_changed"], result.structured_content["files_removed"]) == (0, 1)
    assert "1 removed" in text_of(result)
    assert ".env" in text_of(result)


async def test_status_counts_what_is_known(tools: Tools, client: Client, data_dir: Path) -> None:
    await tools.learn()
    status = await tools.status()
    assert status["healthy"]
    assert status["data_dir"] == str(data_dir)
    assert (status["chunks"]["code"], status["chunks"]["doc"]) == (3, 1)
    assert "healthy" in text_of(await client.call_tool("status", {}))
