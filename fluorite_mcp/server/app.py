"""The MCP server: the SDK's, with tools that load when they are first asked for.

Between the start of the process and the answer to `initialize` only the SDK and the settings are imported. Tools,
results and the engine follow with the first request that needs them.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mcp.server import MCPServer, ServerRequestContext
from mcp.server.context import CallNext, HandlerResult
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, InputRequiredResult, Resource, ResourceTemplate, Tool
from pydantic import AnyUrl

from fluorite_mcp import __version__
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.server.instructions import INSTRUCTIONS
from fluorite_mcp.server.lazy_engine import LazyEngine
from fluorite_mcp.server.roots import SessionRoots
from fluorite_mcp.settings import Settings

if TYPE_CHECKING:
    from mcp.server.mcpserver.tools import Tool as ServerTool

    from fluorite_mcp.engine import Engine

# Each module has `build_tools(server)`.
_GROUP_MODULES: Mapping[str, str] = {
    "core": "fluorite_mcp.server.core_tools",
    "spikes": "fluorite_mcp.server.spike_tools",
}

_ROOTS_CHANGED = "notifications/roots/list_changed"


class FluoriteServer(MCPServer[SessionRoots]):
    """The tools and resources of one memory. `create_server` makes it."""

    def __init__(self, settings: Settings, place: Place) -> None:
        super().__init__(
            "fluorite",
            version=__version__,
            instructions=INSTRUCTIONS,
            lifespan=_connection,
            log_level=settings.log_level,  # type: ignore[arg-type] # its pattern allows only levels
            middleware=[_watch_roots],
        )
        self._groups = settings.tools
        self.suggesting = settings.suggest
        self._place = place
        self._engine = LazyEngine(settings, place)
        self._tools: dict[str, ServerTool] | None = None
        self._has_resources = False
        self._connections = 0
        self._calls: set[asyncio.Task[Any]] = set()

    async def open(self, ctx: Context[Any, Any]) -> tuple[Engine, Place]:
        """Return the engine, opened, and where the session stands.

        Raises:
            FluoriteError: The engine cannot be opened; the next call tries again.
        """
        roots: SessionRoots = ctx.request_context.lifespan_context
        place = Place(self._place.folder, await roots.of(ctx.session))
        return await self._engine.get(), place

    async def list_tools(self) -> list[Tool]:
        """Return what clients are told of the tools."""
        return [
            Tool(
                name=tool.name, description=tool.description, input_schema=tool.parameters,
                output_schema=tool.output_schema, annotations=tool.annotations,
            )
            for tool in self.tools.values()
        ]  # fmt: skip

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[SessionRoots, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Run a tool. Whatever goes wrong in it comes back as a result with `is_error` and our own sentence."""
        from fluorite_mcp.server.answers import failure
        from fluorite_mcp.server.arguments import check_arguments
        from fluorite_mcp.server.translation import tool_failure, unknown_tool

        tool = self.tools.get(name)
        if tool is None:
            return failure(unknown_tool(name, self.tools))
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._calls.add(task)
        try:
            check_arguments(tool, arguments)
            result: CallToolResult | InputRequiredResult = await tool.run(
                arguments, context or Context(mcp_server=self), convert_result=True
            )
        except MCPError:
            raise
        except Exception as error:
            return failure(tool_failure(tool, error))
        else:
            return result
        finally:
            self._calls.discard(task)

    async def list_resources(self) -> list[Resource]:
        """Return the resources with a fixed URI."""
        self._load_resources()
        return await super().list_resources()

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """Return the kinds of URIs that can be read."""
        self._load_resources()
        return await super().list_resource_templates()

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[SessionRoots, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read a resource by URI.

        Raises:
            ResourceError: It cannot be read, or there is none.
        """
        self._load_resources()
        return await super().read_resource(uri, context)

    async def shut_down(self, grace: float) -> None:
        """Cancel running calls and close the engine, waiting for each at most `grace` seconds."""
        calls = [call for call in self._calls if not call.done()]
        for call in calls:
            call.cancel()
        if calls:
            await asyncio.wait(calls, timeout=grace)
        closing = asyncio.create_task(self._engine.close())
        await asyncio.wait([closing], timeout=grace)

    @property
    def tools(self) -> dict[str, ServerTool]:
        """The tools by name, imported at the first look."""
        if self._tools is None:
            modules = [
                importlib.import_module(_GROUP_MODULES[group]) for group in self._groups if group in _GROUP_MODULES
            ]
            self._tools = {tool.name: tool for module in modules for tool in module.build_tools(self)}
        return self._tools

    def _load_resources(self) -> None:
        if not self._has_resources:
            from fluorite_mcp.server.resources import add_resources

            add_resources(self)
            self._has_resources = True

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[SessionRoots]:
        """Hold the engine open while any client is connected."""
        self._connections += 1
        try:
            yield SessionRoots()
        finally:
            self._connections -= 1
            if not self._connections:
                await self._engine.close()


def create_server(settings: Settings, place: Place) -> FluoriteServer:
    """Return a server for a memory; nothing is opened before the first call.

    Args:
        settings: What is configured.
        place: Where sessions stand whose client names no roots.
    """
    return FluoriteServer(settings, place)


@asynccontextmanager
async def _connection(server: MCPServer[SessionRoots]) -> AsyncIterator[SessionRoots]:
    assert isinstance(server, FluoriteServer)  # noqa: S101 - only it is given this lifespan
    async with server.connected() as roots:
        yield roots


async def _watch_roots(ctx: ServerRequestContext[SessionRoots, Any], call_next: CallNext) -> HandlerResult:
    if ctx.method == _ROOTS_CHANGED:
        ctx.lifespan_context.forget()
    return await call_next(ctx)
