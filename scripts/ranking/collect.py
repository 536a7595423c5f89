"""Asks the product annotated queries and keeps what its ranking saw: the features of every candidate."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.engine import Engine
from fluorite_mcp.models import Chunk
from fluorite_mcp.search.documents import DocumentId, document_of
from fluorite_mcp.search.features import FEATURES
from fluorite_mcp.search.hybrid import Ranking
from fluorite_mcp.search.ranking import Ranked
from scripts.ranking.annotations import Repository

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A query with its candidates.

    Attributes:
        source: Number of the annotation file, 0 for the own one.
        repository: Its name; validation leaves whole repositories out.
        is_foreign: Whether the query was made for another repository, so that most likely nothing answers it.
        features: (documents, features) as `search.features` computes them.
        hits: Which targets each document is, as sets of numbers.
        targets: How many targets the query has.
    """

    source: int
    repository: str
    category: str
    text: str
    is_foreign: bool
    features: NDArray[np.float32]
    hits: tuple[frozenset[int], ...]
    targets: int


async def collect(
    repository: Repository, root: Path, data_dir: Path, source: int, foreign: Sequence[str]
) -> list[Example]:
    """Learn a tree in a fresh store and ask its queries, and those of other repositories.

    Args:
        repository: The annotations.
        root: The folder to learn.
        data_dir: An empty folder for the store.
        source: Number of the annotation file.
        foreign: Queries of other repositories.
    """
    async with Engine.open(data_dir, folder=root) as engine:
        await engine.learn()
        asked = [(one.text, one.category, one.targets) for one in repository.queries]
        asked += [(text, "foreign", ()) for text in foreign]
        return [await _ask(engine, source, repository.name, *query) for query in asked]


async def _ask(
    engine: Engine, source: int, repository: str, text: str, category: str, targets: Sequence[str]
) -> Example:
    return example_of(await engine.rank(text), source, repository, text, category, targets)


def example_of(
    ranking: Ranking, source: int, repository: str, text: str, category: str, targets: Sequence[str]
) -> Example:
    """Return what a ranking saw, each document once.

    Args:
        ranking: The ranking of a query.
        source: Number of the annotation file.
        repository: The repository's name.
        text: The query.
        category: Its category; "foreign" for a query that nothing answers.
        targets: Paths of files, or ids of chunks, that answer it.
    """
    import numpy as np

    first: dict[DocumentId, Ranked] = {}
    for one in ranking.ranked:
        first.setdefault(document_of(one.chunk), one)
    shown = list(first.values())
    return Example(
        source=source,
        repository=repository,
        category=category,
        text=text,
        is_foreign=category == "foreign",
        features=np.array([one.signals for one in shown], np.float32).reshape(len(shown), len(FEATURES)),
        hits=tuple(_targets_of(one.chunk, targets) for one in shown),
        targets=len(targets),
    )


def _targets_of(chunk: Chunk, targets: Sequence[str]) -> frozenset[int]:
    """Return which targets a chunk is; its path may begin at the searched folder, theirs at the repository."""
    path = chunk.origin.path or chunk.id
    return frozenset(
        number
        for number, target in enumerate(targets)
        if path == target or target.endswith("/" + path) or path.endswith("/" + target)
    )


def save_examples(file: Path, examples: Sequence[Example]) -> None:
    """Keep examples for another fit."""
    file.write_bytes(pickle.dumps(list(examples)))


def load_examples(file: Path) -> list[Example]:
    """Read what `save_examples` wrote."""
    examples: list[Example] = pickle.loads(file.read_bytes())  # noqa: S301 - our own file
    return examples
