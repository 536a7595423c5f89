"""Giving freed memory back to the system.

The allocator of glibc keeps what a program frees, for its next need. A process that held a million vectors until an
index was published would stay twice as large as it has to be until it ends.
"""

from __future__ import annotations

import ctypes
import sys


def return_freed_memory() -> bool:
    """Give the system back what was freed, in a millisecond; half a gigabyte takes forty.

    Returns whether anything could be given back. Other systems and C libraries do so by themselves, or not at all.
    """
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))
