"""`feedback`: whether what was found helped moves its quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fluorite_mcp.learning.feedback import judged
from fluorite_mcp.models import OUTCOMES, Outcome
from fluorite_mcp.operations.arguments import check_characters, check_choice, check_ids
from fluorite_mcp.ports import ChunkStore, HistoryStore, Transactions
from fluorite_mcp.results import FeedbackResult
from fluorite_mcp.text.secrets import redact


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
        if note is not None:
            check_characters("note", note)
        verdict: Outcome = outcome  # type: ignore[assignment] # checked against OUTCOMES
        distinct = list(dict.fromkeys(ids))
        async with self._transactions.atomic():
            found = await self._chunks.find(distinct)
            await check_ids(self._chunks, distinct, list(found))
            after = [judged(found[id_], verdict) for id_ in distinct]
            await self._chunks.score(after)
            for chunk in after:
                detail = {"outcome": outcome, "quality": round(chunk.quality, 4)}
                await self._history.note(
                    [chunk.id], "feedback", self._now(), detail | ({"note": redact(note).text} if note else {})
                )
        return FeedbackResult(qualities={chunk.id: round(chunk.quality, 4) for chunk in after})
