"""Chunks as resources."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from mcp import Client, MCPError
from mcp.types import ReadResourceResult, TextResourceContents

from tests.server.conftest import Tools

pytestmark = pytest.mark.anyio

# `Invalid params`, which SEP-2164 names for a resource that is not there.
NOT_FOUND = -32602


def content_of(result: ReadResourceResult) -> str:
    [contents] = result.contents
    assert isinstance(contents, TextResourceContents)
    return contents.text


async def test_a_stored_chunk_is_read_by_its_id(client: Client, tools: Tools) -> None:
    stored = await tools.store(content="税関 needs form 23.", id="team:customs/form@23")
    assert content_of(await client.read_resource(f"chunk://{stored['id']}")) == "税関 needs form 23."


async def test_ids_with_slashes_may_be_raw_or_encoded(client: Client, tools: Tools) -> None:
    found = await tools.search(query="hono rate limit middleware", kinds="spike", limit=20)
    id_ = next(hit["id"] for hit in found["hits"] if "/" in hit["id"])
    [chunk] = (await tools.get(ids=id_))["chunks"]
    for uri in (f"chunk://{id_}", f"chunk://{quote(id_, safe='')}", f"chunk://{quote(id_)}"):
        assert content_of(await client.read_resource(uri)) == chunk["content"]


@pytest.mark.parametrize("id_", ["note-nowhere", "../../etc/passwd", "%2Fetc%2Fpasswd", "a%00b"])
async def test_an_unknown_id_is_not_found(client: Client, id_: str) -> None:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(f"chunk://{id_}")
    assert caught.value.error.code == NOT_FOUND
    assert caught.value.error.data == {"uri": f"chunk://{id_}"}


async def test_a_template_is_read_filled_with_its_defaults(client: Client) -> None:
    text = content_of(await client.read_resource("spike://hono-zod-api"))
    assert "src/todos.ts" in text
    assert "export const TodoInput" in text
    with pytest.raises(MCPError) as caught:
        await client.read_resource("spike://no-such-template")
    assert caught.value.error.code == NOT_FOUND


async def test_the_kinds_of_resources_are_listed(client: Client) -> None:
    listed = await client.list_resource_templates()
    assert [template.uri_template for template in listed.resource_templates] == ["chunk://{+id}", "spike://{+id}"]
    assert (await client.list_resources()).resources == []
