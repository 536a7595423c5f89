"""What speaks for a document, as numbers: the explained features that the ranking model weighs.

Each is computed for all candidates of a query at once. A feature that has no meaning for a document (a stored note has
no file name) is NaN, and then speaks neither for nor against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.search.concepts import ConceptTable, concept_table, concepts_of
from fluorite_mcp.search.document_words import K1, document_words, owners
from fluorite_mcp.search.documents import Document
from fluorite_mcp.search.products import product
from fluorite_mcp.search.profile import Defined, known_terms, term_hash
from fluorite_mcp.search.query import Query
from fluorite_mcp.text.tokens import word_tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

# Words less alike than this are different words; static vectors of unrelated words lie below.
_UNLIKE = 0.3
# A definition of a name that the query writes with other capitals, and of a word beside the query's names.
_OTHER_CAPITALS = 0.6
_SPELLED_IN_WORDS = 0.8
# Languages of data and prose: what they hold is seldom the place where something is done.
DATA_LANGUAGES = frozenset({"json", "yaml", "toml", "ini", "xml", "markdown", "rst", "asciidoc", "org", "html"})

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


# Features that have a meaning for files alone (but those that are NaN elsewhere by themselves), for what belongs to no
# file, and for what is told.
_COLUMNS = list(FEATURES)
_OF_FILES = [_COLUMNS.index(name) for name in ("file_meaning", "together", "path_meaning", "stem_similarity", "data")]
_OF_LOOSE = [_COLUMNS.index(name) for name in ("loose_words", "loose_meaning")]
_OF_TOLD = [_COLUMNS.index(name) for name in ("told_words", "told_meaning")]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Documents with what the indexes found of them; each array has a place for each document.

    Attributes:
        documents: The documents.
        words: The best chunk's BM25 as a part of the ideal, 0..1.
        meaning: The best chunk's cosine; where none was near enough to be found, that of the least near found.
        together: The best sum, over its chunks, of the part of the best BM25 and the cosine.
        is_data: Whether it is prose or data rather than code.
        is_told: Whether it is stored and says in words what it is about: anything but code.
        is_bundled: Whether it came with the package.
    """

    documents: Sequence[Document]
    words: Numbers
    meaning: Numbers
    together: Numbers
    is_data: NDArray[np.bool_]
    is_told: NDArray[np.bool_]
    is_bundled: NDArray[np.bool_]


def features(
    query: Query, weights: Mapping[str, float], found: Found, vector: Numbers | None, spoken: Numbers
) -> Numbers:
    """Return the features of documents, (documents, features), in the order of `FEATURES`.

    Args:
        query: The query, understood.
        weights: The IDF of each word of the query.
        found: The candidates.
        vector: The query's vector under the chunks' model, or None where the model does not answer.
        spoken: The bundled model's vectors of the query and of each word it speaks, (1 + words, dimensions).
    """
    import numpy as np

    documents = found.documents
    words = [word for word in query.words if word in weights]
    table = concept_table(concepts_of(query, weights))
    # In the order of `Standing`.
    standing = np.concatenate([one.standing for one in documents]).reshape(len(documents), -1).T
    lengths, importers, lines, depth, is_test, is_example, is_legacy = standing
    is_file = ~np.isnan(lines)
    usual_depth = depth[is_file].mean(dtype=np.float32) if is_file.any() else np.float32(0)
    own_cosines = _cosines(documents, vector)
    definitions = _definitions(query, documents)
    held = document_words(documents, lengths, found.is_told, table)
    path_meaning, stem_similarity = _name_likeness(documents, query, weights, spoken)
    # Of a term and its translations one is enough, which the word index does not know.
    ideal = (K1 + 1) * float(table.importance.sum()) or 1.0
    rows: dict[str, NDArray[np.float32 | np.bool_]] = {
        "words": held / ideal if query.translations else found.words,
        "file_words": _relative(held),
        "meaning": np.where(is_file | np.isnan(own_cosines), found.meaning, own_cosines),
        "file_meaning": own_cosines,
        "together": found.together - found.together.max(),
        "path_meaning": path_meaning,
        "stem_precision": _stem_precision(documents, frozenset(words)),
        "stem_similarity": stem_similarity,
        "folders": _relative(_folders_said(documents, words, weights)),
        "stem_spelling": _stem_spelling(query, documents),
        "defines": definitions,
        "defines_name": _relative(definitions) ** 2 if query.shape == "symbol" else np.zeros_like(definitions),
        "named_like": _named_like(documents, table),
        "importers": importers,
        "lines": lines,
        "depth": depth - usual_depth,
        # What the query asks for is not set back.
        "test": np.maximum(is_test * (not query.wants_tests), is_example * (not query.wants_examples)),
        "legacy": is_legacy,
        "data": found.is_data & (not query.wants_docs),
        "bundled": found.is_bundled,
    }
    rows |= {"loose_words": rows["file_words"], "loose_meaning": rows["meaning"]}
    rows |= {"told_words": rows["file_words"], "told_meaning": rows["meaning"]}
    values = np.array([rows[name] for name in FEATURES], np.float32)
    for names, has_meaning in ((_OF_FILES, is_file), (_OF_LOOSE, ~is_file), (_OF_TOLD, found.is_told)):
        values[names] = np.where(has_meaning, values[names], np.nan)
    return values.T


