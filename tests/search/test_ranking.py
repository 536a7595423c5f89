"""The order of candidates under the shipped weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.models import Chunk, Kind, Origin
from fluorite_mcp.search.features import FEATURES
from fluorite_mcp.search.places import Said
from fluorite_mcp.search.query import understand
from fluorite_mcp.search.ranking import Candidate, explain, grouped, of_best
from tests.search.conftest import bundled, found, order, piece, ranking

TOTALS = (("sum_totals", "function", 40, 0),)


@dataclass(frozen=True)
class Rule:
    """Two candidates that are alike but for one thing; `better` must come first."""

    name: str
    query: str
    better: Candidate
    worse: Candidate


RULES = [
    Rule("a definition beats a mention", "sum_totals", found(piece(1, defines=TOTALS), 0.4), found(piece(2), 0.6)),
    Rule(
        "a definition beats a short one of the same name",
        "sum_totals",
        found(piece(1, defines=TOTALS)),
        found(piece(2, defines=(("sum_totals", "constant", 1, 2),))),
    ),
    Rule(
        "a name made of the query's words beats none",
        "how are the totals summed",
        found(piece(1, defines=TOTALS)),
        found(piece(2, defines=(("run", "function", 40, 0),))),
    ),
    Rule("a file's name", "invoice totals", found(piece(1, "pkg/invoice.py")), found(piece(2, "pkg/other.py"))),
    Rule("a folder's name", "billing totals", found(piece(1, "billing/a.py")), found(piece(2, "pkg/a.py"))),
    Rule(
        "the path that was said",
        "what is in pkg/wire.py",
        found(piece(1, "pkg/wire.py"), 0.3),
        found(piece(2, "pkg/other.py"), 0.7),
    ),
    Rule("tests are set back", "sum totals", found(piece(1, "a/x.py")), found(piece(2, "tests/x.py"))),
    Rule("examples are set back", "sum totals", found(piece(1, "a/x.py")), found(piece(2, "examples/x.py"))),
    Rule("old code is set back", "sum totals", found(piece(1, "a/x.py")), found(piece(2, "vendor/x.py"))),
    Rule("prose is set back", "sum totals", found(piece(1)), found(piece(2, kind="doc", language="markdown"))),
    Rule("another language", "sum totals in python", found(piece(1)), found(piece(2, language="go"))),
    Rule(
        "a framework that is named",
        "fastapi totals",
        found(Chunk("s1", "spike", "totals", "sum totals", key=1, frameworks=("fastapi",))),
        found(Chunk("s2", "spike", "totals", "sum totals", key=2, frameworks=("flask",))),
    ),
    Rule("what is excluded", "sum totals, not the docs", found(piece(1), 0.3, 0.3), found(piece(2, kind="doc"), 0.9)),
    Rule(
        "a word that is excluded",
        "sum totals, excluding `redis`",
        found(piece(1, "pkg/memory.py"), 0.3),
        found(piece(2, "pkg/redis_totals.py"), 0.7),
    ),
    Rule(
        "the place that was pointed at",
        "sum totals",
        found(piece(1, "tests/x.py"), 0.0, None)._replace(said=Said(0, "here")),
        found(piece(2, defines=TOTALS), 1.0, 0.9),
    ),
    Rule(
        "the order in which places were pointed at",
        "sum totals",
        found(piece(1), 0.0)._replace(said=Said(0, "here")),
        found(piece(2, defines=TOTALS), 1.0)._replace(said=Said(1, "there")),
    ),
    Rule("quality between equals", "sum totals", found(piece(1, quality=0.9)), found(piece(2, quality=0.2))),
    Rule("more words", "sum totals", found(piece(1), 0.9), found(piece(2), 0.2)),
    Rule("closer meaning", "sum totals", found(piece(1), 0.5, 0.8), found(piece(2), 0.5, 0.3)),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(rule: Rule) -> None:
    for pair in ((rule.better, rule.worse), (rule.worse, rule.better)):
        assert order(rule.query, *pair)[0] == 1


@pytest.mark.parametrize(
    ("query", "path", "kind"),
    [
        ("tests that sum totals", "tests/x.py", "code"),
        ("example that sums totals", "examples/x.py", "code"),
        ("readme about totals", "a/x.md", "doc"),
    ],
)
def test_what_is_asked_for_is_not_set_back(query: str, path: str, kind: Kind) -> None:
    plain, special = found(piece(1, "a/x.py"), 0.4, 0.4), found(piece(2, path, kind=kind), 0.7, 0.7)

    assert order(query, plain, special)[0] == 2


def test_quality_does_not_decide_between_topics() -> None:
    right = found(piece(1, quality=0.2), 1.0, 0.8)
    wrong = found(piece(2, content="walk the dog", quality=1.0), 0.1, 0.2)

    assert order("sum totals", right, wrong)[0] == 1


def test_what_was_judged_wrong_stands_behind_what_answers_less_well_and_says_so() -> None:
    demoted = found(piece(1, "pkg/a.py", quality=0.05), 1.0, 0.6)
    sound = found(piece(2, "pkg/b.py", quality=0.5), 0.8, 0.5)
    ranked = ranking("sum totals", demoted, sound).ranked

    assert [one.chunk.key for one in ranked] == [2, 1]
    assert "judged wrong or outdated, set back" in explain(understand("sum totals"), ranked[1])
    assert ranked[1].score > 0


def test_in_a_file_the_chunk_that_was_judged_wrong_stands_behind_the_others() -> None:
    demoted = found(piece(1, "pkg/a.py", line=1, quality=0.05), 1.0, 0.6)
    sound = found(piece(2, "pkg/a.py", line=9, quality=0.5), 0.3, 0.4)

    assert order("sum totals", demoted, sound) == [2, 1]


def test_a_neutral_quality_changes_no_score() -> None:
    [neutral] = ranking("sum totals", found(piece(1, quality=0.5), 0.6)).ranked
    [better] = ranking("sum totals", found(piece(1, quality=0.6), 0.6)).ranked
    log_odds = [math.log(one.score / (1 - one.score)) for one in (neutral, better)]

    assert log_odds[1] - log_odds[0] == pytest.approx(0.1)


def test_further_chunks_of_a_file_stand_behind_other_files() -> None:
    same = [found(piece(key, "pkg/big.py", line=key), 0.6) for key in (1, 2, 3)]
    other = found(piece(4, "pkg/small.py"), 0.55)

    assert order("sum totals", *same, other).index(4) <= 1


def test_a_file_is_shown_by_the_chunk_that_defines_what_was_asked_for() -> None:
    mention = found(piece(1, "pkg/big.py"), 0.5)
    definition = found(piece(2, "pkg/big.py", line=50, defines=TOTALS), 0.5)

    assert order("sum_totals", mention, definition) == [2, 1]


def test_equals_are_ordered_by_place() -> None:
    same = [found(piece(key, "pkg/x.py", line=line)) for key, line in ((1, 90), (2, 5), (3, 40))]
    twins = [found(piece(key, f"{folder}/x.py")) for key, folder in ((4, "b"), (5, "a"))]

    assert order("", *same) == [2, 3, 1]
    # Of a query without words nothing differs but the meaning of the folder's name.
    scores = {one.chunk.key: one.score for one in ranking("", *twins).ranked}
    assert scores[4] == pytest.approx(scores[5])
    assert order("", *twins) == [5, 4]


def test_nothing_ranks_as_nothing() -> None:
    assert ranking("sum") == ((), 0.0)


def test_a_chunk_whose_document_is_gone_is_left_out() -> None:
    from fluorite_mcp.search.model import load_model
    from fluorite_mcp.search.ranking import rank

    said = bundled().embed(["sum", "sum"])
    outcome = rank(understand("sum"), {"sum": 1.0}, grouped([found(piece(1))]), {}, None, said, load_model())
    assert outcome == ((), 0.0)


@pytest.mark.parametrize(
    ("query", "lexical", "cosine", "expected"),
    [("sum totals", 1.0, 0.95, True), ("zymurgy of falconry", 0.0, 0.02, False), ("qwxzv jkvbn", 0.0, None, False)],
    ids=["words and meaning", "unrelated", "no sign at all"],
)
def test_only_what_is_relevant_answers(query: str, lexical: float, cosine: float | None, expected: bool) -> None:
    assert (ranking(query, found(piece(1), lexical, cosine)).answerable >= 0.5) is expected


def test_a_file_that_the_query_spells_answers_where_it_also_holds_most_of_the_words() -> None:
    query, spelled, other = "UTS46 internationalized host encoding", piece(1, "src/uts46.c"), piece(2, "src/other.c")

    assert ranking(query, found(spelled, 0.33, 0.3), found(other, 0.1, 0.1)).answerable >= 0.5
    assert ranking(query, found(spelled, 0.1, 0.1), found(other, 0.33, 0.3)).answerable < 0.5
    assert ranking("IDNA internationalized host", found(spelled, 0.33, 0.3), found(other, 0.1, 0.1)).answerable < 0.5


def test_more_evidence_makes_an_answer_likelier() -> None:
    chances = [ranking("sum totals", found(piece(1), part, part)).answerable for part in (0.0, 0.5, 1.0)]

    assert chances == sorted(set(chances))


CANDIDATES = st.lists(
    st.builds(
        lambda key, folder, name, defines, kind, quality, lexical, cosine: found(
            # All chunks of a file have its kind and language.
            piece(
                key,
                f"{folder}/{name}",
                defines=defines,
                kind="doc" if name.endswith(".md") else kind,
                language={"go": "go", "py": "python"}.get(name.rpartition(".")[2]),
                quality=quality,
                line=key + 1,
            )
            if name.endswith(".md") or kind == "code"
            else replace(piece(key, quality=quality, kind=kind), origin=Origin()),
            lexical,
            cosine,
        ),
        st.integers(0, 40),
        st.sampled_from(["pkg", "tests", "examples", "vendor", "billing"]),
        st.sampled_from(["a.py", "invoice.md", "test_a.py", "sum_totals.go"]),
        st.sampled_from([(), TOTALS, (("Ledger", "class", 9, 0), ("sum", "method", 3, 1))]),
        st.sampled_from(["code", "note", "spike"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.none() | st.floats(-1, 1),
    ),
    max_size=8,
    unique_by=lambda candidate: candidate.chunk.key,
)
QUERIES = st.sampled_from(
    ["sum_totals", "how are totals summed", "Ledger.sum in python", "tests of billing", "漢字", ""]
)


@settings(max_examples=40, deadline=None)
@given(QUERIES, CANDIDATES, st.randoms(use_true_random=False))
def test_the_scores_do_not_depend_on_the_order_of_candidates(
    query: str, candidates: list[Candidate], random: Random
) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)
    once = {one.chunk.key: one.score for one in ranking(query, *candidates).ranked}
    again = {one.chunk.key: one.score for one in ranking(query, *shuffled).ranked}

    assert again == pytest.approx(once, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(QUERIES, CANDIDATES)
def test_scores_are_sorted_parts_of_one_and_nothing_is_lost(query: str, candidates: list[Candidate]) -> None:
    outcome = ranking(query, *candidates)
    scores = [one.score for one in outcome.ranked]

    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in (*scores, outcome.answerable))
    assert {one.chunk.key for one in outcome.ranked} == {candidate.chunk.key for candidate in candidates}
    assert all(one.signals.shape == (len(FEATURES),) for one in outcome.ranked)
    assert all(isinstance(explain(understand(query), one), tuple) for one in outcome.ranked)


@settings(max_examples=40, deadline=None)
@given(QUERIES, CANDIDATES)
def test_a_better_judged_chunk_never_falls(query: str, candidates: list[Candidate]) -> None:
    if not candidates:
        return
    first, *rest = candidates
    low, high = (
        ranking(query, first._replace(chunk=replace(first.chunk, quality=quality)), *rest).ranked
        for quality in (0.1, 0.9)
    )
    key = first.chunk.key

    def place(ranked: object) -> int:
        return [one.chunk.key for one in ranked].index(key)  # type: ignore[attr-defined]

    assert place(high) <= place(low)


def reasons(query: str, candidate: Candidate, **options: dict[str, int]) -> tuple[str, ...]:
    [one] = ranking(query, candidate, **options).ranked
    return explain(understand(query), one)


def test_a_hit_says_why_it_is_there() -> None:
    assert "defines function sum_totals" in reasons("sum_totals", found(piece(1, defines=TOTALS)))
    assert "defines something named like the query" in reasons(
        "how are the totals summed", found(piece(1, defines=TOTALS))
    )
    assert "test code, set back" in reasons("sum_totals", found(piece(1, "tests/test_a.py")))
    assert "test code, set back" not in reasons("tests of sum_totals", found(piece(1, "tests/test_a.py")))
    assert "vendored or legacy, set back" in reasons("sum", found(piece(1, "vendor/a.py")))
    assert "example, set back" in reasons("sum", found(piece(1, "examples/a.py")))
    assert "holds the query's words" in reasons("sum", found(piece(1), 0.9))
    assert "holds some of the query's words" in reasons("sum", found(piece(1), 0.1))
    assert "similar meaning (80%)" in reasons("sum", found(piece(1), 0.1, 0.8))
    assert "the query says all of the file's name" in reasons("invoice", found(piece(1, "a/invoice.py")))
    assert "imported in 7 places" in reasons("sum", found(piece(1, "a/wire.py")), imported={"wire": 7})


def test_of_many_files_those_with_the_best_chunks_are_kept_whole_and_every_note() -> None:
    best = [found(piece(1, "a.py"), 0.9, 0.5), found(piece(2, "a.py", line=50), 0.0, 0.3)]
    second, last = found(piece(3, "b.py"), 0.1, 0.9), found(piece(4, "c.py"), 0.2, None)

    note = found(Chunk("n", "note", "", "sum", key=9), 0.0, 0.1)

    assert of_best(grouped([last, *best, note, second]), 2) == grouped([*best, note, second])


def test_beside_files_a_few_templates_are_ranked_and_without_files_all() -> None:
    templates = [found(Chunk(f"s{n}", "spike", "", "sum", key=100 + n), n / 20, 0.3) for n in range(20)]
    own = found(Chunk("own", "spike", "", "sum", key=99, project=1), 0.0, 0.1)
    file = found(piece(1, "a.py"), 0.1, 0.1)

    beside = of_best(grouped([*templates, own, file]), 100)

    assert of_best(grouped([*templates, own]), 100) == grouped([*templates, own])
    assert beside == grouped([*templates[12:], own, file])
