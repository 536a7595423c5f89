"""A worker process: prepares batches of files from standard input to standard output until the input ends.

`python -m fluorite_mcp.worker MODEL` embeds the chunks with the bundled model too, unless MODEL is empty;
`python -m fluorite_mcp.worker --mine` mines the files, and `--patterns` finds patterns in what was mined.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fluorite_mcp.embedding.builtin import BuiltinEmbedder
from fluorite_mcp.embedding.registry import BUILTIN
from fluorite_mcp.learning.discovery import find_patterns
from fluorite_mcp.learning.mining import mine_batch
from fluorite_mcp.learning.prepare import PreparedFile
from fluorite_mcp.learning.ready import embed_chunks
from fluorite_mcp.learning.workers import Batch, PrepareBatch, prepare_batch, serve_batches
from fluorite_mcp.ports import Embedder

MINE = "--mine"
PATTERNS = "--patterns"
_BACKGROUND_NICENESS = 5


def main() -> None:
    """Serve the parent process."""
    # A terminal's Ctrl-C reaches the parent too, which ends this process by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Only answers may reach the pipe: whatever prints goes to the error stream.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve_batches(sys.stdin.buffer, output, _work(sys.argv[1] if sys.argv[1:] else ""))


def _work(argument: str) -> Callable[[Any], object]:
    background: dict[str, Callable[[Any], object]] = {MINE: mine_batch, PATTERNS: find_patterns}
    if argument in background:
        # Nobody waits for it, and a search may want the core.
        if hasattr(os, "nice"):
            os.nice(_BACKGROUND_NICENESS)
        return background[argument]
    return _embedding(BuiltinEmbedder()) if argument == BUILTIN else prepare_batch


def _embedding(embedder: Embedder) -> PrepareBatch:
    # The model is loaded before the parent hears that this process is ready.
    embedder.embed([""])

    def prepare(batch: Batch) -> list[PreparedFile]:
        files = prepare_batch(batch)
        chunks = [item.chunk for file in files for item in file.chunks or ()]
        vectors = iter(embed_chunks(embedder, chunks))
        return [
            file
            if file.chunks is None
            else replace(file, chunks=tuple(replace(item, vector=next(vectors)) for item in file.chunks))
            for file in files
        ]

    return prepare


if __name__ == "__main__":
    main()
