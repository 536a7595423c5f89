"""The words of a query in whole documents: BM25, over the documents that were found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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

    hit, tokens = table.find(np.concatenate([one.text.terms for one in documents]))
    counts = np.concatenate([one.text.counts for one in documents])[hit].astype(np.float32)
    rows = owners([len(one.text.terms) for one in documents], hit)
    saturation = K1 * (1 - _B + _B * lengths / (float(lengths.mean()) or 1.0))
    if is_told.any():
        saturation = _of_told(saturation, documents, lengths, is_told, table)
    found = np.zeros((len(documents), len(table.hashes)), np.float32)
    found[rows, tokens] = counts * (K1 + 1) / (counts + saturation[rows])
    return table.scores(found)


def owners(sizes: Sequence[int] | NDArray[np.uint16], places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which of several arrays, one behind the other, each place lies in."""
    import numpy as np

    return np.cumsum(sizes, dtype=np.intp).searchsorted(places, "right")


def _of_told(
    usual: Numbers,
    documents: Sequence[Document],
    lengths: Numbers,
    is_told: NDArray[np.bool_],
    table: ConceptTable,
) -> Numbers:
    """Return how soon repetition stops counting where that is not as usual, for each document.

    Code that is told, such as a template, is asked for by what the whole of it is for: its length is what it holds
    besides the query, in information, and counts in full. A template for Express with Redis is no answer to one for
    Express, however short. Prose is asked for something that it says, whatever else it says.

    Args:
        usual: What is usual.
        documents: The documents.
        lengths: Their lengths in words.
        is_told: Whether each is told.
        table: The query.
    """
    import numpy as np

    is_code = np.array([one.text.is_code for one in documents])
    prose = K1 * (lengths + _BESIDE_A_SENTENCE) / (float(lengths.mean()) + _BESIDE_A_SENTENCE)
    saturation = np.where(is_told & ~is_code, prose, usual)
    told_code = np.flatnonzero(is_told & is_code)
    if len(told_code):
        information = _information_besides([documents[index] for index in told_code.tolist()], table)
        # The same on the whole, so that prose and files beside it keep their weight.
        saturation[told_code] = usual[told_code].mean() * _shares(information)
    return saturation


def _information_besides(documents: Sequence[Document], table: ConceptTable) -> Numbers:
    """Return the information in each document: the sum of the IDF, among these, of its words but the query's."""
    import numpy as np

    number = len(documents)
    terms = np.concatenate([one.text.terms for one in documents])
    buckets = terms & (_BUCKETS - 1)
    frequency = np.bincount(buckets, minlength=_BUCKETS)[buckets]
    held_by = np.arange(number + 1, dtype=np.float32)
    idf = np.log1p((number - held_by + 0.5) / (held_by + 0.5))
    information = idf.take(frequency, mode="clip") * np.concatenate([one.text.counts for one in documents])
    information[table.find(terms)[0]] = 0
    owner = np.repeat(np.arange(number), [len(one.text.terms) for one in documents])
    return np.bincount(owner, information, number).astype(np.float32)


def _shares(values: Numbers) -> Numbers:
    """Return values as multiples of their mean; 1 where all are 0."""
    import numpy as np

    mean = float(values.mean())
    return values / mean if mean > 0 else np.ones_like(values)
