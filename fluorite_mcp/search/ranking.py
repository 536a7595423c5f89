"""Ranking: pure functions from candidates to an order with reasons.

A candidate starts with its lexical and dense scores, mixed by the query's shape. Rules then add what is known to
matter on code: the chunk that defines the name asked for, file names that say the query's words, files where
several chunks match. Tests, examples and generated code are set back unless asked for.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from fluorite_mcp.models import Chunk
from fluorite_mcp.search.profile import ChunkProfile, SymbolProfile, profile_of
from fluorite_mcp.search.query import Query, Shape

# The dense part of the mix. A name is found by its letters; a sentence says what it means in other words.
_DENSE_WEIGHT: dict[Shape, float] = {"symbol": 0.15, "language": 0.45, "mixed": 0.35, "code": 0.5}

# Added to a mixed score of at most 1.
_DEFINITION_BOOST = 0.8  # the definition of a name in the query is nearly always the answer
_DEFINITION_PART_BOOST = 0.3  # its words are the query's words, such as "parse config" for parse_config
_STEM_BOOST = 0.35  # the file is named after the query's words
_FOLDER_BOOST = 0.15  # its folders are
_COHERENCE_BOOST = 0.2  # the rest of the file matches too; saturates

# Factors: how much less likely such a chunk is meant when the query does not ask for it.
_TEST_FACTOR = 0.6
_EXAMPLE_FACTOR = 0.75
_VENDORED_FACTOR = 0.6
_DOC_FACTOR = 0.8
_OTHER_LANGUAGE_FACTOR = 0.8
# The second chunk of one file must be this much better to stand before another file's first.
_SAME_FILE_FACTOR = 0.8

# So many of the best are spread; nobody reads further with an eye on variety.
_SPREAD = 60

# Quality moves the score by at most a sixth up or down: it decides between equals, not between topics.
_QUALITY_SPREAD = 1 / 3

# Under the bundled model the best cosine of a query that a repository does not answer lies around 0.53, of one it
# answers around 0.73 (medians of 120 and 60 queries on three Python packages). Below the first value here a cosine
# says nothing, from the second on it says everything.
_COSINE_UNRELATED = 0.45
_COSINE_SAME_TOPIC = 0.85

# Relevance below this says that nothing in the store speaks of the query, unless its rare words are covered: on
# the same three packages none of 60 queries that they answer stays below both, and 94 of 120 about others do.
RELEVANCE_CUTOFF = 0.35
_COVERED = 0.42

# A definition of the very name, or the very path, settles that it is here.
_SETTLED_RELEVANCE = 0.9

# Above this part of the ideal BM25, a chunk holds the query's words rather than some of them.
_MANY_WORDS = 0.3
_SIMILAR_MEANING = 0.3

_File = tuple[int | None, str]


class Candidate(NamedTuple):
    """A chunk that may answer.

    `lexical` is BM25 as a part of the ideal, 0 when it holds no word of the query; `cosine` is None where the chunk
    was not found by its vector.
    """

    chunk: Chunk
    lexical: float = 0.0
    cosine: float | None = None


class Evidence(NamedTuple):
    """What speaks for a candidate: each value 0..1.

    `definition` is 1 where it defines a name of the query, and names the `symbol`; `stem` and `folders` say which part
    of the query's words the file name and its folders hold; `meaning` is what the cosine says, where it `has_vector`.
    """

    lexical: float
    meaning: float
    definition: float
    symbol: str
    stem: float
    folders: float
    has_vector: bool


class Ranked(NamedTuple):
    """A chunk in its place. `score` orders, 0..1; `relevance` says whether it answers at all, 0..1."""

    chunk: Chunk
    score: float
    relevance: float
    evidence: Evidence


def rank(
    query: Query, candidates: Sequence[Candidate], profile: Callable[[Chunk], ChunkProfile] = profile_of
) -> list[Ranked]:
    """Return the candidates in order, best first; equal scores are ordered by place.

    Args:
        query: The query, understood.
        candidates: What may answer it.
        profile: Gives a chunk's profile; a caller that asks again and again keeps them.
    """
    best_lexical = max((c.lexical for c in candidates), default=0.0) or 1.0
    mixed = {c.chunk.key: _mix(query.shape, c, best_lexical) for c in candidates}
    sums: dict[_File, float] = defaultdict(float)
    for candidate in candidates:
        sums[_file(candidate.chunk)] += mixed[candidate.chunk.key]
    words = frozenset(query.words)
    # A model that does not work leaves the words alone to judge by.
    has_vectors = any(candidate.cosine is not None for candidate in candidates)
    # One that does not know the query's script has nothing to say against a chunk that holds its words.
    is_foreign = 2 * sum(not word.isascii() for word in words) > len(words)
    ranked = []
    for candidate in candidates:
        own = mixed[candidate.chunk.key]
        others = sums[_file(candidate.chunk)] - own
        judged = _judge(query, words, candidate, profile(candidate.chunk), own, others, has_vectors=has_vectors)
        ranked.append(judged._replace(relevance=max(judged.relevance, candidate.lexical)) if is_foreign else judged)
    ranked.sort(key=_order)
    return _spread_files(ranked)


def _order(ranked: Ranked) -> tuple[float, str, int, str]:
    origin = ranked.chunk.origin
    return (-ranked.score, origin.path or "", origin.start_line or 0, ranked.chunk.id)


def _mix(shape: Shape, candidate: Candidate, best_lexical: float) -> float:
    dense = _DENSE_WEIGHT[shape]
    return (1 - dense) * candidate.lexical / best_lexical + dense * cosine_strength(candidate.cosine)


def cosine_strength(cosine: float | None) -> float:
    """Return how much a cosine says, 0 (unrelated) to 1 (same topic)."""
    if cosine is None:
        return 0.0
    return min(1.0, max(0.0, (cosine - _COSINE_UNRELATED) / (_COSINE_SAME_TOPIC - _COSINE_UNRELATED)))


def _file(chunk: Chunk) -> _File:
    return chunk.project, chunk.origin.path or chunk.id


def _judge(
    query: Query,
    words: frozenset[str],
    candidate: Candidate,
    profile: ChunkProfile,
    mixed: float,
    others: float,
    *,
    has_vectors: bool,
) -> Ranked:
    """Weigh one candidate; `others` is the sum of the mixed scores of its file's other candidates."""
    chunk = candidate.chunk
    definition, symbol = _best_definition(query, words, profile)
    stem, folders = _path_match(query, words, chunk, profile)
    meaning = cosine_strength(candidate.cosine)
    boosts = (
        (_DEFINITION_BOOST if definition >= 1 else _DEFINITION_PART_BOOST * definition)
        + _STEM_BOOST * stem
        + _FOLDER_BOOST * folders
        + _COHERENCE_BOOST * math.tanh(others)
    )
    quality = 1 + _QUALITY_SPREAD * (chunk.quality - 0.5)
    score = (mixed + boosts) * _setback(query, chunk, profile) * quality
    has_vector = candidate.cosine is not None
    evidence = Evidence(candidate.lexical, meaning, definition, symbol, stem, folders, has_vector)
    return Ranked(chunk, score / (score + 1), _relevance(evidence, has_vectors=has_vectors), evidence)