def _relative(values: Numbers) -> Numbers:
    """Return values as parts of the best one."""
    best = float(values.max(initial=0.0))
    return values / best if best > 0 else values


def _cosines(documents: Sequence[Document], vector: Numbers | None) -> Numbers:
    """Return the cosine of each document's mean with the query; NaN where they cannot be compared."""
    import numpy as np

    cosines = np.full(len(documents), np.nan, np.float32)
    if vector is None:
        return cosines
    known = [index for index, one in enumerate(documents) if one.text.mean.shape == vector.shape]
    if known:
        means = np.concatenate([documents[index].text.mean for index in known]).reshape(len(known), -1)
        cosines[known] = product(means, vector)
    return cosines


def _stem_precision(documents: Sequence[Document], words: frozenset[str]) -> Numbers:
    import numpy as np

    stems = [one.path.stem if one.path else () for one in documents]
    parts = [sum(word in words for word in stem) / len(stem) if stem else np.nan for stem in stems]
    return np.array(parts, np.float32)


def _name_likeness(
    documents: Sequence[Document], query: Query, weights: Mapping[str, float], spoken: Numbers
) -> tuple[Numbers, Numbers]:
    """Return how near the whole query is to folder and file name, and how near its words are to the name's.

    The second is the mean over the query's words, by IDF, of the likeness to the nearest word of the file's name.
    """
    import numpy as np

    sizes = np.array([len(one.names) for one in documents])
    starts = np.cumsum(sizes) - sizes
    cosines = product(np.concatenate([one.names for one in documents]), spoken.T)
    similarity = np.zeros(len(documents), np.float32)
    named = np.flatnonzero(sizes > 1)
    if len(named) and query.spoken:
        importance = np.array([_importance(word, weights) for word in query.spoken], np.float32)
        stems = np.delete(cosines[:, 1:], starts, axis=0)
        nearest = np.maximum.reduceat(stems, np.cumsum(sizes[named] - 1) - (sizes[named] - 1), axis=0)
        likeness = np.clip(nearest, _UNLIKE, 1.0) - _UNLIKE
        similarity[named] = product(likeness, importance) / (float(importance.sum()) or 1.0)
    return cosines[starts, 0], similarity


def _importance(word: str, weights: Mapping[str, float]) -> float:
    return max((weights.get(token, 0.0) for token in word_tokens(word)), default=0.0)


def _folders_said(documents: Sequence[Document], words: Sequence[str], weights: Mapping[str, float]) -> Numbers:
    """Return the IDF of the query's words that the folders of each document say."""
    import numpy as np

    folders = [one.path.folders if one.path else frozenset() for one in documents]
    return np.array([sum(weights[word] for word in words if word in said) for said in folders], np.float32)


def _stem_spelling(query: Query, documents: Sequence[Document]) -> Numbers:
    import numpy as np

    joined = [one.path.joined if one.path else "" for one in documents]
    return np.array([len(name) if name in query.spellings else 0 for name in joined], np.float32)


def _definitions(query: Query, documents: Sequence[Document]) -> Numbers:
    """Return the strength of each document's strongest definition of something the query spells."""
    import numpy as np

    strengths = np.zeros(len(documents), np.float32)
    hashes = np.array(sorted(map(term_hash, query.spellings)), np.uint32)
    names = [one.text.definitions.spellings for one in documents]
    hit, _ = known_terms(np.concatenate(names), hashes)
    ends = np.cumsum([len(one) for one in names])
    for place, index in zip(hit.tolist(), ends.searchsorted(hit, "right").tolist(), strict=True):
        one = documents[index].text.definitions.at(place - int(ends[index]) + len(names[index]))
        if one.name.lower() in query.spellings:  # Two names may have one hash.
            strengths[index] = max(strengths[index], spelled_strength(query, one))
    return strengths


def spelled_strength(query: Query, definition: Defined) -> float:
    """Return how much a definition settles, 0..1, whose name in lower case is one of the query's spellings."""
    if definition.name in query.last_names:
        return definition.strength
    # Who writes a name means its capitals too: `Group` is a class, `group` a function.
    is_name = definition.name.lower() in query.last_names_lower
    return definition.strength * (_OTHER_CAPITALS if is_name else _SPELLED_IN_WORDS if query.last_names else 1.0)


def _named_like(documents: Sequence[Document], table: ConceptTable) -> Numbers:
    """Return the best, over each document's definitions, of query said by name times name said by query."""
    import numpy as np

    best = np.zeros(len(documents), np.float32)
    definitions = [one.text.definitions for one in documents]
    hit, tokens = table.find(np.concatenate([one.terms for one in definitions]))
    if not len(hit):
        return best
    sizes = np.concatenate([one.sizes for one in definitions])
    # Names that hold no word of the query need not be looked at.
    owner = owners(sizes, hit)
    is_next = np.diff(owner, prepend=-1) > 0
    names, place = owner[is_next], np.cumsum(is_next) - 1
    recall = np.bincount(place, table.token_importance()[tokens]) / (float(table.importance.sum()) or 1.0)
    likeness = recall * np.bincount(place) / sizes[names]
    np.maximum.at(best, owners([len(one.sizes) for one in definitions], names), likeness.astype(np.float32))
    return best
