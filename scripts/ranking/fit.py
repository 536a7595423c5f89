"""Fitting the ranking: listwise softmax for the order, logistic regression for the probabilities.

All of it is convex and starts at zero, so the result depends on the data alone.
"""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fluorite_mcp.search.features import FEATURES
from scripts.ranking.collect import Example

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chosen by leaving repositories out: between 0.003 and 0.02 the result is the same within a standard error.
_PENALTY = 1e-2
_STEPS, _STEP = 400, 0.05
_FOLDS = 8
# Says what `file_words` says, of one chunk; it is there for `_ANSWERING`.
_NOT_FITTED = ("words", "loose_words", "loose_meaning", "told_words", "told_meaning")
# Categories of the examples about documents of no file, and the features they are judged by.
_LOOSE = {"code": "loose", "note": "told"}
# How much a cosine counts beside `file_words`. Made questions cannot tell: they repeat no sentence of their answer, as
# people do. Chosen on the dev halves of the benchmarks of web questions (the same between 7 and 10), of templates and
# of conversations (the same between 2 and 3).
_RATIOS = {"loose": 8.0, "told": 2.0}
# What can say that anything answers at all: values that mean the same for every query, not parts of the best.
_ANSWERING_BY_WORDS = ("words", "defines", "named_like", "stem_precision", "stem_spelling")
_ANSWERING = (*_ANSWERING_BY_WORDS, "stem_similarity", "meaning", "file_meaning", "path_meaning")
_ANSWERING_PENALTY = 1e-4
# This part of what can be answered is turned away, counted on the other annotations: the own ones ask on purpose in
# words that the code does not hold, and some tenth of them is turned away then.
_WRONGLY_ABSTAINED = 0.0125
# The score is fitted to so many of the best documents: nobody sees what comes after them.
_SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Means and weights of the features, and what turns their sum into log-odds."""

    means: NDArray[np.float64]
    weights: NDArray[np.float64]
    slope: float
    offset: float

    def sums(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the weighted sums of documents, (documents,)."""
        deviations = np.where(np.isnan(features), 0.0, features - self.means)
        result: NDArray[np.float64] = deviations @ self.weights
        return result

    def as_json(self) -> dict[str, object]:
        """Return the part of the weights file that the order depends on."""
        rows = {
            name: {"mean": round(float(mean), 4), "weight": round(float(weight), 4)}
            for name, mean, weight in zip(FEATURES, self.means, self.weights, strict=True)
        }
        return {"slope": round(self.slope, 4), "offset": round(self.offset, 4), "features": rows}


def fit_ranking(examples: Sequence[Example], source_weight: Mapping[int, float]) -> Fitted:
    """Fit the order on all examples that have an answer among their candidates.

    Args:
        examples: The queries.
        source_weight: How much a query of a source counts; 1 where it is left out.
    """
    used = [one for one in examples if any(one.hits) and one.category not in _LOOSE]
    every = np.concatenate([one.features for one in used])
    means = np.nan_to_num(_quietly(np.nanmean, every))
    spreads = np.nan_to_num(_quietly(np.nanstd, every)) + 1e-6
    ranked = np.array([name not in _NOT_FITTED for name in FEATURES], float)
    inputs, present, wanted = _padded(used, lambda one: np.nan_to_num((one.features - means) / spreads) * ranked)
    share = np.array([source_weight.get(one.source, 1.0) for one in used])
    weights = _softmax_fit(inputs, present, wanted, share / share.sum()) / spreads
    _judge_loose([one for one in examples if any(one.hits)], weights, means)
    _set_back_bundled(used, weights, means, share / share.sum())
    slope, offset = _calibrate(used, means, weights)
    return Fitted(means, weights, slope, offset)


def _judge_loose(examples: Sequence[Example], weights: NDArray[np.float64], means: NDArray[np.float64]) -> None:
    """Set the weights of what belongs to no file: the ratio is given, how far words and meaning decide is fitted."""
    column = {name: index for index, name in enumerate(FEATURES)}
    words, meaning = weights[column["file_words"]], weights[column["meaning"]]
    for kind, prefix in _LOOSE.items():
        used = [one for one in examples if one.category == kind]
        if not used:
            continue
        ratio = _RATIOS[prefix]
        pair = [column["file_words"], column["meaning"]]
        scale = _scale_of(used, pair, ratio)
        weights[column[f"{prefix}_words"]] = scale - words
        weights[column[f"{prefix}_meaning"]] = ratio * scale - meaning
        # What is added to a note is added to what every loose document has.
        words, meaning = scale, ratio * scale
        every = np.concatenate([one.features for one in used])[:, pair]
        means[column[f"{prefix}_words"]], means[column[f"{prefix}_meaning"]] = np.nanmean(every, axis=0)