def _relevance(evidence: Evidence, *, has_vectors: bool) -> float:
    """Return whether a chunk answers at all, from raw coverage and cosine: a mix by rank would always find a best."""
    if evidence.definition >= 1 or (evidence.stem >= 1 and evidence.folders >= 1):
        return _SETTLED_RELEVANCE
    return (evidence.lexical + evidence.meaning) / 2 if has_vectors else evidence.lexical


def _best_definition(query: Query, words: frozenset[str], profile: ChunkProfile) -> tuple[float, str]:
    """Return how well the best of the chunk's symbols matches, 1 for a name of the query, and the symbol."""
    best, name = 0.0, ""
    for symbol in profile.symbols:
        match = _definition_match(query, words, symbol)
        if match > best:
            best, name = match, symbol.name
    return best, name


def _definition_match(query: Query, words: frozenset[str], symbol: SymbolProfile) -> float:
    if symbol.last in query.last_names:
        for name in query.names:
            parts = query.parts_of(name)
            if parts[-1] == symbol.last and (len(parts) == 1 or parts[-2] in symbol.scopes):
                return 1.0
    if len(symbol.words) < 2 or len(words) < 2:
        return 0.0
    found = len(symbol.words & words) / len(symbol.words)
    return min(0.99, found) if found >= 0.5 else 0.0


