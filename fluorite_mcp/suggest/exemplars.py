"""The pieces of existing code that show best how the task's kind of thing is done here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fluorite_mcp.models import Chunk
from fluorite_mcp.search.paths import is_test_path
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


def choose(ranked: Sequence[Ranked], texts: Mapping[int, Chunk], limit: int = _MAX_COUNT) -> list[Ranked]:
    """Return ranked pieces without near-duplicates, two of a file at most, code before the test that goes with it.

    Args:
        ranked: Best first.
        texts: Whole chunks by key; what is not among them is left out.
        limit: How many at most.
    """
    files: Counter[str] = Counter()
    seen: list[frozenset[str]] = []
    chosen: list[Ranked] = []
    for one in ranked:
        chunk = texts.get(one.chunk.key)
        path = one.chunk.origin.path or one.chunk.id
        if chunk is None or files[path] >= _PER_FILE or len(chosen) >= limit:
            continue
        names = frozenset(_NAME.findall(chunk.content))
        if any(_share(names, other) > _ALIKE for other in seen):
            continue
        files[path] += 1
        seen.append(names)
        chosen.append(one)
    return chosen


def _share(names: frozenset[str], others: frozenset[str]) -> float:
    union = len(names | others)
    return len(names & others) / union if union else 1.0


def matching_test(ranked: Sequence[Ranked], chosen: Sequence[Ranked]) -> Ranked | None:
    """Return the best test that speaks of what was chosen: its file is named like one of theirs."""
    stems = {_stem(one.chunk.origin.path or "") for one in chosen}
    tests = [one for one in ranked if is_test_path(one.chunk.origin.path or "")]
    return next((one for one in tests if _stem(one.chunk.origin.path or "") in stems), None)


def _stem(path: str) -> str:
    name = re.sub(r"[^a-z0-9]", "", path.rpartition("/")[2].partition(".")[0].lower())
    return name.removeprefix("test").removesuffix("tests").removesuffix("test").removesuffix("spec")


def condense(chosen: Sequence[Ranked], texts: Mapping[int, Chunk], tokens: int) -> list[Exemplar]:
    """Return as many pieces as some tokens show well, each with its essential lines; short ones leave room to others.

    Args:
        chosen: Best first.
        texts: Whole chunks by key.
        tokens: How many all of them may have, headings included.
    """
    planned = max(_MIN_COUNT, min(len(chosen), tokens // _USUAL_TOKENS))
    shown: list[Exemplar] = []
    left = tokens
    for number, one in enumerate(chosen):
        chunk = texts[one.chunk.key]
        room = left // max(1, planned - number) - _AROUND_TOKENS
        text = essence(chunk.content, chunk.language, room) if room >= _MIN_TOKENS else ""
        if text:
            shown.append(Exemplar(one, text))
            left -= count_tokens(text) + _AROUND_TOKENS
    return shown
