"""What ranking asks of a chunk's text, worked out once when it is written: its words, counted, and its definitions.

The bytes hold a head (number of terms, of definitions, of terms said by names, of words, of tokens in all fields;
whether the text is code), the terms in order as 32-bit hashes, those that names say, how often each of the first stands
there (255 at most), what each of the others counts beyond that, how strongly each definition defines (255 for fully),
and their names.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from math import log1p
from typing import TYPE_CHECKING, NamedTuple

from fluorite_mcp.index.postings import ChunkWords
from fluorite_mcp.text.tokens import MAX_CACHED_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

_HEAD = struct.Struct("<HHH?xII")
_MOST = 255
# A chunk of at most some thousand characters has fewer; a stored text of a megabyte keeps its first.
_MAX_TERMS = 65_535
_MAX_DEFINITIONS = 4_096
# So many values half of a hash's bits have.
_LOW_HALVES = 1 << 16

# How much a definition of a kind settles where a name lives. A type is what a name is asked for; a method shares its
# name with others; a constant, a heading or the `impl` of somebody else's trait only mention it.
_KIND_STRENGTH = {
    "class": 1.0, "interface": 1.0, "struct": 1.0, "trait": 1.0, "enum": 1.0, "type": 1.0, "object": 1.0,
    "protocol": 1.0, "union": 1.0, "module": 0.9, "function": 0.9, "macro": 0.9, "method": 0.7,
}  # fmt: skip
_OTHER_KIND_STRENGTH = 0.3
# Inside another definition a name says less than at the top of a file.
_DEPTH_FACTORS = (1.0, 0.7, 0.5)
# A declaration of one line may be forward; from some 150 lines on a definition surely is the real one.
_SHORT_FACTOR = 0.6
_FULL_SIZE_LOG = 5.0


class Defined(NamedTuple):
    """A name that a chunk defines, and how strongly, 0..1."""

    name: str
    kind: str
    strength: float


@dataclass(frozen=True, slots=True)
class ChunkProfile:
    """What is kept of one chunk.

    Attributes:
        terms: Hashes of its words, sorted, uint32 (n,); `counts` how often each stands there, uint8 (n,).
        length: Number of its words.
        definitions: What it defines.
        named: Hashes of the words of its names (title, symbol, path) and of its filters, uint32 (m,).
        extra: What each of these counts for word search beyond its place in `counts`, uint8 (m,); 0 for a filter.
        width: Number of tokens in all fields of the word index.
        is_code: Whether the text is code rather than prose.
    """

    terms: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    length: int
    definitions: tuple[Defined, ...]
    named: NDArray[np.uint32]
    extra: NDArray[np.uint8]
    width: int
    is_code: bool


def term_hash(token: str) -> int:
    """Return the 32-bit number a token is known by: CRC-32. Two of 100,000 tokens rarely meet (about one pair)."""
    return zlib.crc32(token.encode())


def known_terms(terms: NDArray[np.uint32], known: NDArray[np.uint32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where in `terms` one of some few known hashes stands, and which one it is.

    Args:
        terms: Any hashes.
        known: The hashes to look for, sorted.
    """
    import numpy as np

    if not len(known) or not len(terms):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    # Nearly all terms are none of these few, which half of their bits tell; only the others are looked up.
    is_near = np.zeros(_LOW_HALVES, np.bool_)
    is_near[known & (_LOW_HALVES - 1)] = True
    near = np.flatnonzero(is_near.take(terms & (_LOW_HALVES - 1)))
    places = np.minimum(known.searchsorted(terms[near]), len(known) - 1)
    is_hit = known[places] == terms[near]
    return near[is_hit], places[is_hit]


class _TermHashes(dict[str, int]):
    """Maps a token to its hash; computes what it does not know yet."""

    def __missing__(self, token: str) -> int:
        if len(self) >= MAX_CACHED_WORDS:
            self.clear()
        value = self[token] = term_hash(token)
        return value


_HASHES = _TermHashes()


def hashes_of(tokens: Iterable[str]) -> Iterable[int]:
    """Return the hash of each token."""
    return map(_HASHES.__getitem__, tokens)


