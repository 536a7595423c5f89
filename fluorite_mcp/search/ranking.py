"""Ranking: from candidate chunks to an order with reasons.

Documents are ranked by the model; each is shown by its best chunk, and its further chunks stand behind other
documents unless they are far better.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fluorite_mcp.models import DEMOTED_QUALITY, Chunk
from fluorite_mcp.search.documents import Document, DocumentId, document_of, is_told
from fluorite_mcp.search.features import FEATURES, Found, features, spelled_strength
from fluorite_mcp.search.fields import definitions_of, is_learned
from fluorite_mcp.search.hints import is_of_language
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

_TEST_SYMBOL = re.compile(r"(?:^|\.)(?:tests?|test_\w+)(?:\.|$)")

# The strength of the strongest definition asked for, and what it is.
_NOTHING_DEFINED = (0.0, "")

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


def rank(
    query: Query,
    weights: Mapping[str, float],
    candidates: Sequence[Candidate],
    documents: Mapping[DocumentId, Document],
    vector: NDArray[np.float32] | None,
    embed: Callable[[Sequence[str]], NDArray[np.float32]],
    model: RankingModel,
) -> Ranking:
    """Return the candidates in order, best first; equal scores are ordered by place.

    Args:
        query: The query, understood.
        weights: The IDF of each of its words.
        candidates: What may answer it.
        documents: The documents that the candidates belong to.
        vector: The query's vector, or None where the embedding model does not answer.
        embed: Embeds words and names with the bundled model.
        model: The weights.
    """
    groups: dict[DocumentId, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if (one := document_of(candidate.chunk)) in documents:
            groups[one].append(candidate)
    if not groups:
        return Ranking((), 0.0)
    ids = list(groups)
    least = _least_cosine(candidates)
    together = _together(candidates, least)
    found = [_found(documents[one], groups[one], together, least) for one in ids]
    signals = features(query, weights, found, vector, embed)
    log_odds = model.log_odds(signals)
    ranked = [
        placed
        for index, one in enumerate(ids)
        for placed in _place(query, groups[one], documents[one], signals[index], float(log_odds[index]), together)
    ]
    ranked.sort(key=_order)
    # Whoever points at a place is answered by it.
    if any(one.said is not None for one in candidates):
        return Ranking(tuple(ranked), 1.0)
    return Ranking(tuple(ranked), _answerable(query, signals, model, has_vectors=not math.isnan(least)))


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
    has_more_words = float(signals[:, _COLUMN["words"]].max()) >= _SETTLED_BY_WORDS or is_foreign
    return max(answerable, by_words) if has_more_words else answerable


def _loose_answerable(signals: NDArray[np.float32], relevance: float) -> float:
    """Judge what belongs to no file by words and meaning alone: the mean of the best of both."""
    import numpy as np

    if not len(signals):
        return 0.0
    best_words = float(signals[:, _COLUMN["words"]].max())
    best_meaning = float(np.nanmax(signals[:, _COLUMN["meaning"]]))
    return _probability(_LOOSE_STEEPNESS * ((best_words + best_meaning) / 2 - relevance))


def of_best_files(candidates: Sequence[Candidate], limit: int) -> list[Candidate]:
    """Return the candidates of the files that have the best chunks by words and meaning together, and all others."""
    together = _together(candidates, _least_cosine(candidates))
    best: dict[DocumentId, float] = {}
    for one in candidates:
        document = document_of(one.chunk)
        if isinstance(document, tuple):
            best[document] = max(best.get(document, -math.inf), together[one.chunk.key])
    left_out = set(sorted(best, key=lambda document: -best[document])[limit:])
    return [one for one in candidates if document_of(one.chunk) not in left_out]


def _together(candidates: Sequence[Candidate], least: float) -> dict[int, float]:
    """Return, for each chunk, the part of the best BM25 plus the cosine; `least` stands in for unknown ones."""
    usual = 0.0 if math.isnan(least) else least
    best = max((one.lexical for one in candidates), default=0.0) or 1.0
    return {one.chunk.key: one.lexical / best + (usual if one.cosine is None else one.cosine) for one in candidates}


def _least_cosine(candidates: Sequence[Candidate]) -> float:
    return min((one.cosine for one in candidates if one.cosine is not None), default=float("nan"))


def _found(document: Document, group: Sequence[Candidate], together: Mapping[int, float], least: float) -> Found:
    first = min((one.chunk for one in group), key=lambda chunk: chunk.key)
    known = [one.cosine for one in group if one.cosine is not None]
    return Found(
        document=document,
        language=first.language,
        is_prose=first.kind in _PROSE_KINDS,
        is_told=is_told(document_of(first), first.kind),
        is_bundled=first.project is None and first.kind in _BUNDLED_KINDS,
        words=max(one.lexical for one in group),
        meaning=max(known, default=least),
        together=max(together[one.chunk.key] for one in group),
    )


def _place(
    query: Query,
    group: Sequence[Candidate],
    document: Document,
    signals: NDArray[np.float32],
    log_odds: float,
    together: Mapping[int, float],
) -> list[Ranked]:
    """Give the chunks of one document their scores: the best one the document's, the others less, step by step."""
    defined: Mapping[int, tuple[float, str]] = {}
    # Most documents define nothing that the query spells; their chunks need not be asked.
    if not query.spellings.isdisjoint(document.defined):
        defined = {one.chunk.key: _definition(query, one.chunk) for one in group}
    ordered = group if len(group) == 1 else sorted(group, key=lambda one: _order_within(one, defined, together))
    placed = []
    for step, one in enumerate(ordered):
        own = log_odds + _prior(query, one) - _SAME_DOCUMENT_STEP * step
        if one.said is not None and one.said.rank is not None:
            own = _SAID_PLACE - _SAID_PLACE_STEP * one.said.rank
        _, name = defined.get(one.chunk.key, _NOTHING_DEFINED)
        placed.append(Ranked(one.chunk, _probability(own), one.lexical, one.cosine, name, document, signals, one.said))
    return placed