def _path_match(query: Query, words: frozenset[str], chunk: Chunk, profile: ChunkProfile) -> tuple[float, float]:
    """Return which part of the query's words the file name says, and which part the folders say."""
    path = chunk.origin.path
    if not path or not words:
        return 0.0, 0.0
    if query.paths and any(path.endswith(part) for part in query.paths):
        return 1.0, 1.0
    return len(profile.path.stem & words) / len(words), len(profile.path.folders & words) / len(words)


def _setback(query: Query, chunk: Chunk, profile: ChunkProfile) -> float:
    factor = 1.0
    if profile.path.is_test and not query.wants_tests:
        factor *= _TEST_FACTOR
    if profile.path.is_example and not query.wants_examples:
        factor *= _EXAMPLE_FACTOR
    if profile.path.is_vendored:
        factor *= _VENDORED_FACTOR
    if chunk.kind == "doc" and not query.wants_docs:
        factor *= _DOC_FACTOR
    if query.language and chunk.language and chunk.language != query.language and chunk.kind == "code":
        factor *= _OTHER_LANGUAGE_FACTOR
    return factor


def answers(ranked: Sequence[Ranked]) -> bool:
    """Whether a store speaks of the query at all: a named place, or words and meaning together reach the cut-off.

    The best coverage and the best cosine may come from different chunks: the words of a broad question are spread.
    """
    if any(one.relevance >= RELEVANCE_CUTOFF for one in ranked):
        return True
    lexical = max((one.evidence.lexical for one in ranked), default=0.0)
    if lexical >= _COVERED:
        return True
    meanings = [one.evidence.meaning for one in ranked if one.evidence.has_vector]
    relevance = (lexical + max(meanings)) / 2 if meanings else lexical
    return relevance >= RELEVANCE_CUTOFF


def explain(query: Query, ranked: Ranked) -> tuple[str, ...]:
    """Say in words a person understands why a chunk stands where it stands."""
    evidence, profile = ranked.evidence, profile_of(ranked.chunk)
    reasons = (
        (evidence.definition >= 1, f"defines {evidence.symbol}"),
        (0 < evidence.definition < 1, f"{evidence.symbol} is named like the query"),
        (evidence.stem > 0, f"the file name says {_share(evidence.stem)} of the query"),
        (evidence.lexical > _MANY_WORDS, "holds the query's words"),
        (0 < evidence.lexical <= _MANY_WORDS, "holds some of the query's words"),
        (evidence.meaning > _SIMILAR_MEANING, f"similar meaning ({evidence.meaning:.0%})"),
        (profile.path.is_test and not query.wants_tests, "test code, set back"),
        (profile.path.is_example and not query.wants_examples, "example, set back"),
        (profile.path.is_vendored, "vendored or legacy, set back"),
    )
    return tuple(text for holds, text in reasons if holds)


def _share(part: float) -> str:
    return "all" if part > 0.99 else "most" if part >= 0.5 else "some"


def _spread_files(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Set back the later chunks of a file, so that one file does not fill the list."""
    seen: dict[_File, int] = defaultdict(int)
    spread = []
    for one in ranked[:_SPREAD]:
        file = _file(one.chunk)
        factor = _SAME_FILE_FACTOR ** seen[file]
        seen[file] += 1
        spread.append(Ranked(one.chunk, one.score * factor, one.relevance, one.evidence) if factor < 1 else one)
    spread.sort(key=_order)
    return [*spread, *ranked[_SPREAD:]]
