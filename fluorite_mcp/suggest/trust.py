"""What was told and judged wrong is suggested no more, whatever speaks for it."""

from __future__ import annotations

from fluorite_mcp.models import Chunk
from fluorite_mcp.search.fields import is_learned

# One "wrong" takes what nobody judged (0.5) to 0.25; two "unhelpful" to 0.33. Search only ranks such a chunk lower, and
# one that repeats the words of a task stays first there; but material that is handed over unasked is believed.
DOUBTED_QUALITY = 0.3


def is_trusted(chunk: Chunk) -> bool:
    """Whether a chunk may be suggested: it was not judged wrong, or more often helpful since.

    What a project's files say is what the project does. A judgement of it tells that it did not help with one task, and
    ranks it lower for all; leaving it out for all made suggestions for other tasks worse.
    """
    return is_learned(chunk) or chunk.quality >= DOUBTED_QUALITY or chunk.unhelpful <= chunk.helpful
