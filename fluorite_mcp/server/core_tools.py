"""The tools of the core group: find, be advised, keep, judge, forget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from fluorite_mcp.models import KINDS, OUTCOMES
from fluorite_mcp.results import (
    FeedbackResult,
    ForgetResult,
    GetResult,
    LearnResult,
    RestoreResult,
    SearchResult,
    StatusResult,
    StoreResult,
    SuggestResult,
)
from fluorite_mcp.server import text
from fluorite_mcp.server.answers import answer
from fluorite_mcp.server.sampling import merge
from fluorite_mcp.server.tools import (
    DESTROYS,
    READS,
    WRITES,
    WRITES_ONCE,
    JsonObject,
    Texts,
    ToolContext,
    ToolSpec,
    build_tool,
)

if TYPE_CHECKING:
    from fluorite_mcp.server.app import FluoriteServer

# The limits below are told to clients; the engine is what holds them, in its own words.
Where = Annotated[str | None, Field(description="Project folder, or a part of it; default: the current project")]
Kinds = Annotated[
    Texts, Field(description="Only these kinds", json_schema_extra={"items": {"type": "string", "enum": list(KINDS)}})
]
Ids = Annotated[Texts, Field(description="Ids from search")]
Frameworks = Annotated[Texts, Field(description="Such as hono, react, fastapi")]
Tags = Annotated[Texts, Field(description="Labels")]
Language = Annotated[str | None, Field(description="Such as python, typescript")]

SEARCH = ToolSpec(
    "search",
    "Find code, docs, templates and stored notes of this project and global knowledge, by meaning and by name. Call it "
    "first, before grep or reading files, when you ask where something is, how it is done here, or what is known about "
    "it. Takes plain words or symbol names; returns places with snippets and reasons, or says nothing is relevant. "
    "Sees edits at once.",
    READS,
    SearchResult,
)
SUGGEST = ToolSpec(
    "suggest",
    "Get ready material for a coding task before writing code: the best template, this project's conventions with "
    "evidence, its closest code and notes, as Markdown within a token budget. Call it when you start a feature, fix or "
    "refactoring, with the task in one sentence.",
    READS,
    SuggestResult,
    describe_rows=False,
)
STORE = ToolSpec(
    "store",
    "Keep something worth knowing next time: a decision, a gotcha, how something works, a reusable snippet. Call it "
    "after finding out what was not obvious. The same content or id is kept once; secrets are redacted.",
    WRITES_ONCE,
    StoreResult,
)
LEARN = ToolSpec(
    "learn",
    "Read what changed in a project into the memory. search and suggest do it by themselves: call this for another "
    "one, or with force to read all again.",
    WRITES_ONCE,
    LearnResult,
)
GET = ToolSpec(
    "get",
    "Read whole chunks by id, with quality, relations and history, when a snippet is not enough.",
    READS,
    GetResult,
)
FEEDBACK = ToolSpec(
    "feedback",
    "Say whether found chunks helped. It moves their ranking: call it after using one, above all if it was wrong or "
    "outdated.",
    WRITES,
    FeedbackResult,
)
FORGET = ToolSpec(
    "forget",
    "Archive chunks, by ids or by query, kinds and older_than. With dry_run (the default) only shows which; restore "
    "undoes it.",
    DESTROYS,
    ForgetResult,
)
RESTORE = ToolSpec(
    "restore",
    "Make archived chunks findable again, by forget's undo or by ids.",
    WRITES,
    RestoreResult,
)
STATUS = ToolSpec(
    "status",
    "Show health and figures of the memory: counts, model, index, caches, times, last learning.",
    READS,
    StatusResult,
)


def build_tools(server: FluoriteServer) -> list[Tool]:
    """Return the tools of this group."""
    tools = CoreTools(server)
    return [
        build_tool(tools.search, SEARCH),
        build_tool(tools.suggest, SUGGEST),
        build_tool(tools.store, STORE),
        build_tool(tools.learn, LEARN),
        build_tool(tools.get, GET),
        build_tool(tools.feedback, FEEDBACK),
        build_tool(tools.forget, FORGET),
        build_tool(tools.restore, RESTORE),
        build_tool(tools.status, STATUS),
    ]


class CoreTools:
    """The tools as methods: each asks the engine and writes the text."""

    def __init__(self, server: FluoriteServer) -> None:
        self._server = server

    async def search(
        self,
        ctx: ToolContext,
        query: Annotated[str, Field(description="Words, a name, path:line, stack trace, code")],
        path: Where = None,
        kinds: Kinds = [],  # noqa: B006 - pydantic copies defaults
        language: Language = None,
        frameworks: Frameworks = [],  # noqa: B006
        tags: Tags = [],  # noqa: B006
        limit: Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": 50})] = 5,
        max_lines: Annotated[
            int,
            Field(description="Lines per snippet; 0: locations only", json_schema_extra={"minimum": 0, "maximum": 400}),
        ] = 12,
        min_score: Annotated[float, Field(json_schema_extra={"minimum": 0, "maximum": 1})] = 0.0,
        as_of: Annotated[str | None, Field(description="ISO 8601 time: what held then")] = None,
        cursor: Annotated[str | None, Field(description="next_cursor of the page before")] = None,
    ) -> CallToolResult:
        """Answer `search`."""
        engine, place = await self._server.open(ctx)
        result = await engine.search(
            query, path=path, kinds=kinds, language=language, frameworks=frameworks, tags=tags, limit=limit,
            max_lines=max_lines, min_score=min_score, as_of=as_of, cursor=cursor, place=place,
            progress=ctx.report_progress,
        )  # fmt: skip
        return answer(result, text.search_text(result))

    async def suggest(
        self,
        ctx: ToolContext,
        task: Annotated[str, Field(description="What is to be done, in a sentence")],
        path: Where = None,
        frameworks: Frameworks = [],  # noqa: B006
        token_budget: Annotated[int, Field(json_schema_extra={"minimum": 200, "maximum": 8000})] = 1500,
    ) -> CallToolResult:
        """Answer `suggest`."""
        engine, place = await self._server.open(ctx)
        result = await engine.suggest(
            task, path=path, frameworks=frameworks, token_budget=token_budget, place=place, progress=ctx.report_progress
        )
        result = await merge(ctx, task, result, token_budget, self._server.suggesting)
        return answer(result, text.suggest_text(result))

    async def store(
        self,
        ctx: ToolContext,
        content: Annotated[str, Field(description="What to keep, as text or Markdown")],
        kind: Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})] = "note",
        id: Annotated[str | None, Field(description="Own id, to update it later")] = None,  # noqa: A002 - the contract's name
        title: str | None = None,
        language: Language = None,
        frameworks: Frameworks = [],  # noqa: B006
        tags: Tags = [],  # noqa: B006
        scope: Annotated[str, Field(json_schema_extra={"enum": ["project", "global"]})] = "project",
        quality_score: Annotated[float | None, Field(json_schema_extra={"minimum": 0, "maximum": 1})] = None,
        metadata: JsonObject = {},  # noqa: B006
        path: Where = None,
    ) -> CallToolResult:
        """Answer `store`."""
        engine, place = await self._server.open(ctx)
        result = await engine.store(
            content, kind=kind, id=id, title=title, language=language, frameworks=frameworks, tags=tags, scope=scope,
            quality_score=quality_score, metadata=metadata, path=path, place=place,
        )  # fmt: skip
        return answer(result, text.store_text(result))

    async def learn(
        self,
        ctx: ToolContext,
        path: Where = None,
        kinds: Annotated[
            Texts,
            Field(
                description="Default: both", json_schema_extra={"items": {"type": "string", "enum": ["code", "doc"]}}
            ),
        ] = [],  # noqa: B006
        force: Annotated[bool, Field(description="Read unchanged files too, or a home folder")] = False,  # noqa: FBT002
    ) -> CallToolResult:
        """Answer `learn`."""
        engine, place = await self._server.open(ctx)
        result = await engine.learn(path, kinds=kinds, force=force, place=place, progress=ctx.report_progress)
        return answer(result, text.learn_text(result))

    async def get(
        self,
        ctx: ToolContext,
        ids: Ids,
        max_lines: Annotated[int | None, Field(description="Lines of each; default: all")] = None,
    ) -> CallToolResult:
        """Answer `get`."""
        engine, _ = await self._server.open(ctx)
        result = await engine.get(ids, max_lines=max_lines)
        return answer(result, text.get_text(result))

    async def feedback(
        self,
        ctx: ToolContext,
        ids: Ids,
        outcome: Annotated[str, Field(json_schema_extra={"enum": list(OUTCOMES)})],
        note: Annotated[str | None, Field(description="Why")] = None,
    ) -> CallToolResult:
        """Answer `feedback`."""
        engine, _ = await self._server.open(ctx)
        result = await engine.feedback(ids, outcome, note)
        return answer(result, text.feedback_text(result))

    async def forget(
        self,
        ctx: ToolContext,
        ids: Ids = [],  # noqa: B006
        query: str | None = None,
        kinds: Kinds = [],  # noqa: B006
        older_than: Annotated[str | None, Field(description="ISO 8601 time of last use")] = None,
        dry_run: bool = True,  # noqa: FBT001, FBT002
        path: Where = None,
    ) -> CallToolResult:
        """Answer `forget`."""
        engine, place = await self._server.open(ctx)
        result = await engine.forget(
            ids, query=query, kinds=kinds, older_than=older_than, dry_run=dry_run, path=path, place=place
        )
        return answer(result, text.forget_text(result))

    async def restore(
        self,
        ctx: ToolContext,
        undo: Annotated[str | None, Field(description="As forget returned it")] = None,
        ids: Ids = [],  # noqa: B006
    ) -> CallToolResult:
        """Answer `restore`."""
        engine, _ = await self._server.open(ctx)
        result = await engine.restore(undo=undo, ids=ids)
        return answer(result, text.restore_text(result))

    async def status(self, ctx: ToolContext) -> CallToolResult:
        """Answer `status`."""
        engine, place = await self._server.open(ctx)
        result = await engine.status(place=place)
        return answer(result, text.status_text(result))
