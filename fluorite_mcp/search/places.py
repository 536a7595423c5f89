"""From the places that a query points at to the chunks that lie there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk
from fluorite_mcp.search.fields import definitions_of
from fluorite_mcp.search.paths import path_profile
from fluorite_mcp.search.reading import Mention
from fluorite_mcp.text.tokens import index_words

# Of a trace so many frames come first; what the message says has a place in a short list too.
MAX_FRAMES_SHOWN = 3
# A file's name, or a dotted name, that more files share than this points at none of them.
MAX_SAME = 3
# Chunks that hold all words of a dotted name; those that define it are among the first.
_NAMED_CHUNKS = 60
# A path shares its last two names with a file by accident rarely, its last one often.
_SURE_PARTS = 2


class Said(NamedTuple):
    """That a query points at a chunk.

    `rank` is its place among all that the query points at, None if only its file was named; `why` is the reason.
    """

    rank: int | None
    why: str


# A chunk, and the reason to show.
Place = tuple[Chunk, str]


class FilePaths(Protocol):
    """Knows the paths of learned files."""

    async def paths_named(self, project: int, names: Sequence[str]) -> list[str]:
        """Return the paths of learned files whose last part is one of some names, in whatever case."""
        ...


class FileChunks(Protocol):
    """Reads the chunks of files."""

    async def of_files(self, project: int, paths: Sequence[str]) -> list[Chunk]:
        """Return the chunks of some files without their text, archived ones included."""
        ...


class NamedChunks(Protocol):
    """Finds chunks by the names they define."""

    async def named(self, words: Sequence[str], where: ScopeFilter, limit: int) -> list[int]:
        """Return keys of chunks whose title, symbol or path holds every word."""
        ...


class ChunkHeaders(Protocol):
    """Reads chunks without their text."""

    async def load_headers(self, keys: Sequence[int]) -> dict[int, Chunk]:
        """Return living chunks by key."""
        ...


class PlaceFinder:
    """Finds the chunks that a query points at.

    Args:
        files: Knows the paths of files.
        chunks: Reads the chunks of a file.
        names: Finds chunks by names.
        headers: Reads chunks found by name.
    """

    def __init__(self, files: FilePaths, chunks: FileChunks, names: NamedChunks, headers: ChunkHeaders) -> None:
        self._files = files
        self._chunks = chunks
        self._names = names
        self._headers = headers

    async def find(self, mentions: Sequence[Mention], scopes: Sequence[int]) -> dict[int, tuple[Chunk, Said]]:
        """Return the chunks that a query points at, by key.

        Frames of installed libraries count only where no other frame lies in the project.
        """
        found: dict[int, tuple[Chunk, Said]] = {}
        if not mentions:
            return found
        in_files = await self._in_files(mentions, [scope for scope in scopes if scope != GLOBAL_SCOPE])
        if any(one.is_frame for one in mentions):
            in_files = ([pair for pair in in_files if not pair[0].is_library] or in_files)[:MAX_FRAMES_SHOWN]
        for mention, places in in_files:
            for chunk, why in places if mention.line is not None else ():
                found.setdefault(chunk.key, (chunk, Said(len(found), why)))
        for mention in mentions:
            chunks = [] if mention.path else await self._by_name(mention.symbol, scopes)
            # Which of several files is meant, ranking knows better: a declaration, its definition, another platform's.
            is_only = len(_files(chunks)) == 1
            for chunk in chunks[:1] if is_only else chunks:
                rank = len(found) if is_only else None
                found.setdefault(chunk.key, (chunk, Said(rank, f"the query names {mention.symbol}")))
        for mention, places in in_files:
            for chunk, why in places if mention.line is None else ():
                found.setdefault(chunk.key, (chunk, Said(None, why)))
        return found

    async def _in_files(
        self, mentions: Sequence[Mention], projects: Sequence[int]
    ) -> list[tuple[Mention, list[Place]]]:
        """Return, for each mention of a file that is there, the chunks it means."""
        placed = [one for one in mentions if one.path]
        found: list[tuple[Mention, list[Place]]] = []
        if not placed:
            return found
        names = list(dict.fromkeys(one.path.rpartition("/")[2] for one in placed))
        known = [(project, path) for project in projects for path in await self._files.paths_named(project, names)]
        read: dict[tuple[int, str], list[Chunk]] = {}
        for mention in placed:
            files, is_sure = matching_files(mention, known)
            for project, path in files:
                if (project, path) not in read:
                    read[project, path] = await self._living(project, path)
            # Of files that end alike, those long enough to have the line are meant.
            reaching = [file for file in files if mention.line is None or mention.line <= _last_line(read[file])]
            places = [place for file in reaching or files for place in places_at(mention, read[file])]
            if not is_sure:
                places = [place for place in places if mention.symbol and _lies_in(place[0], mention.symbol)]
            if places:
                found.append((mention, places))
        return found

    async def _living(self, project: int, path: str) -> list[Chunk]:
        chunks = [chunk for chunk in await self._chunks.of_files(project, [path]) if chunk.retired_at is None]
        return sorted(chunks, key=lambda chunk: chunk.origin.start_line or 0)

    async def _by_name(self, symbol: str, scopes: Sequence[int]) -> list[Chunk]:
        """Return the chunks that define a dotted name, the strongest definition first; none if many files do."""
        *above, scope, name = symbol.split(".")
        chunks = await self._defining(name, [scope, name], scopes)
        fits = {chunk.key: name_fit((*above, scope, name), chunk) for chunk in chunks}
        best = max(fits.values(), default=0.0)
        named = [chunk for chunk in chunks if 0 < fits[chunk.key] == best]
        if named and not scope[:1].isupper():
            # A namespace is spread over files, and not every chunk in one says so: the name itself must be telling.
            named = named if len(_files(await self._defining(name, [name], scopes))) == 1 else []
        if len(_files(named)) > MAX_SAME:
            return []
        return sorted(named, key=lambda chunk: (-_strength(chunk, name), chunk.origin.start_line or 0))

    async def _defining(self, name: str, words: Sequence[str], scopes: Sequence[int]) -> list[Chunk]:
        """Return chunks that hold some names and define one of them."""
        tokens = [tokens[0] for word in words if (tokens := index_words(word).split())]
        if len(tokens) < len(words):
            return []
        keys = await self._names.named(tokens, ScopeFilter(tuple(scopes)), _NAMED_CHUNKS)
        chunks = (await self._headers.load_headers(keys)).values()
        return [chunk for chunk in chunks if any(one.name == name for one in definitions_of(chunk))]


def _files(chunks: Iterable[Chunk]) -> set[tuple[int | None, str | None]]:
    return {(chunk.project, chunk.origin.path) for chunk in chunks}


def matching_files(mention: Mention, known: Iterable[tuple[int, str]]) -> tuple[list[tuple[int, str]], bool]:
    """Return the files whose paths end most like a mention's, and whether that can be no accident.

    A path that was written on another machine, or in a container, shares only its last parts with the project's.
    """
    wanted = mention.path.split("/")
    scored = [(_shared(wanted, path.split("/")), project, path) for project, path in known]
    most = max((shared for shared, _, _ in scored), default=0)
    best = [(project, path) for shared, project, path in scored if shared == most and shared]
    if not best or len(best) > MAX_SAME or (mention.is_whole and most < len(wanted)):
        return [], False
    best.sort(key=lambda file: (_plainness(file[1]), file))
    shortest = min(len(wanted), *(path.count("/") + 1 for _, path in best))
    return best, most >= min(_SURE_PARTS, shortest)


def _shared(wanted: Sequence[str], path: Sequence[str]) -> int:
    """Return how many last parts two paths share; the file's name in whatever case, as Windows writes it."""
    count = 0
    for left, right in zip(reversed(wanted), reversed(path), strict=False):
        if left != right and left.lower() != right.lower():
            break
        count += 1
    return count


