"""Qualities of stored chunks: what `quality.py` asks of a chunk, gathered from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from fluorite_mcp.learning.feedback import judged, judgements_of, prior_quality, weigh
from fluorite_mcp.learning.quality import Quality, Signals, assess
from fluorite_mcp.models import Chunk, Event
from fluorite_mcp.ports import ChunkStore, HistoryStore, MetaStore, ProjectStore, Transactions
from fluorite_mcp.text.health import parse_health

# How tests of a file are called in the usual frameworks, from its stem.
_TEST_NAMES = ("test_{}", "{}_test", "{}.test", "{}.spec", "{}_spec", "{}Test", "{}Tests", "{}Spec", "test-{}")
_PORTION = 500
# In a day a quality fades by less than half a percent: the stored ones are weighed anew so often.
_REFRESHED = "qualities_refreshed"
_DAY_CHARS = 10


class Qualities:
    """Explains the qualities of chunks, and lets the stored ones fade with time."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        projects: ProjectStore,
        history: HistoryStore,
        meta: MetaStore,
        now: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._projects = projects
        self._history = history
        self._meta = meta
        self._now = now

    async def explain(
        self, chunks: Sequence[Chunk], history: Mapping[str, Sequence[Event]] | None = None
    ) -> dict[str, Quality]:
        """Return the quality of each whole chunk, factor by factor, by id."""
        events = history if history is not None else await self._history.of([chunk.id for chunk in chunks])
        tests = await self._tests_of(chunks)
        now = self._now()
        return await asyncio.to_thread(
            lambda: {
                chunk.id: assess(chunk, _signals(chunk, events[chunk.id], tests.get(_place(chunk)), now))
                for chunk in chunks
            }
        )

    async def refresh_daily(self) -> None:
        """Let stored qualities fade, once a day over all processes."""
        today = self._now()[:_DAY_CHARS]
        if await self._meta.get(_REFRESHED) == today:
            return
        await self.refresh()
        async with self._transactions.atomic():
            await self._meta.set(_REFRESHED, today)

    async def refresh(self) -> int:
        """Weigh every judgement anew, as old as it is now. Returns how many stored qualities changed."""
        ids = await self._history.judged()
        count = 0
        for start in range(0, len(ids), _PORTION):
            async with self._transactions.atomic():
                portion = ids[start : start + _PORTION]
                chunks = await self._chunks.find(portion)
                events = await self._history.of(portion)
                now = self._now()
                after = [judged(chunk, events[id_], now) for id_, chunk in chunks.items()]
                changed = [one for one in after if abs(one.quality - chunks[one.id].quality) > 1e-9]
                await self._chunks.score(changed)
                count += len(changed)
        return count

    async def _tests_of(self, chunks: Iterable[Chunk]) -> dict[tuple[int, str], str]:
        """Return the test file of each source file that has one, by (project, path)."""
        wanted: dict[int, dict[str, set[str]]] = {}
        for chunk in chunks:
            if chunk.kind == "code" and chunk.project is not None and chunk.origin.path:
                for name in names_of_tests(chunk.origin.path):
                    wanted.setdefault(chunk.project, {}).setdefault(name.lower(), set()).add(chunk.origin.path)
        found: dict[tuple[int, str], str] = {}
        for project, sources in wanted.items():
            for path in sorted(await self._projects.paths_named(project, list(sources))):
                for source in sources[PurePosixPath(path).name.lower()]:
                    found.setdefault((project, source), path)
        return found


def names_of_tests(path: str) -> list[str]:
    """Return the names that a test file of a source file may have."""
    file = PurePosixPath(path)
    return [f"{form.format(file.stem)}{file.suffix}" for form in _TEST_NAMES]


def _place(chunk: Chunk) -> tuple[int, str]:
    return chunk.project or 0, chunk.origin.path or ""


def _signals(chunk: Chunk, events: Sequence[Event], tests: str | None, now: str) -> Signals:
    return Signals(
        prior=prior_quality(chunk, events),
        evidence=weigh(judgements_of(events), now),
        parse_health=parse_health(chunk.content, chunk.language) if chunk.kind == "code" else None,
        tests=tests,
    )
