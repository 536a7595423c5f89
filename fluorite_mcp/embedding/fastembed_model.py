"""Transformer models run locally by fastembed: one of its catalogue, or a folder with an ONNX model."""

from __future__ import annotations

import json
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fluorite_mcp.embedding.model_folders import (
    failure_of,
    loading_failure,
    model_name,
    require_model_file,
    silence_fastembed,
)
from fluorite_mcp.embedding.rows import embed_present
from fluorite_mcp.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from fastembed import TextEmbedding
    from fastembed.common.model_description import DenseModelDescription, PoolingType
    from numpy.typing import NDArray

POOLED_RANK: Final = 2  # (texts, dimensions): the model pools itself; otherwise (texts, tokens, dimensions)

# fastembed keeps custom models in a table of the whole process.
_registration = threading.Lock()


class FastEmbedder:
    """Embeds with a fastembed model. Loads (and downloads) on first use; threads may share it.

    Args:
        model: A name of fastembed's catalogue, or a folder with an ONNX model and its tokenizer.
        cache_dir: Where downloaded models are kept.
        cpu_only: Never use an accelerator, even if there is one.
        num_threads: Threads of one inference.
        batch_size: Texts per inference.
        local_files_only: Never download; use what the cache holds.
    """

    is_slow: Final = True

    def __init__(
        self,
        model: str | Path,
        *,
        cache_dir: Path,
        cpu_only: bool,
        num_threads: int,
        batch_size: int,
        local_files_only: bool = False,
    ) -> None:
        self._source = model
        self._cache_dir = cache_dir
        self._options: dict[str, Any] = {
            "cache_dir": str(cache_dir),
            "threads": num_threads,
            "providers": ["CPUExecutionProvider"] if cpu_only else None,
        }
        self._batch_size = batch_size
        self._local_files_only = local_files_only
        self._lock = threading.Lock()
        self._model: TextEmbedding | None = None
        self._dimensions: int | None = None

    @cached_property
    def name(self) -> str:
        """The catalogue's name, or the folder's name with a hash of its content."""
        return model_name(self._source)

    @property
    def dimensions(self) -> int:
        """Length of each vector, measured on the first use. Loads the model."""
        if self._dimensions is None:
            self._dimensions = int(self._run(["dimensions"]).shape[1])
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed documents; a model reads a few hundred tokens of each. Blank texts get rows of zeros.

        Raises:
            EmbeddingError: The model cannot be downloaded, loaded or run.
        """
        return embed_present(texts, self._run, lambda: self.dimensions)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query, the way the model treats queries."""
        vector: NDArray[np.float32] = embed_present([text], self._run_query, lambda: self.dimensions)[0]
        return vector

    def _run(self, texts: list[str]) -> NDArray[np.float32]:
        return self._vectors(self._load().embed(texts, batch_size=self._batch_size))

    def _run_query(self, texts: list[str]) -> NDArray[np.float32]:
        return self._vectors(self._load().query_embed(texts))

    def _vectors(self, rows: Any) -> NDArray[np.float32]:
        import numpy as np

        try:
            return np.stack([np.asarray(row, dtype=np.float32) for row in rows])
        except Exception as error:  # ONNX Runtime raises its own types, which share no base class
            raise self._failed("could not be run", error) from error

    def _load(self) -> TextEmbedding:
        with self._lock:
            if self._model is None:
                silence_fastembed()
                try:
                    self._model = self._open()
                except Exception as error:  # as above; fastembed and the hub add theirs
                    raise self._failed(loading_failure(self._source), error) from error
            return self._model

    def _open(self) -> TextEmbedding:
        from fastembed import TextEmbedding

        if isinstance(self._source, Path):
            return _open_folder(self._source, self.name, self._options)
        # One attempt here: left alone, fastembed tries three times and sleeps 39 seconds in between.
        folder = TextEmbedding.download_model(
            _describe(self._source), str(self._cache_dir), retries=1, local_files_only=self._local_files_only
        )
        return TextEmbedding(self._source, specific_model_path=str(folder), **self._options)

    def _failed(self, what: str, error: Exception) -> EmbeddingError:
        return EmbeddingError(
            f"The embedding model {failure_of(self._source, what, error)} "
            'Set embedding_model to a folder that holds an ONNX model, or to "builtin".'
        )


def _describe(model: str) -> DenseModelDescription:
    """Return fastembed's description of a model of its catalogue."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import DenseModelDescription, ModelSource

    for known in TextEmbedding.list_supported_models():
        if known["model"].lower() == model.lower():
            return DenseModelDescription(**{**known, "sources": ModelSource(**known["sources"])})
    raise LookupError("fastembed has no model of that name")


def _open_folder(folder: Path, name: str, options: dict[str, Any]) -> TextEmbedding:
    """Load a folder with the pooling its own configuration asks for."""
    from fastembed.common.model_description import PoolingType

    model_file = require_model_file(folder)
    model = _open_custom(folder, name, model_file, _pooling(folder), options)
    if len(_output_shape(model)) == POOLED_RANK:
        return _open_custom(folder, name, model_file, PoolingType.DISABLED, options)
    return model


def _open_custom(
    folder: Path, name: str, model_file: str, pooling: PoolingType, options: dict[str, Any]
) -> TextEmbedding:
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource

    custom = f"{name}/{pooling.value}"
    with _registration:
        known = {description["model"].lower() for description in TextEmbedding.list_supported_models()}
        if custom.lower() not in known:
            # fastembed wants a source and a dimension; neither is used for a folder that is already here.
            TextEmbedding.add_custom_model(
                custom,
                pooling=pooling,
                normalization=True,
                sources=ModelSource(hf=custom),
                dim=1,
                model_file=model_file,
            )
    return TextEmbedding(custom, specific_model_path=str(folder), **options)


def _output_shape(model: TextEmbedding) -> list[Any]:
    """Return the shape of the ONNX model's first output, the one that fastembed reads."""
    session: Any = getattr(model.model, "model")  # noqa: B009 (declared only in the subclasses)
    shape: list[Any] = session.get_outputs()[0].shape
    return shape


def _pooling(folder: Path) -> PoolingType:
    """Return the pooling of a sentence-transformers folder; the mean, as most models, where it says nothing."""
    from fastembed.common.model_description import PoolingType

    try:
        settings = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return PoolingType.MEAN
    mode = settings.get("pooling_mode")
    if mode == "cls" or settings.get("pooling_mode_cls_token"):
        return PoolingType.CLS
    if mode == "lasttoken" or settings.get("pooling_mode_lasttoken"):
        return PoolingType.LAST_TOKEN
    return PoolingType.MEAN
