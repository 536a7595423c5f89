"""`export` and `import`: the whole memory as JSON Lines, lossless.

Exporting, wiping, importing and exporting again gives the same bytes: everything that is truth is a line, in a fixed
order, and nothing that is derived.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from fluorite_mcp.errors import EmbeddingError
from fluorite_mcp.learning.ready import embed_chunks
from fluorite_mcp.models import Chunk, Departed, Event, FileRecord, LexicalFields, PreparedChunk, Relation
from fluorite_mcp.ports import (
    ChunkStore,
    DepartedStore,
    Embedder,
    HistoryStore,
    ProjectStore,
    RelationStore,
    Transactions,
    UndoStore,
)
from fluorite_mcp.search.fields import lexical_fields

if TYPE_CHECKING:
    from fluorite_mcp.operations.export_lines import ChunkLine, DepartedLine, Export, FileLine

# As `export_lines` checks them; written here, because an export needs none of its classes.
_HEADER = {"format": "fluorite-export", "version": 1}

_PORTION = 500


class Transfer:
    """Writes and reads exports."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        projects: ProjectStore,
        history: HistoryStore,
        relations: RelationStore,
        departed: DepartedStore,
        undos: UndoStore,
        embedder: Embedder,
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._projects = projects
        self._history = history
        self._relations = relations
        self._departed = departed
        self._undos = undos
        self._embedder = embedder

    async def export(self) -> AsyncIterator[str]:
        """Yield the lines: header, projects with files, chunks with history, what left, relations, undos."""
        yield _line("header", _HEADER)
        roots: dict[int, str] = {}
        for project in await self._projects.all():
            roots[project.key] = project.root
            created, learned, commit = await self._projects.dates(project.key)
            yield _line(
                "project", {"root": project.root, "created_at": created, "learned_at": learned, "commit": commit}
            )
            for file in sorted((await self._projects.files(project.key)).values(), key=lambda one: one.path):
                yield _line("file", {"root": project.root, **_file_values(file)})
        after = 0
        while chunks := await self._chunks.export(after, _PORTION):
            events = await self._history.of([chunk.id for chunk in chunks])
            for chunk in chunks:
                yield _line("chunk", _chunk_values(chunk, roots, events[chunk.id]))
            after = chunks[-1].key
        for key, root in roots.items():
            async for line in self._departed_lines(key, root):
                yield line
        for relation, created in await self._relations.all():
            edge = {"source": relation.source, "target": relation.target, "relation": relation.type}
            yield _line("relation", {**edge, "weight": relation.weight, "created_at": created})
        for token, at, ids in await self._undos.all():
            yield _line("undo", {"token": token, "at": at, "ids": ids})

    async def _departed_lines(self, project: int, root: str) -> AsyncIterator[str]:
        departed = await self._departed.of(project)
        events = await self._history.of(list(departed))
        for id_, one in sorted(departed.items()):
            values = {"root": root, "id": id_, "at": one.at, "successor": one.successor, "kept": dict(one.kept)}
            yield _line("departed", {**values, "history": _event_values(events[id_])})

    async def import_lines(self, lines: Sequence[str]) -> int:
        """Read an export into the store: all of it, or nothing.

        What the store holds already stays as it is: chunks under the same id, and files it has learned itself.

        Returns:
            How many chunks were new.

        Raises:
            InputError: A line cannot be read; names its number.
        """
        # Here, because no other operation needs the classes it builds.
        from fluorite_mcp.operations.export_lines import read_export

        export = await asyncio.to_thread(read_export, lines)
        known = await self._chunks.find([line.id for line in export.chunks])
        # Before the write lock is taken: embedding takes longer than others should wait.
        vectors, model = await self._embed([line for line in export.chunks if line.id not in known])
        async with self._transactions.atomic():
            roots, learned = await self._import_projects(export)
            new = [
                line for line in export.chunks if line.id in vectors and (line.root, line.origin.path) not in learned
            ]
            count = await self._import_chunks(new, roots, vectors, model)
            await self._import_departed(export.departed, roots)
            for edge in export.relations:
                relation = Relation(edge.source, edge.target, edge.relation, edge.weight)
                await self._relations.put([relation], edge.created_at)
            for undo in export.undos:
                if await self._undos.find(undo.token) is None:
                    await self._undos.put(undo.token, undo.at, undo.ids)
        return count

    async def _embed(self, lines: Sequence[ChunkLine]) -> tuple[dict[str, bytes | None], str]:
        """Return the vector of each chunk by id, None without a working model, and the model's name."""
        vectors: dict[str, bytes | None] = {}
        for start in range(0, len(lines), _PORTION):
            chunks = [_chunk(line, None) for line in lines[start : start + _PORTION]]
            try:
                made = await asyncio.to_thread(embed_chunks, self._embedder, chunks)
            except EmbeddingError:
                return dict.fromkeys(line.id for line in lines), ""
            vectors.update(zip([chunk.id for chunk in chunks], made, strict=True))
        return vectors, self._embedder.name

    async def _import_projects(self, export: Export) -> tuple[dict[str, int], set[tuple[str | None, str | None]]]:
        """Write projects and files. Returns the keys by root, and the (root, path) that the store had learned."""
        roots: dict[str, int] = {}
        learned: set[tuple[str | None, str | None]] = set()
        for project in export.projects:
            key = roots[project.root] = (await self._projects.ensure(project.root, project.created_at)).key
            learned |= {(project.root, path) for path in await self._projects.files(key)}
            if project.learned_at is not None and await self._projects.learned_at(key) is None:
                await self._projects.mark_learned(key, project.learned_at, project.commit)
        for file in export.files:
            if (file.root, file.path) not in learned:
                await self._projects.put_files(roots[file.root], [_file_record(file)])
        return roots, learned

    async def _import_chunks(
        self, lines: Sequence[ChunkLine], roots: Mapping[str, int], vectors: Mapping[str, bytes | None], model: str
    ) -> int:
        count = 0
        for start in range(0, len(lines), _PORTION):
            portion = lines[start : start + _PORTION]
            # Another process may have stored some of them while this one embedded.
            known = await self._chunks.find([line.id for line in portion])
            new = [line for line in portion if line.id not in known]
            chunks = [_chunk(line, roots[line.root] if line.root is not None else None) for line in new]
            words = await asyncio.to_thread(_words, chunks)
            prepared = [
                PreparedChunk(chunk, fields, vectors[chunk.id]) for chunk, fields in zip(chunks, words, strict=True)
            ]
            await self._chunks.add(prepared, model)
            for line in new:
                await self._history.insert(line.id, [Event(*event) for event in line.history])
            count += len(new)
        return count

    async def _import_departed(self, lines: Sequence[DepartedLine], roots: Mapping[str, int]) -> None:
        known = {id_ for key in roots.values() for id_ in await self._departed.of(key)}
        known |= (await self._chunks.find([line.id for line in lines])).keys()
        for line in lines:
            if line.id not in known:
                one = Departed(line.id, line.at, line.successor, line.kept.model_dump())
                await self._departed.put(roots[line.root], [one])
                await self._history.insert(line.id, [Event(*event) for event in line.history])


