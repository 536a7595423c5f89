"""The weights, and what they make of features."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fluorite_mcp.errors import StoreError
from fluorite_mcp.search.features import FEATURES
from fluorite_mcp.search.model import WEIGHTS_FILE, Calibration, RankingModel, load_model


def shipped() -> dict[str, dict[str, dict[str, object]]]:
    data: dict[str, dict[str, dict[str, object]]] = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return data


def model(*, slope: float = 1.0, offset: float = 0.0) -> RankingModel:
    """Two features: usually 1 and 2, worth 3 and -1."""
    return RankingModel(
        np.array([1, 2], np.float32), np.array([3, -1], np.float32), slope, offset, np.array([2, 0], np.float32), -1.0,
        np.array([0, 0], np.float32), np.array([4, 0], np.float32), -2.0,
        Calibration(1.0, 1.0, 0.0),
    )  # fmt: skip


def test_the_shipped_weights_name_exactly_the_features() -> None:
    assert list(shipped()["ranking"]["features"]) == list(FEATURES)
    assert set(shipped()["answering"]["weights"]) <= set(FEATURES)


def test_the_shipped_weights_are_read_in_the_order_of_the_features() -> None:
    loaded = load_model()
    rows = shipped()["ranking"]["features"]

    assert loaded.weights.tolist() == pytest.approx([rows[name]["weight"] for name in FEATURES])  # type: ignore[index]
    assert np.isfinite([*loaded.means, *loaded.weights, *loaded.answer_weights]).all()
    assert loaded.slope > 0
    assert loaded.shown.own > 0
    assert loaded.shown.behind > 0


def test_what_has_no_meaning_speaks_neither_for_nor_against() -> None:
    usual, unknown = model().log_odds(np.array([[1, 2], [np.nan, np.nan]], np.float32))

    assert usual == unknown == 0.0


def test_each_unit_of_a_feature_adds_its_weight() -> None:
    sums = model(slope=2.0, offset=5.0).log_odds(np.array([[2, 2], [1, 3]], np.float32))

    assert sums.tolist() == [2 * 3 + 5, 2 * -1 + 5]


def test_whether_anything_answers_is_up_to_the_best_of_each_feature() -> None:
    table = np.array([[0.5, np.nan], [0.25, np.nan]], np.float32)

    assert model().answer_log_odds(table, by_words=False) == pytest.approx(2 * 0.5 - 1)
    assert model().answer_log_odds(table, by_words=True) == pytest.approx(4 * 0.5 - 2)
    assert model().answer_log_odds(table[:0], by_words=False) == -np.inf


def damaged(name: str) -> str:
    data = shipped()
    if name == "no feature":
        del data["ranking"]["features"][next(iter(FEATURES))]
    if name == "no answering":
        del data["answering"]
    if name == "no number":
        data["ranking"]["slope"] = None  # type: ignore[assignment]
    return "{" if name == "no JSON" else "[]" if name == "a list" else json.dumps(data)


@pytest.mark.parametrize("damage", ["no feature", "no answering", "no number", "no JSON", "a list"])
def test_damaged_weights_are_one_clear_error(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "weights.json"
    file.write_text(damaged(damage))

    with pytest.raises(StoreError, match=r"weights\.json cannot be read .* Reinstall"):
        load_model(file)


def test_missing_weights_are_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Reinstall"):
        load_model(tmp_path / "none.json")
