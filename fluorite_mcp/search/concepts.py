"""What a query asks for, piece by piece: each word is a concept, and a Japanese term with its translations is one too.

A word's concept is found by words that mean nearly the same as well, which then count less.

A concept is found by any of its terms; the best one counts. So `認証` is found by its own characters in a Japanese
note and by `auth` or `authentication` in English code, and not twice where both stand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.search.profile import term_hash
from fluorite_mcp.text.near_words import near_words
from fluorite_mcp.text.tokens import has_cjk, index_words, query_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.search.query import Query


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing a query asks for.

    Attributes:
        importance: Its IDF.
        terms: Tokens that it is found by, with weights 0..1; the best counts.
        pieces: Character pairs that it is found by too, as far as they all stand there.
    """

    importance: float
    terms: tuple[tuple[str, float], ...]
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ConceptTable:
    """The concepts of a query as arrays.

    Attributes:
        hashes: Hashes of all tokens, sorted, each once, uint32 (tokens,).
        terms: Of each token that finds a concept: (token, concept, weight).
        pieces: The same for character pairs, whose weights add up; they overlap, so that n of them count as little as
            the root of n single words.
        importance: IDF of each concept, (concepts,).
    """

    hashes: NDArray[np.uint32]
    terms: tuple[tuple[int, int, float], ...]
    pieces: tuple[tuple[int, int, float], ...]
    importance: NDArray[np.float32]

    def scores(self, found: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how much documents hold of the query: the sum over concepts of importance times the best term.

        Args:
            found: How well each document holds each token, (documents, tokens).
        """
        import numpy as np

        best = np.zeros((len(found), len(self.importance)), np.float32)
        for token, concept, weight in self.pieces:
            best[:, concept] += weight * found[:, token]
        for token, concept, weight in self.terms:
            np.maximum(best[:, concept], weight * found[:, token], out=best[:, concept])
        result: NDArray[np.float32] = best @ self.importance
        return result

    def token_importance(self) -> NDArray[np.float32]:
        """Return what finding each token is worth by itself, (tokens,)."""
        import numpy as np

        worth = np.zeros(len(self.hashes), np.float32)
        for token, concept, weight in (*self.terms, *self.pieces):
            worth[token] = max(worth[token], weight * self.importance[concept])
        return worth

    def find(self, terms: NDArray[np.uint32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return where in `terms` a token of the query stands, and which token it is."""
        import numpy as np

        if not len(self.hashes):
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        places = self.hashes.searchsorted(terms)
        places[places == len(self.hashes)] = 0
        hit = np.flatnonzero(self.hashes[places] == terms)
        return hit, places[hit]


def concepts_of(query: Query, weights: Mapping[str, float]) -> list[Concept]:
    """Return the concepts of a query.

    Args:
        query: The query, understood.
        weights: The IDF of each of its words.
    """
    own = [word for word in query.words if word in weights and not has_cjk(word) and word not in query.translated]
    found = [_of_word(word, weights) for word in own]
    for translation in query.translations:
        terms = tuple((token, weight) for word, weight in translation.words for token in query_words(word))
        pieces = tuple(index_words(translation.term).split())
        known = [weights[token] * weight for token, weight in terms if token in weights]
        held = [weights[piece] for piece in pieces if piece in weights]
        if known or held:
            # One translation is as sure as the word itself, and so are its near words.
            near = near_words(terms[0][0]) if len(terms) == 1 else ()
            found.append(Concept(max(known) if known else sum(held) / len(held), terms + near, pieces))
    return found or [_of_word(word, weights) for word in query.words if word in weights]


def _of_word(word: str, weights: Mapping[str, float]) -> Concept:
    return Concept(weights[word], ((word, 1.0), *near_words(word)))


def concept_table(concepts: Sequence[Concept]) -> ConceptTable:
    """Return the concepts as arrays."""
    import numpy as np

    hashes = sorted({term_hash(token) for one in concepts for token in (*(term for term, _ in one.terms), *one.pieces)})
    place = {value: index for index, value in enumerate(hashes)}
    return ConceptTable(
        hashes=np.array(hashes, np.uint32),
        terms=tuple(
            (place[term_hash(token)], concept, weight)
            for concept, one in enumerate(concepts)
            for token, weight in one.terms
        ),
        pieces=tuple(
            (place[term_hash(piece)], concept, 1 / math.sqrt(len(one.pieces)))
            for concept, one in enumerate(concepts)
            for piece in one.pieces
        ),
        importance=np.array([concept.importance for concept in concepts], np.float32),
    )
