"""The tools of the spikes group: find a template, see it filled, write it into the project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from mcp.server.mcpserver import AcceptedElicitation, Elicit, ElicitationResult, Resolve
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import BaseModel, Field, create_model

from fluorite_mcp.errors import FluoriteError, InputError
from fluorite_mcp.models import SpikeParam
from fluorite_mcp.operations.find_spikes import param_values
from fluorite_mcp.results import ApplySpikeResult, FindSpikesResult, PreviewSpikeResult
from fluorite_mcp.server import text
from fluorite_mcp.server.answers import answer
from fluorite_mcp.server.core_tools import Frameworks, Language, Where
from fluorite_mcp.server.tools import DESTROYS, READS, JsonObject, ToolContext, ToolSpec, build_tool
from fluorite_mcp.spikes.plan import STRATEGIES
from fluorite_mcp.spikes.render import missing_params

if TYPE_CHECKING:
    from fluorite_mcp.server.app import FluoriteServer

SpikeId = Annotated[str, Field(description="Id or alias, from find_spikes or suggest")]
Params = Annotated[JsonObject, Field(description="Values by parameter name")]

FIND_SPIKES = ToolSpec(
    "find_spikes",
    "Find templates worth copying for a feature, configuration or whole application: by what they are for, by id, or "
    "all of a framework when query is left out. Call it before writing boilerplate. Then see one with preview_spike.",
    READS,
    FindSpikesResult,
)
PREVIEW_SPIKE = ToolSpec(
    "preview_spike",
    "See the files a template gives with these params, which params are missing and their defaults. Writes nothing.",
    READS,
    PreviewSpikeResult,
    describe_rows=False,
)
APPLY_SPIKE = ToolSpec(
    "apply_spike",
    "Put a template into the project. Shows unified diffs; with write true it writes, all files or none, and returns "
    "an undo for restore. strategy says what to do about files that exist and differ: abort (default), merge with what "
    "the template gave before, or overwrite. Writes only inside the project. Afterwards run the checks it names.",
    DESTROYS,
    ApplySpikeResult,
    describe_rows=False,
)


def build_tools(server: FluoriteServer) -> list[Tool]:
    """Return the tools of this group."""
    tools = SpikeTools(server)
    return [
        build_tool(tools.find_spikes, FIND_SPIKES),
        build_tool(tools.preview_spike, PREVIEW_SPIKE),
        build_tool(tools.apply_spike, APPLY_SPIKE),
    ]


class Given(BaseModel):
    """What the user filled in; the fields are the missing parameters."""


async def ask_for_missing(ctx: ToolContext, id: str, params: JsonObject) -> Given | Elicit[Given]:  # noqa: A002 - the tool's argument
    """Ask the user for required parameters, where the client can; else the operation refuses and names them."""
    capabilities = ctx.session.client_capabilities
    if capabilities is None or capabilities.elicitation is None:
        return Given()
    server = cast("FluoriteServer", ctx.mcp_server)
    engine, _ = await server.open(ctx)
    try:
        spike = (await engine.spikes.templates.find(id)).spike
        missing = [param for param in missing_params(spike, param_values(params)) if param.required]
    except FluoriteError:
        return Given()  # The tool itself meets the same error and tells it.
    if not missing:
        return Given()
    names = ", ".join(param.name for param in missing)
    return Elicit(f"The template {spike.name} needs {names}.", _form(missing))


def _form(params: Sequence[SpikeParam]) -> type[Given]:
    fields: dict[str, Any] = {
        param.name: (
            Literal[param.choices] if param.choices else str,
            Field(title=param.name, description=param.description or None),
        )
        for param in params
    }
    return create_model("Parameters", __base__=Given, **fields)


class SpikeTools:
    """The tools as methods: each asks the engine and writes the text."""

    def __init__(self, server: FluoriteServer) -> None:
        self._server = server

    async def find_spikes(
        self,
        ctx: ToolContext,
        query: Annotated[str, Field(description="What it should do, in words; or an id")] = "",
        frameworks: Frameworks = [],  # noqa: B006 - pydantic copies defaults
        language: Language = None,
        limit: Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": 50})] = 5,
    ) -> CallToolResult:
        """Answer `find_spikes`."""
        engine, place = await self._server.open(ctx)
        result = await engine.spikes.find(query, frameworks=frameworks, language=language, limit=limit, place=place)
        return answer(result, text.find_spikes_text(result))

    async def preview_spike(self, ctx: ToolContext, id: SpikeId, params: Params = {}) -> CallToolResult:  # noqa: A002, B006
        """Answer `preview_spike`."""
        engine, _ = await self._server.open(ctx)
        result = await engine.spikes.preview(id, params)
        return answer(result, text.preview_spike_text(result))

    async def apply_spike(
        self,
        ctx: ToolContext,
        asked: Annotated[ElicitationResult[Given], Resolve(ask_for_missing)],
        id: SpikeId,  # noqa: A002 - the contract's name
        params: Params = {},  # noqa: B006
        path: Where = None,
        strategy: Annotated[str, Field(json_schema_extra={"enum": list(STRATEGIES)})] = "abort",
        write: bool = False,  # noqa: FBT001, FBT002
    ) -> CallToolResult:
        """Answer `apply_spike`."""
        engine, place = await self._server.open(ctx)
        if not isinstance(asked, AcceptedElicitation):
            raise InputError("The user did not give the parameters, so nothing was written. Pass them in params.")
        values = {**params, **asked.data.model_dump()}
        result = await engine.spikes.apply(id, values, path=path, strategy=strategy, write=write, place=place)
        return answer(result, text.apply_spike_text(result))
