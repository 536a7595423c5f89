"""The words of a query in whole documents: BM25, over the documents that were found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from fluorite_mcp.search.concepts import ConceptTable
from fluorite_mcp.search.documents import Document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

# BM25's usual constants: how soon repetition stops counting, and how much long documents are held back.
K1 = 1.2
_B = 0.75
# A note answers with one of its sentences. So many words beside that take nothing from it.
_BESIDE_A_SENTENCE = 200
# Terms are counted by half of their hash's bits: of the some thousand terms of a query's templates few share these.
_BUCKETS = 1 << 16


class _Terms(NamedTuple):
    """The terms of documents, one document after the other: hashes, how often each stands there, and whose it is."""

    hashes: NDArray[np.uint32]
    counts: Numbers
    owners: NDArray[np.intp]


def document_words(
    documents: Sequence[Document], lengths: Numbers, is_told: NDArray[np.bool_], table: ConceptTable
) -> Numbers:
    """Return each document's BM25 (Robertson and Zaragoza, 2009), lengths compared among the documents.

    Args:
        documents: The documents.
        lengths: Their lengths in words.
        is_told: Whether each says what it is about (`Found.is_told`).
        table: The query.
    """
    import numpy as np

    sizes = [len(one.text.terms) for one in documents]
    hashes = np.concatenate([one.text.terms for one in documents])
    counts = np.concatenate([one.text.counts for one in documents])
    hit, tokens = table.find(hashes)
    rows, said = owners(sizes, hit), counts[hit].astype(np.float32)
    saturation = K1 * (1 - _B + _B * lengths / (float(lengths.mean()) or 1.0))
    if is_told.any():
        is_code = np.array([one.text.is_code for one in documents])
        besides = counts.astype(np.float32)
        besides[hit] = 0
        terms = _Terms(hashes, besides, np.repeat(np.arange(len(documents)), sizes))
        saturation = _of_told(saturation, lengths, terms, is_told & is_code, is_told & ~is_code)
    found = np.zeros((len(documents), len(table.hashes)), np.float32)
    found[rows, tokens] = said * (K1 + 1) / (said + saturation[rows])
    return table.scores(found)


def owners(sizes: Sequence[int] | NDArray[np.uint16], places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which of several arrays, one behind the other, each place lies in."""
    import numpy as np

    return np.cumsum(sizes, dtype=np.intp).searchsorted(places, "right")


def _of_told(
    usual: Numbers, lengths: Numbers, besides: _Terms, is_code: NDArray[np.bool_], is_prose: NDArray[np.bool_]
) -> Numbers:
    """Return how soon repetition stops counting where that is not as usual, for each document.

    Code that is told, such as a template, is asked for by what the whole of it is for: its length is what it holds
    besides the query, in information, and counts in full. A template for Express with Redis is no answer to one for
    Express, however short. Prose is asked for something that it says, whatever else it says.

    Args:
        usual: What is usual.
        lengths: Lengths in words.
        besides: The documents' terms but those of the query.
        is_code: Whether each is told and code.
        is_prose: Whether each is told and no code.
    """
    import numpy as np

    told = (lengths + _BESIDE_A_SENTENCE) / (float(lengths.mean()) + _BESIDE_A_SENTENCE)
    saturation = np.where(is_prose, K1 * told, usual)
    if is_code.any():
        # The same on the whole, so that prose and files beside it keep their weight.
        saturation[is_code] = usual[is_code].mean() * _shares(_information(besides, is_code))
    return saturation


def _information(terms: _Terms, is_chosen: NDArray[np.bool_]) -> Numbers:
    """Return the information in each chosen document: the sum of its words' IDF among these, (chosen,)."""
    import numpy as np

    number = int(is_chosen.sum())
    of_chosen = is_chosen[terms.owners]
    buckets = terms.hashes[of_chosen] & (_BUCKETS - 1)
    frequency = np.minimum(np.bincount(buckets, minlength=_BUCKETS)[buckets], number)
    idf = np.log1p((number - frequency + 0.5) / (frequency + 0.5))
    place = np.cumsum(is_chosen) - 1
    return np.bincount(place[terms.owners[of_chosen]], idf * terms.counts[of_chosen], number).astype(np.float32)


def _shares(values: Numbers) -> Numbers:
    """Return values as multiples of their mean; 1 where all are 0."""
    import numpy as np

    mean = float(values.mean())
    return values / mean if mean > 0 else np.ones_like(values)
