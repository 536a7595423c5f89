"""Which definitions of its project a piece of code depends on: decided from names, imports and places alone.

A name means a definition if it is imported from that file, if it is the only one of the project, or if it stands in
the same file. What could be anybody's is left out: it is better to name too few.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from fluorite_mcp.conventions.facts import family_of
from fluorite_mcp.conventions.own_modules import OwnImport, holds, is_met
from fluorite_mcp.models import Chunk
from fluorite_mcp.search.fields import definitions_of
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.text.references import Form, References

# How sure an edge is. A name that is imported is what it says; the only one of its name may still be another
# library's; of the same file a reader sees most already.
IMPORTED, ONLY_ONE, SAME_FILE, MODULE = 1.0, 0.8, 0.7, 0.5

_TYPES = frozenset({"class", "interface", "struct", "enum", "type", "trait", "object"})
_FUNCTIONS = frozenset({"function", "macro"})
# Languages in which nothing of another file has a name before it is imported.
_EXPLICIT = frozenset({"python", "script"})
# Languages in which a method is called by its bare name.
_BARE_METHODS = frozenset({"java", "csharp", "ruby", "kotlin", "scala", "swift", "cpp", "dart"})
# Languages in which an import and a call say of which class a method is.
_STATIC_METHODS = _BARE_METHODS | {"php"}
# Names that every program has at hand, and that a project may define as well.
_AT_HAND = frozenset(dir(builtins)) | frozenset(
    (  # noqa: SIM905
        "Array Boolean Buffer Date Error Function JSON Map Math Number Object Promise Proxy Record RegExp Response "
        "Request Set String Symbol URL WeakMap console document fetch parseInt parseFloat process require setTimeout "
        "setInterval window Arc Box Cell Cow Default Err From Into Iterator None Option Pin Rc RefCell Result Self "
        "Some String Vec Integer Long Double Float Character List Optional Override Exception Throwable Class Void "
        "describe expect test append close copy delete make panic recover cap"
    ).split()
)
# The same for methods of several words.
_METHODS_AT_HAND = frozenset(
    (  # noqa: SIM905
        "strip_prefix strip_suffix read_to_string "
        "is_none is_some is_ok is_err is_empty to_string to_owned to_vec as_ref as_mut as_str as_bytes as_slice "
        "into_iter into_inner unwrap_or unwrap_or_else unwrap_or_default map_err and_then or_else ok_or ok_or_else "
        "push_str starts_with ends_with is_null read_to_string get_mut or_insert_with from_str try_from try_into "
        "addEventListener removeEventListener forEach toString hasOwnProperty indexOf lastIndexOf findIndex flatMap "
        "toLowerCase toUpperCase startsWith endsWith charCodeAt querySelector getElementById createElement "
        "appendChild setAttribute getAttribute preventDefault toFixed toISOString getTime isArray localeCompare "
        "read_text write_text read_bytes write_bytes is_dir is_file add_argument parse_args set_defaults splitlines "
        "hashCode getClass getName getMessage isEmpty containsKey entrySet keySet getOrDefault addAll toArray valueOf "
        "WriteString ReadAll MarshalJSON UnmarshalJSON"
    ).split()
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
# Names of which definitions are looked for; a piece that speaks of more is read from its top.
MAX_NAMES = 16


@dataclass(frozen=True, slots=True)
class Placed:
    """An import, and the file or folder of the project that it means."""

    imported: OwnImport
    place: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of code: what it refers to, what its file imports of the project, which names it takes from outside."""

    chunk: Chunk
    references: References
    placed: Sequence[Placed] = ()
    outside: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """A definition of a name: the chunk that holds it, and its kind."""

    chunk: Chunk
    kind: str


@dataclass(frozen=True, slots=True)
class Link:
    """That a piece of code depends on a definition, how sure that is, and how often it names it."""

    name: str
    verb: str
    found: Found
    weight: float
    count: int


def defined_in(chunk: Chunk, name: str) -> str | None:
    """Return the kind of the definition of a name whose first line is in a learned chunk; None if it has none."""
    return next((one.kind for one in definitions_of(chunk, {name.lower()}) if one.name == name), None)


def names_to_find(piece: Piece, own: Collection[str]) -> list[str]:
    """Return the names whose definitions may be what a piece depends on, those that it imports first.

    Args:
        piece: The piece.
        own: Names that it defines itself.
    """
    imported = [one.imported.name for one in piece.placed if one.imported.name in piece.references.counts]
    names = dict.fromkeys([*imported, *piece.references.forms])
    return [name for name in names if name not in own and len(name) > 2][:MAX_NAMES]


