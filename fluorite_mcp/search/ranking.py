"""Ranking: from candidate chunks to an order with reasons.

Documents are ranked by the model; each is shown by its best chunk, and its further chunks stand behind other
documents unless they are far better.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fluorite_mcp.models import DEMOTED_QUALITY, NEUTRAL_QUALITY, Chunk
from fluorite_mcp.search.documents import Document, DocumentId, document_of, is_told
from fluorite_mcp.search.features import DATA_LANGUAGES, FEATURES, Found, features, spelled_strength
from fluorite_mcp.search.fields import definitions_of, is_learned
from fluorite_mcp.search.hints import is_of_language
from fluorite_mcp.search.odds import probability
from fluorite_mcp.search.paths import path_profile
from fluorite_mcp.search.places import Said
from fluorite_mcp.search.query import Query
from fluorite_mcp.search.reading import Exclusions
from fluorite_mcp.text.tokens import index_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.search.model import RankingModel

# Log-odds. The further chunks of a document stand behind those of others that are nearly as likely.
_SAME_DOCUMENT_STEP = 2.0
# Log-odds that still tell chunks apart: of one file's many, each stands a step behind the one before.
_FURTHEST = 50.0
# A query that names a language, say, "in rust", seldom means another one.
_OTHER_LANGUAGE = -1.0
# The path itself was given.
_SAID_PATH = 6.0
# The line or the definition itself was given: before everything else, in the order in which the query points at them.
# Log-odds that double precision still tells apart from each other.
_SAID_PLACE = 24.0
_SAID_PLACE_STEP = 0.5
# It was said not to be wanted: behind whatever else was found, and still there if nothing was.
_EXCLUDED = -8.0
# Among templates and notes that are equal, what is for the framework that the query names. Of a project's code it says
# nothing: who tests a framework imports it too, and the framework itself does not.
_SAID_FRAMEWORK = 0.5
# Between the worst and the best judged chunk: decides between equals, not between topics.
_QUALITY_SPREAD = 1.0
# What was judged wrong or outdated: odds of a twentieth, so that it stands behind whatever else answers as well.
# A neutral quality has the factor 1, and the fitted weights know nothing of judgements.
_DEMOTED = -3.0

# A pattern says what files that are found themselves have in common: where both fit, a file comes first.
_MINED_PATTERN = -1.5

# Templates and patterns outside any project are those of the package, or meant to be used like them.
_BUNDLED_KINDS = ("spike", "pattern")

_PROSE_KINDS = ("doc", "note", "memory", "episode", "insight")

# One chunk with so much of the ideal BM25 holds the rare words of the query; a cosine has nothing to object.
_SETTLED_BY_WORDS = 0.42

# Where nothing found is a file, words and meaning alone say whether anything answers: the mean of the best of both lies
# above 0.29 for nine of ten questions that stored snippets, templates and conversations answer, and around 0.18 for
# questions made for another of these collections.
_LOOSE_RELEVANCE = 0.22
_LOOSE_STEEPNESS = 20.0
# Beside a project's files a bundled template answers only if it clearly fits: each project's questions come near one
# of so many templates.
_BUNDLED_RELEVANCE = 0.5
# So many of these are ranked beside files: nearly half of the candidates are such, and seldom one is shown.
_BUNDLED_BESIDE_FILES = 8

# The strength of the strongest definition asked for, and what it is.
_NOTHING_DEFINED = (0.0, "")

_TEST_SYMBOL = re.compile(r"(?:^|\.)(?:tests?|test_\w+)(?:\.|$)")

# The columns of features that reasons speak of.
_COLUMN = {name: index for index, name in enumerate(FEATURES)}
_MANY_WORDS = 0.3
_SIMILAR_MEANING = 0.5
_NAMED_LIKE = 0.25
_WELL_KNOWN = 5


class Candidate(NamedTuple):
    """A chunk that may answer.

    `lexical` is BM25 as a part of the ideal, 0 when it holds no word of the query; `cosine` is None where the chunk
    was not found by its vector; `said` is how the query itself points at it, if it does.
    """

    chunk: Chunk
    lexical: float = 0.0
    cosine: float | None = None
    said: Said | None = None


class Ranked(NamedTuple):
    """A chunk in its place.

    `score` is the probability, 0..1, that this is the right place, as the model estimates it; `lexical` and `cosine`
    are the chunk's own, `signals` its document's features, in the order of `FEATURES`; `said` is how the query points
    at it, `moved` by how many places a re-ranking model moved it up.
    """

    chunk: Chunk
    score: float
    lexical: float
    cosine: float | None
    defines: str
    document: Document
    signals: NDArray[np.float32]
    said: Said | None = None
    moved: int = 0

    @property
    def relevance(self) -> float:
        """How much of the query's words and meaning the chunk itself holds, 0..1, whatever else was found."""
        return (self.lexical + max(0.0, self.cosine or 0.0)) / 2


