"""Near-duplicates among many templates: MinHash over shingles of tokens, with each template's own words masked.

Thousands of templates made by one generator differ only in the words they are named by. With these masked they are
nearly equal, and one of them stands for all. Banding finds candidates, the exact overlap decides.
(A. Broder, "On the resemblance and containment of documents", 1997.)

A few templates that are alike but for their names may be meant so: one call each of the same library. They count as
duplicates only if their names and descriptions are alike too.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from fluorite_mcp.spikes.worth import own_words, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fluorite_mcp.models import Spike

SAME_ABOVE = 0.9
"""Share of common shingles: above it two templates differ in a word or two beyond their names."""

GENERATED_FROM = 12
"""So many that differ only in their names were written by a program; people stop after a handful."""

_SHINGLE_TOKENS = 3
_HASHES = 64
_BANDS = 16
_SEED = 20261125
# Large odd numbers, so that the order of a shingle's tokens counts.
_PRIMES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
_MASK = "_"
_TOKEN = re.compile(r"\w+|[^\w\s]")

# Templates of one bucket that are compared with a newcomer; more are no more alike.
_MAX_COMPARED = 24

# Of 16 bands of four hashes, two templates with nine tenths in common share ten on average, and fewer than three once
# in ten thousand times.
_MIN_BANDS = 3


def find_duplicates(spikes: Sequence[Spike]) -> list[int]:
    """Group near-duplicates.

    Args:
        spikes: The better of two duplicates first: it stands for the other.

    Returns:
        For each template the position of the one that stands for it; its own where it stands for itself.
    """
    leaders = _alike_but_for_names(spikes)
    sizes = Counter(leaders)
    return [
        leader if sizes[leader] >= GENERATED_FROM or _is_same(spikes[position], spikes[leader]) else position
        for position, leader in enumerate(leaders)
    ]


def _is_same(one: Spike, other: Spike) -> bool:
    return one is other or _overlap(_plain_shingles(one), _plain_shingles(other)) >= SAME_ABOVE


def _alike_but_for_names(spikes: Sequence[Spike]) -> list[int]:
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    shingles: dict[int, frozenset[int]] = {}
    leaders: list[int] = []
    multipliers, offsets = _permutations()
    for position, spike in enumerate(spikes):
        own = _masked_shingles(spike)
        keys = _bands(own, multipliers, offsets)
        leader = _leader(own, keys, buckets, shingles)
        leaders.append(position if leader is None else leader)
        if leader is None:
            shingles[position] = own
            for key in keys:
                buckets[key].append(position)
    return leaders


def _leader(
    own: frozenset[int],
    keys: Sequence[tuple[int, bytes]],
    buckets: dict[tuple[int, bytes], list[int]],
    shingles: dict[int, frozenset[int]],
) -> int | None:
    candidates: dict[int, int] = defaultdict(int)
    for key in keys:
        for position in buckets.get(key, ())[:_MAX_COMPARED]:
            candidates[position] += 1
    likely = (position for position, shared in candidates.items() if shared >= _MIN_BANDS)
    nearest = sorted(likely, key=lambda position: (-candidates[position], position))[:_MAX_COMPARED]
    return next((position for position in nearest if _overlap(own, shingles[position]) >= SAME_ABOVE), None)


def _overlap(left: frozenset[int], right: frozenset[int]) -> float:
    smaller, larger = sorted((len(left), len(right)))
    if smaller < SAME_ABOVE * larger:
        return 0.0  # Whatever they share, it is not enough.
    return len(left & right) / len(left | right)


def _masked_shingles(spike: Spike) -> frozenset[int]:
    own = own_words(spike)
    seen: dict[str, str] = {}
    tokens: list[str] = []
    for text in _bodies(spike):
        tokens += ("file", *_masked(text, own, seen))
    return _windows(tokens)


def _plain_shingles(spike: Spike) -> frozenset[int]:
    return _windows(_TOKEN.findall("\n".join((spike.name, spike.description, *_bodies(spike)))))


def _bodies(spike: Spike) -> Iterable[str]:
    yield from (file.template for file in spike.files)
    yield from (patch.diff for patch in spike.patches)


def _windows(tokens: Sequence[str]) -> frozenset[int]:
    import numpy as np

    codes = np.fromiter(map(_code, tokens), dtype=np.uint64, count=len(tokens))
    if len(codes) < _SHINGLE_TOKENS:
        return frozenset(codes.tolist())
    windows = codes[:-2] * np.uint64(_PRIMES[0]) + codes[1:-1] * np.uint64(_PRIMES[1]) + codes[2:]
    return frozenset(windows.tolist())


@lru_cache(maxsize=200_000)
def _code(token: str) -> int:
    # The same in every process, unlike Python's own hash: importing again must group alike.
    return zlib.crc32(token.encode("utf-8", "replace"))


def _masked(text: str, own: frozenset[str], seen: dict[str, str]) -> list[str]:
    tokens = _TOKEN.findall(text)
    for token in tokens:
        if token not in seen:
            is_own = token.isdigit() or (token[0].isalpha() and _is_own(token, own))
            seen[token] = _MASK if is_own else token
    masked = [seen[token] for token in tokens]
    # A name of five words and one of two are masked alike.
    return [token for token, before in zip(masked, ["", *masked], strict=False) if token != _MASK or before != _MASK]


def _is_own(token: str, own: frozenset[str]) -> bool:
    return token.lower() in own or all(part in own or part.isdigit() for part in parts_of(token))


def _permutations() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    import numpy as np

    random = np.random.default_rng(_SEED)
    largest = np.iinfo(np.int64).max
    multipliers = random.integers(1, largest, _HASHES, dtype=np.uint64) | np.uint64(1)
    return multipliers, random.integers(0, largest, _HASHES, dtype=np.uint64)


def _bands(
    shingles: frozenset[int], multipliers: NDArray[np.uint64], offsets: NDArray[np.uint64]
) -> list[tuple[int, bytes]]:
    import numpy as np

    values = np.fromiter(shingles, dtype=np.uint64, count=len(shingles))
    # Multiplication modulo 2**64; the upper bits are the well-mixed ones.
    smallest = ((values[:, None] * multipliers + offsets) >> np.uint64(32)).min(axis=0)
    rows = smallest.reshape(_BANDS, -1)
    return [(band, row.tobytes()) for band, row in enumerate(rows)]
