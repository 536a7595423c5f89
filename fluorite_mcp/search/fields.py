"""What the indexes see of a chunk: its words by field, and the text that is embedded."""

from __future__ import annotations

from fluorite_mcp.index.lexical import scope_words
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, LexicalFields
from fluorite_mcp.text.tokens import TOKENS_VERSION, index_words

# Stamp of these fields; a store with another stamp has its word index rebuilt.
FIELDS_VERSION = f"1.{TOKENS_VERSION}"


def lexical_fields(chunk: Chunk) -> LexicalFields:
    """Return the chunk's tokens for the columns scope, title, symbol, path and body."""
    # A learned piece of a file is titled by its symbol, which has a field of its own.
    names = chunk.metadata.get("symbols", ()) if chunk.kind in ("code", "doc") else (chunk.title,)
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
