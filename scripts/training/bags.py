"""The training pairs as bags of tokens, in flat arrays: the form that batches are cut from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from fluorite_mcp.embedding.wordpieces import WordPieces, find_words
from scripts.training.corpus import content_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from scripts.training.extraction import Pair

FIELDS = ("query", "long", "name", "path", "code")
VIEWS = ("doc", "name", "prose", "file", "ja", "text", "example")


@dataclass(frozen=True, slots=True)
class Texts:
    """Many bags of tokens, one after the other.

    Attributes:
        tokens: Rows of the vocabulary, each once per bag.
        weights: Square root of how often the token occurs in its bag.
        ends: Where each bag begins and the next one; one longer than there are bags.
    """

    tokens: NDArray[np.int32]
    weights: NDArray[np.float32]
    ends: NDArray[np.int64]

    def gather(
        self, pairs: NDArray[np.int64], chosen: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """Return (place in `pairs`, token, weight) of all tokens in the bags of the chosen pairs."""
        places = np.flatnonzero(chosen)
        starts = self.ends[pairs[places]]
        sizes = self.ends[pairs[places] + 1] - starts
        before = np.concatenate([[0], np.cumsum(sizes)[:-1]]) if len(sizes) else sizes
        where = np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()))
        return np.repeat(places, sizes), self.tokens[where], self.weights[where]


@dataclass(frozen=True, slots=True)
class PairTable:
    """All pairs: one `Texts` per field, and one number per pair for what else is known.

    Attributes:
        texts: Field name to bags.
        views: Index into VIEWS.
        languages: Index into `language_names`.
        repositories: Index into `repository_names`.
        questions: Hash of what is asked; pairs that ask the same are no negatives of each other.
    """

    texts: dict[str, Texts]
    views: NDArray[np.int64]
    languages: NDArray[np.int64]
    repositories: NDArray[np.int64]
    questions: NDArray[np.int64]
    language_names: list[str]
    repository_names: list[str]

    def has(self, field: str) -> NDArray[np.bool_]:
        """Tell for each pair whether a field holds any token."""
        return np.diff(self.texts[field].ends) > 0

    def is_view(self, view: str) -> NDArray[np.bool_]:
        """Tell for each pair whether it is of a view."""
        found: NDArray[np.bool_] = self.views == VIEWS.index(view)
        return found


class Bagger:
    """Collects pairs and turns their texts into bags."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self._words = WordPieces({piece: row for row, piece in enumerate(pieces)})
        self._tokens: dict[str, list[NDArray[np.int32]]] = {field: [] for field in FIELDS}
        self._counts: dict[str, list[NDArray[np.float32]]] = {field: [] for field in FIELDS}
        self._about: list[tuple[int, str, str, int]] = []

    def add(self, repository: str, pairs: Iterable[tuple[str, Pair]]) -> None:
        """Add the pairs of one repository, each with its path."""
        for path, pair in pairs:
            shown_path = path if pair.view in {"doc", "name", "prose"} else ""
            values = (pair.query, pair.long, pair.name, shown_path, pair.code)
            for field, text in zip(FIELDS, values, strict=True):
                counts = Counter(chain.from_iterable(map(self._words.__getitem__, find_words(text))))
                self._tokens[field].append(np.fromiter(counts.keys(), np.int32, len(counts)))
                self._counts[field].append(np.fromiter(counts.values(), np.float32, len(counts)))
            question = int(content_hash(pair.query or pair.long or pair.name), 16) >> 1  # fits a signed integer
            self._about.append((VIEWS.index(pair.view), pair.language, repository, question))

    def table(self) -> PairTable:
        """Return all pairs that were added."""
        views, languages, repositories, questions = zip(*self._about, strict=True)
        language_names, language_of = np.unique(languages, return_inverse=True)
        repository_names, repository_of = np.unique(repositories, return_inverse=True)
        return PairTable(
            texts={field: self._texts(field) for field in FIELDS},
            views=np.array(views, np.int64),
            languages=language_of.astype(np.int64),
            repositories=repository_of.astype(np.int64),
            questions=np.array(questions, np.int64),
            language_names=[str(name) for name in language_names],
            repository_names=[str(name) for name in repository_names],
        )

    def _texts(self, field: str) -> Texts:
        sizes = np.fromiter(map(len, self._tokens[field]), np.int64, len(self._tokens[field]))
        return Texts(
            tokens=np.concatenate(self._tokens[field]),
            weights=np.sqrt(np.concatenate(self._counts[field])),
            ends=np.concatenate([[0], np.cumsum(sizes)]),
        )
