"""`forget` and `restore`: chunks are archived, not deleted, and every forgetting can be undone."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fluorite_mcp.errors import InputError, UnknownIdError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.ready import prepare_chunks
from fluorite_mcp.models import KINDS, Chunk, FileRecord
from fluorite_mcp.operations.arguments import check_characters, check_choice, check_text, find_all, utc_text
from fluorite_mcp.operations.current import Current, CurrentProject
from fluorite_mcp.operations.search import Search, SearchRequest
from fluorite_mcp.ports import ChunkStore, Embedder, HistoryStore, ProjectStore, Transactions, UndoStore
from fluorite_mcp.results import ChunkRef, ForgetResult, RestoreResult
from fluorite_mcp.search.hybrid import in_folder

_SHOWN = 100

# What a filter without kinds chooses: what was stored. Learned files and templates go only when named by kind or id.
FORGOTTEN_KINDS = tuple(kind for kind in KINDS if kind not in ("code", "doc", "spike"))

# A forgetting by query takes what the query is surely about, not everything that shares a word with it.
_MIN_RELEVANCE = 0.5


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """What to forget: ids, or a filter. Fields as in the `forget` tool."""

    ids: tuple[str, ...] = ()
    query: str | None = None
    kinds: tuple[str, ...] = ()
    older_than: str | None = None
    dry_run: bool = True
    path: str | None = None


# What no file's directory entry says: one that is recorded so counts as changed.
_NO_STAT = (-1, 0)


class Forget:
    """Answers `forget`."""

    def __init__(
        self,
        current: CurrentProject,
        search: Search,
        transactions: Transactions,
        chunks: ChunkStore,
        history: HistoryStore,
        undos: UndoStore,
        now: Callable[[], str],
    ) -> None:
        self._current = current
        self._search = search
        self._transactions = transactions
        self._chunks = chunks
        self._history = history
        self._undos = undos
        self._now = now

    async def run(self, request: ForgetRequest, place: Place) -> ForgetResult:
        """Archive chunks, or show what would be archived.

        Raises:
            UnknownIdError: An id is unknown; names the nearest.
            InputError: Nothing was chosen, or an argument cannot be used.
        """
        _check(request)
        current = await self._current.find(place, request.path)
        chosen = await self._choose(request, current)
        undo = None if request.dry_run or not chosen else await self._archive([chunk.id for chunk in chosen])
        shown = tuple(ChunkRef(id=chunk.id, kind=chunk.kind, title=chunk.title) for chunk in chosen[:_SHOWN])
        return ForgetResult(project=current.ref, archived=shown, total=len(chosen), dry_run=request.dry_run, undo=undo)

    async def _choose(self, request: ForgetRequest, current: Current) -> list[Chunk]:
        if request.ids:
            found = await find_all(self._chunks, request.ids)
            return [chunk for chunk in found.values() if chunk.retired_at is None]
        older_than = utc_text("older_than", request.older_than) if request.older_than else None
        kinds = request.kinds or FORGOTTEN_KINDS
        if request.query is not None:
            ranking = await self._search.rank(SearchRequest(request.query, kinds=kinds), current)
            relevant = [one.chunk for one in ranking.ranked if one.relevance >= _MIN_RELEVANCE]
            return [chunk for chunk in relevant if older_than is None or chunk.accessed_at < older_than]
        chosen: list[Chunk] = []
        for scope in current.scopes:
            chosen += await self._chunks.select(scope=scope, kinds=kinds, older_than=older_than)
        return [chunk for chunk in chosen if in_folder(chunk, current.part)]

    async def _archive(self, ids: Sequence[str]) -> str:
        undo, now = f"undo-{secrets.token_hex(6)}", self._now()
        async with self._transactions.atomic():
            await self._chunks.retire(ids, now)
            await self._undos.put(undo, now, ids)
            await self._history.note(ids, "archived", now, {"undo": undo})
        return undo


def _check(request: ForgetRequest) -> None:
    if not (request.ids or request.query is not None or request.kinds or request.older_than):
        raise InputError("Nothing was chosen: pass ids, or query, kinds or older_than.")
    if request.ids and (request.query is not None or request.kinds or request.older_than):
        raise InputError("ids and a filter were both given; pass ids alone, or query, kinds and older_than.")
    if request.query is not None:
        check_text("query", request.query, max_chars=10_000)
    check_choice("kinds", request.kinds, KINDS)
    if request.older_than is not None:
        utc_text("older_than", request.older_than)


class Restore:
    """Answers `restore`."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        history: HistoryStore,
        undos: UndoStore,
        projects: ProjectStore,
        current: CurrentProject,
        embedder: Embedder,
        now: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._history = history
        self._undos = undos
        self._projects = projects
        self._current = current
        self._embedder = embedder
        self._now = now

    async def run(self, *, undo: str | None = None, ids: Sequence[str] = ()) -> RestoreResult:
        """Make archived chunks findable again.

        Raises:
            UnknownIdError: The undo or an id is unknown.
            InputError: Neither or both were given.
        """
        if (undo is None) == (not ids):
            raise InputError("Pass either undo, as forget returned it, or ids.")
        found = await (find_all(self._chunks, ids) if undo is None else self._undone(undo))
        archived = [replace(chunk, retired_at=None) for chunk in found.values() if chunk.retired_at]
        prepared, model = await prepare_chunks(archived, self._embedder)
        restored = [chunk.id for chunk in archived]
        async with self._transactions.atomic():
            await self._chunks.replace(prepared, model)
            await self._history.note(restored, "restored", self._now())
            await self._doubt_files(archived)
        return RestoreResult(restored=tuple(restored))

    async def _doubt_files(self, chunks: Sequence[Chunk]) -> None:
        """Have the files of restored chunks learned again: they may have been edited while nobody compared."""
        paths: dict[int, list[str]] = defaultdict(list)
        for chunk in chunks:
            if chunk.project is not None and chunk.kind in ("code", "doc") and chunk.origin.path is not None:
                paths[chunk.project].append(chunk.origin.path)
        if not paths:
            return
        for project in await self._projects.all():
            if project.key in paths:
                known = await self._projects.file_stats(project.key, paths[project.key])
                await self._projects.put_files(project.key, [FileRecord(path, *_NO_STAT) for path in known])
                self._current.look_again(project.root)

    async def _undone(self, undo: str) -> dict[str, Chunk]:
        """Return what a forgetting archived, in its order; what is gone for good since is left out."""
        check_characters("undo", undo)
        ids = await self._undos.find(undo)
        if ids is None:
            newest = await self._undos.newest(3)
            hint = f" The newest: {', '.join(newest)}." if newest else " Nothing was forgotten yet."
            raise UnknownIdError(f"undo {undo[:100]!r} is unknown.{hint}")
        moved = await self._chunks.successors(ids)
        found = await self._chunks.find([*ids, *moved.values()])
        # An id whose file came back with its branch is there again itself.
        newest = [id_ if id_ in found else moved.get(id_, id_) for id_ in ids]
        return {id_: found[id_] for id_ in newest if id_ in found}
