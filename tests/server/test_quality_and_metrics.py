"""What `get` and `status` say of quality and of how it goes, as clients of both protocol eras see it."""

from __future__ import annotations

import pytest
from mcp import Client

from tests.server.conftest import Tools, text_of

pytestmark = pytest.mark.anyio


async def test_get_explains_a_quality_in_fields_and_in_text(client: Client, tools: Tools) -> None:
    hit = (await tools.search(query="retry_with_backoff"))["hits"][0]
    result = await client.call_tool("get", {"ids": [hit["id"]]})
    assert result.structured_content is not None
    [chunk] = result.structured_content["chunks"]
    factors = {factor["name"]: factor for factor in chunk["quality_factors"]}

    assert set(factors) == {"parse_health", "completeness", "documentation", "tests", "usage"}
    assert set(factors["tests"]) == {"name", "value", "weight", "why"}
    total = sum(factor["value"] * factor["weight"] for factor in factors.values())
    assert total == pytest.approx(chunk["quality"], abs=0.001)
    assert "quality: parse_health 1.00 × 0.25 (its grammar reads 100% of it without an error); " in text_of(result)


async def test_a_demotion_is_seen_in_get_and_in_search(client: Client, tools: Tools) -> None:
    id_ = (await tools.store(content="Parcels leave at noon."))["id"]
    await tools.feedback(ids=[id_], outcome="wrong")

    [chunk] = (await tools.get(ids=[id_]))["chunks"]
    [hit] = [one for one in (await tools.search(query="when do parcels leave"))["hits"] if one["id"] == id_]

    assert chunk["quality_factors"][-1]["name"] == "demotion"
    assert chunk["quality"] < 0.1
    assert "judged wrong or outdated, set back" in hit["why"]


async def test_the_schema_of_get_names_the_factors(client: Client) -> None:
    [get] = [tool for tool in (await client.list_tools()).tools if tool.name == "get"]

    assert get.output_schema is not None
    assert "quality_factors" in get.output_schema["$defs"]["ChunkView"]["properties"]


async def test_status_tells_how_it_goes_in_fields_and_in_text(client: Client, tools: Tools) -> None:
    await tools.search(query="retry_with_backoff")
    result = await client.call_tool("status", {})
    assert result.structured_content is not None
    metrics = result.structured_content["metrics"]

    assert metrics["searches"] == {"answered": 1}
    assert metrics["search_ms"]["count"] == 1
    assert "searches: answered 1" in text_of(result)
    assert "acceptance: none" in text_of(result)


async def test_a_resource_counts_as_a_use_of_what_was_found(client: Client, tools: Tools) -> None:
    id_ = (await tools.store(content="Parcels leave at noon."))["id"]
    await client.read_resource(f"chunk://{id_}")
    await tools.search(query="when do parcels leave")
    await client.read_resource(f"chunk://{id_}")
    await client.read_resource(f"chunk://{id_}")

    assert (await tools.get(ids=[id_]))["chunks"][0]["usage"] == 2
