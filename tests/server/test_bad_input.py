"""Whatever a client sends, it gets one clear sentence, and the next call is answered."""

from __future__ import annotations

from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult

from fluorite_mcp.results import Answer
from fluorite_mcp.server.app import FluoriteServer
from fluorite_mcp.server.tools import READS, ToolContext, ToolSpec, build_tool
from tests.server.conftest import ERAS, Tools

pytestmark = pytest.mark.anyio

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("search", {"query": ""}, "query is empty"),
    ("search", {"query": " \n"}, "query is empty"),
    ("search", {"query": "x" * 2_000_000}, "the limit is"),
    ("search", {"query": "a\0b"}, "NUL character at position 1"),
    ("search", {"query": 7}, "query is 7; it may be a text."),
    ("search", {"query": ["a"]}, "query is ['a']; it may be a text."),
    ("search", {}, "search needs query"),
    ("search", {"qurey": "x"}, "search has no argument 'qurey'. Did you mean query?"),
    ("search", {"query": "x", "limit": 0}, "limit is 0; it may be 1 to 50"),
    ("search", {"query": "x", "limit": 51}, "limit is 51; it may be 1 to 50"),
    ("search", {"query": "x", "limit": "x"}, "limit is 'x'; it may be a whole number from 1 to 50."),
    ("search", {"query": "x", "limit": 2.5}, "limit is 2.5; it may be a whole number"),
    ("search", {"query": "x", "max_lines": -1}, "max_lines is -1"),
    ("search", {"query": "x", "min_score": "nan"}, "min_score is nan"),
    ("search", {"query": "x", "kinds": "cod"}, "Did you mean 'code'?"),
    ("search", {"query": "x", "kinds": [1]}, "kinds[0] is 1; it may be"),
    ("search", {"query": "x", "kinds": "[" * 100_000}, "kinds '[["),
    ("search", {"query": "x", "kinds": {"a": 1}}, "kinds is {'a': 1}; it may be a list of texts."),
    ("search", {"query": "x", "language": "pyhton"}, "Did you mean 'python'?"),
    ("search", {"query": "x", "path": "../../../../../../../../etc/passwd"}, "allowed root"),
    ("search", {"query": "x", "path": "/etc"}, "operating system"),
    ("search", {"query": "x", "path": "no/such/folder"}, "does not exist"),
    ("search", {"query": "x", "path": "a\0b"}, "NUL"),
    ("search", {"query": "x", "cursor": "not-a-cursor"}, "cursor"),
    ("search", {"query": "x", "as_of": "yesterday"}, "as_of 'yesterday' is no ISO 8601 time"),
    ("suggest", {"task": ""}, "task is empty"),
    ("suggest", {"task": "x", "token_budget": 199}, "token_budget is 199"),
    ("store", {"content": ""}, "content is empty"),
    ("store", {"content": "x" * 1_100_000}, "the limit is 1048576"),
    ("store", {"content": "x", "id": "../../etc/passwd"}, "id may hold"),
    ("store", {"content": "x", "scope": "galaxy"}, "It may be project, global."),
    ("store", {"content": "x", "metadata": "nothing"}, "metadata is 'nothing'; it may be an object."),
    ("store", {"content": "x", "quality_score": 2}, "quality_score is 2"),
    ("learn", {"force": "perhaps"}, "force is 'perhaps'; it may be true or false."),
    ("learn", {"kinds": "spike"}, "It may be code, doc."),
    ("get", {"ids": []}, "ids is empty"),
    ("get", {"ids": ["note-nowhere"]}, "No chunk has the id 'note-nowhere'."),
    ("get", {"ids": ["spike:fastapi-rate-limi"]}, "spike:fastapi-rate-limit"),
    ("feedback", {"ids": "spike:hono-rate-limit", "outcome": "great"}, "outcome 'great' is unknown."),
    ("feedback", {"ids": "spike:hono-rate-limit"}, "feedback needs outcome: helpful, unhelpful, wrong, outdated."),
    ("forget", {}, "Nothing was chosen"),
    ("restore", {}, "Pass either undo"),
    ("restore", {"undo": "undo-0"}, "undo 'undo-0' is unknown."),
    ("status", {"verbose": True}, "status has no argument 'verbose'. It takes none."),
    ("serch", {"query": "x"}, "There is no tool 'serch'. Did you mean search?"),
    ("", {}, "There is no tool ''."),
]


@pytest.mark.parametrize("mode", ERAS)
async def test_bad_arguments_are_refused_with_a_sentence(server: FluoriteServer, mode: str) -> None:
    async with Client(server, mode=mode) as client:
        tools = Tools(client)
        for name, arguments, expected in REFUSED:
            text = await tools.refusal(name, **arguments)
            assert expected in text, (name, expected, text[:300])
            assert len(text) < 800, (name, len(text))
            assert "http" not in text, "pydantic's links help nobody here"
            assert "Error executing" not in text
            assert text.endswith((".", "?")), text
        assert (await tools.search(query="retry_with_backoff"))["hits"]


async def test_lone_surrogates_do_not_end_the_connection(server: FluoriteServer) -> None:
    async with Client(server, mode="auto") as client:
        tools = Tools(client)
        assert "surrogate" in await tools.refusal("search", query="a\ud800b")
        assert "surrogate" in await tools.refusal("get", ids=["\udc80"])
        assert "surrogate" in await tools.refusal("store", content="x", metadata={"deep": [{"a": "\udc80"}]})


async def test_a_crash_is_told_without_its_details(server: FluoriteServer, caplog: pytest.LogCaptureFixture) -> None:
    async def crash(ctx: ToolContext) -> CallToolResult:
        raise RuntimeError("private detail")

    async with Client(server, mode="auto") as client:
        await client.list_tools()
        server.tools["crash"] = build_tool(crash, ToolSpec("crash", "Crash.", READS, Answer))
        text = await Tools(client).refusal("crash")
    assert text == "Internal error in crash (RuntimeError). The details are in the server's log on stderr."
    assert "private detail" in caplog.text
