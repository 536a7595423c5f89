"""The composition root: builds the parts from settings, hands each what it needs, owns their life.

async with Engine.open("/data") as engine:
    await engine.search("retry with backoff", path="~/project")
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from fluorite_mcp import __version__
from fluorite_mcp.embedding.measured import MeasuredEmbedder
from fluorite_mcp.engine_automatic import AutomaticCalls
from fluorite_mcp.engine_mining import engine_mining
from fluorite_mcp.engine_models import engine_embedder, engine_reranker, names_model, worker_commands
from fluorite_mcp.engine_relations import engine_combinations, engine_get
from fluorite_mcp.engine_search import engine_index, engine_search
from fluorite_mcp.engine_spikes import SpikeCalls, is_application
from fluorite_mcp.engine_suggest import engine_suggest
from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.bundled import BundledKnowledge, bundled_folder
from fluorite_mcp.learning.carrying import Judgements
from fluorite_mcp.learning.freshness import FreshnessWatch
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.moves import Moves
from fluorite_mcp.learning.pipeline import Progress, ProjectLearner, ignore_progress
from fluorite_mcp.measures import Measures
from fluorite_mcp.operations.applications import Applications
from fluorite_mcp.operations.apply_spike import ApplySpike
from fluorite_mcp.operations.current import CurrentProject
from fluorite_mcp.operations.feedback import Feedback
from fluorite_mcp.operations.file_profiles import FileProfiles
from fluorite_mcp.operations.find_spikes import FindSpikes
from fluorite_mcp.operations.forget import Forget, ForgetRequest, Restore
from fluorite_mcp.operations.import_spikes import ImportSpikes
from fluorite_mcp.operations.learn import Learn
from fluorite_mcp.operations.learn_page import LearnPage
from fluorite_mcp.operations.learning_chunks import LearningChunks
from fluorite_mcp.operations.metrics import Metrics
from fluorite_mcp.operations.promote import PromotePattern
from fluorite_mcp.operations.quality import Qualities
from fluorite_mcp.operations.search import Search, SearchRequest
from fluorite_mcp.operations.status import Status, store_sizes
from fluorite_mcp.operations.store import StoreContent
from fluorite_mcp.operations.store_request import StoreRequest
from fluorite_mcp.operations.store_writes import StoreWrites
from fluorite_mcp.operations.suggest import SuggestRequest
from fluorite_mcp.operations.templates import Templates
from fluorite_mcp.operations.transfer import Transfer
from fluorite_mcp.operations.upkeep import Upkeep
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.results import (
    Answer,
    FeedbackResult,
    ForgetResult,
    GetResult,
    LearnResult,
    RestoreResult,
    SearchResult,
    StatusResult,
    StoreResult,
    SuggestResult,
)
from fluorite_mcp.search.fields import FIELDS_VERSION, lexical_fields
from fluorite_mcp.search.headers import HeaderCache
from fluorite_mcp.search.hybrid import Ranking
from fluorite_mcp.search.merged import MERGED_VERSION
from fluorite_mcp.search.reranking import RerankedSearch
from fluorite_mcp.settings import Settings, load_settings
from fluorite_mcp.spikes.library import bundled_folder as bundled_spikes
from fluorite_mcp.storage.backup import create_daily_backup, list_backups
from fluorite_mcp.storage.cache import DiskBlobCache
from fluorite_mcp.storage.store import Store, open_store

DATABASE_NAME = "fluorite.db"

AnswerT = TypeVar("AnswerT", bound=Answer)


class Engine:
    """The memory: everything the tools and the command line do, as typed calls.

    Open it with `Engine.open`; the constructor only composes the parts.
    """

    def __init__(self, settings: Settings, store: Store, place: Place) -> None:
        self.settings = settings
        self._stored = store
        self._place = place
        data_dir, memory, learning = settings.data_dir, settings.memory, settings.learning
        database, chunks, projects, history = store.database, store.chunks, store.projects, store.history

        self._cache = DiskBlobCache(data_dir / "cache", memory.cache_size_mb)
        self._measures = Measures()
        model = engine_embedder(settings, self._cache)
        self._embedder = MeasuredEmbedder(model, self._measures)
        words, self._index = engine_index(store, data_dir / "vectors", _now)
        # What the user should hear of once.
        self._notices = (store.notices, self._index.notices, words.notices, self._cache.notices)
        self._usage = Usage(database, chunks, store.meta, store.metrics, self._measures, _now)
        qualities = Qualities(database, chunks, projects, history, store.meta, _now)
        chores = (self._usage.flush_sometimes, qualities.refresh_daily)
        profiles = FileProfiles(database, store.merged, chunks, self._embedder)
        self._bundled = BundledKnowledge(database, chunks, store.relations, history, store.meta, self._embedder, _now)
        self._watch = watch = FreshnessWatch()
        moves = Moves(chunks, store.departed, history, store.relations, _now)
        learner = ProjectLearner(
            database, chunks, store.merged, projects, Judgements(chunks, history, moves, _now), self._embedder, watch,
            self._measures,
            lock_folder=data_dir / "locks", now=_now, batch_size=learning.batch_size,
            worker_commands=worker_commands(settings, model),
        )  # fmt: skip
        names = names_model(settings, model)
        self._mine = engine_mining(settings, store, self._embedder, names, _now)
        self._upkeep = Upkeep(
            database, chunks, self._embedder, self._index, profiles, self._back_up, self._mine.keep_up, chores
        )
        current = CurrentProject(projects, learner, watch, _now)
        headers = HeaderCache(chunks)
        self._ranker = engine_search(store, self._index, self._embedder, names, words, headers)
        self._reranker = engine_reranker(settings)
        ranker = RerankedSearch(self._ranker, chunks, self._reranker) if self._reranker else self._ranker

        self._search = Search(current, ranker, chunks, self._usage, self._measures, _now)
        templates, combinations = Templates(chunks, bundled_spikes), engine_combinations(store)
        self._suggest = engine_suggest(store, current, self._search, templates, combinations, self._mine, self._usage)
        writes = StoreWrites(database, chunks, history, store.relations, _now)
        self._store = StoreContent(
            current, writes, chunks, self._index, self._embedder,
            max_bytes=memory.max_chunk_size, similarity=memory.similarity_threshold, now=_now,
        )  # fmt: skip
        self._learn = Learn(projects, learner, self._mine, self._upkeep.ask, _now)
        self._get = engine_get(store, self._index, self._embedder, headers, combinations, qualities, self._usage)
        self._feedback = Feedback(database, chunks, history, qualities, self._usage, self._measures, _now)
        self._forget = Forget(current, self._search, database, chunks, history, store.undos, _now)
        self._restore = Restore(database, chunks, history, store.undos, projects, current, self._embedder, _now)
        metrics = Metrics(
            store.metrics, self._measures, chunks, projects, self._cache, learning.quality_threshold,
            lambda: store_sizes(data_dir, database.path, self._cache),
        )  # fmt: skip
        self._status = Status(
            __version__, data_dir, database.path, current, chunks, projects, self._embedder, self._index, self._cache,
            metrics, combinations, self._newest_backup, self._upkeep.waiting,
            self._reranker.name if self._reranker else None,
        )  # fmt: skip
        self._transfer = Transfer(
            database, chunks, projects, history, store.relations, store.departed, store.undos, self._embedder
        )
        apply = ApplySpike(templates, Applications(database, store.meta))
        find = FindSpikes(current, self._search, chunks, templates, self._usage)
        imports = ImportSpikes(templates, database, chunks, store.relations, history, self._embedder, _now)
        self.spikes = SpikeCalls(
            templates, find, apply, imports,
            PromotePattern(chunks, templates, imports, self._forget, data_dir / "spikes"), self._usage, self._answer,
            lambda: self._place,
        )  # fmt: skip
        self.automatic = AutomaticCalls(
            settings, current, projects, self._learn,
            LearnPage(database, chunks, history, store.meta, self._embedder, _now), imports, qualities,
            LearningChunks(database, chunks, history, store.relations, self._embedder, _now), metrics, self.settle,
            _now, self._answer, lambda: self._place,
        )  # fmt: skip
        self._ready = asyncio.Lock()
        self._is_ready = False
        # The store's version for which upkeep was asked last.
        self._upkept = -1

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        data_dir: str | Path | None = None,
        *,
        settings: Settings | None = None,
        folder: str | Path | None = None,
    ) -> AsyncIterator[Engine]:
        """Open the memory of a data folder.

        Args:
            data_dir: Where everything is kept; as configured when None.
            settings: Settings that were read already.
            folder: The folder whose project calls speak of; the working folder when None.

        Raises:
            ConfigError: The settings are unusable.
            StoreError: The store cannot be used; the message says why and what to do.
        """
        settings = settings or load_settings(data_dir=_absolute(data_dir) if data_dir else None)
        engine = await cls.start(settings, Place(_absolute(folder or Path.cwd())))
        try:
            yield engine
        finally:
            await engine.close()

    @classmethod
    async def start(cls, settings: Settings, place: Place) -> Engine:
        """Open the store and compose the engine; `close` it afterwards.

        Raises:
            StoreError: The store cannot be used.
        """
        store = await open_store(
            settings.data_dir / DATABASE_NAME,
            lexical_fields=lexical_fields,
            words_version=FIELDS_VERSION,
            merged_version=MERGED_VERSION,
            compress=settings.memory.enable_compression,
            now=_utc_now(),
        )
        try:
            return cls(settings, store, place)
        except BaseException:
            await store.close()
            raise

    async def close(self) -> None:
        """Stop background work and close every file."""
        await self._upkeep.stop()
        await self._usage.stop()
        self._watch.close()
        await asyncio.to_thread(self._cache.close)
        await self._stored.close()

    async def settle(self) -> None:
        """Wait until no background work is left."""
        self._upkeep.ask(await self._stored.vectors.scopes())
        await self._upkeep.finish()

    async def search(
        self,
        query: str,
        *,
        path: str | None = None,
        kinds: Sequence[str] = (),
        language: str | None = None,
        frameworks: Sequence[str] = (),
        tags: Sequence[str] = (),
        limit: int = 5,
        max_lines: int = 12,
        min_score: float = 0.0,
        as_of: str | None = None,
        cursor: str | None = None,
        place: Place | None = None,
        progress: Progress = ignore_progress,
    ) -> SearchResult:
        """Find the best places for a query in the project and in global knowledge.

        The first search in a project learns it; later ones see what changed. Arguments as in the `search` tool.

        Raises:
            InputError: An argument cannot be used; the message names it.
            StoreError: The store cannot be used now.
        """
        request = SearchRequest(
            query, path, tuple(kinds), language, tuple(name.lower() for name in frameworks), tuple(tags), limit,
            max_lines, min_score, as_of, cursor,
        )  # fmt: skip
        return await self._answer(self._search.run(request, place or self._place, progress))

    async def search_many(self, queries: Sequence[str], **options: Any) -> list[SearchResult]:
        """Search for many queries side by side; options as for `search`, the same for all."""
        return list(await asyncio.gather(*(self.search(query, **options) for query in queries)))

    async def rank(
        self, query: str, *, path: str | None = None, kinds: Sequence[str] = (), place: Place | None = None
    ) -> Ranking:
        """Rank everything that may answer a query, with the signals behind each place: for evaluation and training.

        Raises:
            InputError: An argument cannot be used; the message names it.
        """
        await self._prepare()
        return await self._search.rank_all(SearchRequest(query, path, tuple(kinds)), place or self._place)

    async def suggest(
        self,
        task: str,
        *,
        path: str | None = None,
        frameworks: Sequence[str] = (),
        token_budget: int = 1500,
        place: Place | None = None,
        progress: Progress = ignore_progress,
    ) -> SuggestResult:
        """Compose material for a task: templates, conventions, code and notes within a token budget.

        Raises:
            InputError: An argument cannot be used; the message names it.
        """
        request = SuggestRequest(task, path, tuple(name.lower() for name in frameworks), token_budget)
        return await self._answer(self._suggest.run(request, place or self._place, progress))

    async def store(
        self,
        content: str,
        *,
        kind: str = "note",
        id: str | None = None,  # noqa: A002 - the contract's name
        title: str | None = None,
        language: str | None = None,
        frameworks: Sequence[str] = (),
        tags: Sequence[str] = (),
        scope: str = "project",
        quality_score: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        path: str | None = None,
        place: Place | None = None,
    ) -> StoreResult:
        """Keep content; the same content or id is kept once. Secrets in it are redacted first.

        Raises:
            InputError: An argument cannot be used; the message names it.
            TooLargeError: The content is over the limit.
        """
        request = StoreRequest(
            content, kind, id, title, language, tuple(frameworks), tuple(tags), scope, quality_score,
            dict(metadata or {}), path,
        )  # fmt: skip
        return await self._answer(self._store.run(request, place or self._place))

    async def store_many(self, requests: Sequence[StoreRequest], *, place: Place | None = None) -> list[StoreResult]:
        """Keep many contents as if one after the other, in a few transactions: much faster than one by one.

        Raises:
            InputError: An argument cannot be used; the message names it, and nothing was written.
            TooLargeError: A content is over the limit; nothing was written.
        """
        return await self._answer_all(self._store.run_many(requests, place or self._place))

    async def learn(
        self,
        path: str | None = None,
        *,
        kinds: Sequence[str] = (),
        force: bool = False,
        mine: bool = False,
        place: Place | None = None,
        progress: Progress = ignore_progress,
    ) -> LearnResult:
        """Read what changed in a project into the memory.

        Patterns of more than a few changed files are found in the background, unless `mine` says to wait for them.

        Raises:
            InputError: The path does not exist or lies outside what may be read.
            ProjectError: The path is no project, or a home folder and `force` is false.
        """
        return await self._answer(
            self._learn.run(place or self._place, path, kinds=tuple(kinds), force=force, mine=mine, progress=progress)
        )

    async def get(self, ids: Sequence[str], *, max_lines: int | None = None) -> GetResult:
        """Return whole chunks with relations and history.

        Raises:
            UnknownIdError: An id is unknown; names the nearest.
        """
        return await self._answer(self._get.run(tuple(ids), max_lines))

    async def feedback(self, ids: Sequence[str], outcome: str, note: str | None = None) -> FeedbackResult:
        """Judge chunks: helpful, unhelpful, wrong or outdated.

        Raises:
            UnknownIdError: An id is unknown; names the nearest.
            InputError: The outcome is unknown.
        """
        return await self._answer(self._feedback.run(tuple(ids), outcome, note))

    async def forget(
        self,
        ids: Sequence[str] = (),
        *,
        query: str | None = None,
        kinds: Sequence[str] = (),
        older_than: str | None = None,
        dry_run: bool = True,
        path: str | None = None,
        place: Place | None = None,
    ) -> ForgetResult:
        """Archive chunks, or with `dry_run` show which; `restore` brings them back.

        Raises:
            UnknownIdError: An id is unknown; names the nearest.
            InputError: Nothing was chosen, or an argument cannot be used.
        """
        request = ForgetRequest(tuple(ids), query, tuple(kinds), older_than, dry_run, path)
        return await self._answer(self._forget.run(request, place or self._place))

    async def restore(self, *, undo: str | None = None, ids: Sequence[str] = ()) -> RestoreResult:
        """Make archived chunks findable again, by the undo of a forgetting or by id; or undo a template's application.

        Raises:
            UnknownIdError: The undo or an id is unknown.
            InputError: Neither or both were given.
        """
        if undo is not None and is_application(undo) and not ids:
            return await self.spikes.undo(undo)
        return await self._answer(self._restore.run(undo=undo, ids=tuple(ids)))

    async def status(self, *, place: Place | None = None) -> StatusResult:
        """Return health and figures of the store and this process."""
        is_sound = not any(self._notices)
        return await self._answer(self._status.run(place or self._place, is_sound=is_sound))

    async def export(self) -> AsyncIterator[str]:
        """Yield the whole memory as lines of JSON, the same lines for the same memory."""
        await self._prepare()
        async for line in self._transfer.export():
            yield line

    async def import_lines(self, lines: Sequence[str]) -> int:
        """Read exported lines into this memory, all or nothing. Returns how many chunks were new.

        Raises:
            InputError: A line cannot be read; names its number. Nothing was written.
        """
        count = await self._transfer.import_lines(lines)
        self._upkeep.ask(await self._stored.vectors.scopes())
        return count

    async def rebuild(self) -> tuple[str, ...]:
        """Build every derived index anew from the database. Returns what was done."""
        async with self._stored.database.atomic():
            words = await self._stored.chunks.rebuild_words()
        done = [f"word index: {words} chunks"]
        for scope in await self._stored.vectors.scopes():
            generation = await self._index.compact(scope, self._embedder.name)
            if generation is not None:
                done.append(f"vector index {generation.file}: {generation.rows} vectors")
        return tuple(done)

    async def _answer(self, work: Awaitable[AnswerT]) -> AnswerT:
        """Run one operation on a prepared store; its answer gets the time it took and what the user should know."""
        return (await self._answer_all(work))[0]

    async def _answer_all(self, work: Awaitable[AnswerT | list[AnswerT]]) -> list[AnswerT]:
        """Run an operation that has one answer or several; what the user should know stands in the first."""
        started = time.perf_counter()
        try:
            await self._prepare()
        except BaseException:
            if hasattr(work, "close"):
                work.close()  # A coroutine that is never run.
            raise
        outcome = await work
        answers = outcome if isinstance(outcome, list) else [outcome]
        if (version := await self._stored.database.version()) != self._upkept:
            self._upkept = version
            self._upkeep.ask(self._index.loaded_scopes())
        took_ms = round((time.perf_counter() - started) * 1000, 2)
        notices = self._take_notices() if answers else ()
        return [
            replace(answer, took_ms=took_ms, notices=(*(() if number else notices), *answer.notices))
            for number, answer in enumerate(answers)
        ]

    async def _prepare(self) -> None:
        """Load the bundled knowledge, once per process."""
        if self._is_ready:
            return
        async with self._ready:
            if not self._is_ready:
                try:
                    await self._bundled.ensure(bundled_folder())
                except InputError as error:
                    self._stored.notices.append(f"The bundled knowledge was not loaded: {error}")
                self._is_ready = True

    def _take_notices(self) -> tuple[str, ...]:
        taken: list[str] = []
        for notices in self._notices:
            taken += notices
            notices.clear()
        return tuple(taken)

    def _back_up(self) -> Path | None:
        return create_daily_backup(self._stored.database.path, _utc_now())

    def _newest_backup(self) -> Path | None:
        return next(reversed(list_backups(self._stored.database.path)), None)


def _absolute(folder: str | Path) -> Path:
    return Path(folder).expanduser().absolute()


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _now() -> str:
    return _utc_now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