class Ranking(NamedTuple):
    """Candidates in order, and the probability, 0..1, that any of them answers the query."""

    ranked: tuple[Ranked, ...]
    answerable: float


# Candidates by the document they belong to.
Grouped = Mapping[DocumentId, Sequence[Candidate]]


class Group(NamedTuple):
    """The candidates of one document."""

    id: DocumentId
    document: Document
    members: Sequence[Candidate]


def rank(
    query: Query,
    weights: Mapping[str, float],
    found: Grouped,
    documents: Mapping[DocumentId, Document],
    vector: NDArray[np.float32] | None,
    spoken: NDArray[np.float32],
    model: RankingModel,
) -> Ranking:
    """Return the candidates in order, best first; equal scores are ordered by place.

    Args:
        query: The query, understood.
        weights: The IDF of each of its words.
        found: What may answer it.
        documents: The documents that it belongs to; what belongs to none of them is left out.
        vector: The query's vector, or None where the embedding model does not answer.
        spoken: The bundled model's vectors of the query's text and of each word it speaks, (1 + words, dimensions).
        model: The weights.
    """
    groups = [Group(one, documents[one], members) for one, members in found.items() if one in documents]
    if not groups:
        return Ranking((), 0.0)
    candidates = [one for group in groups for one in group.members]
    least = _least_cosine(candidates)
    together = _together(candidates, least)
    signals = features(query, weights, _found(groups, together, least), vector, spoken)
    ranked = _placed(query, groups, signals, model.log_odds(signals).tolist(), together)
    ranked.sort(key=_order)
    # Whoever points at a place is answered by it.
    if any(one.said is not None for one in candidates):
        return Ranking(tuple(ranked), 1.0)
    return Ranking(tuple(ranked), _answerable(query, signals, model, has_vectors=not math.isnan(least)))


