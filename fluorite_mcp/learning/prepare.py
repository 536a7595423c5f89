"""From one file to chunks ready for the store: read, judged, cut, redacted, worded. Pure CPU work on values."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fluorite_mcp.learning.frameworks import frameworks_of_file
from fluorite_mcp.learning.scan import MAX_FILE_BYTES, FileStat
from fluorite_mcp.models import Chunk, FileRecord, Kind, Origin, PreparedChunk
from fluorite_mcp.search.fields import DEFINITIONS, lexical_fields
from fluorite_mcp.text.chunker import Piece, chunk_text
from fluorite_mcp.text.files import decode, is_binary, is_generated
from fluorite_mcp.text.languages import LANGUAGES, detect_language
from fluorite_mcp.text.secrets import redact, secret_file_reason

# What code from a repository is worth before anyone said anything about it.
LEARNED_QUALITY = 0.5

_ID_BYTES = 10  # 80 bits: a collision among a million chunks has a chance of 4e-13
_HEAD_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class FileTask:
    """A file to look at: where it is, what its directory entry says, what was known of it."""

    project: int
    path: str
    stat: FileStat
    known_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A file as it shall be known.

    Attributes:
        record: What is known of the file itself.
        chunks: Its chunks; None where its content did not change.
        merged: The merged profile of its chunks (see `search.merged`); without one it is made later from the store.
    """

    record: FileRecord
    chunks: tuple[PreparedChunk, ...] | None
    merged: bytes | None = None


def chunk_id(kind: str, *parts: str) -> str:
    """Return the id of a chunk whose identity is its kind and these parts."""
    digest = hashlib.blake2b("\0".join((kind, *parts)).encode("utf-8", "replace"), digest_size=_ID_BYTES).digest()
    return f"{kind}-{base64.b32encode(digest).decode().lower()}"


def prepare_file(root: Path, task: FileTask, now: str) -> PreparedFile:
    """Read a file and cut it into chunks, or say why it is skipped. A file that vanished is skipped too."""
    record = FileRecord(task.path, task.stat.size, task.stat.modified_ns)
    if reason := secret_file_reason(task.path):
        return _skipped(record, reason)
    if task.stat.size > MAX_FILE_BYTES:
        return _skipped(record, f"larger than {MAX_FILE_BYTES} bytes")
    try:
        data = (root / task.path).read_bytes()
    except OSError as error:
        return _skipped(record, f"cannot be read ({error.strerror})")
    record = replace(record, hash=hashlib.blake2b(data, digest_size=16).digest())
    if record.hash == task.known_hash:
        return PreparedFile(record, None)
    return _prepare_data(data, record, root, task.project, now)


def _prepare_data(data: bytes, record: FileRecord, root: Path, project: int, now: str) -> PreparedFile:
    if is_binary(data):
        return _skipped(record, "binary")
    text = decode(data)
    if reason := is_generated(record.path, text):
        return _skipped(record, reason)
    language = detect_language(record.path, text[:_HEAD_CHARS])
    chunks = tuple(prepare_text(text, language, root, project, record.path, now))
    return PreparedFile(replace(record, language=language), chunks)


def _skipped(record: FileRecord, reason: str) -> PreparedFile:
    return PreparedFile(replace(record, skipped=reason), ())


def prepare_text(text: str, language: str | None, root: Path, project: int, path: str, now: str) -> list[PreparedChunk]:
    """Cut the text of a file into chunks with their words."""
    is_prose = language is None or LANGUAGES[language].is_prose
    kind: Kind = "doc" if is_prose else "code"
    frameworks = frameworks_of_file(text, language)
    new_id = _id_maker(kind, str(root), path)
    chunks = []
    # Before cutting: a key that runs over two pieces is not recognised in either.
    for piece in chunk_text(redact(text).text, language):
        chunk = Chunk(
            id=new_id(piece.text),
            kind=kind,
            title=piece.symbol or path.rpartition("/")[2],
            content=piece.text,
            project=project,
            language=language,
            frameworks=frameworks,
            origin=Origin(path, piece.start_line, piece.end_line, piece.symbol),
            quality=LEARNED_QUALITY,
            created_at=now,
            accessed_at=now,
            recorded_at=now,
            metadata=_metadata(piece),
        )
        chunks.append(PreparedChunk(chunk, lexical_fields(chunk)))
    return chunks


def _metadata(piece: Piece) -> dict[str, object]:
    listed = [[one.name, one.kind, one.end_line - one.start_line + 1, one.path.count(".")] for one in piece.definitions]
    return {DEFINITIONS: listed} if listed else {}


def _id_maker(kind: str, root: str, path: str) -> Callable[[str], str]:
    """Return a function from text to id; text that repeats in a file gets a number, counted from its top."""
    seen: dict[str, int] = {}

    def new_id(content: str) -> str:
        number = seen.get(content, 0)
        seen[content] = number + 1
        return chunk_id(kind, root, path, content, *([str(number)] if number else []))

    return new_id
