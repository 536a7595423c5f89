"""Which files of a very large project are looked at for patterns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

# Definitions of so many files are compared in some seconds and half a gigabyte. What a project really follows shows in
# them as well as in all.
MAX_COMPARED_FILES = 10_000


def sample_files(paths: Iterable[str], limit: int) -> list[str]:
    """Return at most so many of the paths, spread over all, sorted.

    Those with the smallest hashes: one file more or less changes the choice by one at most.
    """
    return sorted(sorted(paths, key=_hash)[:limit])


def _hash(path: str) -> bytes:
    return hashlib.blake2b(path.encode("utf-8", "replace"), digest_size=8).digest()