@lru_cache(maxsize=4_096)
def definition_strength(kind: str, lines: int, depth: int) -> float:
    """Return how much a definition settles where its name lives, 0..1.

    Args:
        kind: Its kind, as `text.symbols` calls it.
        lines: How many lines it has.
        depth: In how many other definitions it lies.
    """
    by_kind = _KIND_STRENGTH.get(kind, _OTHER_KIND_STRENGTH)
    by_depth = _DEPTH_FACTORS[min(depth, len(_DEPTH_FACTORS) - 1)]
    by_size = _SHORT_FACTOR + (1 - _SHORT_FACTOR) * min(1.0, log1p(max(lines - 1, 0)) / _FULL_SIZE_LOG)
    return by_kind * by_depth * by_size


def filter_term(prefix: str, value: str) -> int:
    """Return the hash that stands for a filter, such as a kind: that of no word."""
    return term_hash(f"\0{prefix}{value}")


def encode_profile(
    tokens: Iterable[str],
    definitions: Sequence[Defined],
    named: Mapping[int, int] | None = None,
    width: int = 0,
    *,
    is_code: bool = False,
) -> bytes:
    """Return the bytes of a profile.

    Args:
        tokens: The chunk's words, as `text.tokens.index_words` makes them.
        definitions: What it defines.
        named: What the hashes of `ChunkProfile.named` count.
        width: Number of tokens in all fields of the word index.
        is_code: Whether the text is code rather than prose.
    """
    named = named or {}
    # Two tokens of one hash are one term.
    counted = Counter(hashes_of(tokens))
    terms = sorted(counted)[:_MAX_TERMS]
    kept = definitions[:_MAX_DEFINITIONS]
    said = list(named)[:_MAX_TERMS]
    names = "\n".join(f"{one.kind} {one.name.replace(chr(10), ' ')}" for one in kept)
    return b"".join(
        (
            _HEAD.pack(len(terms), len(kept), len(said), is_code, counted.total(), width),
            struct.pack(f"<{len(terms) + len(said)}I", *terms, *said),
            _count_bytes([*map(counted.__getitem__, terms), *map(named.__getitem__, said)]),
            bytes(round(one.strength * _MOST) for one in kept),
            names.encode("utf-8", "replace"),
        )
    )


def _count_bytes(counts: list[int]) -> bytes:
    try:
        return bytes(counts)
    except ValueError:  # A word stands there too often for a byte, which is rare.
        return bytes([min(count, _MOST) for count in counts])


def profile_words(data: bytes) -> ChunkWords:
    """Read what the bytes of `encode_profile` hold for word search."""
    terms, _, named, _, _, width = _HEAD.unpack_from(data)
    counts_at = _HEAD.size + 4 * (terms + named)
    return ChunkWords(data[_HEAD.size : counts_at], data[counts_at : counts_at + terms + named], width)


def decode_profile(data: bytes) -> ChunkProfile:
    """Read the bytes of `encode_profile`.

    Raises:
        ValueError: The bytes are not of a profile.
    """
    import numpy as np

    try:
        terms, definitions, said, is_code, length, width = _HEAD.unpack_from(data)
    except struct.error as error:
        raise ValueError("the profile is cut off") from error
    both = terms + said
    counts_at = _HEAD.size + 4 * both
    strengths_at = counts_at + both
    names_at = strengths_at + definitions
    if len(data) < names_at:
        raise ValueError("the profile is cut off")
    names = data[names_at:].decode("utf-8", "replace").split("\n") if definitions else []
    found = []
    for strength, line in zip(data[strengths_at:names_at], names, strict=False):
        kind, _, name = line.partition(" ")
        found.append(Defined(name, kind, strength / _MOST))
    hashes = np.frombuffer(data, np.uint32, both, _HEAD.size)
    counts = np.frombuffer(data, np.uint8, both, counts_at)
    return ChunkProfile(
        hashes[:terms], counts[:terms], length, tuple(found), hashes[terms:], counts[terms:], width, is_code
    )