def _words(chunks: Sequence[Chunk]) -> list[LexicalFields]:
    return [lexical_fields(chunk) for chunk in chunks]


def _line(type_: str, values: Mapping[str, Any]) -> str:
    return json.dumps({"type": type_, **values}, ensure_ascii=False, sort_keys=True)


def _file_values(file: FileRecord) -> dict[str, Any]:
    return {**asdict(file), "hash": file.hash.hex() if file.hash else None}


def _file_record(line: FileLine) -> FileRecord:
    hash_ = bytes.fromhex(line.hash) if line.hash else None
    return FileRecord(line.path, line.size, line.modified_ns, hash_, line.language, line.skipped)


def _chunk_values(chunk: Chunk, roots: Mapping[int, str], events: Sequence[Event]) -> dict[str, Any]:
    values = asdict(replace(chunk, metadata=dict(chunk.metadata)))
    del values["key"], values["project"]
    return {
        **values,
        "root": roots[chunk.project] if chunk.project is not None else None,
        "history": _event_values(events),
    }


def _event_values(events: Sequence[Event]) -> list[list[object]]:
    return [[event.at, event.event, dict(event.detail)] for event in events]


def _chunk(line: ChunkLine, project: int | None) -> Chunk:
    values = {name: getattr(line, name) for name in type(line).model_fields if name not in ("type", "root", "history")}
    return Chunk(**values, project=project)
