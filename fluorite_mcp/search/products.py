"""Products of arrays, without the warnings that vector instructions raise for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def product(left: NDArray[np.floating[Any]], right: NDArray[np.floating[Any]]) -> NDArray[Any]:
    """Return `left @ right`.

    BLAS computes on whole registers; what stands beside the numbers in them may set the flag of an invalid operation,
    of which numpy then warns, though every result is right.
    """
    import numpy as np

    with np.errstate(invalid="ignore"):
        return left @ right
