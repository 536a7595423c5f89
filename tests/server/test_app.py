"""The server as a whole: what runs side by side, what ends, what opens again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, CallToolResult

from fluorite_mcp.results import Answer
from fluorite_mcp.server.app import FluoriteServer
from fluorite_mcp.server.tools import READS, ToolContext, ToolSpec, build_tool
from tests.server.conftest import Tools

pytestmark = pytest.mark.anyio


async def test_calls_run_side_by_side(tools: Tools, project: Path) -> None:
    for number in range(60):
        (project / f"module_{number}.py").write_text(f"def work_{number}(value):\n    return value + {number}\n" * 20)
    answers = await asyncio.gather(
        tools.learn(), *(tools.search(query=f"work_{number}") for number in range(8)), tools.status(), tools.learn()
    )
    assert all(answer["project"]["root"] == str(project) for answer in answers)
    assert (await tools.search(query="work_33"))["hits"][0]["path"] == "module_33.py"


async def test_shutting_down_cancels_what_runs_and_the_next_connection_opens_anew(server: FluoriteServer) -> None:
    started = asyncio.Event()
    ended: list[str] = []

    async def wait(ctx: ToolContext) -> CallToolResult:
        try:
            started.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        raise AssertionError

    server.tools["wait"] = build_tool(wait, ToolSpec("wait", "Wait.", READS, Answer))
    async with Client(server, mode="legacy") as client:
        await Tools(client).status()
        call = asyncio.create_task(client.call_tool("wait", {}))
        await started.wait()
        await server.shut_down(grace=1.0)
        assert ended == ["cancelled"]
        with pytest.raises(MCPError, match="Connection closed"):
            await call
    async with Client(server, mode="legacy") as client:
        assert (await Tools(client).status())["healthy"]


async def test_protocol_errors_of_a_tool_stay_protocol_errors(server: FluoriteServer) -> None:
    async def protest(ctx: ToolContext) -> CallToolResult:
        raise MCPError(code=INVALID_PARAMS, message="not like this")

    server.tools["protest"] = build_tool(protest, ToolSpec("protest", "Protest.", READS, Answer))
    async with Client(server, mode="auto") as client:
        with pytest.raises(MCPError, match="not like this"):
            await client.call_tool("protest", {})


def test_before_the_handshake_only_the_sdk_and_the_settings_are_imported() -> None:
    program = (
        "import sys, pathlib\n"
        "import fluorite_mcp.server.stdio, fluorite_mcp.server.app as app\n"
        "from fluorite_mcp.settings import load_settings\n"
        "from fluorite_mcp.learning.locate import Place\n"
        "app.create_server(load_settings(), Place(pathlib.Path.cwd()))\n"
        "ours = sorted(name for name in sys.modules if name.startswith('fluorite_mcp.') and name.count('.') > 1)\n"
        "heavy = sorted({'numpy', 'faiss', 'tree_sitter', 'tokenizers', 'aiosqlite', 'yaml'} & set(sys.modules))\n"
        "print(heavy, 'fluorite_mcp.engine' in sys.modules, len(ours) < 15, 'fluorite_mcp.results' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[] False True False\n", done.stderr