def grouped(candidates: Iterable[Candidate]) -> dict[DocumentId, list[Candidate]]:
    """Return candidates by the document they belong to, in order."""
    groups: dict[DocumentId, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(document_of(candidate.chunk), []).append(candidate)
    return groups


def _answerable(query: Query, signals: NDArray[np.float32], model: RankingModel, *, has_vectors: bool) -> float:
    """Return the probability that anything answers: something of the project, or a template that fits clearly."""
    if not has_vectors:
        return _probability(model.answer_log_odds(signals, by_words=True))
    is_bundled = signals[:, _COLUMN["bundled"]] > 0
    own, bundled = signals[~is_bundled], signals[is_bundled]
    if not len(own):
        return _loose_answerable(bundled, _LOOSE_RELEVANCE)
    return max(_own_answerable(query, own, model), _loose_answerable(bundled, _BUNDLED_RELEVANCE))


def _own_answerable(query: Query, signals: NDArray[np.float32], model: RankingModel) -> float:
    """Judge what is not bundled. What a model of English cannot read has nothing to say against an answer."""
    import numpy as np

    if np.isnan(signals[:, _COLUMN["depth"]]).all():
        return _loose_answerable(signals, _LOOSE_RELEVANCE)
    answerable = _probability(model.answer_log_odds(signals, by_words=False))
    by_words = _probability(model.answer_log_odds(signals, by_words=True))
    own = [word for word in query.words if word not in query.translated]
    is_foreign = 2 * sum(not word.isascii() for word in own) > len(own)
    best = signals[signals[:, _COLUMN["words"]].argmax()]
    # Two witnesses: the file whose name the query spells is also the one that holds most of its words.
    is_named = best[_COLUMN["stem_spelling"]] > 0
    has_more_words = best[_COLUMN["words"]] >= _SETTLED_BY_WORDS or is_named or is_foreign
    return max(answerable, by_words) if has_more_words else answerable


def _loose_answerable(signals: NDArray[np.float32], relevance: float) -> float:
    """Judge what belongs to no file by words and meaning alone: the mean of the best of both."""
    import numpy as np

    if not len(signals):
        return 0.0
    best_words = float(signals[:, _COLUMN["words"]].max())
    best_meaning = float(np.nanmax(signals[:, _COLUMN["meaning"]]))
    return _probability(_LOOSE_STEEPNESS * ((best_words + best_meaning) / 2 - relevance))


def of_best(found: Grouped, files: int) -> Grouped:
    """Return the candidates of the documents that have the best chunks by words and meaning together.

    Args:
        found: All candidates.
        files: Of so many files at most; beside files also of few bundled documents, and of all others.
    """
    of_files = [document for document in found if isinstance(document, tuple)]
    bundled = [document for document, members in found.items() if _is_bundled(members[0].chunk)]
    limits = ((of_files, files), (bundled, _BUNDLED_BESIDE_FILES if of_files else len(bundled)))
    if all(len(documents) <= limit for documents, limit in limits):
        return found
    candidates = [one for members in found.values() for one in members]
    together = _together(candidates, _least_cosine(candidates))
    best = {document: max([together[one.chunk.key] for one in members]) for document, members in found.items()}
    left_out = {
        document
        for documents, limit in limits
        for document in sorted(documents, key=lambda document: -best[document])[limit:]
    }
    return {document: members for document, members in found.items() if document not in left_out}


def _is_bundled(chunk: Chunk) -> bool:
    return chunk.project is None and chunk.kind in _BUNDLED_KINDS


def _together(candidates: Sequence[Candidate], least: float) -> dict[int, float]:
    """Return, for each chunk, the part of the best BM25 plus the cosine; `least` stands in for unknown ones."""
    usual = 0.0 if math.isnan(least) else least
    best = max((one.lexical for one in candidates), default=0.0) or 1.0
    return {one.chunk.key: one.lexical / best + (usual if one.cosine is None else one.cosine) for one in candidates}


def _least_cosine(candidates: Sequence[Candidate]) -> float:
    return min((one.cosine for one in candidates if one.cosine is not None), default=float("nan"))


def _found(groups: Sequence[Group], together: Mapping[int, float], least: float) -> Found:
    import numpy as np

    firsts = [
        group.members[0].chunk if len(group.members) == 1 else min((one.chunk for one in group.members), key=_key)
        for group in groups
    ]
    words, meaning, best = [], [], []
    for _, _, members in groups:
        words.append(max([one.lexical for one in members]))
        meaning.append(max([one.cosine for one in members if one.cosine is not None], default=least))
        best.append(max([together[one.chunk.key] for one in members]))
    return Found(
        documents=[group.document for group in groups],
        words=np.array(words, np.float32),
        meaning=np.array(meaning, np.float32),
        together=np.array(best),
        is_data=np.array([one.kind in _PROSE_KINDS or one.language in DATA_LANGUAGES for one in firsts]),
        is_told=np.array([is_told(group.id, one.kind) for group, one in zip(groups, firsts, strict=True)]),
        is_bundled=np.array([_is_bundled(one) for one in firsts]),
    )


def _key(chunk: Chunk) -> int:
    return chunk.key


def _placed(
    query: Query,
    groups: Sequence[Group],
    signals: NDArray[np.float32],
    log_odds: Sequence[float],
    together: Mapping[int, float],
) -> list[Ranked]:
    """Give chunks their scores: the best one of a document the document's, the others less, step by step."""
    ranked = []
    has_hints = _has_hints(query)
    defines = signals[:, _COLUMN["defines"]].tolist()
    for group, features_of, of_document, strength in zip(groups, signals, log_odds, defines, strict=True):
        # Most documents define nothing that the query spells; their chunks need not be asked.
        defined = _defined(query, group.members) if strength else {}
        ordered = group.members
        if len(ordered) > 1:
            ordered = sorted(ordered, key=lambda one: _order_within(one, defined, together))
        own = of_document
        for one in ordered:
            chunk, lexical, cosine, said = one
            odds = own + _prior(query, one, has_hints=has_hints)
            if said is not None and said.rank is not None:
                odds = _SAID_PLACE - _SAID_PLACE_STEP * said.rank
            _, name = defined.get(chunk.key, _NOTHING_DEFINED)
            ranked.append(Ranked(chunk, _probability(odds), lexical, cosine, name, group.document, features_of, said))
            own -= _SAME_DOCUMENT_STEP
    return ranked


def _order_within(
    one: Candidate, defined: Mapping[int, tuple[float, str]], together: Mapping[int, float]
) -> tuple[bool, float, int]:
    """Return what the chunks of one document are ordered by."""
    key, chunk = one.chunk.key, one.chunk
    return is_demoted(chunk), -together[key] - defined.get(key, _NOTHING_DEFINED)[0], chunk.origin.start_line or 0


def _defined(query: Query, candidates: Sequence[Candidate]) -> dict[int, tuple[float, str]]:
    """Return the strongest definition of something the query spells, for each chunk that has one."""
    best: dict[int, tuple[float, str]] = {}
    for candidate in candidates:
        found = [(spelled_strength(query, one), one) for one in definitions_of(candidate.chunk, query.spellings)]
        if found:
            strength, strongest = max(found, key=lambda pair: pair[0])
            best[candidate.chunk.key] = strength, f"{strongest.kind} {strongest.name}"
    return best


def _has_hints(query: Query) -> bool:
    """Whether a query says anything of places, languages, frameworks or exclusions."""
    return bool(query.paths or query.language or query.frameworks or query.excluded)


def _prior(query: Query, candidate: Candidate, *, has_hints: bool) -> float:
    """Return what is known before any feature, in log-odds: what the query says of places, languages and exclusions."""
    chunk = candidate.chunk
    prior = _MINED_PATTERN if chunk.kind == "pattern" and chunk.project is not None else 0.0
    if chunk.quality != NEUTRAL_QUALITY:
        prior += _QUALITY_SPREAD * (chunk.quality - NEUTRAL_QUALITY) + (_DEMOTED if is_demoted(chunk) else 0.0)
    if candidate.said is None and not has_hints:
        return prior
    if candidate.said is not None or (query.paths and _is_said(query, chunk)):
        prior += _SAID_PATH
    if (
        query.language
        and chunk.language
        and chunk.kind == "code"
        and not is_of_language(query.language, chunk.language)
    ):
        prior += _OTHER_LANGUAGE
    if query.frameworks and not is_learned(chunk) and not query.frameworks.isdisjoint(chunk.frameworks):
        prior += _SAID_FRAMEWORK
    if query.excluded and is_excluded(query.excluded, chunk):
        prior += _EXCLUDED
    return prior


def is_demoted(chunk: Chunk) -> bool:
    """Whether a chunk was judged wrong or outdated, and nothing since has outweighed that."""
    return chunk.quality < DEMOTED_QUALITY


def _is_said(query: Query, chunk: Chunk) -> bool:
    path = chunk.origin.path
    return path is not None and any(path.endswith(part) for part in query.paths)


def is_excluded(excluded: Exclusions, chunk: Chunk) -> bool:
    """Whether a query says that it does not want a chunk."""
    path = path_profile(chunk.origin.path) if chunk.origin.path else None
    names = {*index_words(chunk.origin.symbol or chunk.title).split(), *(path.stem if path else ())}
    names |= path.folders if path else frozenset()
    return bool(
        (excluded.docs and chunk.kind == "doc")
        or not excluded.words.isdisjoint(names)
        or (path is not None and excluded.tests and path.is_test)
        or (path is not None and excluded.examples and path.is_example)
        or (path is not None and excluded.legacy and path.is_legacy)
        # Rust and Go keep tests beside the code.
        or (excluded.tests and _TEST_SYMBOL.search(chunk.origin.symbol or "") is not None)
    )


def _probability(log_odds: float) -> float:
    return probability(log_odds, _FURTHEST)


def _order(ranked: Ranked) -> tuple[float, str, int, str]:
    origin = ranked.chunk.origin
    return (-ranked.score, origin.path or "", origin.start_line or 0, ranked.chunk.id)


def explain(query: Query, ranked: Ranked) -> tuple[str, ...]:
    """Say in words a person understands why a chunk stands where it stands."""
    signals = dict(zip(FEATURES, ranked.signals.tolist(), strict=True))
    return (*_reasons_for(ranked, signals), *_reasons_against(query, ranked))


def _reasons_for(ranked: Ranked, signals: Mapping[str, float]) -> Iterator[str]:
    """Yield what speaks for it; a feature that is NaN compares as none."""
    cosine, importers = ranked.cosine or 0.0, ranked.document.importers
    if ranked.said is not None:
        yield ranked.said.why
    if ranked.defines:
        yield f"defines {ranked.defines}"
    elif signals["named_like"] > _NAMED_LIKE:
        yield "defines something named like the query"
    if signals["stem_precision"] > 0:
        yield f"the query says {_share(signals['stem_precision'])} of the file's name"
    if ranked.lexical > 0:
        yield "holds the query's words" if ranked.lexical > _MANY_WORDS else "holds some of the query's words"
    if cosine > _SIMILAR_MEANING:
        yield f"similar meaning ({cosine:.0%})"
    if importers >= _WELL_KNOWN:
        yield f"imported in {importers} places"
    if ranked.moved > 0:
        yield f"moved up {ranked.moved} by the re-ranking model"
    if ranked.chunk.helpful > ranked.chunk.unhelpful:
        yield "judged helpful"


def _reasons_against(query: Query, ranked: Ranked) -> Iterator[str]:
    path = ranked.document.path
    if path is not None and path.is_test and not query.wants_tests:
        yield "test code, set back"
    if path is not None and path.is_example and not query.wants_examples:
        yield "example, set back"
    if path is not None and path.is_legacy:
        yield "vendored or legacy, set back"
    if query.excluded and is_excluded(query.excluded, ranked.chunk):
        yield "the query excludes it, set back"
    if is_demoted(ranked.chunk):
        yield "judged wrong or outdated, set back"


def _share(part: float) -> str:
    return "all" if part > 0.99 else "most" if part >= 0.5 else "some"
