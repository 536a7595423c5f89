"""`get`: whole chunks with their relations and history."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from fluorite_mcp.errors import InputError, StoreError
from fluorite_mcp.learning.freshness import file_freshness
from fluorite_mcp.models import Chunk, Event, Project, Relation
from fluorite_mcp.operations.arguments import find_all
from fluorite_mcp.operations.relations import TemplateRelations
from fluorite_mcp.operations.search import describe_origin
from fluorite_mcp.ports import ChunkStore, HistoryStore, ProjectStore, RelationStore, Transactions
from fluorite_mcp.results import ChunkView, EventView, GetResult, ProjectRef, RelationView
from fluorite_mcp.text.secrets import redact

logger = logging.getLogger(__name__)

MAX_LINES = 100_000

# How long an answer waits until its use is counted: a store that another process writes to still answers.
_COUNTING_SECONDS = 0.2


class Get:
    """Answers `get`."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        projects: ProjectStore,
        history: HistoryStore,
        relations: RelationStore,
        templates: TemplateRelations,
        now: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._projects = projects
        self._history = history
        self._relations = relations
        self._templates = templates
        self._now = now
        self._counting: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Leave uses uncounted that still wait for the store."""
        for task in self._counting:
            task.cancel()
        await asyncio.gather(*self._counting, return_exceptions=True)

    async def run(self, ids: Sequence[str], max_lines: int | None = None) -> GetResult:
        """Return chunks in the order asked, archived ones included, and count the use if the store takes it.

        Raises:
            UnknownIdError: An id is unknown; names the nearest.
            InputError: `max_lines` is out of range.
        """
        if max_lines is not None and not 1 <= max_lines <= MAX_LINES:
            raise InputError(f"max_lines is {max_lines}; it may be 1 to {MAX_LINES}, or left out for all.")
        found = await find_all(self._chunks, ids)
        history = await self._history.of(ids)
        relations = [*await self._relations.of(ids), *await self._templates.of(list(found.values()))]
        projects = {project.key: project for project in await self._projects.all()}
        await self._count_use(list(found))
        views = []
        for id_, chunk in found.items():
            project = projects.get(chunk.project or 0)
            fresh = await self._freshness(chunk, project)
            views.append(_view(chunk, max_lines, fresh, history[id_], relations))
        owner = projects.get(found[ids[0]].project or 0)
        ref = ProjectRef(name=owner.name, root=owner.root) if owner else ProjectRef()
        return GetResult(project=ref, chunks=tuple(views))

    async def _count_use(self, ids: Sequence[str]) -> None:
        task = asyncio.create_task(self._touch(ids))
        self._counting.add(task)
        task.add_done_callback(self._counting.discard)
        await asyncio.wait([task], timeout=_COUNTING_SECONDS)

    async def _touch(self, ids: Sequence[str]) -> None:
        try:
            async with self._transactions.atomic():
                await self._chunks.touch(ids, self._now())
        except StoreError as error:
            logger.warning("a use was not counted: %s", error)

    async def _freshness(self, chunk: Chunk, project: Project | None) -> str:
        path = chunk.origin.path
        if project is None or path is None or chunk.kind not in ("code", "doc"):
            return "fresh"
        known = await self._projects.file_stats(project.key, [path])
        return file_freshness(Path(project.root), path, known.get(path))


def _view(
    chunk: Chunk, max_lines: int | None, fresh: str, events: Sequence[Event], relations: Sequence[Relation]
) -> ChunkView:
    lines = chunk.content.splitlines(keepends=True)
    shown = lines if max_lines is None else lines[:max_lines]
    origin = chunk.origin
    return ChunkView(
        id=chunk.id, kind=chunk.kind, title=chunk.title, content=redact("".join(shown)).text,
        truncated=len(shown) < len(lines), path=origin.path, start_line=origin.start_line, end_line=origin.end_line,
        symbol=origin.symbol, language=chunk.language, frameworks=chunk.frameworks, tags=chunk.tags,
        quality=round(chunk.quality, 3), usage=chunk.usage, created_at=chunk.created_at, retired_at=chunk.retired_at,
        origin=describe_origin(chunk), fresh=fresh, metadata=dict(chunk.metadata),
        relations=tuple(_edges(chunk.id, relations)),
        history=tuple(EventView(at=event.at, event=event.event, detail=dict(event.detail)) for event in events),
    )  # fmt: skip


def _edges(id_: str, relations: Sequence[Relation]) -> list[RelationView]:
    out = [
        RelationView(type=e.type, id=e.target, weight=e.weight, direction="out") for e in relations if e.source == id_
    ]
    into = [
        RelationView(type=e.type, id=e.source, weight=e.weight, direction="in") for e in relations if e.target == id_
    ]
    return out + into
