"""Word translation probabilities from sentence pairs: IBM model 1, expectation maximisation, in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROUNDS = 6
# The share of a word that no word of the sentence explains.
NOTHING = 0.001
# Joins two ids in one integer.
_BASE = 1 << 20


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of an English stem and a Japanese term that stand for each other.

    Attributes:
        pairs: (stem, term) of each link.
        forward: Probability of the stem, given the term.
        backward: Probability of the term, given the stem.
        counts: Expected number of sentences in which the one is the translation of the other; the smaller of both
            directions.
    """

    pairs: list[tuple[str, str]]
    forward: NDArray[np.float64]
    backward: NDArray[np.float64]
    counts: NDArray[np.float64]


def link_words(units: Sequence[tuple[list[str], list[str]]]) -> Links:
    """Return how probably words stand for each other.

    Args:
        units: Distinct English stems and Japanese terms of each sentence.
    """
    stems = {name: number for number, name in enumerate(dict.fromkeys(s for left, _ in units for s in left))}
    terms = {name: number for number, name in enumerate(dict.fromkeys(t for _, right in units for t in right))}
    lefts = [np.array([stems[name] for name in left], np.int64) for left, _ in units]
    rights = [np.array([terms[name] for name in right], np.int64) for _, right in units]
    keys, cells = np.unique(
        np.concatenate(
            [(left[:, None] * _BASE + right[None, :]).ravel() for left, right in zip(lefts, rights, strict=True)]
        ),
        return_inverse=True,
    )
    of_stem, of_term = keys // _BASE, keys % _BASE
    ends = np.cumsum([0, *(len(left) for left in lefts)])
    left_groups = np.concatenate(
        [np.repeat(np.arange(end, end + len(a)), len(b)) for end, a, b in zip(ends, lefts, rights, strict=False)]
    )
    ends = np.cumsum([0, *(len(right) for right in rights)])
    right_groups = np.concatenate(
        [np.tile(np.arange(end, end + len(b)), len(a)) for end, a, b in zip(ends, lefts, rights, strict=False)]
    )
    forward, forward_counts = _learn(cells, left_groups, of_term)
    backward, backward_counts = _learn(cells, right_groups, of_stem)
    names, words = list(stems), list(terms)
    pairs = [(names[stem], words[term]) for stem, term in zip(of_stem, of_term, strict=True)]
    return Links(pairs, forward, backward, np.minimum(forward_counts, backward_counts))


def _learn(
    cells: NDArray[np.intp], groups: NDArray[np.intp], given: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the probability of each pair given its one side, and the expected counts.

    Args:
        cells: The pair of every cell of every sentence's matrix.
        groups: The word of the sentence that each cell wants explained: its cells share one count of 1.
        given: The explaining word of each pair.
    """
    probability = np.ones(len(given))
    counts: NDArray[np.float64] = probability
    for _ in range(ROUNDS):
        value = probability[cells]
        value /= (np.bincount(groups, weights=value) + NOTHING)[groups]
        counts = np.asarray(np.bincount(cells, weights=value, minlength=len(given)), np.float64)
        probability = counts / np.bincount(given, weights=counts)[given]
    return probability, counts
