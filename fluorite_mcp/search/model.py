"""The ranking model: a weighted sum of explained features, its weights read from the package's data.

`scripts/train_ranking.py` makes the weights: it maximises the likelihood that the right file comes first (listwise
softmax, Cao et al. 2007, "Learning to rank") over annotated queries, with a penalty on large weights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fluorite_mcp.errors import StoreError
from fluorite_mcp.search.features import FEATURES
from fluorite_mcp.search.products import product

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEIGHTS_FILE: Final = Path(__file__).parent / "weights.json"


class Calibration(NamedTuple):
    """What turns log-odds into the score that is shown (Platt scaling, 1999, of two inputs).

    Attributes:
        own: Weight of the document's own log-odds.
        behind: Weight of how far they lie behind the best document's, which is at most 0.
        offset: The log-odds shown where both are 0.
    """

    own: float
    behind: float
    offset: float


@dataclass(frozen=True, slots=True, eq=False)
class RankingModel:
    """Weights of the features, and what turns sums into probabilities.

    Attributes:
        means: The usual value of each feature, which stands in where one has no meaning, (features,).
        weights: What one unit of each feature adds to the log-odds, (features,).
        slope, offset: Log-odds of being the right place are `slope` times the sum plus `offset`.
        answer_weights: As `weights`, for whether anything answers at all: see `answer_log_odds`.
        answer_offset: The log-odds with no evidence at all.
        answer_usual: The best value of each feature among the candidates of a question that has an answer; it stands
            in where the feature has no meaning for any of them.
        words_weights, words_offset: The same where words alone are to judge by.
        shown: What turns log-odds into the score that a hit shows.
    """

    means: NDArray[np.float32]
    weights: NDArray[np.float32]
    slope: float
    offset: float
    answer_weights: NDArray[np.float32]
    answer_offset: float
    answer_usual: NDArray[np.float32]
    words_weights: NDArray[np.float32]
    words_offset: float
    shown: Calibration

    def log_odds(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the log-odds of each document to be the right place.

        Args:
            features: (documents, features), NaN where a feature has no meaning.
        """
        import numpy as np

        deviations = np.where(np.isnan(features), 0.0, features - self.means)
        sums: NDArray[np.float32] = product(deviations, self.weights)
        return self.slope * sums + self.offset

    def answer_log_odds(self, features: NDArray[np.float32], *, by_words: bool) -> float:
        """Return the log-odds that something among the candidates answers the query.

        Args:
            features: (documents, features); of each feature the best document counts.
            by_words: Whether words alone are to judge by, as no vector can be compared.
        """
        import numpy as np

        if not len(features):
            return -np.inf
        best = np.fmax.reduce(features, axis=0)
        best = np.where(np.isnan(best), self.answer_usual, best)
        if by_words:
            return float(product(best, self.words_weights) + self.words_offset)
        return float(product(best, self.answer_weights) + self.answer_offset)


@lru_cache(maxsize=4)
def load_model(path: Path = WEIGHTS_FILE) -> RankingModel:
    """Read weights.

    Raises:
        StoreError: The file is missing or not of this version.
    """
    import numpy as np

    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        ranking, answering, by_words = data["ranking"], data["answering"], data["answering_by_words"]
        rows = [ranking["features"][name] for name in FEATURES]
        return RankingModel(
            means=np.array([row["mean"] for row in rows], np.float32),
            weights=np.array([row["weight"] for row in rows], np.float32),
            slope=float(ranking["slope"]),
            offset=float(ranking["offset"]),
            answer_weights=np.array([answering["weights"].get(name, 0.0) for name in FEATURES], np.float32),
            answer_offset=float(answering["offset"]),
            answer_usual=np.array([answering["usual"].get(name, 0.0) for name in FEATURES], np.float32),
            words_weights=np.array([by_words["weights"].get(name, 0.0) for name in FEATURES], np.float32),
            words_offset=float(by_words["offset"]),
            shown=Calibration(*(float(data["shown"][name]) for name in Calibration._fields)),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"The ranking weights at {path} cannot be read ({error!r}). Reinstall fluorite-mcp."
        ) from error
