"""What the indexes see of a chunk: its words by field, and the text that is embedded."""

from __future__ import annotations

from fluorite_mcp.index.lexical import scope_words
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, LexicalFields
from fluorite_mcp.text.tokens import TOKENS_VERSION, index_words

# Stamp of these fields; a store with another stamp has its word index rebuilt.
FIELDS_VERSION = f"2.{TOKENS_VERSION}"


def is_learned(chunk: Chunk) -> bool:
    """Whether a chunk is a piece of a project's file, rather than something that was stored."""
    return chunk.kind in ("code", "doc") and chunk.origin.path is not None


def symbols_of(chunk: Chunk) -> tuple[str, ...]:
    """Return the names that a learned piece of a file defines; what was stored may hold anything under that key."""
    symbols = chunk.metadata.get("symbols") if is_learned(chunk) else None
    return tuple(name for name in symbols if isinstance(name, str)) if isinstance(symbols, list) else ()


def lexical_fields(chunk: Chunk) -> LexicalFields:
    """Return the chunk's tokens for the columns scope, title, symbol, path and body."""
    # A learned piece of a file is titled by its symbol, which has a field of its own.
    names = symbols_of(chunk) if is_learned(chunk) else (chunk.title,)
    return (
        scope_words(chunk.project or GLOBAL_SCOPE, chunk.kind, chunk.language),
        index_words(" ".join((*names, *chunk.tags, *chunk.frameworks))),
        index_words(chunk.origin.symbol or ""),
        index_words(chunk.origin.path or ""),
        index_words(chunk.content),
    )


def embedding_text(chunk: Chunk) -> str:
    """Return the text whose meaning the chunk's vector holds: its name first, then what it says."""
    name = chunk.origin.symbol or chunk.title
    return f"{name}\n{chunk.content}" if name else chunk.content
