"""Ranking: pure functions from candidates to an order with reasons.

A candidate starts with its lexical and dense scores, mixed by the query's shape. Rules then add what is known to
matter on code: the chunk that defines the name asked for, file names that say the query's words, files where
several chunks match. Tests, examples and generated code are set back unless asked for.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from fluorite_mcp.models import Chunk
from fluorite_mcp.search.query import Query, Shape
from fluorite_mcp.text.tokens import index_words

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

# Quality moves the score by at most a sixth up or down: it decides between equals, not between topics.
_QUALITY_SPREAD = 1 / 3

# Cosines of unrelated text under the bundled model stay below the first, of the same topic reach the second.
_COSINE_UNRELATED = 0.25
_COSINE_SAME_TOPIC = 0.65

# Relevance below this says that nothing in the store speaks of the query.
RELEVANCE_CUTOFF = 0.3

_TEST_PATH = re.compile(
    r"(^|/)(tests?|specs?|__tests__|testing|testdata|fixtures?|e2e)(/|$)|(^|/)(test_[^/]*|conftest\.py)$"
    r"|[._-](test|tests|spec)\.[a-z]+$|(Test|Tests|Spec)\.[a-z]+$",
    re.IGNORECASE,
)
_EXAMPLE_PATH = re.compile(r"(^|/)(examples?|samples?|demos?|benchmarks?|tutorials?)(/|$)", re.IGNORECASE)
_VENDORED_PATH = re.compile(
    r"(^|/)(vendor|third_party|thirdparty|external|deps|node_modules|dist|legacy|compat)(/|$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that may answer.

    `lexical` is BM25 as a part of the ideal, 0 when it holds no word of the query; `cosine` is None where the chunk
    was not found by its vector.
    """

    chunk: Chunk
    lexical: float = 0.0
    cosine: float | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A chunk in its place. `score` orders, 0..1; `relevance` says whether it answers at all, 0..1."""

    chunk: Chunk
    score: float
    relevance: float
    why: tuple[str, ...]


def rank(query: Query, candidates: Sequence[Candidate]) -> list[Ranked]:
    """Return the candidates in order, best first; equal scores are ordered by place."""
    best_lexical = max((c.lexical for c in candidates), default=0.0) or 1.0
    mixed = {c.chunk.key: _mix(query.shape, c, best_lexical) for c in candidates}
    coherence = _coherence(candidates, mixed)
    ranked = [_judge(query, c, mixed[c.chunk.key], coherence[_file(c.chunk)] - mixed[c.chunk.key]) for c in candidates]
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


def _file(chunk: Chunk) -> tuple[int | None, str]:
    return chunk.project, chunk.origin.path or chunk.id


def _coherence(candidates: Sequence[Candidate], mixed: dict[int, float]) -> dict[tuple[int | None, str], float]:
    """Return the sum of the mixed scores of each file's candidates."""
    sums: dict[tuple[int | None, str], float] = defaultdict(float)
    for candidate in candidates:
        sums[_file(candidate.chunk)] += mixed[candidate.chunk.key]
    return sums


def _judge(query: Query, candidate: Candidate, mixed: float, others: float) -> Ranked:
    chunk = candidate.chunk
    why: list[str] = []
    definition, symbol = _best_definition(query, chunk)
    if definition >= 1:
        why.append(f"defines {symbol}")
    elif definition > 0:
        why.append(f"{symbol} is named like the query")
    stem, folders = _path_match(query, chunk)
    if stem > 0:
        why.append(f"the file name says {_share(stem)} of the query")
    if candidate.lexical > 0:
        why.append("holds the query's words" if candidate.lexical > 0.3 else "holds some of the query's words")
    if (meaning := cosine_strength(candidate.cosine)) > 0.3:
        why.append(f"similar meaning ({candidate.cosine:.2f})")
    boosts = (
        (_DEFINITION_BOOST if definition >= 1 else _DEFINITION_PART_BOOST * definition)
        + _STEM_BOOST * stem
        + _FOLDER_BOOST * folders
        + _COHERENCE_BOOST * math.tanh(others)
    )
    factor, setbacks = _factor(query, chunk)
    score = (mixed + boosts) * factor * (1 + _QUALITY_SPREAD * (chunk.quality - 0.5))
    # Lexical matches count by how much of the query they cover; a found definition settles it.
    relevance = max(candidate.lexical, meaning * 0.9, min(1.0, definition) * 0.9, stem * 0.8)
    return Ranked(chunk, _squash(score), relevance, tuple(why + setbacks))


