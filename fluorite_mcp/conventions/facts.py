"""The facts of one file, as bytes: what was observed, how it was done there, and on which lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.conventions import go, java, php, python, ruby, rust, script
from fluorite_mcp.conventions.reading import Handler, Reader, query_for, run_handlers

if TYPE_CHECKING:
    import tree_sitter

FACTS_VERSION = 4

# What is kept of a file at most; the rest of one that says more is more of the same.
_MAX_OBSERVATIONS = 400

_FAMILIES = {"javascript": "script", "typescript": "script", "tsx": "script"}
_READERS: Mapping[str, tuple[str, Mapping[str, Handler], Callable[[Reader], None]]] = {
    "python": ("python", python.HANDLERS, python.finish),
    "javascript": ("javascript", script.HANDLERS, script.finish),
    "typescript": ("typescript", script.HANDLERS, script.finish),
    "tsx": ("typescript", script.HANDLERS, script.finish),
    "go": ("go", go.HANDLERS, go.finish),
    "rust": ("rust", rust.HANDLERS, rust.finish),
    "php": ("php", php.HANDLERS, php.finish),
    "java": ("java", java.HANDLERS, java.finish),
    "ruby": ("ruby", ruby.HANDLERS, ruby.finish),
}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one file does.

    Attributes:
        language: Canonical name.
        observations: (aspect, the way it is done, the lines where).
    """

    language: str
    observations: tuple[tuple[str, str, tuple[int, ...]], ...] = ()


def family_of(language: str) -> str:
    """Return the languages that share conventions, under one name: JavaScript and TypeScript are one."""
    return _FAMILIES.get(language, language)


def facts_of(tree: tree_sitter.Tree, source: bytes, path: str, language: str) -> bytes:
    """Return the facts of a parsed file as bytes that `read_facts` reads.

    Args:
        tree: The syntax tree of `source`.
        source: The file's text as UTF-8.
        path: Relative to the project root, with `/`.
        language: Canonical name. Of a language without a reader only the language itself is kept.
    """
    found: list[list[object]] = []
    if language in _READERS:
        name, handlers, finish = _READERS[language]
        query = query_for(language, name)
        if query is not None:
            reader = Reader(source, path, family_of(language))
            if language == "rust":
                rust.prepare(reader, tree)
            run_handlers(reader, tree, query, handlers)
            finish(reader)
            found = [[aspect, value, *lines] for (aspect, value), lines in reader.found.items()]
    return json.dumps([FACTS_VERSION, language, *found[:_MAX_OBSERVATIONS]], separators=(",", ":")).encode()


def read_facts(data: bytes) -> FileFacts | None:
    """Read what `facts_of` wrote; None for a file without facts or of another version."""
    if not data:
        return None
    version, language, *rows = json.loads(data)
    if version != FACTS_VERSION:
        return None
    return FileFacts(language, tuple((aspect, value, tuple(lines)) for aspect, value, *lines in rows))
