"""How sure a share is."""

from __future__ import annotations

import math

# 95 %.
_Z = 1.96


def wilson(count: int, total: int) -> float:
    """Return the lower bound of the Wilson score interval of a share (Wilson 1927), 0 for no cases."""
    if total == 0:
        return 0.0
    share, z2 = count / total, _Z * _Z
    centre = share + z2 / (2 * total)
    spread = _Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return (centre - spread) / (1 + z2 / total)
