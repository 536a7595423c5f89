"""`export` and `import`: the whole memory as JSON Lines, lossless.

Exporting, wiping, importing and exporting again gives the same bytes: everything that is truth is a line, in a fixed
order, and nothing that is derived.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.ready import prepare_chunks
from fluorite_mcp.models import Chunk, Event, FileRecord, Origin, Relation
from fluorite_mcp.ports import ChunkStore, Embedder, HistoryStore, ProjectStore, RelationStore, Transactions, UndoStore

FORMAT = "fluorite-export"
VERSION = 1

_TYPES = ("header", "project", "file", "chunk", "relation", "undo")

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
        undos: UndoStore,
        embedder: Embedder,
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._projects = projects
        self._history = history
        self._relations = relations
        self._undos = undos
        self._embedder = embedder

    async def export(self) -> AsyncIterator[str]:
        """Yield the lines: header, projects with their files, chunks with their history, relations, undos."""
        yield _line("header", {"format": FORMAT, "version": VERSION})
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
        for relation, created in await self._relations.all():
            edge = {"source": relation.source, "target": relation.target, "relation": relation.type}
            yield _line("relation", {**edge, "weight": relation.weight, "created_at": created})
        for token, at, ids in await self._undos.all():
            yield _line("undo", {"token": token, "at": at, "ids": ids})

    async def import_lines(self, lines: Sequence[str]) -> int:
        """Read an export into the store: all of it, or nothing.

        What the store holds already under the same id stays as it is.

        Returns:
            How many chunks were new.

        Raises:
            InputError: A line cannot be read; names its number.
        """
        records = [_read(line, number) for number, line in enumerate(lines, 1) if line.strip()]
        _check_header(records)
        by_type: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for number, (type_, values) in enumerate(records, 1):
            by_type.setdefault(type_, []).append((number, values))
        async with self._transactions.atomic():
            roots = await self._import_projects(by_type.get("project", []), by_type.get("file", []))
            count = await self._import_chunks(by_type.get("chunk", []), roots)
            for number, values in by_type.get("relation", []):
                edge = Relation(*_fields(number, values, "source", "target", "relation", "weight"))
                await self._relations.put([edge], values["created_at"])
            for number, values in by_type.get("undo", []):
                token, at, ids = _fields(number, values, "token", "at", "ids")
                if await self._undos.find(token) is None:
                    await self._undos.put(token, at, ids)
        return count

    async def _import_projects(
        self, projects: Sequence[tuple[int, dict[str, Any]]], files: Sequence[tuple[int, dict[str, Any]]]
    ) -> dict[str, int]:
        roots: dict[str, int] = {}
        for number, values in projects:
            root, created, learned, commit = _fields(number, values, "root", "created_at", "learned_at", "commit")
            roots[root] = (await self._projects.ensure(root, created)).key
            if learned is not None:
                await self._projects.mark_learned(roots[root], learned, commit)
        for number, values in files:
            project = _known_root(number, values, roots)
            await self._projects.put_files(project, [_file_record(number, values)])
        return roots

    async def _import_chunks(self, rows: Sequence[tuple[int, dict[str, Any]]], roots: Mapping[str, int]) -> int:
        count = 0
        for start in range(0, len(rows), _PORTION):
            portion = rows[start : start + _PORTION]
            chunks = [_chunk(number, values, roots) for number, values in portion]
            known = await self._chunks.find([chunk.id for chunk in chunks])
            new = [chunk for chunk in chunks if chunk.id not in known]
            prepared, model = await prepare_chunks(new, self._embedder)
            await self._chunks.add(prepared, model)
            for chunk, (_, values) in zip(chunks, portion, strict=True):
                if chunk.id not in known:
                    await self._history.insert(chunk.id, [Event(*event) for event in values.get("history", [])])
            count += len(new)
        return count


def _line(type_: str, values: Mapping[str, Any]) -> str:
    return json.dumps({"type": type_, **values}, ensure_ascii=False, sort_keys=True)


def _read(line: str, number: int) -> tuple[str, dict[str, Any]]:
    try:
        values = json.loads(line)
        return values.pop("type"), values
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"line {number} is not a line of an export. Nothing was imported.") from error


def _check_header(records: Sequence[tuple[str, dict[str, Any]]]) -> None:
    for number, (type_, _) in enumerate(records, 1):
        if type_ not in _TYPES:
            raise InputError(f"line {number} is of the unknown type {type_!r}. Nothing was imported.")
    if not records or records[0] != ("header", {"format": FORMAT, "version": VERSION}):
        raise InputError(f"line 1 is not the header of a {FORMAT} of version {VERSION}. Nothing was imported.")


def _fields(number: int, values: Mapping[str, Any], *names: str) -> list[Any]:
    try:
        return [values[name] for name in names]
    except KeyError as error:
        raise InputError(f"line {number} lacks {error}. Nothing was imported.") from error


def _known_root(number: int, values: Mapping[str, Any], roots: Mapping[str, int]) -> int:
    root = _fields(number, values, "root")[0]
    if root not in roots:
        raise InputError(
            f"line {number} speaks of the project {root!r}, which no line describes. Nothing was imported."
        )
    return roots[root]


def _file_values(file: FileRecord) -> dict[str, Any]:
    return {**asdict(file), "hash": file.hash.hex() if file.hash else None}


def _file_record(number: int, values: Mapping[str, Any]) -> FileRecord:
    path, size, modified, hash_, language, skipped = _fields(
        number, values, "path", "size", "modified_ns", "hash", "language", "skipped"
    )
    return FileRecord(path, size, modified, bytes.fromhex(hash_) if hash_ else None, language, skipped)


def _chunk_values(chunk: Chunk, roots: Mapping[int, str], events: Sequence[Event]) -> dict[str, Any]:
    values = asdict(replace(chunk, metadata=dict(chunk.metadata)))
    del values["key"], values["project"]
    return {
        **values,
        "root": roots[chunk.project] if chunk.project is not None else None,
        "history": [[event.at, event.event, dict(event.detail)] for event in events],
    }


def _chunk(number: int, values: Mapping[str, Any], roots: Mapping[str, int]) -> Chunk:
    fields = dict(values)
    fields.pop("history", None)
    root = fields.pop("root", None)
    try:
        return Chunk(
            **{
                **fields,
                "project": _known_root(number, values, roots) if root is not None else None,
                "origin": Origin(**fields["origin"]),
                "frameworks": tuple(fields["frameworks"]),
                "tags": tuple(fields["tags"]),
            }
        )
    except (TypeError, KeyError) as error:
        raise InputError(f"line {number} is not a chunk of this version ({error}). Nothing was imported.") from error
