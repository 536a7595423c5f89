"""From what was mined of a project to its patterns. Pure CPU work, in a worker process where there is much of it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import pickle
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.garbage import paused_collection
from fluorite_mcp.learning.batches import receive, send
from fluorite_mcp.learning.mining import ParsedFile, parse_file
from fluorite_mcp.learning.workers import close_worker, start_worker
from fluorite_mcp.patterns.discover import Pattern, discover
from fluorite_mcp.patterns.encoding import decode_pattern, encode_pattern
from fluorite_mcp.patterns.grouping import Cluster, Member, find_clusters
from fluorite_mcp.patterns.meaning import agreeing
from fluorite_mcp.patterns.selection import select
from fluorite_mcp.patterns.skeletons import read_skeletons
from fluorite_mcp.patterns.trees import Definition, read_definition
from fluorite_mcp.patterns.units import Unit, find_units

if TYPE_CHECKING:
    from fluorite_mcp.ports import Embedder

logger = logging.getLogger(__name__)

DISCOVERY_VERSION = 2
"""Part of every cluster's signature: clusters are judged anew by another version."""

# From here on a process of its own is worth its start.
_ELSEWHERE_FROM_BYTES = 400_000

# Parsed files kept: exemplars of one cluster lie in few files, and neighbouring clusters in the same.
_FILES_KEPT = 128


@dataclass(frozen=True, slots=True)
class DiscoveryTask:
    """What to look for patterns in.

    Attributes:
        root: The project's root folder.
        files: (path, content hash, skeletons) of each mined file.
        known: What was found for clusters before, by signature.
        threshold: The quality below which nothing is kept.
    """

    root: Path
    files: Sequence[tuple[str, bytes, bytes]]
    known: Mapping[bytes, bytes]
    threshold: float


@dataclass(frozen=True, slots=True)
class Discovery:
    """The patterns of a project, the best first, and what is to be remembered for each cluster."""

    patterns: list[Pattern]
    results: dict[bytes, bytes] = field(default_factory=dict)


def find_patterns(task: DiscoveryTask, names: Embedder) -> Discovery:
    """Find the patterns of a project; clusters whose texts are known are not judged again.

    Args:
        task: The project.
        names: The bundled model, which compares the names of definitions.
    """
    # Thousands of definitions that all stay would be gone through for garbage again and again: a third of the time.
    with paused_collection():
        skeletons = ((path, digest, read_skeletons(data)) for path, digest, data in task.files)
        readable = ((path, digest, found) for path, digest, found in skeletons if found is not None)
        clusters = find_clusters(readable, partial(agreeing, embedder=names))
    reader = _Reader(task.root)
    patterns: list[Pattern] = []
    results: dict[bytes, bytes] = {}
    for cluster in clusters:
        signature = _signature(cluster, task.threshold)
        if signature in task.known:
            results[signature] = task.known[signature]
            pattern = decode_pattern(task.known[signature], cluster)
        else:
            reader.has_missed = False
            pattern = discover(cluster, reader.load, task.threshold)
            # A file that changed since it was mined is mined again, and its clusters judged again.
            if not reader.has_missed:
                results[signature] = encode_pattern(pattern)
        if pattern is not None:
            patterns.append(pattern)
    return Discovery(select(patterns), results)


def _signature(cluster: Cluster, threshold: float) -> bytes:
    stamp = f"{DISCOVERY_VERSION} {threshold} ".encode()
    return hashlib.blake2b(stamp + cluster.signature, digest_size=16).digest()


class _Reader:
    """Reads definitions from their files, as they were mined."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[tuple[str, bytes], tuple[ParsedFile, dict[tuple[int, int], Unit]] | None] = {}
        # Whether a definition could not be read as it was mined.
        self.has_missed = False

    def load(self, member: Member) -> Definition | None:
        file = self._file(member)
        unit = file[1].get((member.skeleton.start, member.skeleton.end)) if file else None
        if file is None or unit is None:
            self.has_missed = True
            return None
        return read_definition(unit.nodes, file[0].source, file[0].language)

    def _file(self, member: Member) -> tuple[ParsedFile, dict[tuple[int, int], Unit]] | None:
        key = (member.path, member.file_hash)
        if key not in self._files:
            while len(self._files) >= _FILES_KEPT:
                del self._files[next(iter(self._files))]
            self._files[key] = self._read(member)
        return self._files[key]

    def _read(self, member: Member) -> tuple[ParsedFile, dict[tuple[int, int], Unit]] | None:
        try:
            data = (self._root / member.path).read_bytes()
        except OSError:
            return None
        if hashlib.blake2b(data, digest_size=16).digest() != member.file_hash:
            return None
        parsed = parse_file(member.path, data)
        if parsed is None:
            return None
        units = {(unit.start, unit.end): unit for unit in find_units(parsed.tree, parsed.source, parsed.language)}
        return parsed, units


async def find_patterns_apart(task: DiscoveryTask, names: Embedder, command: Sequence[str]) -> Discovery:
    """Find the patterns of a project: in a process of its own, or for a small one in a thread."""
    is_small = sum(len(data) for _, _, data in task.files) < _ELSEWHERE_FROM_BYTES
    process = start_worker(command) if command and not is_small else None
    if process is None:
        return await asyncio.to_thread(find_patterns, task, names)
    try:
        return await asyncio.to_thread(_ask, process, task)
    except (OSError, EOFError, ValueError, pickle.PickleError) as error:
        logger.warning("a worker process failed (%s); patterns are found in this one", error)
        return await asyncio.to_thread(find_patterns, task, names)
    finally:
        # Also what a cancelled wait leaves running.
        process.kill()
        await asyncio.to_thread(close_worker, process)


def _ask(process: subprocess.Popen[bytes], task: DiscoveryTask) -> Discovery:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - opened as pipes
    receive(process.stdout)  # that it is ready
    send(process.stdin, task)
    found: Discovery = receive(process.stdout)
    return found
