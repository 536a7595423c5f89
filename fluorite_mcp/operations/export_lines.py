"""The lines of an export, checked one by one: a line that cannot be kept is refused before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from fluorite_mcp.errors import InputError
from fluorite_mcp.models import Kind, Origin, RelationType

FORMAT = "fluorite-export"
VERSION = 1

_Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]  # what SQLite keeps
_Share = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[float, Field(ge=0)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class HeaderLine(_Line):
    """The first line."""

    type: Literal["header"]
    format: Literal["fluorite-export"]
    version: Literal[1]


class ProjectLine(_Line):
    """A project."""

    type: Literal["project"]
    root: str
    created_at: str
    learned_at: str | None
    commit: str | None


class FileLine(_Line):
    """What is known of a project's file."""

    type: Literal["file"]
    root: str
    path: str
    size: _Integer
    modified_ns: _Integer
    hash: Annotated[str, Field(pattern="^(?:[0-9a-f]{2})+$")] | None
    language: str | None
    skipped: str | None


class ChunkLine(_Line):
    """A chunk with its history, as (time, event, detail)."""

    type: Literal["chunk"]
    id: Annotated[str, Field(min_length=1)]
    kind: Kind
    root: str | None
    title: str
    content: str
    language: str | None
    frameworks: tuple[str, ...]
    tags: tuple[str, ...]
    origin: Origin
    quality: _Share
    helpful: _Count
    unhelpful: _Count
    usage: _Integer
    created_at: str
    accessed_at: str
    valid_from: str | None
    valid_to: str | None
    recorded_at: str
    retired_at: str | None
    metadata: dict[str, Any]
    history: list[tuple[str, str, dict[str, Any]]]


class DepartedKept(_Line):
    """What a chunk was before its text left."""

    quality: _Share
    helpful: _Count
    unhelpful: _Count
    usage: _Integer
    created_at: str
    accessed_at: str


class DepartedLine(_Line):
    """What was judged or used in a file whose text is gone for now, with its history."""

    type: Literal["departed"]
    root: str
    id: Annotated[str, Field(min_length=1)]
    at: str
    successor: str | None
    kept: DepartedKept
    history: list[tuple[str, str, dict[str, Any]]]


class RelationLine(_Line):
    """An edge between two chunks."""

    type: Literal["relation"]
    source: str
    target: str
    relation: RelationType
    weight: float
    created_at: str


class UndoLine(_Line):
    """What one forgetting archived."""

    type: Literal["undo"]
    token: str
    at: str
    ids: list[str]


AnyLine = HeaderLine | ProjectLine | FileLine | ChunkLine | DepartedLine | RelationLine | UndoLine
_LINE: TypeAdapter[AnyLine] = TypeAdapter(Annotated[AnyLine, Field(discriminator="type")])


@dataclass(slots=True)
class Export:
    """The lines of an export by type, in order."""

    projects: list[ProjectLine] = field(default_factory=list)
    files: list[FileLine] = field(default_factory=list)
    chunks: list[ChunkLine] = field(default_factory=list)
    departed: list[DepartedLine] = field(default_factory=list)
    relations: list[RelationLine] = field(default_factory=list)
    undos: list[UndoLine] = field(default_factory=list)


def read_export(lines: Sequence[str]) -> Export:
    """Read and check the lines of an export; blank ones count for the numbers and say nothing.

    Raises:
        InputError: A line cannot be read, repeats an id, or speaks of an unknown project; names its number.
    """
    export = Export()
    numbered = [(number, _read(line, number)) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered or not isinstance(numbered[0][1], HeaderLine):
        raise InputError(f"line 1 is not the header of a {FORMAT} of version {VERSION}. Nothing was imported.")
    roots = {line.root for _, line in numbered if isinstance(line, ProjectLine)}
    ids: set[str] = set()
    for number, line in numbered:
        if isinstance(line, FileLine | ChunkLine | DepartedLine) and line.root is not None and line.root not in roots:
            raise _refusal(number, f"speaks of the project {line.root!r}, which no line describes")
        if isinstance(line, ChunkLine):
            if line.id in ids:
                raise _refusal(number, f"repeats the id {line.id!r}")
            ids.add(line.id)
        _file_away(export, line)
    return export


def _read(line: str, number: int) -> AnyLine:
    try:
        return _LINE.validate_json(line.encode("utf-8", "surrogatepass"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _refusal(number, f"is not a line of an export ({f'{where}: ' if where else ''}{first['msg']})") from error


def _file_away(export: Export, line: AnyLine) -> None:
    match line:
        case ProjectLine():
            export.projects.append(line)
        case FileLine():
            export.files.append(line)
        case ChunkLine():
            export.chunks.append(line)
        case DepartedLine():
            export.departed.append(line)
        case RelationLine():
            export.relations.append(line)
        case UndoLine():
            export.undos.append(line)
        case HeaderLine():
            pass


def _refusal(number: int, reason: str) -> InputError:
    return InputError(f"line {number} {reason}. Nothing was imported.")
