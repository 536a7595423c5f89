"""Whether search says that nothing is there: questions a repository answers, and questions about other ones.

Unanswerable questions are not written by hand. They are the questions about the other repositories of the set, in
another language, that share no topic with this one: a question's rare words are those that at most a quarter of the
trees hold, it must have two of them at least, and this tree must hold none.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.quality.bm25 import code_words, source_files
from benchmarks.quality.collection import Collection, Question
from benchmarks.quality.grep import STOP_WORDS
from benchmarks.quality.metrics import mean
from benchmarks.quality.scores import Scored
from benchmarks.quality.tables import table

UNANSWERABLE = 200
SEED = 20261121
# A word that more of the trees hold belongs to programming rather than to a topic.
RARE_SHARE = 0.25
FEWEST_RARE_WORDS = 2

ANSWERED, FOREIGN = "answerable", "unanswerable"

# Shorter words are abbreviations that occur anywhere.
_SHORTEST_WORD = 3
_CUTOFFS_SHOWN = 20
_CUTOFFS_DRAWN = 100


def with_foreign_questions(collections: Sequence[Collection], count: int = UNANSWERABLE) -> list[Collection]:
    """Return the collections with questions of two groups: their own, and `count` others that none of them answers.

    The same collections always give the same questions; every tree gets about as many.
    """
    words = {one.name: tree_words(Path(one.root or "")) for one in collections}
    chosen = choose_foreign(collections, words, count)
    return [
        replace(
            one,
            questions=(
                *(replace(question, groups=(ANSWERED,)) for question in one.questions),
                *(Question(query, (), (FOREIGN,)) for query in chosen[one.name]),
            ),
        )
        for one in collections
    ]


def choose_foreign(
    collections: Sequence[Collection], words: Mapping[str, frozenset[str]], count: int
) -> dict[str, list[str]]:
    """Choose by collection the queries of others that it cannot answer; fewer than `count` where there are no more."""
    holders = Counter(word for held in words.values() for word in held)
    most = RARE_SHARE * len(words)
    waiting = {}
    shuffle = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    for one in sorted(collections, key=lambda collection: collection.name):
        strangers = [
            question.query
            for other in sorted(collections, key=lambda collection: collection.name)
            if other.family != one.family
            for question in other.questions
            if is_foreign(question.query, words[one.name], holders, most)
        ]
        shuffle.shuffle(strangers)
        waiting[one.name] = list(dict.fromkeys(strangers))
    chosen: dict[str, list[str]] = {name: [] for name in waiting}
    while sum(map(len, chosen.values())) < count and any(waiting.values()):
        for name, queries in waiting.items():
            if queries and sum(map(len, chosen.values())) < count:
                chosen[name].append(queries.pop())
    return chosen


def is_foreign(query: str, held: frozenset[str], holders: Mapping[str, int], most: float) -> bool:
    """Whether a query has enough rare words, held by `most` trees at most, and a tree holds none of them."""
    rare = {word for word in _content_words(query) if holders.get(word, 0) <= most}
    return len(rare) >= FEWEST_RARE_WORDS and not rare & held


def tree_words(root: Path) -> frozenset[str]:
    """Return every word of a tree's files and paths, and every part of an identifier."""
    return frozenset(word for path, text in source_files(root) for word in (*code_words(path), *code_words(text)))


def _content_words(query: str) -> set[str]:
    return {word for word in code_words(query) if len(word) >= _SHORTEST_WORD and word not in STOP_WORDS}


def curve(scored: Sequence[Scored]) -> list[tuple[float, float, float]]:
    """Return for each cut-off the share of unanswerable and of answerable questions that stay below it."""
    foreign, own = relevances(scored, FOREIGN), relevances(scored, ANSWERED)
    cutoffs = [step / _CUTOFFS_DRAWN for step in range(_CUTOFFS_DRAWN + 1)]
    return [(at, mean([one < at for one in foreign]), mean([one < at for one in own])) for at in cutoffs]


def relevances(scored: Sequence[Scored], group: str) -> list[float]:
    """Return the relevance of the best hit of each question of a group."""
    return [one.answered.relevance or 0.0 for one in scored if group in one.question.groups]


def abstention_table(scored: Sequence[Scored], cutoff: float) -> str:
    """Return the shares that abstain as shipped, and at cut-offs in even steps."""
    shipped = [
        mean([float(one.answered.abstained) for one in scored if group in one.question.groups])
        for group in (FOREIGN, ANSWERED)
    ]
    foreign, own = relevances(scored, FOREIGN), relevances(scored, ANSWERED)
    rows = [[f"as shipped ({cutoff:g})", *(f"{share:.1%}" for share in shipped)]]
    for step in range(1, _CUTOFFS_SHOWN):
        at = step / _CUTOFFS_SHOWN
        rows.append([f"{at:.2f}", *(f"{mean([one < at for one in group]):.1%}" for group in (foreign, own))])
    header = ("cut-off", f"of {len(foreign)} unanswerable questions abstain", f"of {len(own)} answerable ones")
    return table(header, rows)