def _squash(score: float) -> float:
    """Map an open score to 0..1, keeping the order."""
    return score / (score + 1)


def _share(part: float) -> str:
    return "all" if part > 0.99 else "most" if part >= 0.5 else "some"


def symbols_of(chunk: Chunk) -> tuple[str, ...]:
    """Return every symbol the chunk defines, the main one first."""
    main = (chunk.origin.symbol,) if chunk.origin.symbol else ()
    return tuple(dict.fromkeys((*main, *chunk.metadata.get("symbols", ()))))


def _best_definition(query: Query, chunk: Chunk) -> tuple[float, str]:
    """Return how well the best of the chunk's symbols matches, 1 for a name of the query, and the symbol."""
    matches = [(_definition_match(query, symbol), symbol) for symbol in symbols_of(chunk)]
    return max(matches, key=lambda match: match[0], default=(0.0, ""))


def _definition_match(query: Query, symbol: str) -> float:
    last = symbol.rpartition(".")[2]
    for name in query.names:
        parts = re.split(r"\.|::|->|#", name)
        if parts[-1] == last and (len(parts) == 1 or parts[-2] in symbol.split(".")):
            return 1.0
    words = set(index_words(last).split())
    if len(words) < 2 or len(query.words) < 2:
        return 0.0
    # The whole identifier stands in the set beside its parts and does not count as a word.
    found = len(words & set(query.words)) / (len(words) - 1)
    return min(0.99, found) if found >= 0.5 else 0.0


def _path_match(query: Query, chunk: Chunk) -> tuple[float, float]:
    """Return which part of the query's words the file name says, and which part the folders say."""
    if not chunk.origin.path or not query.words:
        return 0.0, 0.0
    path = PurePosixPath(chunk.origin.path)
    if any(chunk.origin.path.endswith(part) for part in query.paths):
        return 1.0, 1.0
    wanted = set(query.words)
    stem = set(index_words(path.name.split(".")[0]).split())
    folders = set(index_words(str(path.parent)).split())
    return len(stem & wanted) / len(wanted), len(folders & wanted) / len(wanted)


def _factor(query: Query, chunk: Chunk) -> tuple[float, list[str]]:
    factor, why = 1.0, []
    path = chunk.origin.path or ""
    if not query.wants_tests and is_test_path(path):
        factor *= _TEST_FACTOR
        why.append("test code, set back")
    if not query.wants_examples and _EXAMPLE_PATH.search(path):
        factor *= _EXAMPLE_FACTOR
        why.append("example, set back")
    if _VENDORED_PATH.search(path):
        factor *= _VENDORED_FACTOR
        why.append("vendored or legacy, set back")
    if chunk.kind == "doc" and not query.wants_docs:
        factor *= _DOC_FACTOR
    if query.language and chunk.language and chunk.language != query.language and chunk.kind == "code":
        factor *= _OTHER_LANGUAGE_FACTOR
    return factor, why


def is_test_path(path: str) -> bool:
    """Whether a path, relative to the project root, is that of test code."""
    return _TEST_PATH.search(path) is not None


def _spread_files(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Set back the later chunks of a file, so that one file does not fill the list."""
    seen: dict[tuple[int | None, str], int] = defaultdict(int)
    spread = []
    for one in ranked:
        file = _file(one.chunk)
        factor = _SAME_FILE_FACTOR ** seen[file]
        seen[file] += 1
        spread.append(Ranked(one.chunk, one.score * factor, one.relevance, one.why) if factor < 1 else one)
    spread.sort(key=_order)
    return spread
