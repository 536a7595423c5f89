"""The quality of a chunk, explained: what it shows of itself, and what people said of it.

Pure functions over values. What a chunk shows of itself (parse health, completeness, documentation, a test beside it,
usage) is a weighted mean; that mean is the prior of the Beta posterior that judgements move (`feedback.py`). So every
factor has a value and a weight, the weights add up to 1, and the sum of their products is the quality.

Ranking knows only the stored quality, which judgements alone move from the neutral value: how well a definition is
documented says little about whether it answers a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fluorite_mcp.learning.feedback import DEMOTED_SHARE, HALF_LIFE_DAYS, NOT_JUDGED, PRIOR_OBSERVATIONS, Evidence
from fluorite_mcp.models import NEUTRAL_QUALITY, Chunk

# Three uses are halfway to the best: the fourth person who fetches a chunk is no surprise any more.
USES_HALFWAY = 3.0

# A definition that stands alone; a piece of a longer one; one whose body is still to be written.
WHOLE, PART, STUB = 1.0, 0.6, 0.2
# Each mark that says "unfinished" takes this away, down to `PART`'s half.
_MARK_COST = 0.15
_LEAST_WITH_MARKS = 0.3

# A comment or docstring that says what it is for; any other comment; none.
DOCUMENTED, COMMENTED, UNDOCUMENTED = 1.0, 0.6, 0.3

# A file without a test beside it may well be tested elsewhere, or need no test.
TESTED, UNTESTED = 1.0, 0.4

# Nobody parsed it: prose, or a language without a grammar.
UNPARSED = 0.5

_MARKS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
_STUB_BODY = re.compile(
    r"(?:raise NotImplementedError|unimplemented!\(|todo!\(|throw new (?:Error|UnsupportedOperationException)\("
    r"[\"']?(?:not implemented|todo))",
    re.IGNORECASE,
)
_DOC = re.compile(r'^\s*(?:"""|\'\'\'|r"""|/\*\*|///|//!|##\s|#\s|//\s|--\s|;;\s|\{-\||%%?\s)', re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|/\*|--|;)\s*\w", re.MULTILINE)
# Where a comment that documents a definition stands: above it, or on the first lines of its body.
_HEAD_LINES = 6
_PROSE_WORDS = 40


