"""The entry point: `fluorite-mcp` alone serves stdio, with arguments it is a command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Serve over stdio without arguments; otherwise run the named command."""
    if len(sys.argv) == 1:
        # The command line's own imports (typer, rich) would delay the handshake.
        from fluorite_mcp.server.stdio import serve

        serve()
    from fluorite_mcp.cli.app import run

    run()


if __name__ == "__main__":
    main()
