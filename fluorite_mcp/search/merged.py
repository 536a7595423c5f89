"""The merged profile of a document: everything that ranking asks of its text, put together from all of its chunks.

Its bytes are what is kept of a file, so that a search reads one row where it would read dozens of chunks. They hold a
head (number of terms, of names, of words in names, of dimensions; number of words and of lines; 1 if all is
code), then the terms in order as 32-bit hashes, how often each stands there, the mean of the vectors, and the names.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.search.profile import Defined, term_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Raise it whenever the same chunks give other bytes; what was kept before is then made anew.
MERGED_VERSION = 2

_HEAD = struct.Struct("<IIIIIII")
# A strength is kept as a byte, as in the profiles of chunks.
_FULL_STRENGTH = 255


@dataclass(frozen=True, slots=True, eq=False)
class Definitions:
    """The strongest definition of each name in a document.

    The names themselves are read only where a query spells one: few documents define what a query names.

    Attributes:
        spellings: Hashes of the names in lower case, (names,).
        terms: Hashes of the words of all names, one name after the other, (words,).
        sizes: How many words each name has, (names,).
        strengths: How strongly each is defined, a byte each.
        lines: Kind and name of each, a line each.
    """

    spellings: NDArray[np.uint32]
    terms: NDArray[np.uint32]
    sizes: NDArray[np.uint16]
    strengths: bytes
    lines: bytes

    def at(self, place: int) -> Defined:
        """Return the definition at a place."""
        kind, _, name = self.lines.split(b"\n", place + 1)[place].decode().partition(" ")
        return Defined(name, kind, self.strengths[place] / _FULL_STRENGTH)


@dataclass(frozen=True, slots=True, eq=False)
class MergedProfile:
    """A document's text as ranking sees it.

    Attributes:
        terms: Hashes of its words, sorted, uint32 (n,); `counts` how often each stands there, uint16 (n,).
        length: Number of its words.
        lines: Number of its lines.
        mean: Mean of its chunks' vectors, of length 1 (dimensions,); empty if it has none.
        definitions: What it defines.
        is_code: Whether all of it is code rather than prose.
    """

    terms: NDArray[np.uint32]
    counts: NDArray[np.uint16]
    length: int
    lines: int
    mean: NDArray[np.float32]
    definitions: Definitions
    is_code: bool


def encode_merged(
    terms: NDArray[np.uint32],
    counts: NDArray[np.uint16],
    length: int,
    lines: int,
    mean: NDArray[np.float32],
    definitions: Iterable[tuple[Defined, tuple[int, ...]]],
    *,
    is_code: bool,
) -> bytes:
    """Return the bytes of a merged profile.

    Args:
        terms: See `MergedProfile`, as for the following four.
        counts: …
        length: …
        lines: …
        mean: …
        definitions: The strongest definition of each name, with the hashes of the name's words.
        is_code: See `MergedProfile`.
    """
    import numpy as np

    known = list(definitions)
    words = [word for _, hashes in known for word in hashes]
    named = [one for one, _ in known]
    return b"".join(
        (
            _HEAD.pack(len(terms), len(named), len(words), len(mean), length, lines, is_code),
            terms.tobytes(),
            np.array([term_hash(one.name.lower()) for one in named], np.uint32).tobytes(),
            np.array(words, np.uint32).tobytes(),
            counts.tobytes(),
            mean.astype(np.float16).tobytes(),
            np.array([len(hashes) for _, hashes in known], np.uint16).tobytes(),
            bytes(round(one.strength * _FULL_STRENGTH) for one in named),
            "\n".join(f"{one.kind} {one.name}" for one in named).encode(),
        )
    )


def decode_merged(data: bytes) -> MergedProfile:
    """Read the bytes of `encode_merged`; the arrays are views of them.

    Raises:
        ValueError: The bytes are not of a merged profile.
    """
    import numpy as np

    try:
        terms, names, words, dimensions, length, lines, is_code = _HEAD.unpack_from(data)
        at = _HEAD.size
        hashes = np.frombuffer(data, np.uint32, terms + names + words, at)
        at += hashes.nbytes
        shorts = np.frombuffer(data, np.uint16, terms + dimensions + names, at)
        at += shorts.nbytes
    except (struct.error, ValueError) as error:
        raise ValueError("the merged profile is cut off") from error
    return MergedProfile(
        terms=hashes[:terms],
        counts=shorts[:terms],
        length=length,
        lines=lines,
        mean=shorts[terms : terms + dimensions].view(np.float16).astype(np.float32),
        definitions=Definitions(
            spellings=hashes[terms : terms + names],
            terms=hashes[terms + names :],
            sizes=shorts[terms + dimensions :],
            strengths=data[at : at + names],
            lines=data[at + names :],
        ),
        is_code=bool(is_code),
    )
