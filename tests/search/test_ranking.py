"""The rules of the order, on a few candidates each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.models import Chunk, Kind, Origin
from fluorite_mcp.search.query import understand
from fluorite_mcp.search.ranking import Candidate, Ranked, answers, cosine_strength, explain, rank


def chunk(key: int, path: str = "", **fields: object) -> Chunk:
    symbol = fields.pop("symbol", None)
    kind: Kind = "code"
    base = Chunk(f"c{key}", kind, "title", "", key=key, project=1, language="python")
    line = fields.pop("line", 1)
    return replace(base, origin=Origin(path or f"pkg/file{key}.py", line, 9, symbol), **fields)  # type: ignore[arg-type]


def found(chunk: Chunk, lexical: float = 0.5, cosine: float | None = 0.6) -> Candidate:
    return Candidate(chunk, lexical, cosine)


def order(query: str, *candidates: Candidate) -> list[int]:
    return [one.chunk.key for one in rank(understand(query), candidates)]


@dataclass(frozen=True)
class Rule:
    """Two candidates that are alike but for one thing; `better` must come first."""

    name: str
    query: str
    better: Candidate
    worse: Candidate


RULES = [
    Rule(
        "a definition beats a mention that holds more words",
        "parse_config",
        found(chunk(1, symbol="parse_config"), lexical=0.4),
        found(chunk(2), lexical=0.9),
    ),
    Rule(
        "a method of the class asked for beats one of another class",
        "Ledger.add",
        found(chunk(1, symbol="Ledger.add")),
        found(chunk(2, symbol="Basket.add")),
    ),
    Rule(
        "a name made of the query's words beats none",
        "parse the config",
        found(chunk(1, symbol="parse_config")),
        found(chunk(2, symbol="run")),
    ),
    Rule(
        "a file named after the query beats another",
        "invoice totals",
        found(chunk(1, "pkg/invoice.py")),
        found(chunk(2, "pkg/other.py")),
    ),
    Rule(
        "a folder named after the query beats another",
        "billing totals",
        found(chunk(1, "billing/a.py")),
        found(chunk(2, "pkg/a.py")),
    ),
    Rule(
        "the path asked for beats another",
        "what is in pkg/wire.py",
        found(chunk(1, "pkg/wire.py"), lexical=0.4),
        found(chunk(2, "pkg/other.py"), lexical=0.6),
    ),
    Rule("tests are set back", "sum totals", found(chunk(1, "a/x.py")), found(chunk(2, "tests/x.py"))),
    Rule("examples are set back", "sum totals", found(chunk(1, "a/x.py")), found(chunk(2, "examples/x.py"))),
    Rule("vendored code is set back", "sum totals", found(chunk(1, "a/x.py")), found(chunk(2, "vendor/x.py"))),
    Rule("documents are set back", "sum totals", found(chunk(1)), found(chunk(2, kind="doc"))),
    Rule(
        "another language is set back",
        "sum totals in python",
        found(chunk(1)),
        found(chunk(2, language="go")),
    ),
    Rule("quality decides between equals", "sum totals", found(chunk(1, quality=0.9)), found(chunk(2, quality=0.2))),
    Rule("more words are better", "sum totals", found(chunk(1), lexical=0.9), found(chunk(2), lexical=0.3)),
    Rule("closer meaning is better", "sum totals", found(chunk(1), cosine=0.8), found(chunk(2), cosine=0.5)),
    Rule("meaning is better than none", "sum totals", found(chunk(1), cosine=0.7), found(chunk(2), cosine=None)),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(rule: Rule) -> None:
    for pair in ((rule.better, rule.worse), (rule.worse, rule.better)):
        assert order(rule.query, *pair)[0] == rule.better.chunk.key


@pytest.mark.parametrize(
    ("query", "path", "kind"),
    [
        ("tests that sum totals", "tests/x.py", "code"),
        ("example that sums totals", "examples/x.py", "code"),
        ("readme about totals", "a/y.md", "doc"),
    ],
)
def test_what_is_asked_for_is_not_set_back(query: str, path: str, kind: Kind) -> None:
    plain, special = found(chunk(1, "a/x.py"), lexical=0.5), found(chunk(2, path, kind=kind), lexical=0.6)

    assert order(query, plain, special)[0] == 2


def test_quality_does_not_decide_between_topics() -> None:
    assert order("sum totals", found(chunk(1, quality=0.0), 1.0, 0.8), found(chunk(2, quality=1.0), 0.3, 0.5))[0] == 1


def test_one_file_does_not_fill_the_list() -> None:
    same = [found(chunk(key, "pkg/big.py", line=key), lexical=0.8) for key in (1, 2, 3)]
    other = found(chunk(4, "pkg/small.py"), lexical=0.7)

    assert order("sum totals", *same, other).index(4) <= 1


def test_a_file_that_matches_in_several_places_comes_before_one_that_matches_in_one() -> None:
    several = [found(chunk(key, "pkg/z.py", line=key)) for key in (1, 2)]

    assert order("sum totals", *several, found(chunk(3, "pkg/a.py")))[0] == 1


def test_equals_are_ordered_by_place() -> None:
    assert order("sum", *(found(chunk(key, path)) for key, path in ((1, "b.py"), (2, "a.py"), (3, "c.py")))) == [
        2,
        1,
        3,
    ]


def test_nothing_ranks_as_nothing() -> None:
    assert rank(understand("sum"), []) == []
    assert not answers([])


CANDIDATES = st.lists(
    st.builds(
        lambda key, folder, name, symbol, kind, language, quality, lexical, cosine: found(
            chunk(key, f"{folder}/{name}", symbol=symbol, kind=kind, language=language, quality=quality, line=key + 1),
            lexical,
            cosine,
        ),
        st.integers(0, 40),
        st.sampled_from(["pkg", "tests", "examples", "vendor", "billing"]),
        st.sampled_from(["a.py", "invoice.py", "test_a.py", "sum_totals.go"]),
        st.sampled_from([None, "sum_totals", "Ledger.sum", "x"]),
        st.sampled_from(["code", "doc", "note", "spike"]),
        st.sampled_from([None, "python", "go"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.none() | st.floats(-1, 1),
    ),
    max_size=12,
    unique_by=lambda candidate: candidate.chunk.key,
)
QUERIES = st.sampled_from(
    ["sum_totals", "how are totals summed", "Ledger.sum in python", "tests of billing", "漢字", ""]
)


@given(QUERIES, CANDIDATES, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_candidates(
    query: str, candidates: list[Candidate], random: object
) -> None:
    ranked = rank(understand(query), candidates)
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = rank(understand(query), shuffled)

    assert [one.chunk.key for one in ranked] == [one.chunk.key for one in again]


@given(QUERIES, CANDIDATES)
def test_scores_are_sorted_parts_of_one_and_nothing_is_lost(query: str, candidates: list[Candidate]) -> None:
    ranked = rank(understand(query), candidates)
    scores = [one.score for one in ranked]

    assert scores == sorted(scores, reverse=True)
    assert all(0 <= one.score <= 1 and 0 <= one.relevance <= 1 for one in ranked)
    assert {one.chunk.key for one in ranked} == {candidate.chunk.key for candidate in candidates}
    assert all(explain(understand(query), one) is not None for one in ranked)


@given(st.none() | st.floats(-1, 1))
def test_a_cosine_says_between_nothing_and_everything(cosine: float | None) -> None:
    assert 0 <= cosine_strength(cosine) <= 1


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([found(chunk(1), lexical=0.0, cosine=0.1)], False),
        ([found(chunk(1), lexical=0.0, cosine=None)], False),
        ([found(chunk(1), lexical=1.0, cosine=0.95)], True),
        ([found(chunk(1), lexical=0.9, cosine=None)], True),
        ([found(chunk(1, symbol="sum_totals"), lexical=0.0, cosine=0.0)], True),
    ],
    ids=["unrelated", "no sign at all", "words and meaning", "words alone", "the definition itself"],
)
def test_only_what_is_relevant_answers(candidates: list[Candidate], expected: bool) -> None:
    assert answers(rank(understand("sum_totals"), candidates)) is expected


def reasons(query: str, candidate: Candidate) -> tuple[str, ...]:
    [one] = rank(understand(query), [candidate])
    assert isinstance(one, Ranked)
    return explain(understand(query), one)


def test_a_hit_says_why_it_is_there() -> None:
    assert "defines sum_totals" in reasons("sum_totals", found(chunk(1, symbol="sum_totals")))
    assert "test code, set back" in reasons("sum_totals", found(chunk(1, "tests/test_a.py")))
    assert "vendored or legacy, set back" in reasons("sum", found(chunk(1, "vendor/a.py")))
    assert "example, set back" in reasons("sum", found(chunk(1, "examples/a.py")))
    assert "holds the query's words" in reasons("sum", found(chunk(1), lexical=0.9))
    assert "holds some of the query's words" in reasons("sum", found(chunk(1), lexical=0.1))
    assert "the file name says all of the query" in reasons("invoice", found(chunk(1, "a/invoice.py")))
