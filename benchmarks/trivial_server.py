"""The floor of start-up: a server on the same SDK with one tool that does nothing."""

from __future__ import annotations

from mcp.server import MCPServer

server = MCPServer("trivial")


@server.tool()
def echo(text: str) -> str:
    """Return the text."""
    return text


if __name__ == "__main__":
    server.run()
