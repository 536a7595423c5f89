"""A worker process: prepares batches of files from standard input to standard output until the input ends."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from fluorite_mcp.learning.workers import prepare_batch, receive, send


def main() -> None:
    """Serve the parent process."""
    # A terminal's Ctrl-C reaches the parent too, which ends this process by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Only answers may reach the pipe: whatever prints goes to the error stream.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            batch: Any = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            send(output, prepare_batch(batch))
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
