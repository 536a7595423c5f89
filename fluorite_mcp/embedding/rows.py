"""What all embedders do to texts before and to vectors after: cut, clean, scale to length 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

# A chunk of code has up to about 3,000 characters. A stored note may have a million; what comes after the first
# twenty thousand hardly turns a mean any more, and transformers read even less.
MAX_TEXT_CHARACTERS = 20_000


def cut(text: str) -> str:
    """Return the part of the text that is embedded: its first MAX_TEXT_CHARACTERS."""
    return text[:MAX_TEXT_CHARACTERS]


def encodable(text: str) -> str:
    """Return the text with lone surrogates replaced by `?`: they come from broken file names and cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", errors="replace").decode("utf-8")
    return text


def scaled(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows scaled to length 1; a row of zeros stays. Shape (n, dimensions)."""
    import numpy as np

    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float32))
    lengths[lengths == 0] = 1
    result: NDArray[np.float32] = vectors / lengths[:, None]
    return result


def embed_present(
    texts: Sequence[str], compute: Callable[[list[str]], NDArray[np.float32]], dimensions: Callable[[], int]
) -> NDArray[np.float32]:
    """Embed what is not blank and put the rows in their places; a blank text gets a row of zeros.

    Args:
        texts: Any texts; they are cut and cleaned before `compute` sees them.
        compute: Returns (n, dimensions) for n texts; called only if a text is not blank.
        dimensions: Returns the length of a vector; called only if every text is blank, for it may cost a model.
    """
    import numpy as np

    cleaned = [encodable(cut(text)) for text in texts]
    present = [i for i, text in enumerate(cleaned) if text and not text.isspace()]
    if not present:
        return np.zeros((len(texts), dimensions()), dtype=np.float32)
    computed = scaled(compute([cleaned[i] for i in present]))
    vectors = np.zeros((len(texts), computed.shape[1]), dtype=np.float32)
    vectors[present] = computed
    return vectors
