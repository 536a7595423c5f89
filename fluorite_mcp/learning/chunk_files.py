"""Learning chunks as files: what a team shares, one JSON line a chunk, sorted, so that a diff can be reviewed.

Two versions of a chunk are joined by one rule, `join`, that does not care for order: of two texts the one recorded
later wins, at the same time the one with the larger content hash; judgements are united; of two weights of a relation
or worths before any judgement the larger holds. So importing in any order, or twice, gives the same store.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.feedback import Judgement, posterior, weigh
from fluorite_mcp.models import KINDS, OUTCOMES, Chunk, Origin, RelationType

FORMAT = "fluorite-learning-chunks"
VERSION = 1
MANIFEST_NAME = "learning-chunks.json"
_SUFFIX = ".jsonl"
_HASH_BYTES = 8
_RELATIONS = get_args(RelationType)
_MAX_NAME = 60

# Fields of a chunk that are what it says; the rest is what happened to it here.
_SAID = ("id", "kind", "title", "content", "language", "created_at", "recorded_at", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class SharedChunk:
    """A chunk as it is shared.

    `scope` is "global", or "project" for the project that it is imported into; `prior` what it was worth before
    anybody judged it; `relations` are (type, target) with their weights.
    """

    chunk: Chunk
    scope: Literal["global", "project"]
    prior: float
    judgements: frozenset[Judgement] = frozenset()
    relations: tuple[tuple[str, str, float], ...] = ()

    @property
    def content_hash(self) -> str:
        """A hash of what the chunk says and where it comes from, whatever was said of it."""
        text = json.dumps(_said(self), ensure_ascii=False, sort_keys=True)
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_HASH_BYTES).hexdigest()


def join(first: SharedChunk, second: SharedChunk) -> SharedChunk:
    """Return what two versions of a chunk come to together; the order of the arguments and of many joins is the same.

    Args:
        first: A version of a chunk.
        second: A version of the same chunk.
    """
    newer = max(first, second, key=lambda one: (one.chunk.recorded_at, one.content_hash))
    weights: dict[tuple[str, str], float] = {}
    for type_, target, weight in (*first.relations, *second.relations):
        weights[type_, target] = max(weight, weights.get((type_, target), weight))
    return replace(
        newer,
        prior=max(first.prior, second.prior),
        judgements=first.judgements | second.judgements,
        relations=tuple(sorted((type_, target, weight) for (type_, target), weight in weights.items())),
    )


def to_files(shared: Iterable[SharedChunk]) -> dict[str, str]:
    """Return the text of each file by name; the same chunks always give the same bytes."""
    lines: dict[str, list[tuple[str, str]]] = {}
    for one in shared:
        lines.setdefault(_file_name(one.chunk), []).append((one.chunk.id, to_line(one)))
    manifest = json.dumps({"format": FORMAT, "version": VERSION}, indent=2) + "\n"
    files = {name: "".join(f"{line}\n" for _, line in sorted(found)) for name, found in lines.items()}
    return {MANIFEST_NAME: manifest, **dict(sorted(files.items()))}


def _file_name(chunk: Chunk) -> str:
    about = next(iter(chunk.frameworks), None) or chunk.language or "general"
    return f"{chunk.kind}-{re.sub(r'[^a-z0-9]+', '-', about.lower()).strip('-')[:_MAX_NAME] or 'general'}{_SUFFIX}"


def to_line(shared: SharedChunk) -> str:
    """Return a chunk as a line. Its quality is for readers, and as of the last judgement: no day changes it."""
    judgements = sorted(shared.judgements, key=lambda one: (one.at, one.outcome))
    quality = posterior(shared.prior, weigh(judgements, judgements[-1].at)) if judgements else shared.prior
    values = _said(shared) | {
        "hash": shared.content_hash,
        "prior": round(shared.prior, 6),
        "quality": round(quality, 4),
        "judgements": [[one.at, one.outcome] for one in judgements],
        "relations": [list(edge) for edge in shared.relations],
    }
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def _said(shared: SharedChunk) -> dict[str, Any]:
    chunk = shared.chunk
    origin = {name: value for name, value in asdict(chunk.origin).items() if value is not None and name != "session"}
    return {name: getattr(chunk, name) for name in _SAID} | {
        "scope": shared.scope, "frameworks": list(chunk.frameworks), "tags": list(chunk.tags), "origin": origin,
        "metadata": dict(chunk.metadata),
    }  # fmt: skip


def from_line(line: str, where: str) -> SharedChunk:
    """Read a line.

    Raises:
        InputError: It is no such line, or was edited and its hash was not; names the place.
    """
    try:
        values = json.loads(line)
        shared = _shared(values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: not a learning chunk ({error!r}). Nothing was imported.") from error
    if values.get("hash") not in (None, shared.content_hash):
        raise InputError(
            f'{where}: {shared.chunk.id} was edited here. Remove its "hash" and set "recorded_at" to now, so that '
            "everybody gets the new text. Nothing was imported."
        )
    return shared


def _shared(values: Mapping[str, Any]) -> SharedChunk:
    texts = {name: _text(values, name, optional=name in ("language", "valid_from", "valid_to")) for name in _SAID}
    chunk = Chunk(
        **texts,  # type: ignore[arg-type] # checked below
        frameworks=_texts(values["frameworks"]), tags=_texts(values["tags"]), origin=Origin(**values["origin"]),
        accessed_at=str(values["recorded_at"]), metadata=dict(values["metadata"]),
    )  # fmt: skip
    if chunk.kind not in KINDS or values["scope"] not in ("global", "project") or not chunk.id:
        raise ValueError("kind, scope or id")
    prior = float(values["prior"])
    if not 0.0 <= prior <= 1.0:
        raise ValueError("prior")
    judgements = frozenset(Judgement(at, outcome) for at, outcome in values["judgements"])
    if any(one.outcome not in (*OUTCOMES, "changed") for one in judgements):
        raise ValueError("judgements")
    weigh(sorted(judgements, key=lambda one: one.at), chunk.recorded_at)  # The times are times.
    relations = tuple(sorted((str(type_), str(target), float(weight)) for type_, target, weight in values["relations"]))
    if any(type_ not in _RELATIONS for type_, _, _ in relations):
        raise ValueError("relations")
    return SharedChunk(chunk, values["scope"], prior, judgements, relations)


def _text(values: Mapping[str, Any], name: str, *, optional: bool) -> str | None:
    value = values[name]
    if not isinstance(value, str) and not (optional and value is None):
        raise TypeError(name)
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise TypeError("a list of texts")
    return tuple(values)


def read_folder(folder: Path) -> tuple[dict[str, SharedChunk], int]:
    """Read the files of a folder. Returns the chunks by id, versions of one joined, and how many files there are.

    Raises:
        InputError: The folder or a line cannot be read; nothing was imported.
    """
    _require_format(folder)
    found: dict[str, SharedChunk] = {}
    paths = sorted(folder.glob(f"*{_SUFFIX}"))
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} cannot be read ({error}). Nothing was imported.") from error
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                one = from_line(line, f"{path.name}:{number}")
                known = found.get(one.chunk.id)
                found[one.chunk.id] = join(known, one) if known else one
    return found, len(paths)


def _require_format(folder: Path) -> None:
    try:
        manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
        format_, version = manifest["format"], int(manifest["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder} holds no learning chunks: {MANIFEST_NAME} is missing or damaged.") from error
    if format_ != FORMAT or version > VERSION:
        raise InputError(
            f"{folder} has {format_} {version}, this fluorite-mcp reads {FORMAT} up to {VERSION}. Upgrade it."
        )


def write_folder(folder: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Make a folder hold these files, and no learning chunks besides. Returns the names of what changed.

    Raises:
        InputError: It holds other .jsonl files, or cannot be written.
    """
    there = {path.name for path in folder.glob(f"*{_SUFFIX}")}
    if there and not (folder / MANIFEST_NAME).exists():
        raise InputError(f"{folder} holds .jsonl files that are no learning chunks. Choose an empty folder.")
    changed = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = folder / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                partial = path.with_name(f"{name}.partial")
                partial.write_text(text, encoding="utf-8", newline="\n")
                partial.replace(path)
                changed.append(name)
        for name in sorted(there - files.keys()):
            (folder / name).unlink()
            changed.append(name)
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror}).") from error
    return tuple(changed)
