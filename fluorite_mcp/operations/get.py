"""`get`: whole chunks with their relations and history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.freshness import file_freshness
from fluorite_mcp.learning.pattern_chunks import shown_metadata
from fluorite_mcp.learning.quality import Quality
from fluorite_mcp.models import Chunk, Event, Project
from fluorite_mcp.operations.arguments import find_all
from fluorite_mcp.operations.pattern_commits import MAX_PATTERNS, PatternCommits
from fluorite_mcp.operations.quality import Qualities
from fluorite_mcp.operations.relations import RelatedChunks
from fluorite_mcp.operations.search import describe_origin
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.ports import ChunkStore, HistoryStore, ProjectStore
from fluorite_mcp.results import ChunkView, EventView, GetResult, ProjectRef, QualityFactor, RelationView
from fluorite_mcp.text.secrets import redact

MAX_LINES = 100_000


class Get:
    """Answers `get`."""

    def __init__(
        self,
        chunks: ChunkStore,
        projects: ProjectStore,
        history: HistoryStore,
        related: RelatedChunks,
        commits: PatternCommits,
        qualities: Qualities,
        usage: Usage,
    ) -> None:
        self._chunks = chunks
        self._projects = projects
        self._history = history
        self._related = related
        self._commits = commits
        self._qualities = qualities
        self._usage = usage

    async def run(self, ids: Sequence[str], max_lines: int | None = None) -> GetResult:
        """Return chunks in the order asked, archived ones included, and count the use of those a search showed.

        Raises:
            UnknownIdError: An id is unknown; names the nearest.
            InputError: `max_lines` is out of range.
        """
        if max_lines is not None and not 1 <= max_lines <= MAX_LINES:
            raise InputError(f"max_lines is {max_lines}; it may be 1 to {MAX_LINES}, or left out for all.")
        found = await find_all(self._chunks, ids)
        history = await self._history.of(list(found))
        relations = await self._related.of(list(found.values()))
        projects = {project.key: project for project in await self._projects.all()}
        qualities = await self._qualities.explain(list(found.values()), history)
        await self._usage.used(list(found), "fetched")
        asked = [id_ for id_, chunk in found.items() if chunk.kind == "pattern"][:MAX_PATTERNS]
        views = []
        for id_, chunk in found.items():
            project = projects.get(chunk.project or 0)
            fresh = await self._freshness(chunk, project)
            view = _view(chunk, qualities[id_], max_lines, fresh, history[id_], relations[id_])
            commits = await self._commits.of(chunk, project) if id_ in asked else {}
            views.append(replace(view, metadata=view.metadata | commits) if commits else view)
        owner = projects.get(next(iter(found.values())).project or 0)
        ref = ProjectRef(name=owner.name, root=owner.root) if owner else ProjectRef()
        return GetResult(project=ref, chunks=tuple(views))

    async def _freshness(self, chunk: Chunk, project: Project | None) -> str:
        path = chunk.origin.path
        if project is None or path is None or chunk.kind not in ("code", "doc"):
            return "fresh"
        known = await self._projects.file_stats(project.key, [path])
        return file_freshness(Path(project.root), path, known.get(path))


def _view(
    chunk: Chunk,
    quality: Quality,
    max_lines: int | None,
    fresh: str,
    events: Sequence[Event],
    relations: tuple[RelationView, ...],
) -> ChunkView:
    lines = chunk.content.splitlines(keepends=True)
    shown = lines if max_lines is None else lines[:max_lines]
    origin = chunk.origin
    return ChunkView(
        id=chunk.id, kind=chunk.kind, title=chunk.title, content=redact("".join(shown)).text,
        truncated=len(shown) < len(lines), path=origin.path, start_line=origin.start_line, end_line=origin.end_line,
        symbol=origin.symbol, language=chunk.language, frameworks=chunk.frameworks, tags=chunk.tags,
        quality=round(quality.value, 4), quality_factors=tuple(
            QualityFactor(name=one.name, value=round(one.value, 4), weight=round(one.weight, 4), why=one.why)
            for one in quality.factors
        ), usage=chunk.usage, created_at=chunk.created_at, retired_at=chunk.retired_at,
        origin=describe_origin(chunk), fresh=fresh, metadata=shown_metadata(chunk),
        relations=relations,
        history=tuple(EventView(at=event.at, event=event.event, detail=dict(event.detail)) for event in events),
    )  # fmt: skip
