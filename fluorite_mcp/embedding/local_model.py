"""What models that fastembed runs have in common: loaded on first use, by name or from a folder, once per process."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fluorite_mcp.embedding.model_folders import failure_of, loading_failure, model_name, silence_fastembed
from fluorite_mcp.errors import FluoriteError

if TYPE_CHECKING:
    from fastembed.common.model_description import BaseModelDescription

ModelT = TypeVar("ModelT")

# fastembed keeps custom models in a table of the whole process; hold this while looking there and adding to it.
registration = threading.Lock()


class LocalModel(ABC, Generic[ModelT]):
    """A model of fastembed's catalogue or of a folder. Loads (and downloads) on first use; threads may share it.

    Args:
        model: A name of the catalogue, or a folder with an ONNX model and its tokenizer.
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
        self._model: ModelT | None = None

    @cached_property
    def name(self) -> str:
        """The catalogue's name, or the folder's name with a hash of its content."""
        return model_name(self._source)

    def _load(self) -> ModelT:
        with self._lock:
            if self._model is None:
                silence_fastembed()
                try:
                    self._model = self._open()
                except Exception as error:  # ONNX Runtime, fastembed and the hub raise types that share no base class
                    raise self._failed(loading_failure(self._source), error) from error
            return self._model

    def _open(self) -> ModelT:
        if isinstance(self._source, Path):
            return self._open_folder(self._source)
        kind, description = self._catalogue()
        # One attempt here: left alone, fastembed tries three times and sleeps 39 seconds in between.
        folder = kind.download_model(
            describe(self._source, kind, description),
            str(self._cache_dir),
            retries=1,
            local_files_only=self._local_files_only,
        )
        model: ModelT = kind(self._source, specific_model_path=str(folder), **self._options)
        return model

    def _failed(self, what: str, error: Exception) -> FluoriteError:
        return self._error(failure_of(self._source, what, error))

    @abstractmethod
    def _catalogue(self) -> tuple[Any, type[BaseModelDescription]]:
        """Return fastembed's class of such models, and the one that describes them."""

    @abstractmethod
    def _open_folder(self, folder: Path) -> ModelT:
        """Load the model of a folder."""

    @abstractmethod
    def _error(self, failure: str) -> FluoriteError:
        """Return the error that says what failed, and what to do."""


def describe(model: str, kind: Any, description: type[BaseModelDescription]) -> BaseModelDescription:
    """Return fastembed's description of a model of its catalogue.

    Raises:
        LookupError: The catalogue has no such model.
    """
    from fastembed.common.model_description import ModelSource

    for known in kind.list_supported_models():
        if known["model"].lower() == model.lower():
            return description(**{**known, "sources": ModelSource(**known["sources"])})
    raise LookupError("fastembed's catalogue has no model of that name")


def is_registered(name: str, kind: Any) -> bool:
    """Whether fastembed knows a model of this name already."""
    return name.lower() in {known["model"].lower() for known in kind.list_supported_models()}
