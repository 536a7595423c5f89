"""What speaks for a document, as numbers: the explained features that the ranking model weighs.

Each is computed for all candidates of a query at once. A feature that has no meaning for a document (a stored note has
no file name) is NaN, and then speaks neither for nor against it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.search.concepts import ConceptTable, concept_table, concepts_of
from fluorite_mcp.search.documents import Document
from fluorite_mcp.search.paths import PathProfile
from fluorite_mcp.search.profile import Defined
from fluorite_mcp.search.query import Query
from fluorite_mcp.text.tokens import query_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# BM25's usual constants: how soon repetition stops counting, and how much long documents are held back.
_K1 = 1.2
_B = 0.75
# Words less alike than this are different words; static vectors of unrelated words lie below.
_UNLIKE = 0.3
# A definition of a name that the query writes with other capitals, and of a word beside the query's names.
_OTHER_CAPITALS = 0.6
_SPELLED_IN_WORDS = 0.8
# Languages of data and prose: what they hold is seldom the place where something is done.
_DATA_LANGUAGES = frozenset({"json", "yaml", "toml", "ini", "xml", "markdown", "rst", "asciidoc", "org", "html"})

FEATURES: Mapping[str, str] = {
    "words": "best chunk's BM25 over title, symbol, path and body, as a part of the ideal",
    "file_words": "BM25 of the whole file, as a part of the best candidate's",
    "meaning": "best chunk's cosine with the query",
    "file_meaning": "cosine of the mean of the file's chunks with the query",
    "together": "words and meaning of one chunk, below the best chunk's",
    "path_meaning": "cosine of folder and file name with the query",
    "stem_precision": "part of the file name's words that the query says",
    "stem_similarity": "how near each word of the query is to some word of the file name, by IDF",
    "folders": "part of the query's words that the folders say, by IDF, as a part of the best candidate's",
    "stem_spelling": "letters of the file name, if the query spells it (`state flow` for StateFlow)",
    "defines": "strength of the strongest definition of something the query spells",
    "defines_name": "the same as a part of the best candidate's, squared, if the query is a bare name",
    "named_like": "part of the query said by the best-matching defined name, times part of the name said by the query",
    "importers": "logarithm of how many import lines name the file",
    "lines": "logarithm of the file's lines",
    "depth": "folders above the file, compared with the other candidates",
    "test": "test code or an example, where the query does not ask for it",
    "legacy": "vendored, deprecated or an old version",
    "data": "prose or data rather than code, where the query does not ask for it",
    "bundled": "knowledge that came with the package rather than from the project",
    "loose_words": "`file_words` of what belongs to no file: it has less else to be judged by",
    "loose_meaning": "`meaning` of what belongs to no file",
    "told_words": "`file_words` of notes, memories and templates, which say a thing in the words it is asked with",
    "told_meaning": "`meaning` of notes, memories and templates",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A document with what the indexes found of it.

    Attributes:
        document: The document.
        language: Its language, if it has one.
        is_prose: Whether it is documentation, a note or a memory rather than code.
        is_told: Whether it is stored and says in words what it is about: anything but code.
        is_bundled: Whether it came with the package.
        words: The best chunk's BM25 as a part of the ideal, 0..1.
        meaning: The best chunk's cosine; where none was near enough to be found, that of the least near found.
        together: The best sum, over its chunks, of the part of the best BM25 and the cosine.
    """

    document: Document
    language: str | None
    is_prose: bool
    is_told: bool
    is_bundled: bool
    words: float
    meaning: float
    together: float


