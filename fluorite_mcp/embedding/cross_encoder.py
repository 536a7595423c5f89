"""Cross-encoders run locally by fastembed: they read query and text together and say how well the text answers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluorite_mcp.embedding.local_model import LocalModel, is_registered, registration
from fluorite_mcp.embedding.model_folders import require_model_file
from fluorite_mcp.errors import RerankingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastembed.common.model_description import BaseModelDescription
    from fastembed.rerank.cross_encoder import TextCrossEncoder

# Texts of one inference: with more, the longest of them makes all of them long.
_BATCH_SIZE = 10


class CrossEncoder(LocalModel["TextCrossEncoder"]):
    """Scores texts for a query. Arguments as of `LocalModel`."""

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return for each text how well it answers, more is better; the scale is the model's own.

        Raises:
            RerankingError: The model cannot be downloaded, loaded or run.
        """
        model = self._load()
        try:
            scores = [float(score) for score in model.rerank(query, list(texts), batch_size=_BATCH_SIZE)]
        except Exception as error:  # ONNX Runtime raises its own types, which share no base class
            raise self._failed("could not be run", error) from error
        if len(scores) != len(texts) or not all(map(math.isfinite, scores)):
            raise self._failed("gave no usable scores", ValueError(f"{len(scores)} for {len(texts)} texts"))
        return scores

    def _catalogue(self) -> tuple[Any, type[BaseModelDescription]]:
        from fastembed.common.model_description import BaseModelDescription
        from fastembed.rerank.cross_encoder import TextCrossEncoder

        return TextCrossEncoder, BaseModelDescription

    def _open_folder(self, folder: Path) -> TextCrossEncoder:
        from fastembed.common.model_description import ModelSource
        from fastembed.rerank.cross_encoder import TextCrossEncoder

        model_file = require_model_file(folder)
        with registration:
            if not is_registered(self.name, TextCrossEncoder):
                # fastembed wants a source; it is not used for a folder that is already here.
                TextCrossEncoder.add_custom_model(self.name, sources=ModelSource(hf=self.name), model_file=model_file)
        return TextCrossEncoder(self.name, specific_model_path=str(folder), **self._options)

    def _error(self, failure: str) -> RerankingError:
        return RerankingError(
            f'The re-ranking model {failure} Set reranker to a folder that holds an ONNX model, or to "" to do without.'
        )
