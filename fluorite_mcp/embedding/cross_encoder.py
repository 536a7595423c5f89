"""Cross-encoders run locally by fastembed: they read query and text together and say how well the text answers."""

from __future__ import annotations

import math
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluorite_mcp.embedding.model_folders import (
    failure_of,
    loading_failure,
    model_name,
    require_model_file,
    silence_fastembed,
)
from fluorite_mcp.errors import RerankingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastembed.common.model_description import BaseModelDescription
    from fastembed.rerank.cross_encoder import TextCrossEncoder

# Texts of one inference: with more, the longest of them makes all of them long.
_BATCH_SIZE = 10

# fastembed keeps custom models in a table of the whole process.
_registration = threading.Lock()


class CrossEncoder:
    """Scores texts for a query. Loads (and downloads) on first use; threads may share it.

    Args:
        model: A name of fastembed's catalogue of cross-encoders, or a folder with an ONNX model and its tokenizer.
        cache_dir: Where downloaded models are kept.
        cpu_only: Never use an accelerator, even if there is one.
        num_threads: Threads of one inference.
        local_files_only: Never download; use what the cache holds.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        cache_dir: Path,
        cpu_only: bool,
        num_threads: int,
        local_files_only: bool = False,
    ) -> None:
        self._source = model
        self._cache_dir = cache_dir
        self._options: dict[str, Any] = {
            "cache_dir": str(cache_dir),
            "threads": num_threads,
            "providers": ["CPUExecutionProvider"] if cpu_only else None,
        }
        self._local_files_only = local_files_only
        self._lock = threading.Lock()
        self._model: TextCrossEncoder | None = None

    @cached_property
    def name(self) -> str:
        """The catalogue's name, or the folder's name with a hash of its content."""
        return model_name(self._source)

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

    def _load(self) -> TextCrossEncoder:
        with self._lock:
            if self._model is None:
                silence_fastembed()
                try:
                    self._model = self._open()
                except Exception as error:  # as above; fastembed and the hub add theirs
                    raise self._failed(loading_failure(self._source), error) from error
            return self._model

    def _open(self) -> TextCrossEncoder:
        from fastembed.rerank.cross_encoder import TextCrossEncoder

        if isinstance(self._source, Path):
            return _open_folder(self._source, self.name, self._options)
        # One attempt here: left alone, fastembed tries three times and sleeps 39 seconds in between.
        folder = TextCrossEncoder.download_model(
            _describe(self._source), str(self._cache_dir), retries=1, local_files_only=self._local_files_only
        )
        return TextCrossEncoder(self._source, specific_model_path=str(folder), **self._options)

    def _failed(self, what: str, error: Exception) -> RerankingError:
        return RerankingError(
            f"The re-ranking model {failure_of(self._source, what, error)} "
            'Set reranker to a folder that holds an ONNX model, or to "" to do without.'
        )


def _describe(model: str) -> BaseModelDescription:
    """Return fastembed's description of a model of its catalogue."""
    from fastembed.common.model_description import BaseModelDescription, ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    for known in TextCrossEncoder.list_supported_models():
        if known["model"].lower() == model.lower():
            return BaseModelDescription(**{**known, "sources": ModelSource(**known["sources"])})
    raise LookupError("fastembed has no cross-encoder of that name")


def _open_folder(folder: Path, name: str, options: dict[str, Any]) -> TextCrossEncoder:
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    model_file = require_model_file(folder)
    with _registration:
        known = {description["model"].lower() for description in TextCrossEncoder.list_supported_models()}
        if name.lower() not in known:
            # fastembed wants a source; it is not used for a folder that is already here.
            TextCrossEncoder.add_custom_model(name, sources=ModelSource(hf=name), model_file=model_file)
    return TextCrossEncoder(name, specific_model_path=str(folder), **options)
