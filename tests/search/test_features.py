"""Each feature alone: two documents that differ in one thing, and are alike in the feature when they do not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isnan

import pytest

from fluorite_mcp.models import Chunk
from fluorite_mcp.search.features import FEATURES
from fluorite_mcp.search.ranking import Candidate
from tests.search.conftest import found, piece, ranking, signal

BIG = (("sum_totals", "function", 60, 0),)
SMALL = (("sum_totals", "function", 1, 0),)


@dataclass(frozen=True)
class Difference:
    """Two candidates of which the first has more of a feature."""

    feature: str
    query: str
    more: Candidate
    less: Candidate
    imported: dict[str, int] = field(default_factory=dict)


NOTE = Chunk("n1", "note", "", "sum totals", key=1)
OTHER_NOTE = Chunk("n2", "note", "", "walk the dog", key=2)
SNIPPET, OTHER_SNIPPET = replace(NOTE, kind="code"), replace(OTHER_NOTE, kind="code")

DIFFERENCES = [
    Difference("words", "sum totals", found(piece(1), lexical=0.9), found(piece(2), lexical=0.1)),
    Difference("file_words", "sum totals", found(piece(1)), found(piece(2, content="walk the dog"))),
    Difference("meaning", "sum totals", found(piece(1), cosine=0.9), found(piece(2), cosine=0.1)),
    Difference("file_meaning", "sum totals", found(piece(1)), found(piece(2, content="walk the dog"))),
    Difference("together", "sum totals", found(piece(1), 0.9, 0.9), found(piece(2), 0.9, 0.2)),
    Difference("path_meaning", "invoice", found(piece(1, "pkg/invoices.py")), found(piece(2, "pkg/wire.py"))),
    Difference("stem_precision", "invoice", found(piece(1, "pkg/invoice.py")), found(piece(2, "pkg/invoice_dog.py"))),
    Difference("stem_similarity", "dog", found(piece(1, "pkg/dogs.py")), found(piece(2, "pkg/invoice.py"))),
    Difference("folders", "billing sum", found(piece(1, "billing/a.py")), found(piece(2, "pkg/a.py"))),
    Difference("stem_spelling", "state flow", found(piece(1, "pkg/StateFlow.kt")), found(piece(2, "pkg/State.kt"))),
    Difference("defines", "sum_totals", found(piece(1, defines=BIG)), found(piece(2, defines=SMALL))),
    Difference("defines_name", "sum_totals", found(piece(1, defines=BIG)), found(piece(2, defines=SMALL))),
    Difference(
        "named_like",
        "how to sum totals",
        found(piece(1, defines=BIG)),
        found(piece(2, defines=(("totals_of_dogs", "function", 60, 0),))),
    ),
    Difference("importers", "sum", found(piece(1, "a/wire.py")), found(piece(2, "a/dog.py")), {"wire": 9, "dog": 2}),
    Difference("lines", "sum", found(piece(1, end=400)), found(piece(2, end=40))),
    Difference("depth", "sum", found(piece(1, "a/b/c/x.py")), found(piece(2, "a/y.py"))),
    Difference("test", "sum", found(piece(1, "tests/a.py")), found(piece(2, "pkg/a.py"))),
    Difference("test", "sum", found(piece(1, "examples/a.py")), found(piece(2, "pkg/a.py"))),
    Difference("legacy", "sum", found(piece(1, "vendor/a.py")), found(piece(2, "pkg/a.py"))),
    Difference("data", "sum", found(piece(1, language="json")), found(piece(2))),
    Difference("data", "sum", found(piece(1, kind="doc", language=None)), found(piece(2))),
    Difference("bundled", "sum", found(replace(NOTE, kind="spike")), found(replace(OTHER_NOTE))),
    Difference("told_words", "sum totals", found(NOTE), found(OTHER_NOTE)),
    Difference("told_meaning", "sum totals", found(NOTE), found(OTHER_NOTE)),
    Difference("loose_words", "sum totals", found(SNIPPET), found(OTHER_SNIPPET)),
    Difference("loose_meaning", "sum totals", found(SNIPPET), found(OTHER_SNIPPET)),
]


@pytest.mark.parametrize("one", DIFFERENCES, ids=lambda one: one.feature)
def test_a_feature_is_more_where_there_is_more_of_it(one: Difference) -> None:
    values = signal(one.feature, one.query, one.more, one.less, imported=one.imported)

    assert values[1] > values[2]


@pytest.mark.parametrize("name", list(FEATURES))
def test_a_feature_is_the_same_where_nothing_differs(name: str) -> None:
    twins = found(piece(1, "a/x.py", defines=BIG)), found(piece(2, "a/x.py", defines=BIG, project=2))
    values = signal(name, "sum_totals", *twins)

    assert values[1] == pytest.approx(values[2], nan_ok=True, abs=1e-6)


def test_every_feature_is_isolated_here() -> None:
    assert {one.feature for one in DIFFERENCES} == set(FEATURES)


@pytest.mark.parametrize(
    ("feature", "query", "candidate"),
    [
        ("test", "tests that sum", found(piece(1, "tests/a.py"))),
        ("test", "example of a sum", found(piece(1, "examples/a.py"))),
        ("data", "readme about sums", found(piece(1, kind="doc", language="markdown"))),
        ("defines_name", "how to sum totals", found(piece(1, defines=BIG))),
    ],
)
def test_what_is_asked_for_does_not_count(feature: str, query: str, candidate: Candidate) -> None:
    assert signal(feature, query, candidate)[1] == 0.0


@pytest.mark.parametrize(
    "name", ["path_meaning", "stem_precision", "stem_similarity", "importers", "lines", "depth", "test", "data"]
)
def test_a_note_has_no_feature_of_a_file(name: str) -> None:
    assert isnan(signal(name, "sum totals", found(NOTE))[1])


@pytest.mark.parametrize("name", ["loose_words", "loose_meaning"])
def test_a_file_has_no_feature_of_a_note(name: str) -> None:
    assert isnan(signal(name, "sum totals", found(piece(1)))[1])


@pytest.mark.parametrize("name", ["told_words", "told_meaning"])
def test_a_snippet_has_no_feature_of_what_is_told(name: str) -> None:
    assert isnan(signal(name, "sum totals", found(SNIPPET))[1])


def test_a_stored_text_is_compared_by_its_own_vector_even_where_only_its_words_were_found() -> None:
    by_words, by_both = found(NOTE, cosine=None), found(replace(NOTE, key=2, id="n2"), cosine=0.4)
    values = signal("meaning", "sum totals", by_words, by_both)

    assert values[1] == values[2] > 0.5


def test_a_class_is_defined_where_a_method_has_its_letters_too() -> None:
    both = found(piece(1, defines=(("Group", "class", 400, 0), ("group", "method", 40, 1))))
    method = found(piece(2, defines=(("group", "function", 40, 0),)))
    values = signal("defines", "Group", both, method)

    assert values[1] == pytest.approx(1.0)
    assert values[2] < values[1]


def test_a_name_written_with_its_capitals_is_found_before_one_with_others() -> None:
    exact = found(piece(1, defines=(("Group", "class", 40, 0),)))
    other = found(piece(2, defines=(("group", "class", 40, 0),)))
    values = signal("defines", "Group", exact, other)

    assert values[1] > values[2] > 0


def test_a_document_in_which_several_chunks_hold_the_words_holds_more() -> None:
    twice = [found(piece(key, "a/twice.py", line=key)) for key in (1, 2)]
    once = [found(piece(3, "a/once.py")), found(piece(4, "a/once.py", content="walk dogs", line=50))]
    values = signal("file_words", "sum totals", *twice, *once)

    assert values[1] == values[2] > values[3]


@pytest.mark.parametrize("query", ["", "？", "漢字", "認証の処理", "a" * 3000])
def test_any_query_has_numbers_for_features(query: str) -> None:
    [one] = ranking(query, found(piece(1))).ranked

    assert one.signals.shape == (len(FEATURES),)
    assert 0 <= one.score <= 1
