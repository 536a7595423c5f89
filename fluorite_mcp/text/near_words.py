"""Words that mean nearly the same, as the bundled model learned them: `delete` for `remove`.

The file holds, for each word as the index has it (a stem), its nearest ones with weights. It is made from the model's
vectors by `scripts/build_near_words.py`, so that ranking needs no vectors of words.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Weights stand in the file in hundredths.
WEIGHT_SCALE = 100
FILE = "glossaries/near.tsv"
_WORDS_KEPT = 10_000


@lru_cache(maxsize=_WORDS_KEPT)
def near_words(token: str) -> tuple[tuple[str, float], ...]:
    """Return the tokens that mean nearly what a token means, nearest first, with weights between 0 and 1."""
    line = _lines().get(token)
    if line is None:
        return ()
    pairs = (pair.partition(":") for pair in line.split(" "))
    return tuple((word, int(weight) / WEIGHT_SCALE) for word, _, weight in pairs)


@cache
def _lines() -> Mapping[str, str]:
    """Read the shipped file, once: the rest of each line by its first word."""
    text = resources.files("fluorite_mcp.text").joinpath(FILE).read_text(encoding="ascii")
    return dict(line.split("\t", 1) for line in text.splitlines())
