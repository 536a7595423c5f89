"""The pieces of existing code that show best how the task's kind of thing is done here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fluorite_mcp.search.paths import path_profile
from fluorite_mcp.search.ranking import Ranked
from fluorite_mcp.suggest.essence import essence
from fluorite_mcp.text.tokens import count_tokens

# Two pieces of a file at most: others show another way of doing it.
_PER_FILE = 2
# Pieces that share so many of their names are told once.
_ALIKE = 0.8
# A piece shorter than this shows nothing; with this many a signature and its essential lines fit.
_MIN_TOKENS, _USUAL_TOKENS = 40, 190
_MIN_COUNT, _MAX_COUNT = 2, 24
# What a heading costs with its fence.
_AROUND_TOKENS = 34

_NAME = re.compile(r"[A-Za-z_]\w{2,}")


class Exemplar(NamedTuple):
    """A piece of code to show: the ranked chunk, and as much of its text as is worth its tokens."""

    ranked: Ranked
    text: str


def choose(ranked: Sequence[Ranked], texts: Mapping[int, str], limit: int = _MAX_COUNT) -> list[Ranked]:
    """Return ranked pieces without near-duplicates, two of a file at most, code before the test that goes with it.

    Args:
        ranked: Best first.
        texts: Their whole texts by key; what is not among them is left out.
        limit: How many at most.
    """
    files: Counter[str] = Counter()
    seen: list[frozenset[str]] = []
    chosen: list[Ranked] = []
    for one in ranked:
        text = texts.get(one.chunk.key)
        path = one.chunk.origin.path or one.chunk.id
        if text is None or files[path] >= _PER_FILE or len(chosen) >= limit:
            continue
        names = frozenset(_NAME.findall(text))
        if any(_is_alike(names, other) for other in seen):
            continue
        files[path] += 1
        seen.append(names)
        chosen.append(one)
    return chosen


def _is_alike(names: frozenset[str], others: frozenset[str]) -> bool:
    """Whether two pieces share most of their names (Jaccard)."""
    fewer, more = sorted((len(names), len(others)))
    # Of very different numbers of names, most cannot be shared; that spares comparing nearly all pairs.
    if fewer <= _ALIKE * more:
        return more == 0
    shared = len(names & others)
    return shared / (fewer + more - shared) > _ALIKE


def matching_test(ranked: Sequence[Ranked], chosen: Sequence[Ranked]) -> Ranked | None:
    """Return the best test that speaks of what was chosen: its file is named like one of theirs."""
    stems = {_stem(one.chunk.origin.path or "") for one in chosen}
    return next((one for one in ranked if is_test(one) and _stem(one.chunk.origin.path or "") in stems), None)


def is_test(one: Ranked) -> bool:
    """Whether a ranked piece lies in a test."""
    return path_profile(one.chunk.origin.path or "").is_test


def _stem(path: str) -> str:
    name = re.sub(r"[^a-z0-9]", "", path.rpartition("/")[2].partition(".")[0].lower())
    return name.removeprefix("test").removesuffix("tests").removesuffix("test").removesuffix("spec")


def condense(chosen: Sequence[Ranked], texts: Mapping[int, str], tokens: int) -> list[Exemplar]:
    """Return as many pieces as some tokens show well, each with its essential lines; short ones leave room to others.

    Args:
        chosen: Best first.
        texts: Their whole texts by key.
        tokens: How many all of them may have, headings included.
    """
    planned = max(_MIN_COUNT, min(len(chosen), tokens // _USUAL_TOKENS))
    shown: list[Exemplar] = []
    left = tokens
    for number, one in enumerate(chosen):
        room = left // max(1, planned - number) - _AROUND_TOKENS
        text = essence(texts[one.chunk.key], one.chunk.language, room) if room >= _MIN_TOKENS else ""
        if text:
            shown.append(Exemplar(one, text))
            left -= count_tokens(text) + _AROUND_TOKENS
    return shown
