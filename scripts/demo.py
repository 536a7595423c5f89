"""Shows fluorite-mcp at work on this checkout, through a real MCP client; `scripts/run` starts it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import FluoriteError

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / ".fluorite"

NOTE = "Releases are cut on Tuesdays, after the nightly benchmark has been read by two people."

QUESTIONS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("Where is it done?", "search", {"query": "where are search results ranked?", "limit": 3}),
    ("Keep what was found out", "store", {"content": NOTE, "tags": ["release"]}),
    ("Find it again, in other words", "search", {"query": "when do we cut releases?", "limit": 1}),
    ("Prepare a task", "suggest", {"task": "add rate limiting to the Hono API", "token_budget": 1200}),
)

CONNECT = f"""\
Connect a client:
  claude mcp add fluorite -- uvx fluorite-mcp
From this checkout:
  claude mcp add fluorite -- uvx --from {ROOT} fluorite-mcp"""


async def learn() -> None:
    """Learn the bundled templates and this repository; what is known already is not read again."""
    heading("Learning")
    last_shown = -1

    async def progress(done: int, total: int, message: str) -> None:
        nonlocal last_shown
        if (tenth := 10 * done // max(total, 1)) > last_shown:
            last_shown = tenth
            print(f"  {message}", flush=True)

    started = time.perf_counter()
    async with Engine.open(DATA, folder=ROOT) as engine:
        learned = await engine.learn(progress=progress)
        await engine.settle()
        status = await engine.status()
    seconds = time.perf_counter() - started
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in status.chunks.items())
    print(f"  {learned.files_seen} files, {learned.files_changed} of them new or changed, {seconds:.1f} s")
    print(f"  the memory now holds {kinds}")


async def ask() -> None:
    """Start the server as a client would, and ask it."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "fluorite_mcp"],
        env={"FLUORITE_DATA_DIR": str(DATA)},
        cwd=ROOT,
    )
    started = time.perf_counter()
    async with Client(server) as client:
        tools = await client.list_tools()
        took = time.perf_counter() - started
        heading("Starting the server")
        print(f"  {took:.2f} s until it named its {len(tools.tools)} tools")
        for title, tool, arguments in QUESTIONS:
            heading(f"{title}: {tool} {describe(arguments)}")
            started = time.perf_counter()
            answer = await client.call_tool(tool, dict(arguments))
            took = time.perf_counter() - started
            print(text_of(answer))
            print(f"  ({1000 * took:.0f} ms)")
            if answer.is_error:
                sys.exit(f"{tool} failed")


def text_of(answer: CallToolResult) -> str:
    """Return the text that a tool wrote for people."""
    return "\n".join(block.text for block in answer.content if isinstance(block, TextContent))


def describe(arguments: Mapping[str, Any]) -> str:
    """Return arguments as a reader would write them."""
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def heading(text: str) -> None:
    print(f"\n== {text}", flush=True)


async def main() -> None:
    await learn()
    await ask()
    print(f"\n{CONNECT}")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except FluoriteError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
