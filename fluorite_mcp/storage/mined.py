"""What was mined of projects: `mined_files` by file, `pattern_clusters` by texts. Derived, so never exported."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence

import zstandard

from fluorite_mcp.models import MinedFile
from fluorite_mcp.storage.database import Database

_ZSTD_LEVEL = 3

# So many are read in some milliseconds, which is how long a search may have to wait.
_PATHS_A_QUERY = 500
# Fewer are unpacked in less time than handing over to a thread takes.
_FEW_ROWS = 50

# A file is stale where its row is missing, or of another content or another version of the extractors. (The primary
# keys of both tables serve the join.)
_STALE = (
    " FROM files f LEFT JOIN mined_files m ON m.project = f.project AND m.path = f.path"
    " WHERE f.project = ? AND f.skipped IS NULL AND f.hash IS NOT NULL AND f.language IN ({in})"
    " AND (m.hash IS NOT f.hash OR m.version <> ?)"
)
_GONE = (
    " FROM mined_files m LEFT JOIN files f ON f.project = m.project AND f.path = m.path"
    " WHERE m.project = ? AND (f.path IS NULL OR f.skipped IS NOT NULL OR f.language NOT IN ({in}))"
)


class MinedTable:
    """What was mined of each file of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_stale(self, project: int, version: str, languages: Sequence[str]) -> int:
        """Return how many files wait to be mined or forgotten."""
        stale = await self._database.fetch(f"SELECT count(*){_in(_STALE, languages)}", [project, *languages, version])
        gone = await self._database.fetch(f"SELECT count(*){_in(_GONE, languages)}", [project, *languages])
        return int(stale[0][0]) + int(gone[0][0])

    async def stale(self, project: int, version: str, languages: Sequence[str]) -> list[tuple[str, int]]:
        """Return (path, size in bytes) of the learned files that wait to be mined, by path."""
        sql = f"SELECT f.path, f.size{_in(_STALE, languages)} ORDER BY f.path"
        return [(path, size) for path, size in await self._database.fetch(sql, [project, *languages, version])]

    async def gone(self, project: int, languages: Sequence[str]) -> list[str]:
        """Return the mined files that the project has no longer."""
        rows = await self._database.fetch(f"SELECT m.path{_in(_GONE, languages)}", [project, *languages])
        return [path for (path,) in rows]

    async def put(self, project: int, version: str, files: Sequence[MinedFile]) -> None:
        """Write what was mined. Runs inside `atomic`."""
        compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
        await self._database.execute_many(
            "INSERT OR REPLACE INTO mined_files (project, path, hash, version, skeletons, facts)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    project,
                    file.path,
                    file.hash,
                    version,
                    compressor.compress(file.skeletons),
                    compressor.compress(file.facts),
                )
                for file in files
            ],
        )

    async def remove(self, project: int, paths: Sequence[str]) -> None:
        """Forget files. Runs inside `atomic`."""
        await self._database.execute_many(
            "DELETE FROM mined_files WHERE project = ? AND path = ?", [(project, path) for path in paths]
        )

    async def fingerprint(self, project: int, paths: Collection[str] | None = None) -> str:
        """Return a hash of which files are mined, with what content and by which version; of some files or of all."""
        rows = await self._database.fetch(
            "SELECT path, hash, version FROM mined_files WHERE project = ? ORDER BY path", [project]
        )
        digest = hashlib.blake2b(digest_size=16)
        for path, content, version in rows:
            if paths is None or path in paths:
                digest.update(f"{path}\0{version}\0".encode("utf-8", "replace") + content)
        return digest.hexdigest()

    async def count(self, project: int) -> int:
        """Return how many files are mined."""
        rows = await self._database.fetch("SELECT count(*) FROM mined_files WHERE project = ?", [project])
        return int(rows[0][0])

    async def skeletons(self, project: int, paths: Sequence[str] | None = None) -> list[tuple[str, bytes, bytes]]:
        """Return (path, content hash, skeletons) of some mined files, or of every one by path."""
        if paths is not None:
            return await self._read_some(project, "skeletons", paths)
        rows = await self._database.fetch(
            "SELECT path, hash, skeletons FROM mined_files WHERE project = ? ORDER BY path", [project]
        )
        return await asyncio.to_thread(_unpacked, rows)

    async def digests(self, project: int) -> list[tuple[str, bytes]]:
        """Return (path, content hash) of every mined file, by path."""
        rows = await self._database.fetch(
            "SELECT path, hash FROM mined_files WHERE project = ? ORDER BY path", [project]
        )
        return [(path, digest) for path, digest in rows]

    async def facts(self, project: int, paths: Sequence[str]) -> list[tuple[str, bytes, bytes]]:
        """Return (path, content hash, facts) of some mined files."""
        return await self._read_some(project, "facts", paths)

    async def clusters(self, project: int) -> dict[bytes, bytes]:
        """Return what was found for each cluster of definitions, by signature."""
        rows = await self._database.fetch("SELECT signature, result FROM pattern_clusters WHERE project = ?", [project])
        decompressor = zstandard.ZstdDecompressor()
        return {signature: decompressor.decompress(data) if data else b"" for signature, data in rows}

    async def put_clusters(self, project: int, results: Mapping[bytes, bytes], known: Collection[bytes]) -> None:
        """Keep what was found for clusters, and forget `known` ones that are no more. Runs inside `atomic`."""
        compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
        await self._database.execute_many(
            "DELETE FROM pattern_clusters WHERE project = ? AND signature = ?",
            [(project, signature) for signature in known if signature not in results],
        )
        await self._database.execute_many(
            "INSERT OR REPLACE INTO pattern_clusters (project, signature, result) VALUES (?, ?, ?)",
            [
                (project, signature, compressor.compress(data) if data else b"")
                for signature, data in results.items()
                if signature not in known
            ],
        )

    async def _read_some(self, project: int, column: str, paths: Sequence[str]) -> list[tuple[str, bytes, bytes]]:
        found = []
        for start in range(0, len(paths), _PATHS_A_QUERY):
            some = paths[start : start + _PATHS_A_QUERY]
            sql = f"SELECT path, hash, {column} FROM mined_files WHERE project = ? AND path IN ({{in}})"
            rows = await self._database.fetch(_in(sql, some), [project, *some])
            found += await asyncio.to_thread(_unpacked, rows) if len(rows) > _FEW_ROWS else _unpacked(rows)
        return found


def _in(sql: str, values: Sequence[str]) -> str:
    return sql.replace("{in}", ",".join("?" * len(values)))


def _unpacked(rows: Sequence[tuple[str, bytes, bytes]]) -> list[tuple[str, bytes, bytes]]:
    decompressor = zstandard.ZstdDecompressor()
    return [(path, digest, decompressor.decompress(data)) for path, digest, data in rows]
