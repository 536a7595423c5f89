"""The bundled static model: a table of token vectors, read with numpy alone.

A text's vector is the sum of its tokens' rows, each once times the square root of how often it occurs, scaled to
length 1; how much a token counts is already in the length of its row. Latin words, katakana and kanji have rows:
other scripts and signs count nothing, so a text without such words has a vector of zeros and is left to lexical
search.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fluorite_mcp.embedding.rows import cut, scaled
from fluorite_mcp.embedding.wordpieces import WordPieces, find_words
from fluorite_mcp.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

# How the setting `embedding_model` calls it.
BUILTIN: Final = "builtin"
MODEL_DIR: Final = Path(__file__).parent / "model"
# Raise it whenever the same files give another vector for the same text (other words, other weights).
VERSION: Final = 2
FILE_FORMAT: Final = 2
# Texts per matrix product: large enough to be one fast product, small enough to stay in the processor's cache.
BATCH_TEXTS: Final = 64
_FEW_TOKENS_PART: Final = 50


@dataclass(frozen=True, slots=True)
class TokenTable:
    """The loaded model: word to rows, rows (tokens, dimensions) as int8 on disk, one scale per row."""

    words: WordPieces
    rows: NDArray[np.int8]
    scales: NDArray[np.float32]


class BuiltinEmbedder:
    """Embeds with the model that ships in the package. Loads on first use; threads may share it.

    Args:
        folder: Where the model files are.
    """

    is_slow: Final = False

    def __init__(self, folder: Path = MODEL_DIR) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._table: TokenTable | None = None

    @cached_property
    def _card(self) -> dict[str, Any]:
        card = _read_json(self._folder / "model.json")
        if card.get("version") != FILE_FORMAT or not isinstance(card.get("dimensions"), int) or "hash" not in card:
            raise _damaged(self._folder / "model.json", "it is not of this version")
        return card

    @property
    def name(self) -> str:
        """The version of the method and the hash of the files: both decide a vector."""
        return f"builtin-{VERSION}@{self._card['hash']}"

    @property
    def dimensions(self) -> int:
        """Length of each vector, from the model's card; does not load the table."""
        return int(self._card["dimensions"])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed documents; only the first `rows.MAX_TEXT_CHARACTERS` characters of each count.

        Returns:
            (len(texts), dimensions), rows of length 1, or 0 where a text has no word of the vocabulary.

        Raises:
            EmbeddingError: The bundled files are missing or damaged.
        """
        import numpy as np

        table = self._load()
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), BATCH_TEXTS):
            batch = texts[start : start + BATCH_TEXTS]
            vectors[start : start + len(batch)] = scaled(_sums(batch, table))
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query, in the same way as a document."""
        vector: NDArray[np.float32] = self.embed([text])[0]
        return vector

    def _load(self) -> TokenTable:
        with self._lock:
            if self._table is None:
                self._table = _read_table(self._folder, self.dimensions)
            return self._table


def _sums(texts: Sequence[str], table: TokenTable) -> NDArray[np.float32]:
    """Return the sum of each text's token vectors, (len(texts), dimensions).

    Roots of counts times vectors, over the tokens that occur in the batch: code repeats its tokens so much that one
    matrix product is about three times as fast as gathering a row per token. The root keeps a name that a long
    function repeats from drowning what it says once; the vectors were trained with it.
    """
    import numpy as np

    pieces = table.words.__getitem__
    tokens = [list(chain.from_iterable(map(pieces, find_words(cut(text))))) for text in texts]
    lengths = np.fromiter(map(len, tokens), dtype=np.intp, count=len(tokens))
    flat = np.fromiter(chain.from_iterable(tokens), dtype=np.intp, count=int(lengths.sum()))
    present, columns = _distinct(flat, len(table.rows))
    cells = np.repeat(np.arange(len(texts)), lengths) * len(present) + columns
    counts = np.bincount(cells, minlength=len(texts) * len(present)).reshape(len(texts), len(present))
    weights = counts.astype(np.float32)
    np.sqrt(weights, out=weights)
    weights *= table.scales[present]
    sums: NDArray[np.float32] = weights @ table.rows[present].astype(np.float32)
    return sums


def _distinct(tokens: NDArray[np.intp], size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the distinct tokens, sorted, and where among them each token stands."""
    import numpy as np

    # Sorting few is faster than clearing a table for all there are.
    if len(tokens) < size // _FEW_TOKENS_PART:
        present, columns = np.unique(tokens, return_inverse=True)
        return present, columns.reshape(-1)
    column_of = np.zeros(size, dtype=np.intp)
    column_of[tokens] = 1
    present = np.flatnonzero(column_of)
    column_of[present] = np.arange(len(present))
    return present, column_of[tokens]


def _read_table(folder: Path, dimensions: int) -> TokenTable:
    """Map the table into memory: pages are read when a token first needs them and can be dropped again."""
    import numpy as np

    vocabulary = _read_json(folder / "tokenizer.json").get("model", {}).get("vocab", {})
    try:
        rows = np.load(folder / "embeddings.npy", mmap_mode="r").view(np.ndarray)
        scales = np.load(folder / "scales.npy")
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(folder, str(error)) from error
    if rows.shape != (len(vocabulary), dimensions) or scales.shape != (len(vocabulary),):
        raise _damaged(folder, f"{len(vocabulary)} tokens do not fit vectors of shape {rows.shape}")
    return TokenTable(words=WordPieces(vocabulary), rows=rows, scales=scales)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(value, dict):
        raise _damaged(path, "it holds no JSON object")
    return value


def _damaged(path: Path, reason: str) -> EmbeddingError:
    return EmbeddingError(f"The bundled embedding model at {path} cannot be read ({reason}). Reinstall fluorite-mcp.")
