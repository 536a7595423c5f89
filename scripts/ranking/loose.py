"""Questions about documents that belong to no file, made from documented functions.

The question is the first sentence of a function's documentation. The document is a snippet, its code, of which half
keep the rest of the documentation, as half of what people store explains itself; or a note, that rest alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.engine import Engine
from fluorite_mcp.learning.scan import scan_project
from fluorite_mcp.text.files import decode
from scripts.ranking.collect import Example, example_of
from scripts.training.extraction import pairs_of_file

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of each repository, so that none decides.
_DOCUMENTS = 80
_QUESTIONS = 15
_MIN_QUESTION_WORDS, _MAX_QUESTION_WORDS = 4, 20
_MIN_DOCUMENT_CHARS, _MAX_DOCUMENT_CHARS = 40, 2_000


async def collect_loose(roots: Sequence[tuple[str, Path]], data_dir: Path, source: int) -> list[Example]:
    """Store documented functions of many trees and ask for them by their documentation.

    Args:
        roots: Names and folders of the trees.
        data_dir: An empty folder for the store.
        source: Number by which the examples are known.
    """
    asked: list[tuple[str, str, str]] = []
    async with Engine.open(data_dir, folder=data_dir.parent) as engine:
        for name, root in roots:
            for number, (question, snippet, note) in enumerate(_functions(name, root)):
                for kind, text in (("code", snippet), ("note", note)):
                    if len(text) < _MIN_DOCUMENT_CHARS:
                        continue
                    id_ = f"{name.lower()}-{kind}-{number}"
                    await engine.store(text, id=id_, kind=kind, scope="global")
                    if number < _QUESTIONS:
                        asked.append((name, question, id_))
        return [
            example_of(await engine.rank(question, kinds=(kind := _kind_of(id_),)), source, name, question, kind, [id_])
            for name, question, id_ in asked
        ]


def _kind_of(id_: str) -> str:
    return id_.rsplit("-", 2)[1]


def _functions(name: str, root: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (question, snippet, note) of functions of a tree, in an order that depends on its name alone."""
    dice = random.Random(name)  # noqa: S311 - a sample, not a secret
    paths = sorted(scan_project(root).files)
    dice.shuffle(paths)
    found = 0
    for path in paths:
        text = decode((root / path).read_bytes())
        for pair in pairs_of_file(path, text, dice):
            if pair.view != "doc" or not _MIN_QUESTION_WORDS <= len(pair.query.split()) <= _MAX_QUESTION_WORDS:
                continue
            rest = pair.long.replace(pair.query, "").strip()
            kept = rest if dice.random() < 0.5 else ""
            yield pair.query, f"{kept}\n{pair.code}".strip()[:_MAX_DOCUMENT_CHARS], rest[:_MAX_DOCUMENT_CHARS]
            found += 1
            if found == _DOCUMENTS:
                return