@dataclass(frozen=True, slots=True)
class Factor:
    """One part of a quality: its value 0..1, its weight (all weights add up to 1), and a sentence on why."""

    name: str
    value: float
    weight: float
    why: str


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about a chunk beside its own row.

    `parse_health` is the share of its text, 0..1, that its grammar reads without an error, None where there is no
    grammar; `tests` names a test file that is called like its own, None where there is none; `prior` is what it was
    worth before anybody judged it, and `evidence` what was said since.
    """

    prior: float
    evidence: Evidence = NOT_JUDGED
    parse_health: float | None = None
    tests: str | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """A quality, 0..1, and what it is made of."""

    value: float
    factors: tuple[Factor, ...]


_Judge = Callable[[Chunk, Signals], tuple[float, str]]


def assess(chunk: Chunk, signals: Signals) -> Quality:
    """Return the quality of a chunk, factor by factor."""
    shown = [
        Factor(name, value, weight, why)
        for name, weight in _weights(chunk).items()
        for value, why in [_FACTORS[name](chunk, signals)]
    ]
    evidence = signals.evidence
    own = PRIOR_OBSERVATIONS / (PRIOR_OBSERVATIONS + evidence.observations)
    factors = [replace(one, weight=one.weight * own) for one in shown]
    if evidence.observations:
        factors.append(_judgement(evidence, 1.0 - own))
    if evidence.demoted:
        factors = [replace(one, weight=one.weight * DEMOTED_SHARE) for one in factors]
        factors.append(_demotion(evidence))
    return Quality(sum(one.value * one.weight for one in factors), tuple(factors))


def _judgement(evidence: Evidence, weight: float) -> Factor:
    said = f"{evidence.judgements} judgement{'' if evidence.judgements == 1 else 's'}"
    why = f"{said}; each counts half after {HALF_LIFE_DAYS:.0f} days, and the more there are the more they weigh"
    return Factor("judgement", evidence.helpful / evidence.observations, weight, why)


def _demotion(evidence: Evidence) -> Factor:
    others = "" if evidence.demoted == "wrong" else ", or new content,"
    why = (
        f"judged {evidence.demoted} on {(evidence.demoted_at or '')[:10]}; "
        f"{evidence.redeeming} more helpful judgements{others} would end it"
    )
    return Factor("demotion", 0.0, 1.0 - DEMOTED_SHARE, why)


def _weights(chunk: Chunk) -> Mapping[str, float]:
    if chunk.kind == "code":
        return _CODE
    return _DOC_WEIGHTS if chunk.kind == "doc" else _STATED


# Code shows most of itself: whether it can be read and is whole counts most, what is said about it and what tests it
# next. A document has no tests. What somebody stored is worth what they said it was.
_CODE: Mapping[str, float] = {
    "parse_health": 0.25, "completeness": 0.25, "documentation": 0.2, "tests": 0.2, "usage": 0.1,
}  # fmt: skip
_DOC_WEIGHTS: Mapping[str, float] = {"completeness": 0.5, "documentation": 0.3, "usage": 0.2}
_STATED: Mapping[str, float] = {"stated": 0.9, "usage": 0.1}


def _parse_health(_chunk: Chunk, signals: Signals) -> tuple[float, str]:
    if signals.parse_health is None:
        return UNPARSED, "no grammar reads it"
    return signals.parse_health, f"its grammar reads {signals.parse_health:.0%} of it without an error"


def _completeness(chunk: Chunk, _signals: Signals) -> tuple[float, str]:
    text = chunk.content
    if chunk.kind == "doc":
        words = len(text.split())
        return min(1.0, words / _PROSE_WORDS), f"{words} words; from {_PROSE_WORDS} on it is more than a heading"
    if _is_stub(text):
        return STUB, "its body is still to be written"
    value, why = (WHOLE, "a whole definition") if chunk.origin.symbol else (PART, "a piece outside of any definition")
    if marks := len(_MARKS.findall(text)):
        value = max(_LEAST_WITH_MARKS, value - _MARK_COST * marks)
        why += f", with {marks} mark{'' if marks == 1 else 's'} of unfinished work"
    return value, why


def _is_stub(text: str) -> bool:
    body = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return bool(_STUB_BODY.search(text)) or (len(body) <= 4 and body[-1:] in (["pass"], ["..."]))


def _documentation(chunk: Chunk, _signals: Signals) -> tuple[float, str]:
    if chunk.kind == "doc":
        return (DOCUMENTED, "has a heading") if chunk.origin.symbol else (COMMENTED, "has no heading")
    head = "\n".join(chunk.content.splitlines()[:_HEAD_LINES])
    if _DOC.search(head):
        return DOCUMENTED, "a comment says what it is for"
    if _COMMENT.search(chunk.content):
        return COMMENTED, "has comments, none that says what it is for"
    return UNDOCUMENTED, "has no comment"


def _tests(_chunk: Chunk, signals: Signals) -> tuple[float, str]:
    return (
        (TESTED, f"tested in {signals.tests}") if signals.tests else (UNTESTED, "no test file is called like its own")
    )


def _usage(chunk: Chunk, signals: Signals) -> tuple[float, str]:
    unused = NEUTRAL_QUALITY if chunk.kind in ("code", "doc") else signals.prior
    value = unused + (1 - unused) * chunk.usage / (chunk.usage + USES_HALFWAY)
    return value, f"fetched or applied {chunk.usage} time{'' if chunk.usage == 1 else 's'} after it was found"


def _stated(_chunk: Chunk, signals: Signals) -> tuple[float, str]:
    return signals.prior, "what it was worth when it was stored"


_FACTORS: Mapping[str, _Judge] = {
    "parse_health": _parse_health, "completeness": _completeness, "documentation": _documentation, "tests": _tests,
    "usage": _usage, "stated": _stated,
}  # fmt: skip