def link(name: str, piece: Piece, definitions: Sequence[Found], *, is_all: bool) -> Link | None:
    """Return what a name means in a piece of code; None where that is not sure.

    Args:
        name: The name.
        piece: The piece.
        definitions: Definitions of the name in the project.
        is_all: Whether `definitions` are all there are.
    """
    form = piece.references.forms.get(name)
    # What is neither called nor a type is meant only where nothing else of the piece has its name.
    count = (piece.references.counts if form else piece.references.free).get(name, 0)
    path, family = piece.chunk.origin.path, family_of(piece.chunk.language or "")
    others = [one for one in definitions if one.chunk.key != piece.chunk.key]
    others = [one for one in others if family_of(one.chunk.language or "") == family]
    if not count or not others:
        return None
    verb = "uses" if form in (None, "type") else "calls"
    imported = _imported(name, form, family, piece, others)
    if imported is not None and imported.chunk.origin.path != path:
        return Link(name, verb, imported, IMPORTED, count)
    fitting = [one for one in others if form and _fits(one.kind, form, family)]
    near = [one for one in fitting if one.chunk.origin.path == path]
    if near:
        here = _one_of(near, piece.chunk) if form != "method" else None
        return Link(name, verb, here, SAME_FILE, count) if here else None
    only = _only_one(piece, fitting) if form and is_all and _may_be_only(name, form, family, piece) else None
    return Link(name, verb, only, ONLY_ONE, count) if only else None


def _may_be_only(name: str, form: Form, family: str, piece: Piece) -> bool:
    if family in _EXPLICIT and form in ("call", "type"):
        return False
    return name not in piece.outside and is_telling(name, form)


def _only_one(piece: Piece, definitions: Sequence[Found]) -> Found | None:
    """Return the definition if it is one; what tests define serves tests."""
    if not is_test_path(piece.chunk.origin.path or ""):
        definitions = [one for one in definitions if not is_test_path(_path(one))]
    return _one_of(definitions, piece.chunk)


def _imported(name: str, form: Form | None, family: str, piece: Piece, definitions: Sequence[Found]) -> Found | None:
    """Return the definition that an import gives, if it is one only."""
    placed = piece.placed
    exact = [one for one in placed if one.imported.name == name and form != "own"]
    if exact:
        fitting = [one for one in definitions if one.kind != "method" or family in _STATIC_METHODS]
        met = [one for one in fitting if any(is_met(place.place, _path(one)) for place in exact)]
    # Python imports what it calls by name; of what is called on an object, an import says nothing.
    elif form in (None, "method", "own") or (form == "call" and family == "python") or name in _AT_HAND:
        return None
    else:
        fitting = [one for one in definitions if _fits(one.kind, form, family)]
        met = [one for one in fitting if any(holds(place.place, _path(one)) for place in placed)]
    return _one_of(met, piece.chunk)


def best(links: Iterable[Link]) -> list[Link]:
    """Return links by how sure they are, then how often the piece names them, then by place."""
    return sorted(links, key=lambda one: (-one.weight, -one.count, *_place(one.found.chunk), one.name))


def _place(chunk: Chunk) -> tuple[str, int]:
    return chunk.origin.path or "", chunk.origin.start_line or 0


def is_same(one: Found, other: Found) -> bool:
    """Whether two definitions of a name are one, or overloads of one function."""
    if one.chunk.key == other.chunk.key:
        return True
    return _path(one) == _path(other) and "method" not in (one.kind, other.kind)


def is_telling(name: str, form: Form) -> bool:
    """Whether a name that the project defines once is likely to mean that definition wherever it stands."""
    if name in _AT_HAND or name in _METHODS_AT_HAND:
        return False
    # What is called on some object may be any library's: `read`, `close`, `items`.
    return form in ("call", "own") or len(_WORDS.findall(name)) > 1


def use_rank(kind: str) -> int:
    """Return how late the users of a definition of some kind are asked for: a method stands for its class."""
    return 0 if kind in _TYPES or kind in _FUNCTIONS else 1 if kind == "method" else 2


def _fits(kind: str, form: Form, family: str) -> bool:
    if form == "type":
        return kind in _TYPES
    if kind == "method":
        return form in ("own", "method") or family in _BARE_METHODS
    return kind in _FUNCTIONS or kind in _TYPES


def _path(found: Found) -> str:
    return found.chunk.origin.path or ""


def _one_of(found: Sequence[Found], chunk: Chunk) -> Found | None:
    """Return the definition that a chunk means, if all are of one file: the first of several overloads.

    Of methods of several classes, that of the chunk's own class is meant.
    """
    if len({(_path(one), one.chunk.project) for one in found}) != 1:
        return None
    methods = [one for one in found if one.kind == "method"]
    if len(methods) < 2:
        return found[0]
    owner = (chunk.origin.symbol or "").rpartition(".")[0]
    own = [one for one in methods if (one.chunk.origin.symbol or "").rpartition(".")[0] == owner]
    return own[0] if owner and own else None
