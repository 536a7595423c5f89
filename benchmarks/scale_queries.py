"""Queries about a large store, drawn from its own chunks: first lines of doc comments, and names."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from fluorite_mcp.storage.contents import unpack

# A comment that begins with a sentence: the marks of some twenty languages, then a capital letter and words.
_DOC = re.compile(
    r"^\s*(?:///?!?|#+|\*|/\*\*?|--+\s*\|?|;+|\"\"\"|''')\s*([A-Z][a-z]+ [A-Za-z' ,-]{20,100})", re.MULTILINE
)
# Licences stand in thousands of files; nobody asks for them.
_BOILERPLATE = re.compile(r"licen[cs]e|copyright|permission|warrant", re.IGNORECASE)


def doc_queries(database: Path, count: int, seed: int) -> list[str]:
    """Return sentences of doc comments of chunks drawn at random; the same for the same seed."""
    found: dict[str, None] = {}
    for _, text in _draw(database, seed):
        match = _DOC.search(text)
        if match and not _BOILERPLATE.search(match[1]):
            found[match[1].strip()] = None
        if len(found) == count:
            break
    return list(found)


def word_queries(database: Path, count: int, seed: int) -> list[str]:
    """Return names that chunks drawn at random define."""
    found: dict[str, None] = {}
    for symbol, _ in _draw(database, seed):
        if symbol:
            found[symbol.rpartition(".")[2]] = None
        if len(found) == count:
            break
    return list(found)


def _draw(database: Path, seed: int) -> Iterator[tuple[str | None, str]]:
    """Yield symbol and text of chunks in a random order, some perhaps twice."""
    chosen = random.Random(seed)  # noqa: S311 - a sample, not a secret
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        newest = connection.execute("SELECT max(key) FROM chunks").fetchone()[0]
        sql = (
            "SELECT c.symbol, t.compressed, t.data FROM chunks c JOIN contents t ON t.key = c.content"
            " WHERE c.key = ? AND c.kind = 'code'"
        )
        for _ in range(20 * newest):
            row = connection.execute(sql, [chosen.randint(1, newest)]).fetchone()
            if row is not None:
                yield row[0], unpack(row[1], row[2])
