"""From the settings `embedding_model` and `reranker` to models, and the lists of what they may be."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fluorite_mcp.embedding.builtin import BUILTIN, BuiltinEmbedder
from fluorite_mcp.embedding.model_folders import CUSTOM_PREFIX, MODEL_FILES, NEEDED_FILES, find_model_file
from fluorite_mcp.errors import ConfigError

if TYPE_CHECKING:
    from fluorite_mcp.ports import Embedder, Reranker

BYTES_PER_GB: Final = 10**9
FORMS: Final = {
    "embedding_model": '"builtin", a folder with an ONNX model, '
    'an endpoint such as "https://host/v1/embeddings#model", '
    'or a fastembed model such as "sentence-transformers/all-MiniLM-L6-v2"',
    "reranker": '"" for none, a folder with an ONNX model, or one that `fluorite-mcp models` lists, '
    'such as "Xenova/ms-marco-MiniLM-L-6-v2"',
}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that `embedding_model` may name. `size_bytes` is what a download takes; 0 for the bundled one."""

    name: str
    dimensions: int
    size_bytes: int
    licence: str
    description: str


@dataclass(frozen=True, slots=True)
class RerankerChoice:
    """A model that `reranker` may name. `size_bytes` is what a download takes."""

    name: str
    size_bytes: int
    licence: str
    description: str


def create_embedder(
    model: str,
    *,
    cache_dir: Path,
    cpu_only: bool,
    num_threads: int,
    batch_size: int,
    endpoint_key: str | None,
) -> Embedder:
    """Return the embedder that a setting names. Loads and downloads nothing yet.

    Args:
        model: `builtin`, an existing folder, a URL with the model's name after `#`, or a fastembed model.
        cache_dir: Where downloaded models are kept.
        cpu_only: Never use an accelerator.
        num_threads: Threads of one inference of a local transformer.
        batch_size: Texts per inference or request.
        endpoint_key: Bearer token for an endpoint, if it wants one.

    Raises:
        ConfigError: The setting is none of these.
    """
    model = model.strip()
    if model == BUILTIN:
        return BuiltinEmbedder()
    if model.startswith(("http://", "https://")):
        from fluorite_mcp.embedding.remote import Endpoint, RemoteEmbedder

        url, name = _split_endpoint(model)
        return RemoteEmbedder(Endpoint(url, name, _check_key(endpoint_key)), batch_size=batch_size)
    from fluorite_mcp.embedding.fastembed_model import FastEmbedder

    return FastEmbedder(
        _find_folder(model, "embedding_model") or _find_catalogued(model),
        cache_dir=cache_dir,
        cpu_only=cpu_only,
        num_threads=num_threads,
        batch_size=batch_size,
    )


def list_models() -> list[ModelChoice]:
    """Return the bundled model, then fastembed's catalogue in its order. Reads no network."""
    from fastembed import TextEmbedding

    builtin = ModelChoice(
        name=BUILTIN,
        dimensions=BuiltinEmbedder().dimensions,
        size_bytes=0,
        licence="apache-2.0",
        description="Static word vectors, English and code, bundled: no download, 0.1 ms per text.",
    )
    catalogue = [
        ModelChoice(
            name=model["model"],
            dimensions=model["dim"],
            size_bytes=round(model["size_in_GB"] * BYTES_PER_GB),
            licence=model["license"],
            description=model["description"],
        )
        for model in TextEmbedding.list_supported_models()
        if not model["model"].startswith(CUSTOM_PREFIX)  # a folder that this process has opened
    ]
    return [builtin, *catalogue]


def create_reranker(model: str, *, cache_dir: Path, cpu_only: bool, num_threads: int) -> Reranker | None:
    """Return the re-ranking model that a setting names, None for "". Loads and downloads nothing yet.

    Args:
        model: Nothing, an existing folder, or a cross-encoder of fastembed's catalogue.
        cache_dir: Where downloaded models are kept.
        cpu_only: Never use an accelerator.
        num_threads: Threads of one inference.

    Raises:
        ConfigError: The setting is none of these.
    """
    model = model.strip()
    if not model:
        return None
    from fluorite_mcp.embedding.cross_encoder import CrossEncoder

    source = _find_folder(model, "reranker") or _find_name(model, "reranker", [one.name for one in list_rerankers()])
    return CrossEncoder(source, cache_dir=cache_dir, cpu_only=cpu_only, num_threads=num_threads)


def list_rerankers() -> list[RerankerChoice]:
    """Return fastembed's catalogue of cross-encoders in its order. Reads no network."""
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    return [
        RerankerChoice(
            name=model["model"],
            size_bytes=round(model["size_in_GB"] * BYTES_PER_GB),
            licence=model["license"],
            description=model["description"],
        )
        for model in TextCrossEncoder.list_supported_models()
        if not model["model"].startswith(CUSTOM_PREFIX)  # a folder that this process has opened
    ]


def _split_endpoint(model: str) -> tuple[str, str]:
    """Split `https://host/v1/embeddings#name` into URL and model name."""
    url, _, name = model.partition("#")
    try:
        place = urlsplit(url)
        host = place.hostname if place.port != 0 else None  # a port that is no number raises
    except ValueError:
        host = None
    if not host or not name.strip():
        raise ConfigError(
            "embedding_model names an endpoint without a host or a model; "
            'write it as "https://host/v1/embeddings#model", with the model\'s name after "#".'
        )
    return url, name.strip()


def _check_key(key: str | None) -> str | None:
    """Return the key without surrounding white space; a key that no header can carry is refused, unseen."""
    key = (key or "").strip() or None
    if key and not (key.isascii() and key.isprintable()):
        raise ConfigError("The key of the embedding endpoint holds characters that cannot be sent; copy it again.")
    return key


def _find_folder(model: str, setting: str) -> Path | None:
    """Return the folder if the setting names one that exists."""
    folder = Path(model).expanduser()
    if not model or not folder.is_dir():
        return None
    if find_model_file(folder) is None:
        raise ConfigError(
            f"{setting} names the folder {folder}, which holds no usable model: it needs "
            f"{' and '.join(NEEDED_FILES)} and one of {' or '.join(MODEL_FILES)}."
        )
    return folder


def _find_catalogued(model: str) -> str:
    """Return fastembed's spelling of a model's name."""
    # Every name of the catalogue is "organisation/model"; without a slash there is no need to import it (a second).
    names = [choice.name for choice in list_models()] if "/" in model else [BUILTIN]
    return _find_name(model, "embedding_model", names)


def _find_name(model: str, setting: str, names: Sequence[str]) -> str:
    """Return the catalogue's spelling of a model's name."""
    for name in names:
        if name.lower() == model.lower():
            return name
    near = difflib.get_close_matches(model, names, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise ConfigError(f'{setting} = "{model}" is unknown; it may be {FORMS[setting]}.{hint}')