def places_at(mention: Mention, chunks: Sequence[Chunk]) -> list[Place]:
    """Return the chunks of a file that a mention means, in order of their lines; all of them if it says no line.

    A line that no chunk covers means the nearest one. Where a frame's function stands elsewhere in the file by now, the
    chunk that defines it is meant as well.
    """
    if not chunks:
        return []
    if mention.line is None:
        return [(chunk, "the query names this file") for chunk in chunks]
    first, last = mention.line, mention.end_line or mention.line
    covering = [one for one in chunks if _distance(one, first, last) == 0]
    at = covering or [min(chunks, key=lambda one: _distance(one, first, last))]
    places = [(chunk, _why_line(mention)) for chunk in at]
    if mention.symbol and not any(_lies_in(one, mention.symbol) for one in at):
        defining = next((one for one in chunks if one not in at and _defines(one, mention.symbol)), None)
        if defining is not None:
            places.append((defining, f"the trace was in {mention.symbol}"))
    return places


def _last_line(chunks: Sequence[Chunk]) -> int:
    return max((chunk.origin.end_line or 0 for chunk in chunks), default=0)


def _distance(chunk: Chunk, first: int, last: int) -> int:
    start, end = chunk.origin.start_line or 0, chunk.origin.end_line or 0
    return max(0, start - last, first - end)


def _lies_in(chunk: Chunk, symbol: str) -> bool:
    return symbol.rpartition(".")[2] in (chunk.origin.symbol or "").split(".") or _defines(chunk, symbol)


def _defines(chunk: Chunk, symbol: str) -> bool:
    name = symbol.rpartition(".")[2]
    return any(one.name == name for one in definitions_of(chunk))


def name_fit(parts: Sequence[str], chunk: Chunk) -> float:
    """Return how well a chunk defines a dotted name, 0 if it does not: the part of its scopes that it lies in.

    The nearest scope must be the definition that the name stands in, or for what stands at the top of a module the file
    or its folder; those above it may be folders too.
    """
    *scopes, name = parts
    definitions = {one.name for one in definitions_of(chunk)}
    if name not in definitions:
        return 0.0
    inside = (chunk.origin.symbol or "").split(".")
    path = (chunk.origin.path or "").rpartition(".")[0].split("/")
    # A chunk that is one definition says what that stands in; one of several small ones may hold the scope itself.
    above = inside[: inside.index(name)] if name in inside else None
    around = {inside[-1], *definitions} - {name} if above is None else set(above[-1:])
    is_at_top = not above if above is not None else len(inside) == 1
    if scopes[-1] not in around and not (is_at_top and scopes[-1] in path[-2:]):
        return 0.0
    where = {*inside, *definitions, *path}
    return sum(scope in where for scope in scopes) / len(scopes)


def _strength(chunk: Chunk, name: str) -> float:
    return max((one.strength for one in definitions_of(chunk) if one.name == name), default=0.0)


def _plainness(path: str) -> tuple[bool, int]:
    """Code that is no test and lies high up first."""
    place = path_profile(path)
    return (place.is_test or place.is_example or place.is_legacy, place.depth)


def _why_line(mention: Mention) -> str:
    source = "trace" if mention.is_frame else "query"
    if mention.end_line:
        return f"lines {mention.line} to {mention.end_line} of the {source} lie here"
    return f"line {mention.line} of the {source} lies here"
