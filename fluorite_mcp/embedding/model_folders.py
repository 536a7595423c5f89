"""Models that fastembed runs: what a folder with one needs, how it is named, and what is said when it does not work."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MODEL_FILES: Final = ("model.onnx", "onnx/model.onnx")
NEEDED_FILES: Final = ("tokenizer.json", "tokenizer_config.json")
CUSTOM_PREFIX: Final = "folder:"
# Enough of a file of hundreds of megabytes to tell two models apart without reading it whole.
STAMPED_BYTES: Final = 1 << 20


def find_model_file(folder: Path) -> str | None:
    """Return the ONNX file of a model folder, relative to it, or None if the folder holds no usable model."""
    if not all((folder / name).is_file() for name in NEEDED_FILES):
        return None
    return next((name for name in MODEL_FILES if (folder / name).is_file()), None)


def require_model_file(folder: Path) -> str:
    """Return the ONNX file of a model folder, relative to it.

    Raises:
        FileNotFoundError: The folder holds no usable model; says what it needs.
    """
    model_file = find_model_file(folder)
    if model_file is None:
        raise FileNotFoundError(f"it needs {' and '.join(NEEDED_FILES)} and one of {' or '.join(MODEL_FILES)}")
    return model_file


def model_name(source: str | Path) -> str:
    """Return the stamp of a model: the catalogue's name, or the folder's name with a hash of its content."""
    if isinstance(source, Path):
        return f"{CUSTOM_PREFIX}{source.resolve().name}@{_stamp(source)}"
    return f"fastembed:{source}"


def failure_of(source: str | Path, what: str, error: Exception) -> str:
    """Say in a sentence what failed with a model, and why."""
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return f"{source} {what}: {reason}."


def loading_failure(source: str | Path) -> str:
    """Return what could not be done with a model that could not be opened."""
    return "could not be loaded" if isinstance(source, Path) else "could not be downloaded or loaded"


def _stamp(folder: Path) -> str:
    """Return a short hash of what decides the folder's vectors, reading at most a few megabytes."""
    import xxhash

    digest = xxhash.xxh3_64()
    model_file = find_model_file(folder)
    for name in (model_file, *NEEDED_FILES, "1_Pooling/config.json"):
        path = folder / name if name else folder
        if not path.is_file():
            continue
        size = path.stat().st_size
        digest.update(f"{name}:{size}:".encode())
        with path.open("rb") as file:
            digest.update(file.read(STAMPED_BYTES))
            file.seek(max(0, size - STAMPED_BYTES))
            digest.update(file.read(STAMPED_BYTES))
    return digest.hexdigest()


def silence_fastembed() -> None:
    """Keep fastembed's log off stderr: what matters of it is in the error that follows."""
    from loguru import logger

    logger.disable("fastembed")
