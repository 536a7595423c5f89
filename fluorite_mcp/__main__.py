"""The entry point: `fluorite-mcp` alone serves stdio, with arguments it is a command line."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve over stdio without arguments; otherwise run the named command."""
    # numpy's linear algebra starts a thread per core when it is imported; single queries are over before they wake.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if len(sys.argv) == 1:
        # The command line's own imports (typer, rich) would delay the handshake.
        from fluorite_mcp.server.stdio import serve

        serve()
    from fluorite_mcp.cli.app import run

    run()


if __name__ == "__main__":
    main()
