"""`store`: keep what was found out. Storing the same content twice is storing it once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fluorite_mcp.errors import InputError, TooLargeError
from fluorite_mcp.index.vectors import from_bytes
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.prepare import chunk_id
from fluorite_mcp.learning.ready import prepare_chunks
from fluorite_mcp.models import KINDS, Chunk, Kind, PreparedChunk, Relation
from fluorite_mcp.operations.arguments import check_characters, check_choice
from fluorite_mcp.operations.current import Current, CurrentProject
from fluorite_mcp.ports import ChunkStore, Embedder, HistoryStore, RelationStore, Transactions
from fluorite_mcp.results import SimilarChunk, StoreResult
from fluorite_mcp.search.hybrid import VectorSearch
from fluorite_mcp.text.languages import LANGUAGES
from fluorite_mcp.text.secrets import redact

MAX_TITLE_CHARS = 200
MAX_LABELS = 50
MAX_LABEL_CHARS = 100
MAX_METADATA_BYTES = 65_536
MAX_METADATA_DEPTH = 32
SCOPES = ("project", "global")

# What a note is worth before anyone judged it.
_NOTE_QUALITY = 0.6
_SIMILAR_SHOWN = 3

# The ids of templates; one under which something else is stored would take the template's place.
_TEMPLATE_PREFIX = "spike:"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """What to store. Fields as in the `store` tool."""

    content: str
    kind: str = "note"
    id: str | None = None
    title: str | None = None
    language: str | None = None
    frameworks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    scope: str = "project"
    quality_score: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    path: str | None = None


class StoreContent:
    """Answers `store`."""

    def __init__(
        self,
        current: CurrentProject,
        transactions: Transactions,
        chunks: ChunkStore,
        history: HistoryStore,
        relations: RelationStore,
        vectors: VectorSearch,
        embedder: Embedder,
        *,
        max_bytes: int,
        similarity: float,
        now: Callable[[], str],
    ) -> None:
        self._current = current
        self._transactions = transactions
        self._chunks = chunks
        self._history = history
        self._relations = relations
        self._vectors = vectors
        self._embedder = embedder
        self._max_bytes = max_bytes
        self._similarity = similarity
        self._now = now

    async def run(self, request: StoreRequest, place: Place) -> StoreResult:
        """Store content, redacted, and link it to what says nearly the same.

        Raises:
            InputError: An argument cannot be used; the message names it.
            TooLargeError: The content is over the limit.
        """
        check_request(request, self._max_bytes)
        current = Current(None) if request.scope == "global" else await self._current.find(place, request.path)
        redactor = _Redactor()
        chunk = self._chunk(request, redactor, current)
        prepared, model = await prepare_chunks([chunk], self._embedder)
        similar = await self._similar(chunk.id, prepared[0], current)
        created = await self._write(prepared[0], model, similar)
        return StoreResult(
            project=current.ref,
            id=chunk.id,
            created=created,
            similar=tuple(similar),
            redacted=redactor.count,
            notices=current.notices,
        )

    def _chunk(self, request: StoreRequest, redactor: _Redactor, current: Current) -> Chunk:
        now = self._now()
        content = redactor.text(request.content)
        root = current.ref.root or "global"
        kind: Kind = request.kind  # type: ignore[assignment] # checked against KINDS
        return Chunk(
            id=request.id or chunk_id(kind, root, content),
            kind=kind,
            title=redactor.text(request.title) if request.title else _first_line(content),
            content=content,
            project=current.project.key if current.project else None,
            language=request.language,
            frameworks=tuple(sorted({name.lower() for name in request.frameworks})),
            tags=tuple(sorted(set(map(redactor.text, request.tags)))),
            quality=_NOTE_QUALITY if request.quality_score is None else request.quality_score,
            created_at=now,
            accessed_at=now,
            recorded_at=now,
            metadata=redactor.values(request.metadata),
        )

    async def _similar(self, id_: str, item: PreparedChunk, current: Current) -> list[SimilarChunk]:
        """Return the chunks of the scopes that say nearly the same."""
        if item.vector is None:
            return []
        query = from_bytes([item.vector])[0]
        found = await self._vectors.search(current.scopes, self._embedder.name, query, 50)
        near = {key: score for key, score in found if score >= self._similarity}
        headers = (await self._chunks.load(list(near))).values()
        kept = [chunk for chunk in headers if chunk.id != id_ and chunk.retired_at is None]
        kept.sort(key=lambda chunk: (-near[chunk.key], chunk.id))
        return [
            SimilarChunk(id=chunk.id, title=chunk.title, score=round(near[chunk.key], 4))
            for chunk in kept[:_SIMILAR_SHOWN]
        ]

    async def _write(self, item: PreparedChunk, model: str, similar: list[SimilarChunk]) -> bool:
        chunk, now = item.chunk, self._now()
        async with self._transactions.atomic():
            old = (await self._chunks.find([chunk.id])).get(chunk.id)
            if old is None:
                await self._chunks.add([item], model)
                await self._history.note([chunk.id], "stored", now)
            else:
                await self._update(old, item, model)
            edges = [Relation(chunk.id, other.id, "similar", other.score) for other in similar]
            await self._relations.put(edges, now)
        return old is None

    async def _update(self, old: Chunk, item: PreparedChunk, model: str) -> None:
        chunk = item.chunk
        if old.origin.path is not None:
            raise InputError(
                f"id {old.id!r} belongs to a learned file ({old.origin.path}). Choose another id, or none."
            )
        if chunk.project is not None and chunk.project != old.project and old.retired_at is None:
            owner = "global knowledge" if old.project is None else "another project"
            raise InputError(f"id {old.id!r} is in use by {owner}. Choose another id, or none.")
        kept = replace(
            chunk, created_at=old.created_at, usage=old.usage, helpful=old.helpful, unhelpful=old.unhelpful,
            quality=old.quality if old.helpful or old.unhelpful else chunk.quality,
        )  # fmt: skip
        if old.retired_at is None and _says_the_same(old, kept):
            return
        await self._chunks.replace([replace(item, chunk=kept)], model)
        event = "updated" if old.retired_at is None else "restored"
        detail = {} if old.content == kept.content else {"before": old.content}
        await self._history.note([chunk.id], event, self._now(), detail)


def check_request(request: StoreRequest, max_bytes: int) -> None:
    """Refuse a request that cannot be stored, naming the argument.

    Raises:
        InputError: An argument cannot be used.
        TooLargeError: The content is over the limit.
    """
    if not request.content.strip():
        raise InputError("content is empty; pass what should be kept.")
    check_characters("content", request.content)
    if (size := len(request.content.encode())) > max_bytes:
        raise TooLargeError(f"content has {size} bytes; the limit is {max_bytes} (max_chunk_size). Store it in parts.")
    check_choice("kind", (request.kind,), KINDS)
    check_choice("scope", (request.scope,), SCOPES)
    if request.language is not None:
        check_choice("language", (request.language,), tuple(LANGUAGES))
    if request.id is not None and request.id.startswith(_TEMPLATE_PREFIX):
        raise InputError(f"id {request.id!r} would name a template. Choose one that does not begin with spike:.")
    if request.id is not None and not _ID.fullmatch(request.id):
        raise InputError("id may hold letters, digits and . _ : / @ -, at most 128, beginning with a letter or digit.")
    if request.title is not None:
        check_characters("title", request.title)
        if len(request.title) > MAX_TITLE_CHARS:
            raise TooLargeError(f"title has {len(request.title)} characters; the limit is {MAX_TITLE_CHARS}.")
    if request.quality_score is not None and not 0.0 <= request.quality_score <= 1.0:
        raise InputError(f"quality_score is {request.quality_score}; it may be 0 to 1.")
    _check_labels("frameworks", request.frameworks)
    _check_labels("tags", request.tags)
    _check_metadata(request.metadata)


def _check_labels(name: str, labels: tuple[str, ...]) -> None:
    if len(labels) > MAX_LABELS:
        raise TooLargeError(f"{name} holds {len(labels)}; at most {MAX_LABELS}.")
    for label in labels:
        check_characters(name, label)
        if not label.strip() or len(label) > MAX_LABEL_CHARS:
            raise InputError(f"{name} holds {label[:40]!r}; each must have 1 to {MAX_LABEL_CHARS} characters.")


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    try:
        text = json.dumps(dict(metadata), allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"metadata is not JSON: {error}.") from error
    check_characters("metadata", text)
    if (size := len(text.encode())) > MAX_METADATA_BYTES:
        raise TooLargeError(f"metadata has {size} bytes; the limit is {MAX_METADATA_BYTES}.")
    if _depth(text) > MAX_METADATA_DEPTH:
        raise TooLargeError(f"metadata is nested deeper than {MAX_METADATA_DEPTH} levels. Make it flatter.")


def _depth(text: str) -> int:
    """Return how deep a JSON text is nested."""
    depth = deepest = 0
    for mark in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        depth += (mark in ("[", "{")) - (mark in ("]", "}"))
        deepest = max(deepest, depth)
    return deepest


@dataclass(slots=True)
class _Redactor:
    """Redacts what is stored, and counts the secrets."""

    count: int = 0

    def text(self, text: str) -> str:
        redaction = redact(text)
        self.count += redaction.count
        return redaction.text

    def values(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Redact the texts inside metadata, however deep."""
        return {str(key): self._named(str(key), value) for key, value in metadata.items()}

    def _named(self, name: str, value: Any) -> Any:
        """Redact a value; a text may be known as a secret only by its name."""
        if not isinstance(value, str):
            return self._value(value)
        clean = self.text(value)
        if clean == value and (named := redact(f"{name}: {json.dumps(value)}")).count:
            self.count += named.count
            return f"[redacted:{named.kinds[0]}]"
        return clean

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return self.values(value)
        return [self._value(inner) for inner in value] if isinstance(value, list | tuple) else value


def _says_the_same(old: Chunk, new: Chunk) -> bool:
    def said(chunk: Chunk) -> tuple[object, ...]:
        return (
            chunk.content, chunk.title, chunk.kind, chunk.project, chunk.language, chunk.frameworks, chunk.tags,
            chunk.quality, dict(chunk.metadata),
        )  # fmt: skip

    return said(old) == said(new)


def _first_line(content: str) -> str:
    line = next(line for line in content.splitlines() if line.strip()).strip().lstrip("#").strip()
    return (line or "note")[:80]
