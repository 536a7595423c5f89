"""A worker process: prepares batches of files from standard input to standard output until the input ends.

`python -m fluorite_mcp.worker builtin` embeds the chunks with the bundled model too, and merges what those of a file
say; `--mine` in place of the model mines the files, and `--patterns` finds patterns in what was mined. Each imports
what it needs and no more: all wait for its start.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from fluorite_mcp.garbage import start_worker_process
from fluorite_mcp.learning.batches import Batch, PrepareBatch, prepare_batch, serve_batches
from fluorite_mcp.learning.prepare import PreparedFile

MINE = "--mine"
PATTERNS = "--patterns"
_BACKGROUND = (MINE, PATTERNS)
_BACKGROUND_NICENESS = 5


def main() -> None:
    """Serve the parent process."""
    # A terminal's Ctrl-C reaches the parent too, which ends this process by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Only answers may reach the pipe: whatever prints goes to the error stream.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    argument = sys.argv[1] if sys.argv[1:] else ""
    serve_batches(sys.stdin.buffer, output, _work(argument))


def _work(argument: str) -> Callable[[Any], object]:
    if argument in _BACKGROUND:
        return _background_work(argument)
    prepare = _embedding(argument) if argument else prepare_batch
    start_worker_process()
    return prepare


def _background_work(argument: str) -> Callable[[Any], object]:
    # Nobody waits for it, and a search may want the core.
    if hasattr(os, "nice"):
        os.nice(_BACKGROUND_NICENESS)
    if argument == MINE:
        from fluorite_mcp.learning.mining import mine_batch

        return mine_batch
    from fluorite_mcp.embedding.builtin import BuiltinEmbedder
    from fluorite_mcp.learning.discovery import find_patterns

    return partial(find_patterns, names=BuiltinEmbedder())


def _embedding(model: str) -> PrepareBatch:
    from fluorite_mcp.embedding.builtin import BUILTIN, BuiltinEmbedder
    from fluorite_mcp.learning.ready import complete

    if model != BUILTIN:
        return prepare_batch
    # The model is loaded before the parent hears that this process is ready.
    embedder = BuiltinEmbedder()
    embedder.embed([""])

    def prepare(batch: Batch) -> list[PreparedFile]:
        return complete(prepare_batch(batch), embedder)

    return prepare


if __name__ == "__main__":
    main()
