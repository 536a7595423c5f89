"""`feedback`: whether what was found helped moves its quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fluorite_mcp.learning.feedback import judged
from fluorite_mcp.models import OUTCOMES, Outcome
from fluorite_mcp.operations.arguments import check_choice, check_text, find_all
from fluorite_mcp.ports import ChunkStore, HistoryStore, Transactions
from fluorite_mcp.results import FeedbackResult
from fluorite_mcp.text.secrets import redact

MAX_NOTE_CHARS = 10_000


class Feedback:
    """Answers `feedback`."""

    def __init__(
        self, transactions: Transactions, chunks: ChunkStore, history: HistoryStore, now: Callable[[], str]
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._history = history
        self._now = now

    async def run(self, ids: Sequence[str], outcome: str, note: str | None = None) -> FeedbackResult:
        """Judge chunks; each one's new quality is the mean of its posterior.

        Raises:
            UnknownIdError: An id is unknown; names the nearest.
            InputError: The outcome is unknown.
        """
        check_choice("outcome", (outcome,), OUTCOMES)
        note = (note or "").strip()
        if note:
            check_text("note", note, max_chars=MAX_NOTE_CHARS)
        verdict: Outcome = outcome  # type: ignore[assignment] # checked against OUTCOMES
        async with self._transactions.atomic():
            found = await find_all(self._chunks, ids)
            after = [judged(chunk, verdict) for chunk in found.values()]
            await self._chunks.score(after)
            for chunk in after:
                detail = {"outcome": outcome, "quality": round(chunk.quality, 4)}
                await self._history.note(
                    [chunk.id], "feedback", self._now(), detail | ({"note": redact(note).text} if note else {})
                )
        return FeedbackResult(qualities={chunk.id: round(chunk.quality, 4) for chunk in after})
