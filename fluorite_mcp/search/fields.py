"""What the indexes see of a chunk: its words by field, its profile, and the text that is embedded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from fluorite_mcp.index.expressions import FIELD_WEIGHTS, scope_words
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, LexicalFields
from fluorite_mcp.search.pasted import is_code
from fluorite_mcp.search.profile import Defined, definition_strength, encode_profile, filter_term, hashes_of
from fluorite_mcp.text.imports import import_lines
from fluorite_mcp.text.tokens import TOKENS_VERSION, index_words

# Stamp of these fields; a store with another stamp has its word index rebuilt.
FIELDS_VERSION = f"6.{TOKENS_VERSION}"

# The key of a learned chunk's metadata that lists its definitions: [name, kind, lines, depth] each.
DEFINITIONS = "definitions"
_DEFINITION = (str, str, int, int)


def is_learned(chunk: Chunk) -> bool:
    """Whether a chunk is a piece of a project's file, rather than something that was stored."""
    return chunk.kind in ("code", "doc") and chunk.origin.path is not None


def definitions_of(chunk: Chunk, spellings: Collection[str] | None = None) -> tuple[Defined, ...]:
    """Return what a learned piece of a file defines; what was stored may hold anything under that key.

    Args:
        chunk: The piece.
        spellings: If given, only names that are among these in lower case.
    """
    listed = chunk.metadata.get(DEFINITIONS) if is_learned(chunk) else None
    if not isinstance(listed, list):
        return ()
    return tuple(
        [
            Defined(one[0], one[1], definition_strength(*one[1:]))
            for one in listed
            if isinstance(one, list)
            and tuple(map(type, one)) == _DEFINITION
            # Of many names few are asked for.
            and (spellings is None or one[0].lower() in spellings)
        ]
    )


def lexical_fields(chunk: Chunk) -> LexicalFields:
    """Return the chunk's tokens for the columns of the word index, and its profile."""
    definitions = definitions_of(chunk)
    # A learned piece of a file is titled by its symbol, which has a field of its own.
    names = tuple(dict.fromkeys(one.name for one in definitions)) if is_learned(chunk) else (chunk.title,)
    title = index_words(" ".join((*names, *chunk.tags, *chunk.frameworks)))
    symbol, path = index_words(chunk.origin.symbol or ""), index_words(chunk.origin.path or "")
    imports = index_words(import_lines(chunk.content)) if chunk.kind == "code" else ""
    scope, body = scope_words(chunk.project or GLOBAL_SCOPE, chunk.kind, chunk.language), index_words(chunk.content)
    # What was stored is known by its title and tags as much as by its text.
    words = body.split() if is_learned(chunk) else [*title.split(), *body.split()]
    beyond = FIELD_WEIGHTS["title"] - (0 if is_learned(chunk) else FIELD_WEIGHTS["body"])
    named = _said_by_names(((title, beyond), (symbol, FIELD_WEIGHTS["symbol"]), (path, FIELD_WEIGHTS["path"])))
    named |= {filter_term("k", chunk.kind): 0} | ({filter_term("l", chunk.language): 0} if chunk.language else {})
    width = sum(stream.count(" ") + 1 for stream in (scope, title, symbol, path, imports, body) if stream)
    profile = encode_profile(
        words,
        definitions,
        named,
        width,
        is_code=chunk.kind == "code" or (not is_learned(chunk) and is_code(chunk.content)),
    )
    return LexicalFields(scope, title, symbol, path, imports, body, profile)


def _said_by_names(streams: Collection[tuple[str, int]]) -> dict[int, int]:
    """Return what each word of some fields counts beyond its place in the text, by hash."""
    counted: Counter[int] = Counter()
    for stream, weight in streams:
        for term in hashes_of(stream.split()):
            counted[term] += weight
    return dict(counted)


def embedding_text(chunk: Chunk) -> str:
    """Return the text whose meaning the chunk's vector holds: its name first, then what it says."""
    name = chunk.origin.symbol or chunk.title
    return f"{name}\n{chunk.content}" if name else chunk.content
