"""What the domain needs from the outside, as protocols. Only `engine.py` knows who implements them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol

from fluorite_mcp.models import (
    Chunk,
    Departed,
    Event,
    FileRecord,
    MinedFile,
    PreparedChunk,
    Project,
    Relation,
    ShownText,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """Turns text into vectors. Calls block: run them in a thread."""

    @property
    def name(self) -> str:
        """The stamp kept beside each vector; a different name means vectors that do not compare."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of each vector. May load the model."""
        ...

    @property
    def is_slow(self) -> bool:
        """Whether a vector costs enough to be worth caching (a transformer or a remote model)."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed documents. Returns (len(texts), dimensions), each row of length 1, or 0 for empty text.

        Raises:
            EmbeddingError: The model cannot be loaded or does not answer.
        """
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query. Returns (dimensions,), as `embed`; some models prefix queries differently."""
        ...


class Reranker(Protocol):
    """Reads a query and texts together. Calls block for a long time: run them in a thread."""

    @property
    def name(self) -> str:
        """The model's stamp."""
        ...

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return for each text how well it answers, more is better; the scale is the model's own.

        Raises:
            RerankingError: The model cannot be loaded or does not answer.
        """
        ...


class BlobCache(Protocol):
    """A bounded cache of derived bytes that may be deleted at any time."""

    def get(self, key: str) -> bytes | None:
        """Return the cached bytes or None."""
        ...

    def set(self, key: str, value: bytes) -> None:
        """Keep the bytes, evicting the least recently used ones over the limit."""
        ...


class Transactions(Protocol):
    """Groups writes: everything inside `atomic` is written, or nothing."""

    def atomic(self) -> AbstractAsyncContextManager[None]:
        """Open a transaction, or a savepoint of the one that is open."""
        ...


class ChunkStore(Protocol):
    """Keeps chunks. Methods that write run inside `Transactions.atomic`."""

    async def version(self) -> int:
        """Return a number that changes with every commit of any process."""
        ...

    async def find(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Return whole chunks by id; unknown ids are left out."""
        ...

    async def load(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Return whole chunks by key; gone keys are left out."""
        ...

    async def contents_of(self, keys: Sequence[int]) -> dict[int, str]:
        """Return the texts of chunks by key; gone keys are left out."""
        ...

    async def shown(self, keys: Sequence[int]) -> dict[int, ShownText]:
        """Return the texts of chunks with what is known of their files, by key; gone keys are left out."""
        ...

    async def load_headers(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Return living chunks by key without their text."""
        ...

    async def of_files(self, project: int, paths: Sequence[str]) -> list[Chunk]:
        """Return the chunks of some files without their text, archived ones included."""
        ...

    async def heads_of_files(self, project: int, paths: Sequence[str]) -> dict[str, Chunk]:
        """Return the first living chunk of some files of a project without its text, by path."""
        ...

    async def frameworks_of_files(self, project: int, paths: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the frameworks that some files of a project use, by path."""
        ...

    async def frameworks_by_file(self, project: int) -> dict[str, tuple[str, ...]]:
        """Return the frameworks of each code file of a project, by path; those of files that use none are empty."""
        ...

    async def of_scope(self, scope: int, kinds: Sequence[str]) -> list[Chunk]:
        """Return the living chunks of some kinds in a scope without their text."""
        ...

    async def add(self, items: Sequence[PreparedChunk], model: str) -> None:
        """Insert chunks whose ids are new."""
        ...

    async def remove(self, keys: Sequence[int]) -> None:
        """Delete chunks for good."""
        ...

    async def replace(self, items: Sequence[PreparedChunk], model: str) -> None:
        """Put new text under ids that exist."""
        ...

    async def move(self, chunks: Sequence[Chunk]) -> None:
        """Write new line ranges of chunks whose text is unchanged."""
        ...

    async def retire(self, ids: Sequence[str], at: str) -> None:
        """Archive chunks: they keep their text and are found no more."""
        ...

    async def score(self, chunks: Sequence[Chunk]) -> None:
        """Write quality and its evidence."""
        ...

    async def inherit(self, chunks: Sequence[Chunk]) -> None:
        """Write quality with its evidence, usage and times, as another chunk had them."""
        ...

    async def copies(self, keys: Sequence[int]) -> list[int]:
        """Return the keys of chunks with the text of one of these that came into its project later."""
        ...

    async def successors(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the ids of the chunks that took the place of others, by rename or edit, by the old ids."""
        ...

    async def touch(self, ids: Sequence[str], at: str) -> None:
        """Count one use of each chunk."""
        ...

    async def embed(self, vectors: Sequence[tuple[int, bytes]], model: str) -> None:
        """Give chunks new vectors."""
        ...

    async def newest(self) -> int:
        """Return the newest key of a chunk, 0 in an empty store."""
        ...

    async def text_stamp(self) -> tuple[int, int]:
        """Return two numbers of which one grows whenever a text comes or goes, and none when only a score changes."""
        ...

    async def without_embedding(self, model: str, limit: int, *, after: int = 0, until: int | None = None) -> list[int]:
        """Return keys of living chunks between two keys that have no vector of the model yet."""
        ...

    async def select(
        self, *, scope: int | None, kinds: Sequence[str] = (), older_than: str | None = None, limit: int = 10_000
    ) -> list[Chunk]:
        """Return living chunks without text by filter, newest first."""
        ...

    async def export(self, after: int, limit: int) -> list[Chunk]:
        """Return whole chunks in key order, archived ones included, after a key."""
        ...

    async def ids_like(self, prefix: str, limit: int) -> list[str]:
        """Return ids that begin as the given one."""
        ...

    async def counts(self) -> tuple[dict[str, int], int]:
        """Return the number of living chunks by kind, and of archived ones."""
        ...


class ProjectStore(Protocol):
    """Keeps projects and what is known of their files."""

    async def find(self, root: str) -> Project | None:
        """Return the project of a root folder, if it is known."""
        ...

    async def ensure(self, root: str, at: str) -> Project:
        """Return the project of a root folder, creating its row if needed."""
        ...

    async def all(self) -> list[Project]:
        """Return every known project, by root."""
        ...

    async def learned_at(self, project: int) -> str | None:
        """Return when a project was last learned whole, or None."""
        ...

    async def dates(self, project: int) -> tuple[str, str | None, str | None]:
        """Return when a project was first seen, when it was last learned, and at which commit."""
        ...

    async def newest_learning(self) -> str | None:
        """Return when any project was last learned."""
        ...

    async def files(self, project: int) -> dict[str, FileRecord]:
        """Return what is known of a project's files, by path."""
        ...

    async def known_files(self, project: int) -> dict[str, tuple[int, int]]:
        """Return (size in bytes, modification time in nanoseconds) of all of a project's files, by path."""
        ...

    async def hashes(self, project: int, paths: Sequence[str]) -> dict[str, bytes]:
        """Return the content hashes of some files; those that were not read have none."""
        ...

    async def skipped(self, project: int) -> dict[str, str]:
        """Return why files were not learned, by path."""
        ...

    async def file_stats(self, project: int, paths: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return (size in bytes, modification time in nanoseconds) of some learned files, by path."""
        ...

    async def paths_named(self, project: int, names: Sequence[str]) -> list[str]:
        """Return the paths of learned files whose last part is one of some names, in whatever case."""
        ...

    async def put_files(self, project: int, files: Sequence[FileRecord]) -> None:
        """Write what is now known of files. Runs inside `Transactions.atomic`."""
        ...

    async def remove_files(self, project: int, paths: Sequence[str]) -> None:
        """Forget files that are gone. Runs inside `Transactions.atomic`."""
        ...

    async def mark_learned(self, project: int, at: str, commit: str | None) -> None:
        """Note a finished learning. Runs inside `Transactions.atomic`."""
        ...


class MinedStore(Protocol):
    """Keeps what was mined of each file of a project; derived from the files."""

    async def count_stale(self, project: int, version: str, languages: Sequence[str]) -> int:
        """Return how many files wait to be mined or forgotten."""
        ...

    async def stale(self, project: int, version: str, languages: Sequence[str]) -> list[tuple[str, int]]:
        """Return (path, size in bytes) of the learned files that wait to be mined, by path."""
        ...

    async def gone(self, project: int, languages: Sequence[str]) -> list[str]:
        """Return the mined files that the project has no longer."""
        ...

    async def put(self, project: int, version: str, files: Sequence[MinedFile]) -> None:
        """Write what was mined. Runs inside `Transactions.atomic`."""
        ...

    async def remove(self, project: int, paths: Sequence[str]) -> None:
        """Forget files. Runs inside `Transactions.atomic`."""
        ...

    async def fingerprint(self, project: int, paths: Collection[str] | None = None) -> str:
        """Return a hash of which files are mined, with what content and by which version; of some files or of all."""
        ...

    async def count(self, project: int) -> int:
        """Return how many files are mined."""
        ...

    async def skeletons(self, project: int, paths: Sequence[str] | None = None) -> list[tuple[str, bytes, bytes]]:
        """Return (path, content hash, skeletons) of some mined files, or of every one by path."""
        ...

    async def digests(self, project: int) -> list[tuple[str, bytes]]:
        """Return (path, content hash) of every mined file, by path."""
        ...

    async def facts(self, project: int, paths: Sequence[str]) -> list[tuple[str, bytes, bytes]]:
        """Return (path, content hash, facts) of some mined files."""
        ...

    async def clusters(self, project: int) -> dict[bytes, bytes]:
        """Return what was found for each cluster of definitions, by signature."""
        ...

    async def put_clusters(self, project: int, results: Mapping[bytes, bytes], known: Collection[bytes]) -> None:
        """Keep what was found for clusters, and forget `known` ones that are no more. Runs inside `atomic`."""
        ...


class HistoryStore(Protocol):
    """Keeps what happened to chunks."""

    async def note(self, ids: Sequence[str], event: str, at: str, detail: Mapping[str, Any] | None = None) -> None:
        """Write one event for each chunk. Runs inside `Transactions.atomic`."""
        ...

    async def insert(self, chunk: str, events: Sequence[Event]) -> None:
        """Write events as they are. Runs inside `Transactions.atomic`."""
        ...

    async def judged(self) -> list[str]:
        """Return the ids of all chunks that somebody judged, gone ones included."""
        ...

    async def of(self, ids: Sequence[str]) -> dict[str, list[Event]]:
        """Return the events of chunks, oldest first."""
        ...


class DepartedStore(Protocol):
    """Keeps what was known of chunks whose text left its project's files."""

    async def put(self, project: int, departed: Sequence[Departed]) -> None:
        """Keep what was known of chunks. Runs inside `Transactions.atomic`."""
        ...

    async def of(self, project: int) -> dict[str, Departed]:
        """Return what left a project, by chunk id."""
        ...

    async def remove(self, ids: Sequence[str]) -> None:
        """Forget that chunks left. Runs inside `Transactions.atomic`."""
        ...


class RelationStore(Protocol):
    """Keeps edges between chunks."""

    async def put(self, relations: Sequence[Relation], at: str) -> None:
        """Write edges; an edge that exists gets the new weight. Runs inside `Transactions.atomic`."""
        ...

    async def hand_on(self, old: str, new: str) -> None:
        """Let the edges of a chunk touch another one instead. Runs inside `Transactions.atomic`."""
        ...

    async def of(self, ids: Sequence[str]) -> list[Relation]:
        """Return the edges that touch any of the chunks, both directions."""
        ...

    async def all(self) -> list[tuple[Relation, str]]:
        """Return every edge with the time it was made, ordered."""
        ...


class UndoStore(Protocol):
    """Keeps which chunks one forgetting archived."""

    async def put(self, token: str, at: str, ids: Sequence[str]) -> None:
        """Remember a forgetting. Runs inside `Transactions.atomic`."""
        ...

    async def find(self, token: str) -> list[str] | None:
        """Return the ids a forgetting archived, or None for an unknown token."""
        ...

    async def newest(self, limit: int) -> list[str]:
        """Return the newest tokens."""
        ...

    async def all(self) -> list[tuple[str, str, list[str]]]:
        """Return (token, time, ids) of every forgetting, oldest first."""
        ...


class MetricStore(Protocol):
    """Keeps sums that only grow, by name and labels, over all processes and their lives."""

    async def add(self, sums: Mapping[tuple[str, str], float]) -> None:
        """Add to sums. Runs inside `Transactions.atomic`."""
        ...

    async def all(self) -> dict[tuple[str, str], float]:
        """Return every sum by name and labels."""
        ...


class MetaStore(Protocol):
    """Keeps small named values."""

    async def get(self, name: str) -> str | None:
        """Return a value, or None."""
        ...

    async def set(self, name: str, value: str) -> None:
        """Write a value. Runs inside `Transactions.atomic`."""
        ...

    async def remove(self, name: str) -> None:
        """Forget a value. Runs inside `Transactions.atomic`."""
        ...
