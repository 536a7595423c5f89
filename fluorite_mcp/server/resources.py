"""Resources: what is stored, readable by URI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.server.mcpserver.resources import ResourceSecurity

from fluorite_mcp.errors import FluoriteError
from fluorite_mcp.server.answers import sendable
from fluorite_mcp.server.text import preview_spike_text
from fluorite_mcp.server.tools import ToolContext
from fluorite_mcp.server.translation import resource_failure

if TYPE_CHECKING:
    from fluorite_mcp.server.app import FluoriteServer

# Ids hold slashes, as in spike:fastapi-crud/app/main.py, so the variable takes the rest of the URI.
CHUNK_URI = "chunk://{+id}"
SPIKE_URI = "spike://{+id}"


def add_resources(server: FluoriteServer) -> None:
    """Register the resource templates."""

    async def chunk(id: str, ctx: ToolContext) -> str:  # noqa: A002 - the contract's name
        try:
            engine, _ = await server.open(ctx)
            found = await engine.get([id])
        except FluoriteError as error:
            raise resource_failure(error) from error
        return sendable(found.chunks[0].content)

    # An id is a key of the store and never a path, whatever it looks like.
    security = ResourceSecurity(exempt_params={"id"})
    server.resource(CHUNK_URI, name="chunk", description="The whole text of a chunk, by its id", security=security)(
        chunk
    )

    async def spike(id: str, ctx: ToolContext) -> str:  # noqa: A002 - the contract's name
        try:
            engine, _ = await server.open(ctx)
            found = await engine.spikes.read(id)
        except FluoriteError as error:
            raise resource_failure(error) from error
        return sendable(preview_spike_text(found))

    about = "A template filled with its defaults, by its id or alias"
    server.resource(SPIKE_URI, name="spike", description=about, security=security)(spike)
