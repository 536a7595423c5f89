"""From answers to figures, tables and comparisons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.quality import saved
from benchmarks.quality.abstention import choose_foreign, curve, is_foreign
from benchmarks.quality.charts import abstention_curve, quality_against_time, write_image
from benchmarks.quality.collection import Answered, Collection, Found, Outcome, Question, Target, read_outcome
from benchmarks.quality.reading import compare_reading, reading_table
from benchmarks.quality.scores import Scored, costs, group_means, mean_of_families, score
from benchmarks.quality.tables import replace_section, table
from benchmarks.quality.tasks import TASKS

CODE = TASKS["codesearch"]


def answered(*paths: str, ms: float = 1.0, relevance: float | None = None) -> Answered:
    found = tuple(Found(path, 1, 3, 40) for path in paths)
    return Answered(found, ms, 400, (200, 200), abstained=not paths, relevance=relevance)


def scored_as(name: str, family: str, *values: float) -> list[Scored]:
    collection = Collection(name, (), family=family)
    question = Question("?", (Target("a"),), ("all", family))
    return [Scored(collection, question, answered("a"), {"NDCG@10": value}) for value in values]


def test_answers_are_scored_question_by_question() -> None:
    questions = (Question("q", (Target("a.py"),), ("all", "x")), Question("r", (Target("b.py"),), ("all", "y")))
    outcome = Outcome("s", ((answered("a.py"), answered()),), (2.0,), 50.0)

    scored = score(CODE, [Collection("one", questions)], outcome)

    assert [one.scores["NDCG@10"] for one in scored] == [1.0, 0.0]
    assert group_means(scored) == {"all": {"NDCG@10": 0.5}, "x": {"NDCG@10": 1.0}, "y": {"NDCG@10": 0.0}}


def test_each_language_counts_the_same_in_the_mean_of_languages() -> None:
    scored = [*scored_as("a", "go", 1.0, 1.0, 1.0), *scored_as("b", "c", 0.0), *scored_as("d", "c", 1.0, 0.0)]

    assert mean_of_families(scored, "NDCG@10") == pytest.approx((1 + 0.25) / 2)


def test_costs_are_those_of_all_collections() -> None:
    outcome = Outcome("s", ((answered("a", ms=1), answered("a", ms=9)), (answered(ms=2),)), (2.0, 3.0), 50.0)

    needed = costs(outcome)

    assert (needed.index_seconds, needed.p50_ms, needed.p95_ms, needed.tokens) == (5.0, 2, 9, 100)
    assert needed.abstained == pytest.approx(1 / 3)


def test_what_a_program_wrote_is_read_back() -> None:
    printed = {
        "collections": [
            {"index_seconds": 1.5, "chunks": 7, "answers": [{"found": [["a", 1, 2, 3]], "chars": 3, "ms": 0.5}]}
        ]
    }

    assert read_outcome("s", printed, 10.0) == Outcome(
        "s", ((Answered((Found("a", 1, 2, 3),), 0.5, 3),),), (1.5,), 10.0, 7
    )


def test_two_runs_are_compared_question_by_question(tmp_path: Path) -> None:
    rows = saved.rows_of("product", scored_as("a", "go", 0.5))
    saved.save(tmp_path / "deep" / "rows.jsonl", rows)
    later = [{**rows[0], "scores": {"NDCG@10": 0.75}}, {**rows[0], "query": "not asked before"}]

    found = saved.compare(saved.load(tmp_path / "deep" / "rows.jsonl"), later, "NDCG@10")

    assert found["product"] == saved.Difference(1, 0.25, 0.0, 1, 0)
    assert set(found) == {"product", "product, all", "product, go"}


def test_the_standard_error_is_that_of_paired_differences() -> None:
    difference = saved.paired([0.1, 0.3, -0.1, 0.1])

    assert difference.mean == pytest.approx(0.1)
    assert difference.standard_error == pytest.approx(0.163299 / 2, rel=1e-4)
    assert (difference.better, difference.worse) == (3, 1)


def test_a_section_of_a_page_is_replaced_and_the_rest_stays() -> None:
    page = "# Title\n\n<!-- begin a -->\nold \\1\n<!-- end a -->\n\nafter\n"

    changed = replace_section(page, "a", table(["x", "y"], [["1", "2"]]))

    assert changed == (
        "# Title\n\n<!-- begin a -->\n| x | y |\n| --- | ---: |\n| 1 | 2 |\n<!-- end a -->\n\nafter\n"
    )  # fmt: skip
    assert replace_section("# Title\n", "a", "new") == "# Title\n\n<!-- begin a -->\nnew\n<!-- end a -->\n"


def test_charts_are_sound_svg_and_name_every_system(tmp_path: Path) -> None:
    systems = {"product": (2.0, 0.88), "semble": (1.9, 0.83), "grep & more": (30.0, 0.5)}

    path = write_image(tmp_path, "chart.svg", quality_against_time(systems, "Title"))
    texts = [one.text or "" for one in ElementTree.parse(path).iter() if one.tag.endswith("text")]

    assert {"product 0.880", "semble 0.830", "grep & more 0.500"} <= set(texts)
    assert sum(text.startswith("published: ") for text in texts) == 2


def test_labels_of_points_that_lie_together_do_not_cover_each_other() -> None:
    chart = quality_against_time({"one": (2.0, 0.8), "two": (2.0, 0.8), "three": (2.1, 0.8)}, "Title")
    places = [
        (one.get("x"), one.get("y"), one.get("text-anchor"))
        for one in ElementTree.fromstring(chart).iter()
        if (one.text or "").endswith(" 0.800")
    ]

    assert len(set(places)) == 3


def test_the_curve_counts_who_stays_below_each_cut_off() -> None:
    scored = [
        Scored(Collection("a", ()), Question("q", (), (group,)), answered("x", relevance=value), {})
        for group, value in (("unanswerable", 0.2), ("unanswerable", 0.6), ("answerable", 0.5), ("answerable", 0.9))
    ]
    by_cutoff = {at: (foreign, own) for at, foreign, own in curve(scored)}

    assert by_cutoff[0.2] == (0.0, 0.0)
    assert by_cutoff[0.3] == (0.5, 0.0)
    assert by_cutoff[0.7] == (1.0, 0.5)
    ElementTree.fromstring(abstention_curve(curve(scored), 0.5))


def test_a_question_is_foreign_when_the_tree_holds_none_of_its_rare_words() -> None:
    holders = {"parse": 9, "invoice": 1, "ledger": 1}

    assert is_foreign("parse the invoice of a ledger", frozenset({"parse"}), holders, 2)
    assert not is_foreign("parse the invoice of a ledger", frozenset({"parse", "ledger"}), holders, 2)
    assert not is_foreign("parse the invoice", frozenset(), holders, 2), "one rare word is no topic"


def test_foreign_questions_come_from_other_languages_and_are_spread_evenly() -> None:
    def asks(name: str, family: str, *queries: str) -> Collection:
        return Collection(name, tuple(Question(query, (Target("a"),)) for query in queries), family=family)

    collections = [
        asks("one", "go", "router middleware", "parse tokens"),
        asks("two", "go", "socket listener"),
        asks("three", "lua", "window layouts", "keyboard bindings"),
    ]
    words = {"one": frozenset({"router", "window"}), "two": frozenset[str](), "three": frozenset[str]()}
    chosen = choose_foreign(collections, words, 4)

    assert chosen["one"] == ["keyboard bindings"], "windows are its own topic, sockets its own language"
    assert len(chosen["two"]) == 2 or len(chosen["three"]) == 2
    assert sum(map(len, chosen.values())) == 4
    assert choose_foreign(collections, words, 4) == chosen


def test_reading_compares_answers_with_grepping_and_reading_files(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text("invoice\n" + "x\n" * 400)
    (tmp_path / "wrong.py").write_text("invoice total\n" + "y\n" * 800)
    questions = [
        Question("invoice total", (Target("right.py"),)),
        Question("invoice total", (Target("right.py"),)),
        Question("elsewhere", (Target("right.py"),)),
    ]
    collection = Collection("c", tuple(questions), root=str(tmp_path))
    answers = [answered("wrong.py", "right.py"), answered("wrong.py"), answered("right.py")]
    scored = [Scored(collection, q, a, {}) for q, a in zip(questions, answers, strict=True)]

    readings = compare_reading(scored)
    found, missed = readings.compared

    assert readings.unread == 1, "grep never reads a file without the words"
    assert found.answers == found.search == 200 / 4, "the first page holds it"
    assert found.search_and_hit == found.search + len("invoice\nx\nx\n") / 4
    assert found.grep_files == (14 + 1600 + 1 + 8 + 800 + 1) / 4
    assert found.grep_lines == (14 + 5 * 2 + 8 + 5 * 2) / 4
    assert missed.search == missed.answers + missed.grep_files == 400 / 4 + missed.grep_files
    assert "2 questions; search names the right place, among ten hits or as nearest, for 1." in reading_table(readings)


def test_who_reads_on_after_ten_hits_pays_for_the_further_pages_before_anything_is_grepped(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text("falcon\n" * 10)
    question = Question("falcon", (Target("right.py"),), ("all",))
    further = (Found("other.py", 1, 2, 0), *[Found("third.py", 1, 2, 0)] * 4, Found("right.py", 1, 2, 0))
    late = replace(answered(*["wrong.py"] * 10), further=further, further_page_chars=(70, 80, 90))
    [reading] = compare_reading([Scored(Collection("t", (), root=str(tmp_path)), question, late, {})]).compared

    first = sum(late.page_chars)
    assert reading.patient * 4 == first + 70 + 80, "the page that holds it is the last one read"
    assert reading.search * 4 == first + len("falcon\n" * 10) + 1


def test_a_place_named_as_nearest_is_read_before_anything_is_grepped(tmp_path: Path) -> None:
    (tmp_path / "near.py").write_text("near\n" * 10)
    (tmp_path / "right.py").write_text("falcon\n" * 10)
    question = Question("falcon", (Target("right.py"),), ("all",))
    places = tuple(Found(path, 1, 2, 0) for path in ("near.py", "right.py"))
    abstained = Answered((), 1.0, 40, abstained=True, nearest=places)
    [reading] = compare_reading([Scored(Collection("t", (), root=str(tmp_path)), question, abstained, {})]).compared

    assert reading.search * 4 == 40 + len("near\n" * 2) + len("falcon\n" * 2)
