"""Every factor of a quality is named, weighed and explained, and together they are the quality."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.learning.feedback import Evidence
from fluorite_mcp.learning.quality import Quality, Signals, assess
from fluorite_mcp.models import KINDS, Chunk, Kind, Origin

GOOD = '''def total(invoices):
    """Sum what all customers still owe."""
    return sum(invoice.amount for invoice in invoices)
'''
CODE = Chunk("c", "code", "total", GOOD, language="python", origin=Origin("billing.py", 1, 3, "total"))


def value_of(quality: Quality, name: str) -> float:
    return next(one.value for one in quality.factors if one.name == name)


def judge(content: str = GOOD, **signals: object) -> Quality:
    return assess(replace(CODE, content=content), Signals(prior=0.5, parse_health=1.0, **signals))  # type: ignore[arg-type]


EVIDENCE = st.builds(
    Evidence, st.floats(0, 20), st.floats(0, 20), st.integers(1, 20), st.sampled_from((None, "wrong", "outdated")),
    st.just("2026-01-01T00:00:00Z"), st.just(3),
)  # fmt: skip


@settings(deadline=None)  # the machine may be busy
@given(st.sampled_from(KINDS), st.text(max_size=200), st.floats(0, 1), st.integers(0, 99), EVIDENCE)
def test_the_weights_add_up_to_one_and_the_sum_is_the_quality(
    kind: Kind, content: str, prior: float, usage: int, evidence: Evidence
) -> None:
    quality = assess(Chunk("c", kind, "t", content, usage=usage), Signals(prior, evidence))

    assert sum(one.weight for one in quality.factors) == pytest.approx(1)
    assert sum(one.value * one.weight for one in quality.factors) == pytest.approx(quality.value)
    assert all(0 <= one.value <= 1 and one.why for one in quality.factors)


def test_code_is_judged_by_all_that_it_shows() -> None:
    names = [one.name for one in judge().factors]

    assert names == ["parse_health", "completeness", "documentation", "tests", "usage"]


@pytest.mark.parametrize(
    ("name", "better", "worse"),
    [
        ("documentation", GOOD, "def total(invoices):\n    return sum(invoices)\n"),
        ("documentation", "// Sums what is owed.\nfunc Total() int { return 1 }\n", "func Total() int { return 1 }\n"),
        ("completeness", GOOD, 'def total(invoices):\n    """Sum."""\n    raise NotImplementedError\n'),
        ("completeness", GOOD, "def total(invoices):\n    pass\n"),
        ("completeness", GOOD, GOOD + "    # TODO: rounding, FIXME: currencies\n"),
    ],
)
def test_what_a_chunk_shows_makes_it_better_or_worse(name: str, better: str, worse: str) -> None:
    assert value_of(judge(better), name) > value_of(judge(worse), name)
    assert judge(better).value > judge(worse).value


def test_a_test_beside_it_and_every_use_make_code_better() -> None:
    assert judge(tests="tests/test_billing.py").value > judge().value
    used = [assess(replace(CODE, usage=usage), Signals(0.5, parse_health=1.0)).value for usage in (0, 1, 2, 100)]
    assert used == sorted(used)
    assert used[1] - used[0] > used[2] - used[1]


def test_what_was_stored_is_worth_what_it_was_said_to_be() -> None:
    note = Chunk("n", "note", "t", "Releases are cut on Tuesdays.")

    assert assess(note, Signals(prior=0.9)).value == pytest.approx(0.9)


def test_the_more_judgements_there_are_the_more_they_weigh() -> None:
    weights = [
        next(one.weight for one in judge(evidence=Evidence(count, 0.0, count)).factors if one.name == "judgement")
        for count in (1, 2, 10)
    ]

    assert weights == sorted(weights)
    assert weights[0] == pytest.approx(0.2)


def test_a_demotion_outweighs_everything_and_says_what_would_end_it() -> None:
    quality = judge(evidence=Evidence(30.0, 4.0, 31, "wrong", "2026-01-02T00:00:00Z", 5))
    demotion = quality.factors[-1]

    assert quality.value < 0.1
    assert (demotion.name, demotion.value, demotion.weight) == ("demotion", 0.0, 0.9)
    assert "judged wrong on 2026-01-02; 5 more helpful judgements would end it" in demotion.why
