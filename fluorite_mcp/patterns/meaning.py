"""Whether names mean the same: by the vectors of the words they are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fluorite_mcp.ports import Embedder

# Tells for each pair of texts, each made of names, whether they mean the same.
Agree = Callable[[Sequence[tuple[str, str]]], list[bool]]

# Cosine of names with what they call. Of the pairs of definitions that look alike and share some calls, a third of
# twelve projects' lay above it, such as `decodeXML` and `decodeYAML`; what was read of them did the same thing.
SAME_MEANING = 0.6
# A pair takes two kilobytes while it is compared.
_COMPARED_AT_ONCE = 4_096


def agreeing(pairs: Sequence[tuple[str, str]], embedder: Embedder) -> list[bool]:
    """Return for each pair of texts, each made of names, whether they mean the same.

    Args:
        pairs: The texts.
        embedder: The bundled model: the same project gives the same patterns, whatever model it is searched with.
    """
    import numpy as np

    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    place = {text: number for number, text in enumerate(texts)}
    vectors = embedder.embed(texts)
    found: list[bool] = []
    for start in range(0, len(pairs), _COMPARED_AT_ONCE):
        portion = pairs[start : start + _COMPARED_AT_ONCE]
        left, right = (vectors[[place[pair[side]] for pair in portion]] for side in (0, 1))
        found += (np.einsum("ij,ij->i", left, right) >= SAME_MEANING).tolist()
    return found
