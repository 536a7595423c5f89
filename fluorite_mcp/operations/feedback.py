"""`feedback`: whether what was found helped moves its quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fluorite_mcp.learning.feedback import FEEDBACK_EVENT, judged, prior_quality
from fluorite_mcp.measures import JUDGEMENTS, Measures
from fluorite_mcp.models import OUTCOMES, Chunk, Event
from fluorite_mcp.operations.arguments import check_choice, check_text, find_all
from fluorite_mcp.operations.quality import Qualities
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.ports import ChunkStore, HistoryStore, Transactions
from fluorite_mcp.results import FeedbackResult
from fluorite_mcp.text.secrets import redact

MAX_NOTE_CHARS = 10_000


class Feedback:
    """Answers `feedback`."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        history: HistoryStore,
        qualities: Qualities,
        usage: Usage,
        measures: Measures,
        now: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._history = history
        self._qualities = qualities
        self._usage = usage
        self._measures = measures
        self._now = now

    async def run(self, ids: Sequence[str], outcome: str, note: str | None = None) -> FeedbackResult:
        """Judge chunks; what is wrong or outdated is demoted at once.

        Raises:
            UnknownIdError: An id is unknown; names the nearest.
            InputError: The outcome is unknown.
        """
        check_choice("outcome", (outcome,), OUTCOMES)
        note = (note or "").strip()
        if note:
            check_text("note", note, max_chars=MAX_NOTE_CHARS)
        async with self._transactions.atomic():
            found = await find_all(self._chunks, ids)
            before = await self._history.of(list(found))
            after = [await self._judge(chunk, before[id_], outcome, note) for id_, chunk in found.items()]
            await self._chunks.score(after)
        self._measures.count(JUDGEMENTS, len(after), outcome=outcome)
        await self._usage.judged(list(found), outcome)
        qualities = await self._qualities.explain(after)
        return FeedbackResult(qualities={id_: round(quality.value, 4) for id_, quality in qualities.items()})

    async def _judge(self, chunk: Chunk, events: Sequence[Event], outcome: str, note: str) -> Chunk:
        """Write a judgement into a chunk's history. Returns the chunk with the quality it has now."""
        at = self._now()
        detail = {"outcome": outcome, "prior": round(prior_quality(chunk, events), 6)}
        after = judged(chunk, [*events, Event(at, FEEDBACK_EVENT, detail)], at)
        detail |= {"quality": round(after.quality, 4)} | ({"note": redact(note).text} if note else {})
        await self._history.note([chunk.id], FEEDBACK_EVENT, at, detail)
        return after
