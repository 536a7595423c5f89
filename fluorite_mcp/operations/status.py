"""`status`: health and figures of the store and this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from fluorite_mcp.errors import ProjectError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.operations.combinations import Combinations
from fluorite_mcp.operations.current import Current, CurrentProject
from fluorite_mcp.operations.metrics import Metrics
from fluorite_mcp.ports import ChunkStore, Embedder, ProjectStore
from fluorite_mcp.results import ProjectRef, StatusResult

# Under this name the figures hold sentences on combinations of frameworks.
USED_TOGETHER = "used_together"
_COMBINATIONS_SHOWN = 5


class CacheFigures(Protocol):
    """What a cache says of itself."""

    hits: int
    misses: int

    def size_bytes(self) -> int:
        """Return what the cache occupies."""
        ...


class IndexFigures(Protocol):
    """What the vector index says of itself."""

    def sizes(self) -> Mapping[int, Mapping[str, int]]:
        """Return figures by scope."""
        ...


class Status:
    """Answers `status`."""

    def __init__(
        self,
        version: str,
        data_dir: Path,
        database: Path,
        current: CurrentProject,
        chunks: ChunkStore,
        projects: ProjectStore,
        embedder: Embedder,
        index: IndexFigures,
        cache: CacheFigures,
        metrics: Metrics,
        combinations: Combinations,
        newest_backup: Callable[[], Path | None],
        waiting: Callable[[], Mapping[str, int]],
        reranker: str | None = None,
    ) -> None:
        self._version = version
        self._data_dir = data_dir
        self._database = database
        self._current = current
        self._chunks = chunks
        self._projects = projects
        self._embedder = embedder
        self._index = index
        self._cache = cache
        self._metrics = metrics
        self._combinations = combinations
        self._newest_backup = newest_backup
        self._waiting = waiting
        self._reranker = reranker

    async def run(self, place: Place, *, is_sound: bool = True) -> StatusResult:
        """Return the figures as they are now; learns nothing.

        Args:
            place: Where the session stands.
            is_sound: Whether nothing had to be mended since the last answer.
        """
        current = await self._find(place)
        living, archived = await self._chunks.counts()
        projects = await self._projects.all()
        missing = len(await self._chunks.without_embedding(self._embedder.name, 10_000))
        backup = self._newest_backup()
        together = await self._combinations.of_projects(_COMBINATIONS_SHOWN)
        return StatusResult(
            project=current.ref,
            notices=current.notices,
            healthy=is_sound and not missing,
            version=self._version,
            data_dir=str(self._data_dir),
            chunks=dict(sorted(living.items())),
            archived=archived,
            projects=tuple(ProjectRef(name=project.name, root=project.root) for project in projects),
            model=self._embedder.name,
            model_state="ready" if not missing else f"{missing} chunks wait for their vectors",
            reranker=self._reranker,
            index={_scope_name(scope, projects): dict(sizes) for scope, sizes in self._index.sizes().items()},
            cache=self._cache_figures(),
            sizes=store_sizes(self._data_dir, self._database, self._cache),
            queue=dict(self._waiting()),
            last_learning=await self._projects.newest_learning(),
            newest_backup=str(backup) if backup else None,
            metrics=await self._metrics.summary() | ({USED_TOGETHER: together} if together else {}),
        )

    async def _find(self, place: Place) -> Current:
        """Return the session's project; where there is none, the figures of the store still help."""
        try:
            return await self._current.find(place, None)
        except ProjectError as error:
            return Current(None, notices=(str(error),))

    def _cache_figures(self) -> dict[str, Any]:
        asked = self._cache.hits + self._cache.misses
        rate = round(self._cache.hits / asked, 3) if asked else None
        return {"hits": self._cache.hits, "misses": self._cache.misses, "hit_rate": rate}


def store_sizes(data_dir: Path, database: Path, cache: CacheFigures) -> dict[str, int]:
    """Return the sizes of a store's parts on disk, in bytes."""
    log = database.with_name(database.name + "-wal")
    return {
        "database_bytes": _size(database) + _size(log),
        "vectors_bytes": _sizes(data_dir / "vectors", "*.faiss"),
        "words_bytes": _sizes(data_dir / "vectors", "*.words"),
        "cache_bytes": cache.size_bytes(),
    }


def _sizes(folder: Path, pattern: str) -> int:
    return sum(_size(path) for path in folder.glob(pattern))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _scope_name(scope: int, projects: list[Any]) -> str:
    return next((project.root for project in projects if project.key == scope), "global")
