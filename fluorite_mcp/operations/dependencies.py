"""What pieces of code depend on in their project, and what depends on them: looked up when somebody asks.

Nothing of it is stored: the facts of files say what they import, the word index where a name is defined and spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from fluorite_mcp.conventions.facts import FileFacts, read_facts
from fluorite_mcp.conventions.own_modules import (
    OwnImport,
    folders_above,
    is_index,
    is_met,
    last_name,
    manifest_of,
    own_imports,
)
from fluorite_mcp.index.expressions import ScopeFilter
from fluorite_mcp.learning.dependencies import (
    MODULE,
    Found,
    Link,
    Piece,
    Placed,
    best,
    defined_in,
    is_same,
    link,
    names_to_find,
    use_rank,
)
from fluorite_mcp.models import Chunk
from fluorite_mcp.ports import ChunkStore, MinedStore, ProjectStore
from fluorite_mcp.search.fields import definitions_of
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.search.places import ChunkHeaders
from fluorite_mcp.text.references import References, references_of
from fluorite_mcp.text.tokens import index_words

# So many are shown of what a piece depends on, and of what depends on it.
MAX_LINKS = 5
# Places that are looked at for one name: where more define something of its words, it is no rare name.
_DEFINITIONS_READ = 12
# Pieces that speak of a name whose texts are read, those of them of which it is asked where they are, and those that
# are judged by their files' imports.
_USERS_READ = 40
_USERS_PLACED = 24
_USERS_JUDGED = 12
# A call among the mentions of a name.
_CALL_COUNTS = 20
# Files that import the file of a name that many pieces hold.
_IMPORTERS_READ = 8
# Imported files of which definitions of a frequent name are asked for.
_STEMS_ASKED = 2
# Names of a piece whose users are looked for.
_NAMES_USED = 3


class WordPlaces(Protocol):
    """Finds chunks by the words in their fields."""

    async def holding(self, words: Mapping[str, str], where: ScopeFilter, limit: int) -> list[int]:
        """Return the keys of the oldest chunks that hold a word in each of some fields."""
        ...


class Dependencies:
    """Finds the links between pieces of code of one project."""

    def __init__(
        self, chunks: ChunkStore, projects: ProjectStore, mined: MinedStore, words: WordPlaces, headers: ChunkHeaders
    ) -> None:
        self._chunks = chunks
        self._projects = projects
        self._mined = mined
        self._words = words
        self._headers = headers

    async def needs(self, chunk: Chunk) -> list[Link]:
        """Return what a piece of code depends on, the surest first."""
        facts = (await self._facts(chunk, [chunk.origin.path or ""])).get(chunk.origin.path or "")
        references = references_of(chunk.content, chunk.language)
        placed = await self._placed(chunk, facts, references) if facts else []
        piece = Piece(chunk, references, placed, _outside(facts, placed) if facts else frozenset())
        names = names_to_find(piece, {one.name for one in definitions_of(chunk)})
        found = await self._definitions(chunk, names, placed)
        linked = (link(name, piece, definitions, is_all=is_all) for name, (definitions, is_all) in found.items())
        links = [one for one in linked if one is not None]
        links += await self._modules(chunk, placed, {one.found.chunk.origin.path for one in links})
        return _one_each(best(links))[:MAX_LINKS]

    async def users(self, chunk: Chunk) -> list[Link]:
        """Return what depends on a piece of code, the surest first; `found` is the piece that does."""
        ranked = sorted(definitions_of(chunk), key=lambda one: (use_rank(one.kind), -one.strength))
        names = [one.name for one in ranked if len(one.name) > 2 and not one.name.startswith("__")][:_NAMES_USED]
        links: list[Link] = []
        for name, (definitions, is_all) in (await self._definitions(chunk, list(dict.fromkeys(names)), ())).items():
            links += await self._users_of(chunk, name, definitions, is_all=is_all)
        if chunk.origin.start_line == 1:
            links += await self._importers(chunk, {one.found.chunk.origin.path for one in links})
        # Code first: that tests use something is known.
        ordered = best(links)
        ordered.sort(key=lambda one: is_test_path(one.found.chunk.origin.path or ""))
        return _one_each(ordered)[:MAX_LINKS]

    async def _users_of(self, chunk: Chunk, name: str, definitions: Sequence[Found], *, is_all: bool) -> list[Link]:
        kind, token = defined_in(chunk, name), _token(name)
        if kind is None or not token:
            return []
        definitions = [one for one in definitions if one.chunk.key != chunk.key]
        keys = [key for key in await self._speaking(chunk, token) if key != chunk.key]
        texts = await self._chunks.contents_of(keys)
        counts = {key: found for key, text in texts.items() if (found := _times(name, text))}
        headers = await self._headers.load_headers(sorted(counts, key=lambda key: (-counts[key], key))[:_USERS_PLACED])
        users = sorted(headers.values(), key=lambda one: _order(one, chunk, counts[one.key]))[:_USERS_JUDGED]
        facts = await self._facts(chunk, [one.origin.path or "" for one in users])
        manifests = await self._manifests(users)
        target = Found(chunk, kind)
        links = []
        for user in users:
            if defined_in(user, name):  # means its own
                continue
            read = facts.get(user.origin.path or "")
            placed = _pointing(user, read, chunk, name, manifests) if read else []
            outside = _outside(read, placed, name) if read else frozenset()
            piece = Piece(user, references_of(texts[user.key], user.language, only=name), placed, outside)
            linked = link(name, piece, [*definitions, target], is_all=is_all)
            if linked is not None and is_same(linked.found, target):
                links.append(Link(name, linked.verb, Found(user, kind), linked.weight, linked.count))
        return links

    async def _importers(self, chunk: Chunk, told: Collection[str | None]) -> list[Link]:
        """Return the pieces whose imports mean a chunk's file, which it begins; files told of anyway are left out."""
        path, stem = chunk.origin.path or "", _stem(chunk.origin.path or "")
        if not stem:
            return []
        where = ScopeFilter((chunk.project or 0,), ("code",))
        headers = await self._headers.load_headers(await self._words.holding({"imports": stem}, where, _USERS_PLACED))
        others = sorted((one for one in headers.values() if one.origin.path not in {*told, path}), key=_by_place)
        others = others[:_USERS_JUDGED]
        facts = await self._facts(chunk, [one.origin.path or "" for one in others])
        manifests = await self._manifests(others)
        links = []
        for one in others:
            read = facts.get(one.origin.path or "")
            placed = _pointing(one, read, chunk, stem, manifests) if read else []
            if any(found.place == path and _stands_in(found.imported, one) for found in placed):
                links.append(Link(path, "imports", Found(one, "module"), MODULE, 1))
        return links

    async def _speaking(self, chunk: Chunk, token: str) -> list[int]:
        """Return the keys of pieces that hold a name; where many do, those of files that import its file, too."""
        where = ScopeFilter((chunk.project or 0,), ("code",))
        keys = await self._words.holding({"body": token}, where, _USERS_READ)
        stem = _stem(chunk.origin.path or "")
        if len(keys) < _USERS_READ or not stem:
            return keys
        importing = await self._words.holding({"imports": stem}, where, _IMPORTERS_READ)
        headers = (await self._headers.load_headers(importing)).values()
        for path in sorted({one.origin.path or "" for one in headers}, key=lambda one: (is_test_path(one), one)):
            words = {"body": token, "path": _token(_stem_of(path))}
            keys += await self._words.holding(words, where, _USERS_PLACED) if words["path"] else []
        return list(dict.fromkeys(keys))

    async def _definitions(
        self, chunk: Chunk, names: Sequence[str], placed: Sequence[Placed]
    ) -> dict[str, tuple[list[Found], bool]]:
        """Return the definitions of each name in a chunk's project, and whether they are all there are."""
        keys = {name: await self._defining(chunk, name, placed) for name in names}
        headers = await self._headers.load_headers(sorted({key for found, _ in keys.values() for key in found}))
        found: dict[str, tuple[list[Found], bool]] = {}
        for name, (defining, is_all) in keys.items():
            kinds = [(headers[key], defined_in(headers[key], name)) for key in defining if key in headers]
            found[name] = [Found(one, kind) for one, kind in kinds if kind is not None], is_all
        return found

    async def _defining(self, chunk: Chunk, name: str, placed: Sequence[Placed]) -> tuple[list[int], bool]:
        """Return the keys of chunks that may define a name, and whether no other does."""
        token = _token(name)
        if not token:
            return [], False
        where = ScopeFilter((chunk.project or 0,), ("code",))
        keys = await self._words.holding({"title": token}, where, _DEFINITIONS_READ)
        if len(keys) < _DEFINITIONS_READ:
            return keys, True
        # Among many, those of the files that its own file imports are asked for by their paths.
        exact = [one for one in placed if one.imported.name == name] or placed[:_STEMS_ASKED]
        for stem in dict.fromkeys(_stem(one.place) for one in exact):
            if stem:
                keys += await self._words.holding({"title": token, "path": stem}, where, _DEFINITIONS_READ)
        # A title holds frameworks and the words of names, too.
        keys += await self._words.holding({"symbol": token}, where, _DEFINITIONS_READ)
        return list(dict.fromkeys(keys)), False

    async def _modules(self, chunk: Chunk, placed: Sequence[Placed], told: Iterable[str | None]) -> list[Link]:
        """Return the modules whose imports stand in a piece, those left out of which something is told anyway."""
        known = set(told) | {chunk.origin.path}
        paths = dict.fromkeys(
            one.place
            for one in placed
            if _stands_in(one.imported, chunk) and not one.place.endswith("/") and one.place not in known
        )
        if not paths:
            return []
        heads = await self._chunks.heads_of_files(chunk.project or 0, list(paths)[:MAX_LINKS])
        return [Link(path, "imports", Found(heads[path], "module"), MODULE, 1) for path in paths if path in heads]

    async def _facts(self, chunk: Chunk, paths: Sequence[str]) -> dict[str, FileFacts]:
        rows = await self._mined.facts(chunk.project or 0, list(dict.fromkeys(paths)))
        found = {path: read_facts(data) for path, _, data in rows}
        return {path: facts for path, facts in found.items() if facts is not None}

    async def _placed(self, chunk: Chunk, facts: FileFacts, references: References) -> list[Placed]:
        """Return the imports of a chunk's file that matter to it and whose files the project has."""
        first, last = chunk.origin.start_line or 0, chunk.origin.end_line or 0
        imports = own_imports(
            facts, chunk.origin.path or "", await self._manifests([chunk]),
            lambda name, lines: name in references.counts or any(first <= line <= last for line in lines),
        )  # fmt: skip
        wanted = {path for one in imports for path in one.candidates if not path.endswith("/")}
        known = await self._projects.file_stats(chunk.project or 0, sorted(wanted))
        placed = [
            Placed(one, next((path for path in one.candidates if path.endswith("/") or path in known), ""))
            for one in imports
        ]
        return [one for one in placed if one.place]

    async def _manifests(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """Return the texts of the files above chunks that say how their project's modules are imported, by path."""
        named = [(chunk, name) for chunk in chunks if (name := manifest_of(chunk.language or ""))]
        paths = {f"{folder}{name}" for chunk, name in named for folder in folders_above(chunk.origin.path or "")}
        if not paths:
            return {}
        pieces = await self._chunks.of_files(chunks[0].project or 0, sorted(paths))
        pieces = [one for one in pieces if one.retired_at is None]
        texts = await self._chunks.contents_of([one.key for one in pieces])
        found: dict[str, str] = {}
        for one in sorted(pieces, key=lambda piece: piece.origin.start_line or 0):
            path = one.origin.path or ""
            found[path] = found.get(path, "") + texts[one.key]
        return found


def _stands_in(imported: OwnImport, chunk: Chunk) -> bool:
    first, last = chunk.origin.start_line or 0, chunk.origin.end_line or 0
    return any(first <= line <= last for line in imported.lines)


def _by_place(chunk: Chunk) -> tuple[bool, str, int]:
    """Code before tests, then by place."""
    path = chunk.origin.path or ""
    return is_test_path(path), path, chunk.origin.start_line or 0


def _outside(facts: FileFacts, placed: Sequence[Placed], name: str = "") -> frozenset[str]:
    """Return the names that a file takes from other packages, as far as it calls them, or only whether it does one."""
    own = {(one.imported.module, one.imported.name) for one in placed}
    called = [value for aspect, value, _ in facts.observations if aspect == "calls" and value.endswith(name)]
    names = [(value, last_name(value)) for value in called]
    return frozenset(last for value, last in names if (value, last) not in own)


def _pointing(user: Chunk, facts: FileFacts, chunk: Chunk, name: str, manifests: Mapping[str, str]) -> list[Placed]:
    """Return the imports of another file that may mean a chunk's file, each as if it did."""
    path = chunk.origin.path or ""
    words = [word for word in (name, _stem_of(path), path.rpartition("/")[0].rpartition("/")[2]) if word]
    near = FileFacts(facts.language, tuple(one for one in facts.observations if any(w in one[1] for w in words)))
    imports = own_imports(near, user.origin.path or "", manifests)
    return [Placed(one, place) for one in imports if (place := _meaning(one, path))]


def _meaning(imported: OwnImport, path: str) -> str:
    """Return the candidate of an import that gives what a path defines; "" if there is none."""
    return next((place for place in imported.candidates if is_met(place, path)), "")


def _stem_of(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _stem(place: str) -> str:
    """Return the word by which files of a place are found: the file's name, or its folder's if it stands for it."""
    folder, _, name = place.rstrip("/").rpartition("/")
    return _token(folder.rpartition("/")[2] if is_index(name) else name.partition(".")[0])


def _token(name: str) -> str:
    return next(iter(index_words(name).split()), "")


def _order(user: Chunk, chunk: Chunk, count: int) -> tuple[bool, bool, int, str, int]:
    """Other files before the own one, code before tests, what speaks of a name most first."""
    path = user.origin.path or ""
    return path == chunk.origin.path, is_test_path(path), -count, path, user.origin.start_line or 0


def _times(name: str, text: str) -> int:
    """Count a name in a text; where it stands alone before a bracket, as a call does, it counts more than elsewhere."""
    found = re.findall(rf"(?<![\w])(\.?){re.escape(name)}(?!\w)(\s*\()?", text)
    return sum(_CALL_COUNTS if bracket and not dot else 1 for dot, bracket in found)


def _one_each(links: Iterable[Link]) -> list[Link]:
    """Keep the first link to each piece."""
    found: dict[int, Link] = {}
    for one in links:
        found.setdefault(one.found.chunk.key, one)
    return list(found.values())
