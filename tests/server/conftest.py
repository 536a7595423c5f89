"""A small project, a memory of its own for each test, and clients of both protocol eras."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from fluorite_mcp.learning.locate import Place
from fluorite_mcp.server.app import FluoriteServer, create_server
from fluorite_mcp.settings import load_settings

ERAS = ("auto", "legacy")

RETRY = '''"""Retrying."""

import time


def retry_with_backoff(call, attempts=3):
    """Call again with growing pauses."""
    for number in range(attempts):
        try:
            return call()
        except OSError:
            time.sleep(2**number)
'''

PARCELS = '''"""Parcels."""


class ParcelTracker:
    """Follows parcels by their tracking number."""

    def locate_parcel(self, number):
        return self.carriers[number[:2]].ask(number)
'''

LABEL = """/** Prints the shipping label of a parcel. */
export function printShippingLabel(id: string): string {
  return `label:${id}`;
}
"""

FILES = {
    ".git/HEAD": "ref: refs/heads/main\n",
    ".env": "API_KEY=do-not-read-me\n",
    "README.md": "# Parcel tracker\n\nTracks parcels of several carriers.\n",
    "app/retry.py": RETRY,
    "app/parcels.py": PARCELS,
    "web/label.ts": LABEL,
}

# Files changed this moment count as unsettled: the tests are about a project that was there before.
AGE_SECONDS = 3600


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def write_project(root: Path) -> Path:
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        os.utime(path, times=(time.time() - AGE_SECONDS,) * 2)
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "parcels")


@pytest.fixture
def server(project: Path, data_dir: Path) -> FluoriteServer:
    return create_server(load_settings(data_dir=data_dir, environ={}), Place(project))


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def client(server: FluoriteServer, era: str) -> AsyncIterator[Client]:
    async with Client(server, mode=era) as connected:
        yield connected


class Tools:
    """Calls tools: `await tools.search(query="x")` returns the structured content of an answer."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def call(**arguments: Any) -> dict[str, Any]:
            result = await self.client.call_tool(name, arguments)
            assert not result.is_error, text_of(result)
            structured: dict[str, Any] | None = result.structured_content
            assert structured is not None
            return structured

        return call

    async def refusal(self, name: str, **arguments: Any) -> str:
        """Return the sentence a call is refused with."""
        result = await self.client.call_tool(name, arguments)
        assert result.is_error
        return text_of(result)


@pytest.fixture
def tools(client: Client) -> Tools:
    return Tools(client)


def text_of(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text