def features(
    query: Query,
    weights: Mapping[str, float],
    found: Sequence[Found],
    vector: NDArray[np.float32] | None,
    embed: Callable[[Sequence[str]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return the features of documents, (documents, features), in the order of `FEATURES`.

    Args:
        query: The query, understood.
        weights: The IDF of each word of the query.
        found: The candidates.
        vector: The query's vector under the chunks' model, or None where the model does not answer.
        embed: Embeds words and names with the bundled model, (n, dimensions).
    """
    import numpy as np

    documents = [one.document for one in found]
    words = [word for word in query.words if word in weights]
    table = concept_table(concepts_of(query, weights))
    said = embed([query.text, *query.spoken])
    spoken, words_said = said[0], said[1:]
    definitions = [_definitions(query, document) for document in documents]
    strongest = max(definitions, default=0.0) or 1.0
    held = _file_words(documents, table)
    ideal = (_K1 + 1) * float(table.importance.sum()) or 1.0
    own_cosines = [_cosine(document.mean, vector) for document in documents]
    rows = {
        # Of a term and its translations one is enough, which the word index does not know.
        "words": [value / ideal for value in held] if query.translations else [one.words for one in found],
        "file_words": _relative(held),
        "meaning": [
            one.meaning if one.document.path else _known(own, one.meaning)
            for one, own in zip(found, own_cosines, strict=True)
        ],
        "file_meaning": [
            own if document.path else np.nan for document, own in zip(documents, own_cosines, strict=True)
        ],
        "together": [
            value if one.document.path else np.nan
            for one, value in zip(found, _below_best([one.together for one in found]), strict=True)
        ],
        "path_meaning": [float(document.spoken @ spoken) if document.path else np.nan for document in documents],
        "stem_precision": _stem_precision(documents, frozenset(words)),
        "stem_similarity": _stem_similarity(documents, query, weights, words_said),
        "folders": _relative([_said(document, words, weights) for document in documents]),
        "stem_spelling": [_stem_spelling(query, document) for document in documents],
        "defines": definitions,
        "defines_name": [(value / strongest) ** 2 if query.shape == "symbol" else 0.0 for value in definitions],
        "named_like": _named_like(documents, table),
        **_standing(query, found),
    }
    loose = [one.document.path is None for one in found]
    told = [one.is_told for one in found]
    for name, members, whole in (
        ("loose_words", loose, "file_words"),
        ("loose_meaning", loose, "meaning"),
        ("told_words", told, "file_words"),
        ("told_meaning", told, "meaning"),
    ):
        rows[name] = [value if member else np.nan for member, value in zip(members, rows[whole], strict=True)]
    return np.array([rows[name] for name in FEATURES], np.float32).T


def _relative(values: Sequence[float]) -> list[float]:
    best = max(values, default=0.0)
    return [value / best for value in values] if best > 0 else list(values)


def _below_best(values: Sequence[float]) -> list[float]:
    best = max(values, default=0.0)
    return [value - best for value in values]


def _known(cosine: float, otherwise: float) -> float:
    return otherwise if math.isnan(cosine) else cosine


def _cosine(mean: NDArray[np.float32], vector: NDArray[np.float32] | None) -> float:
    if vector is None or mean.shape != vector.shape:
        return float("nan")
    return float(mean @ vector)


def _file_words(documents: Sequence[Document], table: ConceptTable) -> list[float]:
    """Return each document's BM25 (Robertson and Zaragoza, 2009), lengths compared among the candidates."""
    import numpy as np

    sizes = [len(document.terms) for document in documents]
    hit, tokens = table.find(np.concatenate([document.terms for document in documents]))
    rows = np.repeat(np.arange(len(documents)), sizes)[hit]
    counts = np.concatenate([document.counts for document in documents])[hit]
    lengths = np.array([document.length for document in documents], np.float32)
    saturation = _K1 * (1 - _B + _B * lengths / (float(lengths.mean()) or 1.0))
    found = np.zeros((len(documents), len(table.hashes)), np.float32)
    found[rows, tokens] = counts * (_K1 + 1) / (counts + saturation[rows])
    return [float(score) for score in table.scores(found)]


def _stem_precision(documents: Sequence[Document], words: frozenset[str]) -> list[float]:
    return [
        sum(word in words for word in document.path.stem) / len(document.path.stem)
        if document.path and document.path.stem
        else float("nan")
        for document in documents
    ]


def _stem_similarity(
    documents: Sequence[Document], query: Query, weights: Mapping[str, float], vectors: NDArray[np.float32]
) -> list[float]:
    """Return the mean over the query's words, by IDF, of the likeness to the nearest word of the file's name.

    Args:
        documents: The documents.
        query: The query.
        weights: The IDF of each of its words.
        vectors: Those of `query.spoken`, (words, dimensions).
    """
    import numpy as np

    similarities = [0.0 if document.path else float("nan") for document in documents]
    named = [index for index, document in enumerate(documents) if len(document.stem_vectors)]
    if not named or not query.spoken:
        return similarities
    importance = np.array([_importance(word, weights) for word in query.spoken], np.float32)
    stems = np.concatenate([documents[index].stem_vectors for index in named])
    starts = np.cumsum([0, *(len(documents[index].stem_vectors) for index in named[:-1])])
    nearest = np.maximum.reduceat(stems @ vectors.T, starts, axis=0)
    likeness = (np.clip(nearest, _UNLIKE, 1.0) - _UNLIKE) @ importance / (float(importance.sum()) or 1.0)
    for index, value in zip(named, likeness, strict=True):
        similarities[index] = float(value)
    return similarities


def _importance(word: str, weights: Mapping[str, float]) -> float:
    return max((weights.get(token, 0.0) for token in query_words(word)), default=0.0)


def _said(document: Document, words: Sequence[str], weights: Mapping[str, float]) -> float:
    if document.path is None:
        return 0.0
    return sum(weights[word] for word in words if word in document.path.folders)


def _stem_spelling(query: Query, document: Document) -> float:
    if document.path is None:
        return 0.0
    return float(len(document.path.joined)) if document.path.joined in query.spellings else 0.0


def _definitions(query: Query, document: Document) -> float:
    """Return the strength of the strongest definition of something the query spells."""
    defined = document.defined
    spelled = (one for name in query.spellings for one in defined.get(name, ()))
    return max((spelled_strength(query, one) for one in spelled), default=0.0)


def spelled_strength(query: Query, definition: Defined) -> float:
    """Return how much a definition settles, 0..1, whose name in lower case is one of the query's spellings."""
    if definition.name in query.last_names:
        return definition.strength
    # Who writes a name means its capitals too: `Group` is a class, `group` a function.
    is_name = definition.name.lower() in query.last_names_lower
    return definition.strength * (_OTHER_CAPITALS if is_name else _SPELLED_IN_WORDS if query.last_names else 1.0)


def _named_like(documents: Sequence[Document], table: ConceptTable) -> list[float]:
    """Return the best, over each document's definitions, of query said by name times name said by query."""
    import numpy as np

    sizes = np.concatenate([document.definition_sizes for document in documents])
    if not len(sizes):
        return [0.0] * len(documents)
    counts = [len(document.definition_sizes) for document in documents]
    starts = np.cumsum([0, *counts[:-1]])
    owners = np.concatenate(
        [document.definition_owner + start for document, start in zip(documents, starts, strict=True)]
    )
    hit, tokens = table.find(np.concatenate([document.definition_terms for document in documents]))
    said = table.token_importance()[tokens]
    recall = np.bincount(owners[hit], weights=said, minlength=len(sizes)) / (float(table.importance.sum()) or 1.0)
    precision = np.bincount(owners[hit], minlength=len(sizes)) / np.maximum(sizes, 1)
    likeness = recall * precision
    return [
        float(likeness[start : start + count].max(initial=0.0)) for start, count in zip(starts, counts, strict=True)
    ]


def _is_aside(query: Query, path: PathProfile) -> bool:
    """Whether a file is test code or an example that the query does not ask for."""
    return (path.is_test and not query.wants_tests) or (path.is_example and not query.wants_examples)


def _standing(query: Query, found: Sequence[Found]) -> dict[str, list[float]]:
    """Return what a document is, whatever it says."""
    import numpy as np

    nan = float("nan")
    paths = [one.document.path for one in found]
    depths = [path.depth for path in paths if path]
    usual = sum(depths) / len(depths) if depths else 0.0
    return {
        "importers": [float(np.log1p(one.document.importers)) if one.document.path else nan for one in found],
        "lines": [float(np.log1p(one.document.lines)) if one.document.path else nan for one in found],
        "depth": [path.depth - usual if path else nan for path in paths],
        "test": [float(_is_aside(query, path)) if path else nan for path in paths],
        "bundled": [float(one.is_bundled) for one in found],
        "legacy": [float(path.is_legacy) if path else nan for path in paths],
        "data": [
            float((one.is_prose or one.language in _DATA_LANGUAGES) and not query.wants_docs)
            if one.document.path
            else nan
            for one in found
        ],
    }
