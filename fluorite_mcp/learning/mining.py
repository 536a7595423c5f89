"""Mining one file: it is parsed once, and every extractor reads the same tree.

An extractor is a pure function from a parsed file to bytes that are kept per file; what many files say together is
computed from those bytes. To add one, add it to `mine_source` and its version to `MINING_VERSION`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.conventions.facts import FACTS_VERSION, facts_of
from fluorite_mcp.learning.batches import Batch
from fluorite_mcp.learning.prepare import FileTask
from fluorite_mcp.models import MinedFile
from fluorite_mcp.patterns.skeletons import SKELETONS_VERSION, skeletons_of
from fluorite_mcp.text.files import decode
from fluorite_mcp.text.languages import detect_language, parser_for
from fluorite_mcp.text.parsing import parse_within
from fluorite_mcp.text.secrets import redact

if TYPE_CHECKING:
    import tree_sitter

# What mined bytes were made with: files mined with another stamp are mined again.
MINING_VERSION = f"skeletons {SKELETONS_VERSION}, facts {FACTS_VERSION}"

# Larger sources are generated or data, even where nothing in them says so.
MAX_MINED_BYTES = 500_000

_HEAD_CHARS = 2_000

MINED_LANGUAGES = (
    "python", "javascript", "typescript", "tsx", "go", "rust", "java", "c", "cpp", "csharp", "ruby", "php", "kotlin",
    "swift", "scala", "elixir", "lua", "dart", "bash",
)  # fmt: skip
"""Languages whose definitions are code. Files in others are not parsed again."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file as extractors read it: `tree` is the syntax tree of `source`, which is UTF-8 without secrets."""

    path: str
    language: str
    source: bytes
    tree: tree_sitter.Tree


def mine_batch(batch: Batch) -> list[MinedFile]:
    """Mine the files of one batch; a file that cannot be read any more is left out."""
    root, tasks, _ = batch
    return _mine_all(root, tasks)


def _mine_all(root: Path, tasks: Sequence[FileTask]) -> list[MinedFile]:
    mined = (mine_file(root, task) for task in tasks)
    return [file for file in mined if file is not None]


def mine_file(root: Path, task: FileTask) -> MinedFile | None:
    """Read a file and run every extractor on it; None if it is gone. One that does not parse has empty results."""
    try:
        data = (root / task.path).read_bytes()
    except OSError:
        return None
    digest = hashlib.blake2b(data, digest_size=16).digest()
    parsed = parse_file(task.path, data)
    if parsed is None:
        return MinedFile(task.path, digest)
    return mine_source(parsed, digest)


def parse_file(path: str, data: bytes) -> ParsedFile | None:
    """Parse a file's bytes; None if they are too many, in no language that is mined, or beyond the parser."""
    if len(data) > MAX_MINED_BYTES:
        return None
    text = redact(decode(data)).text
    language = detect_language(path, text[:_HEAD_CHARS])
    parser = parser_for(language) if language in MINED_LANGUAGES else None
    if language is None or parser is None:
        return None
    source = text.encode("utf-8", "replace")
    tree = parse_within(parser, language, source)
    return None if tree is None else ParsedFile(path, language, source, tree)


def mine_source(file: ParsedFile, digest: bytes) -> MinedFile:
    """Run every extractor on a parsed file."""
    return MinedFile(
        file.path,
        digest,
        skeletons=skeletons_of(file.tree, file.source, file.path, file.language),
        facts=facts_of(file.tree, file.source, file.path, file.language),
    )
