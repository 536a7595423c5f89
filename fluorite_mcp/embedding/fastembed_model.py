"""Transformer models run locally by fastembed: one of its catalogue, or a folder with an ONNX model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fluorite_mcp.embedding.local_model import LocalModel, is_registered, registration
from fluorite_mcp.embedding.model_folders import require_model_file
from fluorite_mcp.embedding.rows import embed_present
from fluorite_mcp.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from fastembed import TextEmbedding
    from fastembed.common.model_description import BaseModelDescription, PoolingType
    from numpy.typing import NDArray

POOLED_RANK: Final = 2  # (texts, dimensions): the model pools itself; otherwise (texts, tokens, dimensions)


class FastEmbedder(LocalModel["TextEmbedding"]):
    """Embeds with a fastembed model. Arguments as of `LocalModel`, and `batch_size`, the texts per inference."""

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
        super().__init__(
            model,
            cache_dir=cache_dir,
            cpu_only=cpu_only,
            num_threads=num_threads,
            local_files_only=local_files_only,
        )
        self._batch_size = batch_size
        self._dimensions: int | None = None

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

    def _catalogue(self) -> tuple[Any, type[BaseModelDescription]]:
        from fastembed import TextEmbedding
        from fastembed.common.model_description import DenseModelDescription

        return TextEmbedding, DenseModelDescription

    def _open_folder(self, folder: Path) -> TextEmbedding:
        """Load a folder with the pooling its own configuration asks for."""
        from fastembed.common.model_description import PoolingType

        model_file = require_model_file(folder)
        model = _open_custom(folder, self.name, model_file, _pooling(folder), self._options)
        if len(_output_shape(model)) == POOLED_RANK:
            return _open_custom(folder, self.name, model_file, PoolingType.DISABLED, self._options)
        return model

    def _error(self, failure: str) -> EmbeddingError:
        return EmbeddingError(
            f'The embedding model {failure} Set embedding_model to a folder that holds an ONNX model, or to "builtin".'
        )


def _open_custom(
    folder: Path, name: str, model_file: str, pooling: PoolingType, options: dict[str, Any]
) -> TextEmbedding:
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource

    custom = f"{name}/{pooling.value}"
    with registration:
        if not is_registered(custom, TextEmbedding):
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
