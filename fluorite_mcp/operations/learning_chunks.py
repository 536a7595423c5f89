"""`export --learning-chunks` and its import: knowledge as files that a team keeps in its repository."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from fluorite_mcp.learning.chunk_files import SharedChunk, join, read_folder, to_files, write_folder
from fluorite_mcp.learning.feedback import (
    EDITED_EVENT,
    FEEDBACK_EVENT,
    WEIGHED_EVENT,
    Judgement,
    judged,
    judgements_of,
    prior_quality,
)
from fluorite_mcp.learning.ready import prepare_chunks
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Event, Project, Relation
from fluorite_mcp.ports import ChunkStore, Embedder, HistoryStore, RelationStore, Transactions
from fluorite_mcp.results import LearningChunksExported, LearningChunksImported, ProjectRef
from fluorite_mcp.search.fields import is_learned
from fluorite_mcp.text.secrets import redact

# What a team has use for. Episodes and memories tell what one person did; code is learned from the repository itself.
SHARED_KINDS = ("spike", "pattern", "doc", "note", "insight")
_PORTION = 500
_MOST = 1_000_000


class LearningChunks:
    """Writes and reads folders of learning chunks."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        history: HistoryStore,
        relations: RelationStore,
        embedder: Embedder,
        now: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._history = history
        self._relations = relations
        self._embedder = embedder
        self._now = now

    async def export(
        self, folder: Path, project: Project | None, kinds: Sequence[str] = (), *, with_global: bool = True
    ) -> LearningChunksExported:
        """Make a folder hold what can be shared: of a project, and of global knowledge unless that is left out.

        Raises:
            InputError: The folder holds something else, or cannot be written.
        """
        shared: list[SharedChunk] = []
        scopes = [*([GLOBAL_SCOPE] if with_global else []), *([project.key] if project else [])]
        for scope in scopes:
            headers = await self._chunks.select(scope=scope, kinds=list(kinds or SHARED_KINDS), limit=_MOST)
            keys = [one.key for one in headers if not _comes_along(one)]
            for start in range(0, len(keys), _PORTION):
                whole = await self._chunks.load(keys[start : start + _PORTION])
                shared += (await self._as_shared([one for one in whole.values() if not _is_file(one)])).values()
        files = to_files(shared)
        changed = await asyncio.to_thread(write_folder, folder, files)
        ref = ProjectRef(name=project.name, root=project.root) if project else ProjectRef()
        return LearningChunksExported(
            project=ref, folder=str(folder), files=len(files) - 1, chunks=len(shared), changed=changed
        )

    async def has_any(self, project: Project) -> bool:
        """Whether a project has anything of its own to share."""
        headers = await self._chunks.select(scope=project.key, kinds=list(SHARED_KINDS), limit=_MOST)
        return any(not _is_file(one) for one in headers)

    async def import_from(self, folder: Path, project: Project | None) -> LearningChunksImported:
        """Join a folder's chunks with the store's: all of them, or none.

        Raises:
            InputError: A line cannot be read; nothing was imported.
        """
        incoming, files = await asyncio.to_thread(read_folder, folder)
        incoming = {id_: replace(one, chunk=_clean(one.chunk)) for id_, one in incoming.items()}
        here = await self._chunks.find(list(incoming))
        fresh = [
            one.chunk for id_, one in incoming.items() if id_ not in here or here[id_].content != one.chunk.content
        ]
        # Before the write lock is taken: the longest part. What was embedded is embedded again inside at no cost.
        await prepare_chunks(fresh, self._embedder)
        async with self._transactions.atomic():
            before = await self._chunks.find(list(incoming))
            known = await self._as_shared(list(before.values()))
            new = updated = kept = unchanged = 0
            for id_, one in sorted(incoming.items()):
                old = before.get(id_)
                if old is not None and (_is_file(old) or old.retired_at is not None):
                    kept += 1
                    continue
                joined = join(known[id_], one) if old else one
                if old is not None and joined == known[id_]:
                    kept, unchanged = kept + (one != known[id_]), unchanged + (one == known[id_])
                    continue
                await self._write(joined, old, known.get(id_), project)
                new, updated = new + (old is None), updated + (old is not None)
        ref = ProjectRef(name=project.name, root=project.root) if project else ProjectRef()
        return LearningChunksImported(
            project=ref, files=files, new=new, updated=updated, kept=kept, unchanged=unchanged
        )

    async def _as_shared(self, chunks: Sequence[Chunk]) -> dict[str, SharedChunk]:
        """Return stored chunks as they are shared, by id."""
        ids = [chunk.id for chunk in chunks]
        histories = await self._history.of(ids)
        edges: dict[str, list[tuple[str, str, float]]] = {id_: [] for id_ in ids}
        for edge in await self._relations.of(ids):
            if edge.source in edges:
                edges[edge.source].append((edge.type, edge.target, edge.weight))
        return {
            chunk.id: SharedChunk(
                chunk=_comparable(chunk),
                scope="global" if chunk.project is None else "project",
                prior=round(prior_quality(chunk, histories[chunk.id]), 6),
                judgements=frozenset(judgements_of(histories[chunk.id])),
                relations=tuple(sorted(edges[chunk.id])),
            )
            for chunk in chunks
        }

    async def _write(
        self, joined: SharedChunk, old: Chunk | None, known: SharedChunk | None, project: Project | None
    ) -> None:
        """Write what a join has changed."""
        id_ = joined.chunk.id
        events = await self._missing_events(joined, known)
        await self._history.insert(id_, events)
        history = (await self._history.of([id_]))[id_]
        target = old.project if old else (project.key if project and joined.scope == "project" else None)
        chunk = replace(joined.chunk, project=target, quality=joined.prior)
        if old is not None:
            chunk = replace(chunk, usage=old.usage, accessed_at=old.accessed_at)
        chunk = judged(chunk, history, self._now())
        if known is None or known.content_hash != joined.content_hash:
            prepared, model = await prepare_chunks([chunk], self._embedder)
            await (self._chunks.replace if old else self._chunks.add)(prepared, model)
        else:
            await self._chunks.score([chunk])
        there = set(known.relations) if known else set()
        for type_, other, weight in set(joined.relations) - there:
            await self._relations.put([Relation(id_, other, type_, weight)], self._now())  # type: ignore[arg-type] # checked

    async def _missing_events(self, joined: SharedChunk, known: SharedChunk | None) -> list[Event]:
        """Return the events that make a chunk's history say what a join says."""
        missing = joined.judgements - (known.judgements if known else frozenset())
        events = [_event(one, joined.prior) for one in sorted(missing, key=lambda one: (one.at, one.outcome))]
        is_said = any(one.event == FEEDBACK_EVENT for one in events)
        if known is not None and known.judgements and known.prior != joined.prior and not is_said:
            events.append(Event(self._now(), WEIGHED_EVENT, {"prior": joined.prior}))
        return events


