"""Training of the ranking: annotations of a real repository, and fits of orders that are known."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from math import log2
from pathlib import Path

import numpy as np
import pytest

from fluorite_mcp.search.features import FEATURES
from fluorite_mcp.search.model import Calibration
from fluorite_mcp.search.odds import probability
from scripts.ranking.annotations import AnnotatedQuery, Repository, lay_out, read_annotations
from scripts.ranking.collect import Example, load_examples, save_examples
from scripts.ranking.fit import Fitted, fit_answering, fit_ranking, fit_scores, ndcg

MEANING = list(FEATURES).index("meaning")
BUNDLED = list(FEATURES).index("bundled")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    work, mirror = tmp_path / "work", tmp_path / "mirror" / "owner+shop"
    (work / "src").mkdir(parents=True)
    (work / "src" / "a.py").write_text("def a(): ...\n")
    (work / "README.md").write_text("# Shop\n")
    git(work, "init", "--quiet")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "first")
    revision = git(work, "rev-parse", "HEAD")
    (work / "src" / "a.py").write_text("changed later\n")
    git(work, "commit", "--quiet", "-a", "-m", "second")
    mirror.mkdir(parents=True)
    git(mirror, "clone", "--quiet", "--bare", str(work), "repo")
    return Repository("shop", "https://example.org/owner/shop.git", revision, "src", ())


def test_the_pinned_tree_is_laid_out_once(repository: Repository, tmp_path: Path) -> None:
    root = lay_out(repository, tmp_path / "trees", tmp_path / "mirror")
    (root / "a.py").write_text("laid out before\n")
    again = lay_out(repository, tmp_path / "trees", tmp_path / "none")

    assert [path.name for path in root.parent.iterdir()] == ["src"]
    assert again == root
    assert (again / "a.py").read_text() == "laid out before\n"


def test_the_tree_is_that_of_the_revision(repository: Repository, tmp_path: Path) -> None:
    assert (lay_out(repository, tmp_path / "trees", tmp_path / "mirror") / "a.py").read_text() == "def a(): ...\n"


def test_an_unknown_revision_lays_out_nothing(repository: Repository, tmp_path: Path) -> None:
    unknown = Repository("shop", repository.url, "0" * 40, "", ())

    with pytest.raises(SystemExit, match="git checkout failed"):
        lay_out(unknown, tmp_path / "trees", tmp_path / "mirror")
    assert list((tmp_path / "trees").iterdir()) == []


def test_annotations_are_read_in_either_form(tmp_path: Path) -> None:
    file = tmp_path / "annotations.json"
    asked = [{"query": "q", "category": "c", "relevant": ["a.py"], "secondary": [{"path": "b.py"}]}, {"query": "r"}]
    repos = [{"name": "shop", "url": "u", "revision": "r", "benchmark_root": None}]
    file.write_text(json.dumps({"repos": repos, "annotations": {"shop": asked}}))

    [one] = read_annotations(file)
    assert (one.name, one.folder) == ("shop", "")
    assert one.queries == (AnnotatedQuery("q", "c", ("a.py", "b.py")), AnnotatedQuery("r", "", ()))


def example(number: int, *, is_foreign: bool = False) -> Example:
    """Five documents with features by chance, of which the one nearest in meaning is right."""
    chance = np.random.default_rng(number)
    features = chance.normal(size=(5, len(FEATURES))).astype(np.float32)
    features[0, 3] = np.nan
    features[:, MEANING] += -3 if is_foreign else 3
    features[:, BUNDLED] = 0
    best = int(features[:, MEANING].argmax())
    hits = tuple(frozenset({0}) if index == best and not is_foreign else frozenset[int]() for index in range(5))
    return Example(0, f"r{number % 3}", "c", "q", is_foreign, features, hits, 0 if is_foreign else 1)


def test_a_fit_finds_the_feature_that_decides_the_order() -> None:
    fitted = fit_ranking([example(number) for number in range(80)], {})
    unseen = [example(number) for number in range(1000, 1050)]

    assert int(np.abs(fitted.weights).argmax()) == MEANING
    assert fitted.weights[MEANING] > 0
    assert np.mean([ndcg(one, fitted.sums(one.features)) for one in unseen]) > 0.9


def test_scores_are_fitted_to_how_often_documents_are_right() -> None:
    # The weights tell nothing here: one of the two documents is right, the one as often as the other.
    right: list[tuple[frozenset[int], ...]] = [(frozenset({0}), frozenset()), (frozenset(), frozenset({0}))]
    nothing = np.zeros((2, len(FEATURES)), np.float32)
    examples = [Example(1, "r", "c", "q", False, nothing, hits, 1) for hits in right * 20]
    known = Fitted(np.zeros(len(FEATURES)), np.ones(len(FEATURES)), 1.0, 3.0)
    shown = Calibration(**fit_scores(known, examples))

    assert probability(shown.own * 3.0 + shown.offset) == pytest.approx(0.5, abs=0.01)


def test_two_fits_are_the_same() -> None:
    examples = [example(number) for number in range(20)]

    assert fit_ranking(examples, {}).as_json() == fit_ranking(examples, {}).as_json()


def test_a_query_without_an_answer_among_its_candidates_changes_nothing() -> None:
    examples = [example(number) for number in range(20)]
    foreign = [example(number, is_foreign=True) for number in range(5)]

    assert fit_ranking([*examples, *foreign], {}).as_json() == fit_ranking(examples, {}).as_json()


def test_what_answers_is_told_from_what_does_not() -> None:
    own, foreign = ([example(n, is_foreign=is_foreign) for n in range(50)] for is_foreign in (False, True))
    fitted = fit_answering([*own, *foreign])

    assert fitted["weights"]["meaning"] > 0  # type: ignore[index]


def test_what_is_bundled_does_not_say_that_a_project_answers() -> None:
    examples = [example(n, is_foreign=is_foreign) for n in range(50) for is_foreign in (False, True)]
    bundled = np.full((1, len(FEATURES)), 9.0, np.float32)
    beside = [
        replace(one, features=np.concatenate([one.features, bundled]), hits=(*one.hits, frozenset[int]()))
        for one in examples
    ]

    assert fit_answering(beside) == fit_answering(examples)


def ranked(*hits: set[int], targets: int) -> float:
    """Return NDCG of documents in the order given."""
    features = np.zeros((len(hits), len(FEATURES)), np.float32)
    one = Example(0, "r", "c", "q", False, features, tuple(map(frozenset, hits)), targets)
    return ndcg(one, -np.arange(len(hits), dtype=np.float64))


def test_ndcg_is_that_of_the_definition() -> None:
    assert ranked({0}, set(), targets=1) == 1.0
    assert ranked(set(), {0}, targets=1) == pytest.approx(1 / log2(3))
    assert ranked({0}, set(), {1}, targets=2) == pytest.approx((1 + 1 / 2) / (1 + 1 / log2(3)))
    assert ranked({0}, {0}, targets=1) == 1.0
    assert ranked(*[set()] * 10, {0}, targets=1) == 0.0
    assert ranked(set(), targets=0) == 0.0


def test_examples_are_kept_for_another_fit(tmp_path: Path) -> None:
    save_examples(tmp_path / "examples", [example(1)])
    [read] = load_examples(tmp_path / "examples")

    assert np.array_equal(read.features, example(1).features, equal_nan=True)


def test_what_abstaining_asks_is_fitted_alone_where_the_order_stays(tmp_path: Path) -> None:
    examples = [replace(example(n, is_foreign=is_foreign), source=1) for n in range(50) for is_foreign in (False, True)]
    save_examples(tmp_path / "first", examples[:60])
    save_examples(tmp_path / "then", examples)
    out = tmp_path / "weights.json"

    def fit(features: str, *options: str) -> dict[str, object]:
        program = Path(__file__).parents[2] / "scripts" / "train_ranking.py"
        given = ("--features", str(tmp_path / features), "--out", str(out))
        subprocess.run([sys.executable, str(program), *given, *options], check=True, capture_output=True)
        card: dict[str, object] = json.loads(out.read_text())
        return card

    before = fit("first")
    after = fit("then", "--only-answering")

    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {"answering", "answering_by_words"}
    assert after["answering"] == fit_answering(examples)
