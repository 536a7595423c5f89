"""One run of automatic learning: collect from the user's sources, learn, look after the store, export, report.

Each step is noted when it is done, so a run that was cut off goes on after the last one. A source that cannot be read
is told in the report and costs the others nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluorite_mcp.automatic.journal import Journal, running_process
from fluorite_mcp.automatic.pages import PageReader
from fluorite_mcp.automatic.repositories import collect_repository
from fluorite_mcp.automatic.sources import Source, parse_source
from fluorite_mcp.errors import FluoriteError, StoreBusyError, StoreError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.pipeline import Progress, ignore_progress
from fluorite_mcp.operations.import_spikes import ImportSpikes
from fluorite_mcp.operations.learn import Learn
from fluorite_mcp.operations.learn_page import LearnPage
from fluorite_mcp.results import AutoLearnResult, SourceResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_SECONDS_PER_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class AutoLearnLimits:
    """What a run may take."""

    minutes: float
    max_page_bytes: int


class AutoLearn:
    """Answers `auto-learn`.

    Args:
        folder: The user's data folder; everything of a run stays in it.
        learn: Learns folders.
        learn_page: Keeps pages.
        imports: Imports templates.
        chores: What follows the learning: named steps that say what they did.
        limits: What a run may take.
        now: The time, ISO 8601 UTC.
    """

    def __init__(
        self,
        folder: Path,
        learn: Learn,
        learn_page: LearnPage,
        imports: ImportSpikes,
        chores: Sequence[tuple[str, Callable[[], Awaitable[str]]]],
        limits: AutoLearnLimits,
        now: Callable[[], str],
    ) -> None:
        self._data = folder
        self._folder = folder / "auto-learn"
        self._learn = learn
        self._learn_page = learn_page
        self._imports = imports
        self._chores = chores
        self._limits = limits
        self._now = now

    async def run(self, sources: Sequence[str], progress: Progress = ignore_progress) -> AutoLearnResult:
        """Do one run, or the rest of one that was cut off.

        Raises:
            InputError: A source is written wrongly. Nothing was done.
            StoreBusyError: Another run is at work. Nothing was done.
        """
        parsed = [parse_source(text) for text in sources]
        async with self._alone():
            journal = Journal.open(self._folder, sources, self._now())
            return await self._run(parsed, journal, progress)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        import filelock

        path = self._data / "locks" / "auto-learn.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.AsyncFileLock(path, timeout=0, thread_local=False)
        try:
            await lock.acquire()
        except filelock.Timeout as error:
            pid = running_process(self._folder)
            by = f" (process {pid})" if pid else ""
            raise StoreBusyError(
                f"Automatic learning is already running{by}. This run ends; nothing was done."
            ) from error
        try:
            yield
        finally:
            await lock.release()

    async def _run(self, sources: Sequence[Source], journal: Journal, progress: Progress) -> AutoLearnResult:
        deadline = time.monotonic() + self._limits.minutes * _SECONDS_PER_MINUTE
        reader = PageReader(self._limits.max_page_bytes)
        total = len(sources) + len(self._chores)
        is_late = False
        try:
            for number, source in enumerate(sources):
                if source.text in journal.done:
                    continue
                if is_late := time.monotonic() >= deadline:
                    break
                await progress(number, total, f"{source.kind} {source.shown}")
                result = await self._collect(source, reader, deadline)
                # What failed because the run's time was up has not had its turn.
                if is_late := result.state == "failed" and time.monotonic() >= deadline:
                    break
                journal.note(source.text, asdict(result))
        finally:
            await asyncio.to_thread(reader.close)
        done: dict[str, str] = {}
        if not is_late:
            for number, (name, chore) in enumerate(self._chores, len(sources)):
                await progress(number, total, name)
                done[name] = await chore()
        await progress(total, total, "done")
        return self._report(sources, journal, done, is_complete=not is_late)

    async def _collect(self, source: Source, reader: PageReader, deadline: float) -> SourceResult:
        collectors: dict[str, Callable[[Source, PageReader, float], Awaitable[SourceResult]]] = {
            "folder": self._learn_folder, "repository": self._learn_repository, "page": self._read_page,
            "spikes": self._import_spikes,
        }  # fmt: skip
        try:
            return await collectors[source.kind](source, reader, deadline)
        except StoreError:
            raise  # Nothing can be kept; the next source would fare no better.
        except FluoriteError as error:
            return _result(source, "failed", str(error))

    async def _learn_folder(self, source: Source, _reader: PageReader, _deadline: float) -> SourceResult:
        return await self._learned(source, Path(source.location))

    async def _learn_repository(self, source: Source, _reader: PageReader, deadline: float) -> SourceResult:
        copies = self._data / "sources"
        left = deadline - time.monotonic()
        return await self._learned(source, await asyncio.to_thread(collect_repository, source, copies, left))

    async def _learned(self, source: Source, folder: Path) -> SourceResult:
        learned = await self._learn.run(Place(folder), str(folder), mine=True)
        changed = learned.files_changed + learned.files_removed
        said = f"{learned.files_seen} files seen, {learned.files_changed} changed, {learned.files_removed} removed"
        return SourceResult(
            source=source.shown, kind=source.kind, state="learned" if changed else "unchanged", detail=said,
            chunks_added=learned.chunks_added, chunks_removed=learned.chunks_removed,
        )  # fmt: skip

    async def _read_page(self, source: Source, reader: PageReader, deadline: float) -> SourceResult:
        before = await self._learn_page.known(source.location)
        left = deadline - time.monotonic()
        page = await asyncio.to_thread(reader.fetch, source.location, before, left)
        if page is None:
            return _result(source, "unchanged", "the server says that it has not changed")
        added, removed = await self._learn_page.run(source.location, page)
        state = "learned" if added or removed else "unchanged"
        return SourceResult(
            source=source.shown, kind=source.kind, state=state, detail=page.title, chunks_added=added,
            chunks_removed=removed,
        )  # fmt: skip

    async def _import_spikes(self, source: Source, _reader: PageReader, _deadline: float) -> SourceResult:
        result = await self._imports.run(Path(source.location))
        said = f"{result.imported} new templates, {result.updated} changed, {result.unchanged} as before"
        said += f", {len(result.skipped)} left out" if result.skipped else ""
        state = "learned" if result.imported or result.updated else "unchanged"
        return _result(source, state, said)

    def _report(
        self, sources: Sequence[Source], journal: Journal, done: dict[str, str], *, is_complete: bool
    ) -> AutoLearnResult:
        results = tuple(SourceResult(**journal.done[one.text]) for one in sources if one.text in journal.done)
        report = AutoLearnResult(
            started_at=journal.started_at, finished_at=self._now(), resumed=journal.is_resumed, complete=is_complete,
            sources=results, steps=done,
        )  # fmt: skip
        if is_complete:
            journal.finish(_history_line(report))
        return report


def _result(source: Source, state: str, detail: str) -> SourceResult:
    return SourceResult(source=source.shown, kind=source.kind, state=state, detail=detail)


def _history_line(report: AutoLearnResult) -> dict[str, Any]:
    names = ("started_at", "finished_at", "resumed", "steps")
    return {**{name: getattr(report, name) for name in names}, "sources": [asdict(one) for one in report.sources]}
