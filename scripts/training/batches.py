"""Batches of (question, answer): which pairs meet, and which of their words are shown.

Half of the batches gather pairs of a few repositories, where wrong answers look much like the right one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scripts.training.bags import VIEWS
from scripts.training.vocabulary import is_japanese

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from scripts.training.bags import PairTable

    Parts = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]

# What has no weight here has a share of every batch.
VIEW_WEIGHTS = {"doc": 1.0, "prose": 0.8, "file": 0.5, "name": 0.35, "ja": 0.0, "text": 0.0, "example": 0.0}
JAPANESE_SHARE, TEXT_SHARE = 0.2, 0.12  # a third of the Japanese share is documents with code
EXAMPLE_SHARE = 0.02
GROUPED_SHARE = 0.5
GROUP_PAIRS = 256
MIN_GROUP_PAIRS = 64
QUESTION_DROP, ANSWER_DROP = 0.1, 0.56  # the latter at most: how much an answer loses is drawn for each
NAME_DROP = 0.35  # of the documented definitions; the bare ones always lose their names
# People put such words around what they look for; seeing them everywhere teaches that they say little.
FILLERS = {
    "how": 0.06, "to": 0.1, "in": 0.1, "function": 0.06, "example": 0.04, "code": 0.03, "using": 0.04,
    "implementation": 0.02, "create": 0.02, "component": 0.02,
}  # fmt: skip
LANGUAGE_SHARE = 0.3
LANGUAGE_WORDS = {
    "csharp": ["c"], "cpp": ["c"], "tsx": ["react", "typescript"], "js": ["javascript"], "ts": ["typescript"],
    "py": ["python"], "sh": ["bash"], "jsx": ["react"],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bags:
    """Bags of tokens for one step: flat tokens and weights, and where each bag begins."""

    tokens: NDArray[np.int64]
    weights: NDArray[np.float32]
    starts: NDArray[np.int64]


class BatchMaker:
    """Draws batches from the pairs that are trained on.

    Args:
        table: All pairs.
        rows: The pairs to draw from.
        pieces: The vocabulary.
        seed: Two makers of one seed draw the same batches.
    """

    def __init__(self, table: PairTable, rows: NDArray[np.int64], pieces: Sequence[str], seed: int) -> None:
        self._table = table
        self._dice = np.random.default_rng(seed)
        self._size = len(pieces)
        self._latin = ~np.array([is_japanese(piece) for piece in pieces])
        row_of = {piece: row for row, piece in enumerate(pieces)}
        self._fillers = {row_of[word]: share for word, share in FILLERS.items() if word in row_of}
        self._language_rows = [
            [row_of[word] for word in LANGUAGE_WORDS.get(name, [name]) if word in row_of]
            for name in table.language_names
        ]
        self._asks_japanese = _asks_japanese(table, self._latin)
        self._has = {field: table.has(field) for field in table.texts}
        self._pools(rows)

    def _pools(self, rows: NDArray[np.int64]) -> None:
        table = self._table
        view_weights = np.array([VIEW_WEIGHTS[view] for view in VIEWS])
        self._weights = view_weights[table.views]
        self._code = rows[self._weights[rows] > 0]
        self._japanese = rows[table.is_view("ja")[rows]]
        self._text = rows[table.is_view("text")[rows]]
        self._examples = rows[table.is_view("example")[rows]]
        self._japanese_prose = self._code[self._asks_japanese[self._code]]
        self._chances = np.cumsum(self._weights[self._code])
        self._chances /= self._chances[-1]
        by_repository = [self._code[table.repositories[self._code] == i] for i in range(len(table.repository_names))]
        self._groups = [group for group in by_repository if len(group) >= MIN_GROUP_PAIRS]
        sizes = np.array([len(group) for group in self._groups], float) ** 0.75
        self._group_chances = sizes / sizes.sum()

    def draw(self, size: int) -> NDArray[np.int64]:
        """Return the pairs of one batch."""
        japanese, text = int(size * JAPANESE_SHARE), int(size * TEXT_SHARE)
        prose = japanese // 3 if len(self._japanese_prose) else 0
        examples = int(size * EXAMPLE_SHARE) if len(self._examples) else 0
        code = size - japanese - text - examples
        if self._dice.random() < GROUPED_SHARE and self._groups:
            chosen = self._draw_groups(code)
        else:
            chosen = self._code[np.searchsorted(self._chances, self._dice.random(code))]
        return np.concatenate(
            [
                chosen,
                self._dice.choice(self._japanese_prose, prose),
                self._dice.choice(self._japanese, japanese - prose),
                self._dice.choice(self._text, text),
                self._dice.choice(self._examples, examples),
            ]
        )

    def _draw_groups(self, count: int) -> NDArray[np.int64]:
        chosen: list[NDArray[np.int64]] = []
        while sum(map(len, chosen)) < count:
            group = self._groups[self._dice.choice(len(self._groups), p=self._group_chances)]
            weights = self._weights[group] / self._weights[group].sum()
            chosen.append(self._dice.choice(group, min(GROUP_PAIRS, len(group)), replace=False, p=weights))
        return np.concatenate(chosen)[:count]

    def show(self, pairs: NDArray[np.int64]) -> tuple[Bags, Bags]:
        """Return the questions and answers of pairs, with some of their words left out and some added."""
        asked = self._asked_fields(pairs)
        question = [self._gather(field, pairs, chosen) for field, chosen in asked.items()]
        question.append(self._added_words(pairs))
        kept = [self._keep_question(part, pairs) for part in question]
        return _bags(kept, len(pairs)), _bags(self._answer(pairs, asked["long"]), len(pairs))

    def _asked_fields(self, pairs: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
        """Choose for each pair what is asked: its short description, the long one, its name, or two of them."""
        luck = self._dice.random(len(pairs))
        is_view = {view: self._table.is_view(view)[pairs] for view in VIEWS}
        has_query, has_long = self._has["query"][pairs], self._has["long"][pairs]
        doc, prose, file = is_view["doc"], is_view["prose"], is_view["file"]
        name = is_view["name"] | (file & ~has_long) | (doc & (luck < 0.12)) | (prose & (luck < 0.4))
        example = is_view["example"]
        long = has_long & ((doc & (luck >= 0.75)) | (prose & (luck >= 0.25)) | (example & (luck >= 0.6)) | file)
        query = is_view["ja"] | is_view["text"] | (doc & (luck >= 0.06) & ~long) | ((prose | example) & ~long)
        nothing = ~((name & self._has["name"][pairs]) | long | (query & has_query))
        return {"query": query | (nothing & has_query), "long": long, "name": name | file | (nothing & ~has_query)}

    def _added_words(self, pairs: NDArray[np.int64]) -> Parts:
        """Return the names of languages and the fillers that some questions get."""
        may_add = ~(self._table.is_view("ja") | self._table.is_view("text"))[pairs]
        owners: list[int] = []
        tokens: list[int] = []
        for place in np.flatnonzero((self._dice.random(len(pairs)) < LANGUAGE_SHARE) & may_add):
            words = self._language_rows[self._table.languages[pairs[place]]]
            owners += [int(place)] * len(words)
            tokens += words
        for token, share in self._fillers.items():
            places = np.flatnonzero((self._dice.random(len(pairs)) < share) & may_add)
            owners += places.tolist()
            tokens += [token] * len(places)
        return np.array(owners, np.int64), np.array(tokens, np.int32), np.ones(len(tokens), np.float32)

    def _keep_question(self, part: Parts, pairs: NDArray[np.int64]) -> Parts:
        """Drop some words; half of the Japanese questions lose all Latin ones, which would answer them alone."""
        owners, tokens, weights = part
        loses_latin = (self._dice.random(len(pairs)) < 0.5) & self._asks_japanese[pairs]
        keep = (self._dice.random(len(tokens)) >= QUESTION_DROP) & ~(loses_latin[owners] & self._latin[tokens])
        return owners[keep], tokens[keep], weights[keep]

    def _answer(self, pairs: NDArray[np.int64], long_is_asked: NDArray[np.bool_]) -> list[Parts]:
        luck = self._dice.random((3, len(pairs)))
        doc, prose = (self._table.is_view(view)[pairs] for view in ("doc", "prose"))
        owners, tokens, weights = self._gather("code", pairs, np.ones(len(pairs), bool))
        drop = ANSWER_DROP * self._dice.random(len(pairs))
        keep = self._dice.random(len(tokens)) >= drop[owners]
        nameless = self._table.is_view("name")[pairs] | (doc & (luck[0] < NAME_DROP))
        name_owners, name_tokens, _ = self._gather("name", pairs, nameless)
        keep &= ~np.isin(owners * self._size + tokens, name_owners * self._size + name_tokens)
        return [
            (owners[keep], tokens[keep], weights[keep]),
            self._gather("path", pairs, (doc | prose) & (luck[1] < 0.2)),
            self._gather("long", pairs, doc & ~long_is_asked & (luck[2] < 0.1)),
        ]

    def _gather(self, field: str, pairs: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Parts:
        return self._table.texts[field].gather(pairs, chosen)


def _asks_japanese(table: PairTable, latin: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell for each pair whether its description holds a Japanese piece."""
    found = np.zeros(len(table.views), bool)
    for field in ("query", "long"):
        texts = table.texts[field]
        before = np.concatenate([[0], np.cumsum(~latin[texts.tokens])])
        found |= before[texts.ends[1:]] > before[texts.ends[:-1]]
    return found


def _bags(parts: Sequence[Parts], count: int) -> Bags:
    owners, tokens, weights = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(owners, kind="stable")
    return Bags(
        tokens=tokens[order].astype(np.int64),
        weights=weights[order].astype(np.float32),
        starts=np.searchsorted(owners[order], np.arange(count)).astype(np.int64),
    )