def _order_within(
    one: Candidate, defined: Mapping[int, tuple[float, str]], together: Mapping[int, float]
) -> tuple[bool, float, int]:
    """Return what the chunks of one document are ordered by."""
    key, chunk = one.chunk.key, one.chunk
    return is_demoted(chunk), -together[key] - defined.get(key, _NOTHING_DEFINED)[0], chunk.origin.start_line or 0


def _definition(query: Query, chunk: Chunk) -> tuple[float, str]:
    """Return the strength of the strongest definition of something the query spells, and what it is."""
    found = [
        (spelled_strength(query, one), one) for one in definitions_of(chunk) if one.name.lower() in query.spellings
    ]
    if not found:
        return 0.0, ""
    strength, best = max(found, key=lambda pair: pair[0])
    return strength, f"{best.kind} {best.name}"


def _prior(query: Query, candidate: Candidate) -> float:
    """Return what is known before any feature, in log-odds: what the query says of places, languages and exclusions."""
    chunk = candidate.chunk
    prior = _QUALITY_SPREAD * (chunk.quality - 0.5) + (_DEMOTED if is_demoted(chunk) else 0.0)
    path = chunk.origin.path
    if candidate.said is not None or (path and query.paths and any(path.endswith(part) for part in query.paths)):
        prior += _SAID_PATH
    if (
        query.language
        and chunk.language
        and chunk.kind == "code"
        and not is_of_language(query.language, chunk.language)
    ):
        prior += _OTHER_LANGUAGE
    if not is_learned(chunk) and not query.frameworks.isdisjoint(chunk.frameworks):
        prior += _SAID_FRAMEWORK
    if query.excluded and is_excluded(query.excluded, chunk):
        prior += _EXCLUDED
    return prior


def is_demoted(chunk: Chunk) -> bool:
    """Whether a chunk was judged wrong or outdated, and nothing since has outweighed that."""
    return chunk.quality < DEMOTED_QUALITY


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
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, log_odds))))


def _order(ranked: Ranked) -> tuple[float, str, int, str]:
    origin = ranked.chunk.origin
    return (-ranked.score, origin.path or "", origin.start_line or 0, ranked.chunk.id)


def explain(query: Query, ranked: Ranked) -> tuple[str, ...]:
    """Say in words a person understands why a chunk stands where it stands."""
    path, signals = ranked.document.path, ranked.signals

    def signal(name: str) -> float:
        value = float(signals[_COLUMN[name]])
        return 0.0 if math.isnan(value) else value

    cosine = ranked.cosine or 0.0
    reasons = (
        (ranked.said is not None, ranked.said.why if ranked.said else ""),
        (bool(ranked.defines), f"defines {ranked.defines}"),
        (not ranked.defines and signal("named_like") > _NAMED_LIKE, "defines something named like the query"),
        (signal("stem_precision") > 0, f"the query says {_share(signal('stem_precision'))} of the file's name"),
        (ranked.lexical > _MANY_WORDS, "holds the query's words"),
        (0 < ranked.lexical <= _MANY_WORDS, "holds some of the query's words"),
        (cosine > _SIMILAR_MEANING, f"similar meaning ({cosine:.0%})"),
        (ranked.document.importers >= _WELL_KNOWN, f"imported in {ranked.document.importers} places"),
        (ranked.moved > 0, f"moved up {ranked.moved} by the re-ranking model"),
        (path is not None and path.is_test and not query.wants_tests, "test code, set back"),
        (path is not None and path.is_example and not query.wants_examples, "example, set back"),
        (path is not None and path.is_legacy, "vendored or legacy, set back"),
        (bool(query.excluded) and is_excluded(query.excluded, ranked.chunk), "the query excludes it, set back"),
        (is_demoted(ranked.chunk), "judged wrong or outdated, set back"),
        (ranked.chunk.helpful > ranked.chunk.unhelpful, "judged helpful"),
    )
    return tuple(text for holds, text in reasons if holds)


def _share(part: float) -> str:
    return "all" if part > 0.99 else "most" if part >= 0.5 else "some"
