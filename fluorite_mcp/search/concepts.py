"""What a query asks for, piece by piece: each word is a concept, and a Japanese term with its translations is one too.

A word's concept is found by words that mean nearly the same as well, which then count less, and by what it becomes
when it is written together with its neighbour or apart.

A concept is found by any of its terms; the best one counts. So `認証` is found by its own characters in a Japanese
note and by `auth` or `authentication` in English code, and not twice where both stand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fluorite_mcp.search.compounds import written_apart, written_together
from fluorite_mcp.search.products import product
from fluorite_mcp.search.profile import known_terms, term_hash
from fluorite_mcp.text.near_words import near_words
from fluorite_mcp.text.tokens import has_cjk, index_words, query_words, word_tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.search.query import Query

# What the two words of a compound count where both stand: `web` and `hook` may stand there for other reasons.
_APART = 0.5


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing a query asks for.

    Attributes:
        importance: Its IDF.
        terms: Tokens that it is found by, with weights 0..1; the best counts.
        pieces: Character pairs that it is found by too, as far as they all stand there.
        compounds: Pairs of tokens that it is found by where both stand.
    """

    importance: float
    terms: tuple[tuple[str, float], ...]
    pieces: tuple[str, ...] = ()
    compounds: tuple[tuple[str, str], ...] = ()


class Finders(NamedTuple):
    """Tokens that concepts are found by, as arrays: of each the token, its concept, and its weight."""

    tokens: NDArray[np.intp]
    concepts: NDArray[np.intp]
    weights: NDArray[np.float32]


class Pairs(NamedTuple):
    """Two tokens that together find a concept, as arrays: of each pair the first, the second, and the concept."""

    firsts: NDArray[np.intp]
    seconds: NDArray[np.intp]
    concepts: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class ConceptTable:
    """The concepts of a query as arrays.

    Attributes:
        hashes: Hashes of all tokens, sorted, each once, uint32 (tokens,).
        terms: What finds a concept, concept after concept.
        pieces: The same for character pairs, whose weights add up; they overlap, so that n of them count as little as
            the root of n single words.
        compounds: The words of compounds, which count half, and where both stand.
        importance: IDF of each concept, (concepts,).
    """

    hashes: NDArray[np.uint32]
    terms: Finders
    pieces: Finders
    compounds: Pairs
    importance: NDArray[np.float32]

    def scores(self, found: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how much documents hold of the query: the sum over concepts of importance times the best term.

        Args:
            found: How well each document holds each token, (documents, tokens).
        """
        import numpy as np

        best = np.zeros((len(found), len(self.importance)), np.float32)
        for token, concept, weight in zip(*self.pieces, strict=True):
            best[:, concept] += weight * found[:, token]
        _raise_to(best, found.take(self.terms.tokens, axis=1) * self.terms.weights, self.terms.concepts)
        firsts, seconds, concepts = self.compounds
        both = np.minimum(found.take(firsts, axis=1), found.take(seconds, axis=1))
        _raise_to(best, np.float32(_APART) * both, concepts)
        result: NDArray[np.float32] = product(best, self.importance)
        return result

    def token_importance(self) -> NDArray[np.float32]:
        """Return what finding each token is worth by itself, (tokens,)."""
        import numpy as np

        worth = np.zeros(len(self.hashes), np.float32)
        for tokens, concepts, weights in (self.terms, self.pieces):
            np.maximum.at(worth, tokens, weights * self.importance[concepts])
        return worth

    def find(self, terms: NDArray[np.uint32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return where in `terms` a token of the query stands, and which token it is."""
        return known_terms(terms, self.hashes)


def _raise_to(best: NDArray[np.float32], held: NDArray[np.float32], concepts: NDArray[np.intp]) -> None:
    """Raise the concepts' columns of `best` to the highest of theirs in `held`, whose columns are sorted by concept."""
    import numpy as np

    if len(concepts):
        starts = np.flatnonzero(np.diff(concepts, prepend=-1))
        columns = concepts[starts]
        best[:, columns] = np.maximum(best[:, columns], np.maximum.reduceat(held, starts, axis=1))


def concepts_of(query: Query, weights: Mapping[str, float]) -> list[Concept]:
    """Return the concepts of a query.

    Args:
        query: The query, understood.
        weights: The IDF of each of its words.
    """
    own = [word for word in query.words if word in weights and not has_cjk(word) and word not in query.translated]
    # Pasted code writes its words as its project does.
    together = {} if query.shape == "code" else written_together(query.text)
    apart = {} if query.shape == "code" else _compounds(query)
    found = [_of_word(word, weights, together.get(word, ()), apart.get(word, ())) for word in own]
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


def _of_word(
    word: str, weights: Mapping[str, float], together: Sequence[str] = (), apart: tuple[tuple[str, str], ...] = ()
) -> Concept:
    terms = ((word, 1.0), *((one, 1.0) for one in together), *near_words(word))
    return Concept(weights[word], terms, compounds=apart)


def _compounds(query: Query) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the pairs of words that the words of a query may be made of, by token."""
    made = {word: written_apart(word.lower()) for word in query.spoken}
    return {token: pairs for word, pairs in made.items() if pairs for token in word_tokens(word)[:1]}


def concept_table(concepts: Sequence[Concept]) -> ConceptTable:
    """Return the concepts as arrays."""
    import numpy as np

    terms = [(term_hash(term), place, weight) for place, one in enumerate(concepts) for term, weight in one.terms]
    pieces = [
        (term_hash(piece), place, 1 / math.sqrt(len(one.pieces)))
        for place, one in enumerate(concepts)
        for piece in one.pieces
    ]
    compounds = [
        (term_hash(first), term_hash(second), place)
        for place, one in enumerate(concepts)
        for first, second in one.compounds
    ]
    found_by = {value for value, _, _ in (*terms, *pieces)}
    parts = {value for *both, _ in compounds for value in both}
    hashes = np.array(sorted(found_by | parts), np.uint32)
    return ConceptTable(
        hashes=hashes,
        terms=_finders(terms, hashes),
        pieces=_finders(pieces, hashes),
        compounds=_pairs(compounds, hashes),
        importance=np.array([concept.importance for concept in concepts], np.float32),
    )


def _finders(rows: Sequence[tuple[int, int, float]], hashes: NDArray[np.uint32]) -> Finders:
    import numpy as np

    return Finders(
        hashes.searchsorted(np.array([value for value, _, _ in rows], np.uint32)),
        np.array([concept for _, concept, _ in rows], np.intp),
        np.array([weight for _, _, weight in rows], np.float32),
    )


def _pairs(rows: Sequence[tuple[int, int, int]], hashes: NDArray[np.uint32]) -> Pairs:
    import numpy as np

    columns = np.array(rows, np.int64).reshape(-1, 3).T
    return Pairs(hashes.searchsorted(columns[0]), hashes.searchsorted(columns[1]), columns[2])
