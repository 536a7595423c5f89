"""Parsing with a limit: some grammars need quadratic time on text they were not made for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tree_sitter

# Source parses at 2 to 10 MB/s; what takes longer is no source. In CPU time, so that a busy machine changes nothing.
MAX_PARSE_SECONDS = 3.0
# The parser asks for its input in blocks of this size; a copy of the rest for each question would be quadratic.
_BLOCK_BYTES = 65536


def parse_within(
    parser: tree_sitter.Parser, source: bytes, seconds: float = MAX_PARSE_SECONDS
) -> tree_sitter.Tree | None:
    """Parse UTF-8 source; return None if that takes longer than the given CPU seconds."""
    end = time.thread_time() + seconds
    try:
        return parser.parse(
            lambda offset, _point: source[offset : offset + _BLOCK_BYTES],
            encoding="utf8",
            progress_callback=lambda _offset, _has_error: time.thread_time() > end,
        )
    except ValueError:  # the only sign of a stopped parse; it would go on with the next text otherwise
        parser.reset()
        return None
