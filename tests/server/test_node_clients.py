"""Clients nobody here wrote: the MCP Inspector, the TypeScript SDK and Claude Code drive the real server.

`scripts/node-clients` installs them. Where they are missing the tests are skipped, unless
FLUORITE_TEST_REQUIRE_NODE=1 says that they must run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

SERVER = (sys.executable, "-m", "fluorite_mcp")
INSPECTOR_TOOL_ERROR = 5
TIMEOUT_SECONDS = 120


def _folder() -> Path:
    if configured := os.environ.get("FLUORITE_TEST_NODE_DIR"):
        return Path(configured)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "fluorite-mcp-tests" / "node"


def _missing(reason: str) -> NoReturn:
    if os.environ.get("FLUORITE_TEST_REQUIRE_NODE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class NodeClients:
    """The installed clients, started in a project with a memory of its own."""

    def __init__(self, modules: Path, project: Path, data_dir: Path, home: Path) -> None:
        self.modules = modules
        self.project = project
        self.data_dir = data_dir
        self.environ = {
            "HOME": str(home),
            "PATH": f"{modules / '.bin'}{os.pathsep}{os.environ['PATH']}",
            "FLUORITE_DATA_DIR": str(data_dir),
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, cwd=self.project, env=self.environ, timeout=TIMEOUT_SECONDS
        )

    def inspect(self, *options: str, era: Sequence[str] = (), code: int = 0) -> dict[str, Any]:
        variable = f"FLUORITE_DATA_DIR={self.data_dir}"
        done = self.run("mcp-inspector", "--cli", "-e", variable, *SERVER, *era, *options, "-q", "--format", "json")
        assert done.returncode == code, done.stdout + done.stderr
        result: dict[str, Any] = json.loads(done.stdout)["result"]
        return result


@pytest.fixture
def clients(project: Path, data_dir: Path, tmp_path: Path) -> NodeClients:
    modules = _folder() / "node_modules"
    if shutil.which("npm") is None and not modules.exists():
        _missing("npm is not installed")
    if not (modules.parent / "installed").exists():
        _missing(f"no MCP clients in {modules.parent}; scripts/node-clients installs them")
    home = tmp_path / "home"
    home.mkdir()
    return NodeClients(modules, project, data_dir, home)


@pytest.mark.parametrize("era", [(), ("--protocol-era", "modern")], ids=["legacy", "modern"])
def test_the_inspector_lists_calls_and_reads(clients: NodeClients, era: Sequence[str]) -> None:
    listed = clients.inspect("--method", "tools/list", "--strict", era=era)
    assert {"search", "suggest", "store"} <= {tool["name"] for tool in listed["tools"]}

    call = ("--method", "tools/call", "--tool-name", "search", "--tool-arg")
    found = clients.inspect(*call, "query=printShippingLabel", era=era)
    assert found["structuredContent"]["hits"][0]["path"] == "web/label.ts"

    refused = clients.inspect(*call, "query=x", "--tool-arg", "limit=0", era=era, code=INSPECTOR_TOOL_ERROR)
    assert refused["isError"]
    assert "limit is 0" in refused["content"][0]["text"]

    read = clients.inspect("--method", "resources/read", "--uri", "chunk://spike:hono-rate-limit", era=era)
    assert "Hono" in read["contents"][0]["text"]


def test_the_inspector_finds_nothing_to_warn_of(clients: NodeClients) -> None:
    variable = f"FLUORITE_DATA_DIR={clients.data_dir}"
    done = clients.run("mcp-inspector", "--cli", "-e", variable, *SERVER, "--method", "tools/list", "--strict")
    assert done.returncode == 0
    assert "Warning" not in done.stderr, done.stderr[:500]


def test_the_inspector_loads_the_server_without_an_error(clients: NodeClients) -> None:
    load = ("--load", "--load-requests", "100", "--load-concurrency", "8")
    call = ("--method", "tools/call", "--tool-name", "search", "--tool-arg", "query=retry_with_backoff")
    report = clients.inspect(*load, *call)
    assert (report["ok"], report["errors"], report["toolErrors"]) == (100, 0, 0)


def test_the_typescript_sdk_searches_stores_and_names_its_roots(clients: NodeClients, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(clients.modules)
    script = shutil.copy(Path(__file__).with_name("typescript_client.mjs"), tmp_path)
    done = clients.run("node", str(script), str(clients.project), str(clients.data_dir), sys.executable)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert {"search", "suggest", "store"} <= set(seen["tools"])
    assert seen["search"]["hits"][0]["path"] == "web/label.ts"
    assert seen["search"]["project"]["root"] == str(clients.project)
    assert "limit is 0" in seen["refused"]
    assert seen["read"] == "A note from TypeScript."
    assert seen["rootsAsked"] == 1
    assert seen["progress"] >= 1


def test_claude_code_connects(clients: NodeClients) -> None:
    added = clients.run("claude", "mcp", "add", "fluorite", "--", *SERVER)
    assert added.returncode == 0, added.stdout + added.stderr
    listed = clients.run("claude", "mcp", "list")
    [line] = [line for line in listed.stdout.splitlines() if line.startswith("fluorite:")]
    assert line.endswith("Connected"), listed.stdout + listed.stderr