def _event(judgement: Judgement, prior: float) -> Event:
    if judgement.outcome == "changed":
        return Event(judgement.at, EDITED_EVENT, {"by": "import"})
    return Event(judgement.at, FEEDBACK_EVENT, {"outcome": judgement.outcome, "prior": prior, "by": "import"})


def _comes_along(chunk: Chunk) -> bool:
    """Whether a chunk is one of the package's own templates, which everybody has."""
    return chunk.kind == "spike" and "source" not in chunk.metadata


def _is_file(chunk: Chunk) -> bool:
    """Whether a chunk is a piece of a project's file, which everybody learns from the file."""
    return chunk.project is not None and is_learned(chunk)


def _clean(chunk: Chunk) -> Chunk:
    return replace(chunk, content=redact(chunk.content).text)


def _comparable(chunk: Chunk) -> Chunk:
    """Return a chunk with what is shared alone, so that two are equal if they say the same."""
    return Chunk(
        id=chunk.id, kind=chunk.kind, title=chunk.title, content=chunk.content, language=chunk.language,
        frameworks=chunk.frameworks, tags=chunk.tags, origin=replace(chunk.origin, session=None),
        created_at=chunk.created_at, accessed_at=chunk.recorded_at, recorded_at=chunk.recorded_at,
        valid_from=chunk.valid_from, valid_to=chunk.valid_to, metadata=_shareable(chunk.metadata),
    )  # fmt: skip


def _shareable(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata without the folders of this machine: of where a template came from, its file's name stays."""
    source = metadata.get("source")
    return {**metadata, "source": PurePath(source).name} if isinstance(source, str) else dict(metadata)


def project_folder_name(project: Project) -> str:
    """Return the name of a project's own folder of learning chunks."""
    digest = hashlib.blake2b(project.root.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{project.name}-{digest}"