def _set_back_bundled(
    used: Sequence[Example], weights: NDArray[np.float64], means: NDArray[np.float64], share: NDArray[np.float64]
) -> None:
    """Fit once more how far bundled templates stand behind a project's files, as all else about them is judged now."""
    column = list(FEATURES).index("bundled")
    weights[column] = 0.0
    rest = Fitted(means, weights, 1.0, 0.0)
    inputs, present, wanted = _padded(used, lambda one: one.features[:, [column]] - means[column])
    given, _, _ = _padded(used, lambda one: rest.sums(one.features)[:, None])
    # One number from all queries needs no penalty.
    weights[column] = _softmax_fit(inputs, present, wanted, share, given[..., 0], penalty=0.0)[0]


def _scale_of(used: Sequence[Example], pair: Sequence[int], ratio: float) -> float:
    """Return how far words and meaning in this ratio decide among loose documents."""
    inputs, present, wanted = _padded(used, lambda one: one.features[:, pair] @ np.array([[1.0], [ratio]]))
    return float(_softmax_fit(inputs, present, wanted, np.full(len(used), 1 / len(used)))[0])


def _padded(
    used: Sequence[Example], inputs_of: Callable[[Example], NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return inputs, which rows are candidates, and the right ones' shares, a row a query, padded to one length."""
    longest = max(len(one.features) for one in used)
    rows = [inputs_of(one) for one in used]
    inputs = np.zeros((len(used), longest, rows[0].shape[1]))
    present = np.zeros((len(used), longest), bool)
    wanted = np.zeros((len(used), longest))
    for row, one in enumerate(used):
        count = len(one.features)
        inputs[row, :count] = rows[row]
        present[row, :count] = True
        right = np.array([bool(found) for found in one.hits], float)
        wanted[row, :count] = right / right.sum()
    return inputs, present, wanted


def _quietly(function: Callable[..., NDArray[np.float64]], values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return means or spreads by column; a column without any value gives NaN and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return function(values, axis=0)


def _softmax_fit(
    inputs: NDArray[np.float64],
    present: NDArray[np.bool_],
    wanted: NDArray[np.float64],
    share: NDArray[np.float64],
    given: NDArray[np.float64] | float = 0.0,
    penalty: float = _PENALTY,
) -> NDArray[np.float64]:
    """Minimise the cross-entropy between the softmax over candidates and the right ones (Adam; Kingma, Ba 2015).

    `given` is added to the sums of the candidates and stays as it is.
    """
    flat = inputs.reshape(-1, inputs.shape[-1])

    def gradient(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.where(present, given + (flat @ weights).reshape(present.shape), -np.inf)
        odds = np.exp(sums - sums.max(axis=1, keepdims=True))
        excess = (odds / odds.sum(axis=1, keepdims=True) - wanted) * share[:, None]
        result: NDArray[np.float64] = np.where(present, excess, 0).reshape(-1) @ flat + 2 * penalty * weights
        return result

    return _descend(gradient, inputs.shape[-1])


def _descend(gradient: Callable[[NDArray[np.float64]], NDArray[np.float64]], size: int) -> NDArray[np.float64]:
    weights, first, second = np.zeros(size), np.zeros(size), np.zeros(size)
    for step in range(1, _STEPS + 1):
        slope = gradient(weights)
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        rate = _STEP * (1 - step / (_STEPS + 1))
        weights = weights - rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
    return weights


def _calibrate(
    used: Sequence[Example], means: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, float]:
    """Return slope and offset of the log-odds that a candidate is right (Platt 1999)."""
    fitted = Fitted(means, weights, 1.0, 0.0)
    sums = np.concatenate([fitted.sums(one.features) for one in used])
    right = np.concatenate([np.array([bool(found) for found in one.hits], float) for one in used])
    centre, spread = sums.mean(), sums.std()
    scaled = np.stack([(sums - centre) / spread, np.ones(len(sums))], axis=1)
    slope, offset = _logistic(scaled, right, np.full(len(sums), 1 / len(sums)), 0.0)
    return float(slope / spread), float(offset - slope * centre / spread)


def fit_scores(fitted: Fitted, examples: Sequence[Example]) -> dict[str, float]:
    """Fit the score shown, `search.model.Calibration`, to what a user sees first of each query that has an answer."""
    shown = [_shown(fitted, one) for one in examples if not one.is_foreign and len(one.features)]
    inputs = np.concatenate([one[:, :2] for one in shown])
    right = np.concatenate([one[:, 2] for one in shown])
    # Each query counts as much as another, however many documents it found.
    share = np.concatenate([np.full(len(one), 1 / len(one) / len(shown)) for one in shown])
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
    scaled = np.concatenate([(inputs - centre) / spread, np.ones((len(inputs), 1))], axis=1)
    weights = _logistic(scaled, right, share, 0.0)
    own, behind = (weights[:-1] / spread).tolist()
    offset = float(weights[-1] - weights[:-1] @ (centre / spread))
    return {"own": round(own, 4), "behind": round(behind, 4), "offset": round(offset, 4)}


def _shown(fitted: Fitted, example: Example) -> NDArray[np.float64]:
    """Return the best documents' log-odds, how far they lie behind the best, and whether they are right."""
    sums = fitted.slope * fitted.sums(example.features) + fitted.offset
    best = np.argsort(-sums, kind="stable")[:_SHOWN]
    right = np.array([bool(example.hits[index]) for index in best], float)
    return np.stack([sums[best], sums[best] - sums[best[0]], right], axis=1)


def _logistic(
    inputs: NDArray[np.float64], right: NDArray[np.float64], share: NDArray[np.float64], penalty: float
) -> NDArray[np.float64]:
    def gradient(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = ((1 / (1 + np.exp(-inputs @ weights)) - right) * share) @ inputs
        return result + 2 * penalty * weights

    return _descend(gradient, inputs.shape[1])


def fit_answering(examples: Sequence[Example], names: Sequence[str] = _ANSWERING) -> dict[str, object]:
    """Fit whether anything answers: queries against those of other repositories; 0.5 is the place of the cut-off."""
    columns = [list(FEATURES).index(name) for name in names]
    asked = [one for one in examples if one.source >= 0]
    best = np.array([_best(one)[columns] for one in asked])
    right = np.array([not one.is_foreign for one in asked], float)
    centre, spread = best.mean(axis=0), best.std(axis=0) + 1e-9
    inputs = np.concatenate([(best - centre) / spread, np.ones((len(best), 1))], axis=1)
    share = np.where(right > 0, 0.5 / right.sum(), 0.5 / (1 - right).sum())
    fitted = _logistic(inputs, right, share, _ANSWERING_PENALTY)
    sums = inputs @ fitted
    # The cut-off lies where only a few of the queries that can be answered are turned away.
    sources = np.array([one.source for one in asked])
    counted = (right > 0) & (sources == sources.max())
    cut = float(np.quantile(sums[counted], _WRONGLY_ABSTAINED))
    weights = fitted[:-1] / spread
    for source in sorted(set(sources)):
        shares = [float((sums[(sources == source) & (right == side)] < cut).mean()) for side in (0, 1)]
        print(
            f"by {', '.join(names)}, source {source}: "
            f"abstains on {shares[0]:.1%} of foreign and {shares[1]:.1%} of its own queries"
        )
    return {
        "offset": round(float(fitted[-1] - weights @ centre - cut), 4),
        "usual": {
            name: round(float(value), 4) for name, value in zip(names, best[right > 0].mean(axis=0), strict=True)
        },
        "weights": {name: round(float(value), 4) for name, value in zip(names, weights, strict=True)},
    }


def fit_answering_by_words(examples: Sequence[Example]) -> dict[str, object]:
    """Fit the same for searches that have no vectors to compare."""
    return fit_answering(examples, _ANSWERING_BY_WORDS)


def _best(example: Example) -> NDArray[np.float64]:
    """Return the best of each feature among what the project holds, as the product judges it."""
    own = example.features[example.features[:, list(FEATURES).index("bundled")] == 0]
    if not len(own):
        return np.zeros(len(FEATURES))
    best = np.where(np.isnan(own), -np.inf, own).max(axis=0)
    result: NDArray[np.float64] = np.where(np.isinf(best), 0.0, best)
    return result


def cross_validate(examples: Sequence[Example], extra: Sequence[Example], source_weight: Mapping[int, float]) -> str:
    """Return NDCG@10 by category on repositories that were left out of the fit, `extra` always being in it."""
    asked = [one for one in examples if not one.is_foreign]
    names = sorted({one.repository for one in asked})
    scores: list[tuple[str, float]] = []
    for fold in range(min(_FOLDS, len(names))):
        out = set(names[fold::_FOLDS])
        fitted = fit_ranking([one for one in (*asked, *extra) if one.repository not in out], source_weight)
        scores += _scores(fitted, [one for one in asked if one.repository in out])
    return _by_category(scores)


def measure(fitted: Fitted, examples: Sequence[Example]) -> str:
    """Return NDCG@10 by category of examples that have an answer."""
    return _by_category(_scores(fitted, [one for one in examples if not one.is_foreign]))


def _scores(fitted: Fitted, examples: Sequence[Example]) -> list[tuple[str, float]]:
    return [(one.category, ndcg(one, fitted.sums(one.features))) for one in examples]


def _by_category(scores: Sequence[tuple[str, float]]) -> str:
    by: dict[str, list[float]] = defaultdict(list)
    for category, score in scores:
        by["all"].append(score)
        by[category].append(score)
    return ", ".join(f"{name} {sum(values) / len(values):.4f}" for name, values in sorted(by.items()))


def ndcg(example: Example, sums: NDArray[np.float64], depth: int = 10) -> float:
    """Return NDCG with binary gain over documents in order (Järvelin and Kekäläinen, 2002)."""
    seen: set[int] = set()
    gain = 0.0
    for rank, index in enumerate(np.argsort(-sums, kind="stable")[:depth], 1):
        if new := example.hits[index] - seen:
            seen |= new
            gain += 1 / math.log2(rank + 1)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(depth, example.targets) + 1))
    return gain / ideal if ideal else 0.0
