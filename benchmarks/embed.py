"""Times the bundled model's reader in a process of its own: load with a first query, then two passes."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from fluorite_mcp.embedding.builtin import BuiltinEmbedder


def main() -> None:
    texts = json.loads(Path(sys.argv[1]).read_text())
    started = time.perf_counter()
    embedder = BuiltinEmbedder()
    embedder.embed_query("a first query")
    result = {"load": time.perf_counter() - started}
    for name in ("first", "later"):
        begun = time.perf_counter()
        embedder.embed(texts)
        result[name] = len(texts) / (time.perf_counter() - begun)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
