"""The `chunks` table with what must change in the same transaction: words, embeddings, removals.

A row's `key` is never reused and its text never changes under it: changed text gets a new key under the same
`id`. So a derived index is up to date when it has seen every key and every removal so far.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache

from fluorite_mcp.errors import StoreTooNewError
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, LexicalFields, Origin, PreparedChunk, ProfiledChunk, ShownText
from fluorite_mcp.storage.contents import ContentTable, unpack
from fluorite_mcp.storage.database import Database, Row
from fluorite_mcp.storage.metadata import StoredMetadata

# Names, among the store's small values, the version of the words that the index holds.
WORDS_STAMP = "words_version"

_LARGEST_KEY = 2**63 - 1
_FILES_A_QUERY = 1_000

# What was renamed or edited more often since an id was noted is no longer what was meant.
_MAX_STEPS = 100

# Made once: `json.dumps` makes an encoder for each call that asks for anything but its defaults.
_to_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode

_COLUMNS = (
    "c.key, c.id, c.kind, c.project, c.title, c.language, c.frameworks, c.tags, c.path, c.start_line, c.end_line, "
    "c.symbol, c.origin, c.quality, c.helpful, c.unhelpful, c.usage, c.created_at, c.accessed_at, c.valid_from, "
    "c.valid_to, c.recorded_at, c.retired_at, c.metadata"
)
_WITH_CONTENT = f"SELECT {_COLUMNS}, t.compressed, t.data FROM chunks c JOIN contents t ON t.key = c.content"
_HEADERS = f"SELECT {_COLUMNS} FROM chunks c"
_PROFILED = (
    "c.end_line, p.data, e.vector FROM chunks c JOIN profiles p ON p.chunk = c.key"
    " LEFT JOIN embeddings e ON e.chunk = c.key AND e.model = ?"
)
_PROFILES = f"SELECT c.key, c.path, {_PROFILED}"
_IS_OF_FILE = "c.kind IN ('code', 'doc') AND c.project IS NOT NULL"
_PROFILES_OF_ANY = f"SELECT c.key, CASE WHEN {_IS_OF_FILE} THEN c.path END, {_PROFILED}"

# Has files wait for another merged profile (see `storage.merged`).
_WAIT = "UPDATE merged_profiles SET stamp = stamp + 1, made_by = NULL, data = NULL"


class ChunkTable:
    """Chunks and everything derived from them inside SQLite. Writing methods run inside `Database.atomic`."""

    def __init__(
        self,
        database: Database,
        lexical_fields: Callable[[Chunk], LexicalFields],
        *,
        compress: bool = True,
        words_version: str | None = None,
    ) -> None:
        self._database = database
        self._lexical_fields = lexical_fields
        self._words_version = words_version
        self._contents = ContentTable(database, compress=compress)

    async def version(self) -> int:
        """Return a number that changes with every commit."""
        return await self._database.version()

    async def find(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Return whole chunks by id; unknown ids are left out."""
        rows = await self._database.fetch_in(f"{_WITH_CONTENT} WHERE c.id IN ({{in}})", ids)
        return {chunk.id: chunk for chunk in map(_whole_chunk, rows)}

    async def load(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Return whole chunks by key; gone keys are left out."""
        rows = await self._database.fetch_in(f"{_WITH_CONTENT} WHERE c.key IN ({{in}})", keys)
        return {chunk.key: chunk for chunk in map(_whole_chunk, rows)}

    async def contents_of(self, keys: Sequence[int]) -> dict[int, str]:
        """Return the texts of chunks by key; gone keys are left out."""
        return {key: one.text for key, one in (await self.shown(keys)).items()}

    async def shown(self, keys: Sequence[int]) -> dict[int, ShownText]:
        """Return the texts of chunks with what is known of their files, by key; gone keys are left out."""
        rows = await self._database.fetch_in(
            "SELECT c.key, t.compressed, t.data, f.size, f.modified_ns FROM chunks c JOIN contents t"
            " ON t.key = c.content LEFT JOIN files f ON f.project = c.project AND f.path = c.path"
            " WHERE c.key IN ({in})",
            keys,
        )
        return {
            key: ShownText(unpack(compressed, data), None if size is None else (size, modified))
            for key, compressed, data, size, modified in rows
        }

    async def load_headers(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Return living chunks by key without their text (`content` is empty): what ranking needs."""
        rows = await self._database.fetch_in(f"{_HEADERS} WHERE c.retired_at IS NULL AND c.key IN ({{in}})", keys)
        return {chunk.key: chunk for chunk in map(_chunk, rows)}

    async def of_files(self, project: int, paths: Sequence[str]) -> list[Chunk]:
        """Return the chunks of some files of a project without their text, archived ones included."""
        rows = await self._database.fetch_in(f"{_HEADERS} WHERE c.project = ? AND c.path IN ({{in}})", paths, project)
        return [_chunk(row) for row in rows]

    async def heads_of_files(self, project: int, paths: Sequence[str]) -> dict[str, Chunk]:
        """Return the first living chunk of some files of a project without its text, by path."""
        # With min() or max(), SQLite takes the other columns from the row that has it.
        rows = await self._database.fetch_in(
            f"{_HEADERS} WHERE c.key IN (SELECT key FROM (SELECT key, min(start_line) FROM chunks WHERE project = ?"
            " AND retired_at IS NULL AND path IN ({in}) GROUP BY path))",
            paths,
            project,
        )
        return {chunk.origin.path: chunk for chunk in map(_chunk, rows) if chunk.origin.path}

    async def frameworks_of_files(self, project: int, paths: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the frameworks that some files of a project use, by path."""
        rows = await self._database.fetch_in(
            "SELECT path, frameworks FROM chunks WHERE project = ? AND path IN ({in}) AND frameworks <> '[]'"
            " GROUP BY path",
            paths,
            project,
        )
        return {path: _strings(frameworks) for path, frameworks in rows}

    async def frameworks_by_file(self, project: int) -> dict[str, tuple[str, ...]]:
        """Return the frameworks of each code file of a project, by path; those of files that use none are empty."""
        found: dict[str, tuple[str, ...]] = {}
        last = ""
        # All files of a huge project in one statement would keep searches waiting for a second.
        while rows := await self._database.fetch(
            # `+` keeps SQLite from the index by kind: the one by file has the paths in order.
            "SELECT path, max(frameworks) FROM chunks WHERE +kind = 'code' AND project = ? AND path > ?"
            " AND retired_at IS NULL GROUP BY path ORDER BY path LIMIT ?",
            [project, last, _FILES_A_QUERY],
        ):
            found |= {path: _strings(frameworks) for path, frameworks in rows}
            last = rows[-1][0]
        return found

    async def profiles_of_files(self, project: int, paths: Sequence[str], model: str) -> list[ProfiledChunk]:
        """Return the living chunks of some files of a project as ranking reads them, with vectors of one model."""
        rows = await self._database.fetch_in(
            f"{_PROFILES} WHERE c.retired_at IS NULL AND {_IS_OF_FILE} AND c.project = ? AND c.path IN ({{in}})",
            paths, model, project,
        )  # fmt: skip
        return [ProfiledChunk(*row) for row in rows]

    async def profiles_of(self, keys: Sequence[int], model: str) -> list[ProfiledChunk]:
        """Return living chunks as ranking reads them, with vectors of one model."""
        rows = await self._database.fetch_in(
            f"{_PROFILES} WHERE c.retired_at IS NULL AND c.key IN ({{in}})", keys, model
        )
        return [ProfiledChunk(*row) for row in rows]

    async def profiles_of_scope(self, scope: int, model: str, limit: int) -> list[ProfiledChunk]:
        """Return the living chunks of a project (or `GLOBAL_SCOPE`) as ranking reads them, at most so many.

        `path` is None for what is no piece of a project's file. Files that have a merged profile are left out.
        """
        where = "c.project = ?" if scope else "c.project IS NULL"
        rows = await self._database.fetch(
            f"{_PROFILES_OF_ANY} WHERE c.retired_at IS NULL AND {where} AND NOT ({_IS_OF_FILE} AND EXISTS"
            " (SELECT 1 FROM merged_profiles m WHERE m.project = c.project AND m.path = c.path"
            " AND m.made_by IS NOT NULL)) LIMIT ?",
            [model, *([scope] if scope else []), limit],
        )
        return [ProfiledChunk(*row) for row in rows]

    async def headers_of_scope(self, scope: int, limit: int) -> dict[int, Chunk]:
        """Return the living chunks of a project (or `GLOBAL_SCOPE`) without their text, by key, at most so many."""
        where = "c.project = ?" if scope else "c.project IS NULL"
        sql = f"{_HEADERS} WHERE c.retired_at IS NULL AND {where} LIMIT ?"
        rows = await self._database.fetch(sql, [*([scope] if scope else []), limit])
        return {chunk.key: chunk for chunk in map(_chunk, rows)}

    async def size_of_scope(self, scope: int, limit: int) -> int:
        """Return how many chunks a project (or `GLOBAL_SCOPE`) has, archived ones included; counts no further."""
        where = "project = ?" if scope else "project IS NULL"
        sql = f"SELECT count(*) FROM (SELECT 1 FROM chunks WHERE {where} LIMIT ?)"
        rows = await self._database.look_up(sql, [*([scope] if scope else []), limit])
        return int(rows[0][0])

    async def of_scope(self, scope: int, kinds: Sequence[str]) -> list[Chunk]:
        """Return the living chunks of some kinds in a project (or `GLOBAL_SCOPE`) without their text."""
        where = "c.project = ?" if scope else "c.project IS NULL"
        sql = f"{_HEADERS} WHERE c.retired_at IS NULL AND {where} AND c.kind IN ({{in}})"
        rows = await self._database.fetch_in(sql, kinds, *([scope] if scope else []))
        return [_chunk(row) for row in rows]

    async def add(self, items: Sequence[PreparedChunk], model: str) -> None:
        """Insert chunks whose ids are not in the store, with their words and embeddings.

        Raises:
            StoreTooNewError: Another version has rebuilt the word index meanwhile.
        """
        await self._require_same_words()
        contents = await self._contents.put([item.chunk.content for item in items])
        row = await self._database.fetch_one("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'")
        first = (int(row[0]) if row else 0) + 1
        # Keys are given here so that words and embeddings can be inserted in bulk; the write lock is held.
        stored = list(enumerate(items, first))
        marks = ",".join("?" * 25)
        await self._database.execute_many(
            "INSERT INTO chunks (key, id, kind, project, title, content, language, frameworks, tags, path, start_line,"
            " end_line, symbol, origin, quality, helpful, unhelpful, usage, created_at, accessed_at, valid_from,"
            f" valid_to, recorded_at, retired_at, metadata) VALUES ({marks})",
            [_values(key, item.chunk, content) for (key, item), content in zip(stored, contents, strict=True)],
        )
        living = [(key, item) for key, item in stored if item.chunk.retired_at is None]
        await self._insert_words([(key, item.words) for key, item in living])
        await self._database.execute_many(
            "INSERT INTO embeddings (chunk, scope, model, vector) VALUES (?, ?, ?, ?)",
            [
                (key, item.chunk.project or GLOBAL_SCOPE, model, item.vector)
                for key, item in living
                if item.vector is not None
            ],
        )

    async def _insert_words(self, rows: Sequence[tuple[int, LexicalFields]]) -> None:
        await self._database.execute_many(
            "INSERT INTO words (rowid, scope, title, symbol, path, imports, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(key, *fields[:-1]) for key, fields in rows],
        )
        await self._database.execute_many(
            "INSERT INTO profiles (chunk, data) VALUES (?, ?)", [(key, fields.profile) for key, fields in rows]
        )

    async def _require_same_words(self) -> None:
        """Refuse to write words beside those of another version, which started while this process went on.

        A contentless table that is told to forget words it does not hold is damaged.
        """
        if self._words_version is None:
            return
        row = await self._database.fetch_one("SELECT value FROM meta WHERE name = ?", [WORDS_STAMP])
        if row is not None and row[0] != self._words_version:
            raise StoreTooNewError(
                "Another version of fluorite-mcp uses this store now. Restart this session; nothing was written."
            )

    async def remove(self, keys: Sequence[int]) -> None:
        """Delete chunks for good, with all that hangs on them."""
        chunks = await self.load(keys)
        await self._unindex(list(chunks.values()))
        rows = await self._database.fetch_in("SELECT DISTINCT content FROM chunks WHERE key IN ({in})", keys)
        await self._database.execute_many("DELETE FROM chunks WHERE key = ?", [(key,) for key in keys])
        await self._contents.remove_unused([key for (key,) in rows])

    async def _unindex(self, chunks: Sequence[Chunk]) -> None:
        """Take chunks out of the word index and announce their removal to vector indexes."""
        await self._require_same_words()
        living = [chunk for chunk in chunks if chunk.retired_at is None]
        # A contentless table is told the words it should forget; 3.40 has no `contentless_delete`.
        await self._database.execute_many(
            "INSERT INTO words (words, rowid, scope, title, symbol, path, imports, body)"
            " VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)",
            [(chunk.key, *self._lexical_fields(chunk)[:-1]) for chunk in living],
        )
        await self._database.execute_many("DELETE FROM profiles WHERE chunk = ?", [(chunk.key,) for chunk in living])
        await self._database.execute_many(
            "INSERT INTO removals (scope, chunk) VALUES (?, ?)",
            [(chunk.project or GLOBAL_SCOPE, chunk.key) for chunk in living],
        )

    async def replace(self, items: Sequence[PreparedChunk], model: str) -> None:
        """Put new text under ids that exist; each gets a new key."""
        old = await self.find([item.chunk.id for item in items])
        await self.remove([chunk.key for chunk in old.values()])
        await self.add(items, model)

    async def move(self, chunks: Sequence[Chunk]) -> None:
        """Write new line ranges of chunks whose text is unchanged."""
        await self._database.execute_many(
            "UPDATE chunks SET start_line = ?, end_line = ?, origin = ? WHERE key = ?",
            [(c.origin.start_line, c.origin.end_line, _origin_json(c.origin), c.key) for c in chunks],
        )

    async def retire(self, ids: Sequence[str], at: str) -> None:
        """Archive chunks: they keep their text and are found no more."""
        chunks = (await self.find(ids)).values()
        await self._unindex(list(chunks))
        keys = [(chunk.key,) for chunk in chunks]
        await self._database.execute_many("DELETE FROM embeddings WHERE chunk = ?", keys)
        await self._database.execute_many("UPDATE chunks SET retired_at = ? WHERE id = ?", [(at, id_) for id_ in ids])

    async def score(self, chunks: Sequence[Chunk]) -> None:
        """Write quality and its evidence."""
        await self._database.execute_many(
            "UPDATE chunks SET quality = ?, helpful = ?, unhelpful = ? WHERE id = ?",
            [(chunk.quality, chunk.helpful, chunk.unhelpful, chunk.id) for chunk in chunks],
        )

    async def inherit(self, chunks: Sequence[Chunk]) -> None:
        """Write quality with its evidence, usage and times, as another chunk had them."""
        await self._database.execute_many(
            "UPDATE chunks SET quality = ?, helpful = ?, unhelpful = ?, usage = ?, created_at = ?, accessed_at = ?"
            " WHERE id = ?",
            [(c.quality, c.helpful, c.unhelpful, c.usage, c.created_at, c.accessed_at, c.id) for c in chunks],
        )

    async def copies(self, keys: Sequence[int]) -> list[int]:
        """Return the keys of chunks with the text of one of these that came later. Uses `chunks_by_content`."""
        rows = await self._database.fetch_in(
            "SELECT t.key FROM chunks c JOIN chunks t ON t.content = c.content AND t.project = c.project"
            " AND t.created_at > c.created_at WHERE c.key IN ({in})",
            keys,
        )
        return [key for (key,) in rows]

    async def successors(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the ids of the chunks that took the place of others, by rename or edit, by the old ids."""
        found: dict[str, str] = {}
        asked = {id_: id_ for id_ in ids}
        for _ in range(_MAX_STEPS):
            rows = await self._database.fetch_in(
                "SELECT chunk, successor FROM departed WHERE successor IS NOT NULL AND chunk IN ({in})", list(asked)
            )
            asked = {successor: asked[chunk] for chunk, successor in rows}
            if not asked:
                break
            found |= {first: now for now, first in asked.items()}
        return found

    async def touch(self, ids: Sequence[str], at: str) -> None:
        """Count one use of each chunk."""
        await self._database.execute_many(
            "UPDATE chunks SET usage = usage + 1, accessed_at = ? WHERE id = ?", [(at, id_) for id_ in ids]
        )

    async def embed(self, vectors: Sequence[tuple[int, bytes]], model: str) -> None:
        """Give chunks new vectors, such as those of another model; chunks gone meanwhile are left out."""
        await self._database.execute_many(
            "INSERT OR REPLACE INTO embeddings (chunk, scope, model, vector)"
            f" SELECT key, coalesce(project, {GLOBAL_SCOPE}), ?, ? FROM chunks WHERE key = ? AND retired_at IS NULL",
            [(model, vector, key) for key, vector in vectors],
        )
        await self._database.execute_many(
            f"{_WAIT} WHERE (project, path) = (SELECT project, path FROM chunks WHERE key = ?)",
            [(key,) for key, _ in vectors],
        )
        # A published generation that reaches past such a key neither holds the new vector nor has it in its tail.
        await self._database.execute_many(
            "DELETE FROM generations WHERE last_chunk >= ?1"
            f" AND scope = (SELECT coalesce(project, {GLOBAL_SCOPE}) FROM chunks WHERE key = ?1)",
            [(key,) for key, _ in vectors],
        )
        # Loaded vector indexes notice new keys by themselves, but not new vectors of old keys.
        await self._database.execute(
            "INSERT INTO meta (name, value) VALUES ('reembeddings', '1')"
            " ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1"
        )

    async def newest(self) -> int:
        """Return the newest key of a chunk, 0 in an empty store."""
        rows = await self._database.look_up("SELECT max(key) FROM chunks")
        return int(rows[0][0] or 0)

    async def text_stamp(self) -> tuple[int, int]:
        """Return two numbers of which one grows whenever a text comes or goes, and none when only a score changes."""
        rows = await self._database.look_up(
            "SELECT name, seq FROM sqlite_sequence WHERE name IN ('chunks', 'removals')"
        )
        found: dict[str, int] = dict(rows)
        return int(found.get("chunks") or 0), int(found.get("removals") or 0)

    async def without_embedding(self, model: str, limit: int, *, after: int = 0, until: int | None = None) -> list[int]:
        """Return keys of living chunks that have no vector of the model yet.

        Args:
            model: The embedder's name.
            limit: At most so many.
            after: Only chunks with a larger key.
            until: Only chunks with at most this key; the time this takes grows with the keys looked at.
        """
        rows = await self._database.fetch(
            "SELECT c.key FROM chunks c LEFT JOIN embeddings e ON e.chunk = c.key AND e.model = ?"
            " WHERE c.retired_at IS NULL AND e.chunk IS NULL AND c.key > ? AND c.key <= ? ORDER BY c.key LIMIT ?",
            [model, after, until if until is not None else _LARGEST_KEY, limit],
        )
        return [key for (key,) in rows]

    async def select(
        self, *, scope: int | None, kinds: Sequence[str] = (), older_than: str | None = None, limit: int = 10_000
    ) -> list[Chunk]:
        """Return living chunks without text by filter, newest first.

        Args:
            scope: A project's key, `GLOBAL_SCOPE`, or None for all.
            kinds: Only these kinds; all when empty.
            older_than: Only chunks not used since this time.
            limit: At most so many.
        """
        where = ["c.retired_at IS NULL"]
        values: list[object] = []
        if scope is not None:
            where.append(f"coalesce(c.project, {GLOBAL_SCOPE}) = ?")
            values.append(scope)
        if kinds:
            where.append(f"c.kind IN ({','.join('?' * len(kinds))})")
            values += kinds
        if older_than is not None:
            where.append("c.accessed_at < ?")
            values.append(older_than)
        sql = f"{_HEADERS} WHERE {' AND '.join(where)} ORDER BY c.key DESC LIMIT ?"
        return [_chunk(row) for row in await self._database.fetch(sql, [*values, limit])]

    async def export(self, after: int, limit: int) -> list[Chunk]:
        """Return whole chunks in key order, archived ones included, after a key."""
        rows = await self._database.fetch(f"{_WITH_CONTENT} WHERE c.key > ? ORDER BY c.key LIMIT ?", [after, limit])
        return [_whole_chunk(row) for row in rows]

    async def ids_like(self, prefix: str, limit: int) -> list[str]:
        """Return ids that begin as the given one, for hints at a mistyped id."""
        rows = await self._database.fetch(
            "SELECT id FROM chunks WHERE id >= ? AND id < ? ORDER BY id LIMIT ?", [prefix, prefix + "\U0010ffff", limit]
        )
        return [id_ for (id_,) in rows]

    async def counts(self) -> tuple[dict[str, int], int]:
        """Return the number of living chunks by kind, and of archived ones."""
        rows = await self._database.fetch("SELECT kind, retired_at IS NULL, count(*) FROM chunks GROUP BY 1, 2")
        living = {kind: count for kind, is_living, count in rows if is_living}
        return living, sum(count for _, is_living, count in rows if not is_living)

    async def rebuild_words(self) -> int:
        """Write the word index anew from the chunks. Returns how many it now holds."""
        await self._database.execute("INSERT INTO words (words) VALUES ('delete-all')")
        await self._database.execute("DELETE FROM profiles")
        await self._database.execute("UPDATE generations SET words_file = NULL, words_checksum = NULL")
        await self._database.execute(_WAIT)
        after = total = 0
        while chunks := await self.export(after, 500):
            living = [chunk for chunk in chunks if chunk.retired_at is None]
            await self._insert_words([(chunk.key, self._lexical_fields(chunk)) for chunk in living])
            after = chunks[-1].key
            total += len(living)
        return total


def _values(key: int, chunk: Chunk, content: int) -> Row:
    origin = chunk.origin
    return (
        key, chunk.id, chunk.kind, chunk.project, chunk.title, content, chunk.language,
        _strings_json(chunk.frameworks), _strings_json(chunk.tags), origin.path,
        origin.start_line, origin.end_line, origin.symbol, _origin_json(origin), chunk.quality, chunk.helpful,
        chunk.unhelpful, chunk.usage, chunk.created_at, chunk.accessed_at, chunk.valid_from, chunk.valid_to,
        chunk.recorded_at, chunk.retired_at, _to_json(dict(chunk.metadata)) if chunk.metadata else "{}",
    )  # fmt: skip


def _origin_json(origin: Origin) -> str | None:
    """Return the rarer parts of an origin as JSON; the others have columns."""
    if origin.commit is origin.url is origin.session is None:
        return None
    parts = {"commit": origin.commit, "url": origin.url, "session": origin.session}
    present = {name: value for name, value in parts.items() if value is not None}
    return json.dumps(present, sort_keys=True)


@lru_cache(maxsize=4096)
def _strings_json(strings: tuple[str, ...]) -> str:
    return _to_json(strings)


def _chunk(row: Row, content: str = "") -> Chunk:
    key, id_, kind, project, title, language, frameworks, tags, path, start, end, symbol, origin, *rest = row[:24]
    quality, helpful, unhelpful, usage, created, accessed, valid_from, valid_to, recorded, retired, metadata = rest
    place = Origin(path, start, end, symbol, **json.loads(origin)) if origin else Origin(path, start, end, symbol)
    # By position, which takes a tenth less time: hundreds are made for one query.
    return Chunk(
        id_, kind, title, content, key, project, language, _strings(frameworks), _strings(tags), place, quality,
        helpful, unhelpful, usage, created, accessed, valid_from, valid_to, recorded, retired,
        StoredMetadata(metadata) if metadata != "{}" else {},
    )  # fmt: skip


@lru_cache(maxsize=4096)  # The same few lists of frameworks and tags stand in most rows.
def _strings(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))


def _whole_chunk(row: Row) -> Chunk:
    return _chunk(row, unpack(*row[24:26]))
