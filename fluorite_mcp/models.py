"""The values that flow between the parts: frozen, small, without behaviour that reads or writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

Kind = Literal["code", "doc", "spike", "pattern", "episode", "memory", "insight", "note"]
KINDS: tuple[str, ...] = get_args(Kind)

RelationType = Literal[
    "similar",
    "extends",
    "part-of",
    "used-with",
    "depends-on",
    "replaces",
    "alternative",
    "derived-from",
    "evolved-to",
    "contradicts",
    "co-retrieved",
]

Freshness = Literal["fresh", "drifted", "gone"]
Outcome = Literal["helpful", "unhelpful", "wrong", "outdated"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)

# What nobody has judged or used yet.
NEUTRAL_QUALITY = 0.5
# What was judged wrong or outdated keeps this share of its quality, so that it lies below this, and ranking sees it.
DEMOTED_QUALITY = 0.1


@dataclass(frozen=True, slots=True)
class Project:
    """A folder that is searched and learned as one. `key` is its row; global knowledge has no project."""

    key: int
    name: str
    root: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a chunk comes from: a place in a file, a page, or a session.

    `path` is relative to the project root with `/`; lines count from 1 and include both ends.
    """

    path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    symbol: str | None = None
    commit: str | None = None
    url: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit that everything findable is stored as.

    `key` is the row in the store (0 before it is stored) and changes whenever the chunk's text changes, so
    derived indexes can treat it as immutable; `id` is the public name and stays. `project` is the row of the
    owning project, None for global knowledge. `quality` is the mean of a Beta posterior whose evidence, as it was
    when it was last weighed, is `helpful` and `unhelpful`; a tenth of it where the chunk is demoted. Times are
    ISO 8601 UTC.
    """

    id: str
    kind: Kind
    title: str
    content: str
    key: int = 0
    project: int | None = None
    language: str | None = None
    frameworks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    origin: Origin = Origin()
    quality: float = NEUTRAL_QUALITY
    helpful: float = 0.0
    unhelpful: float = 0.0
    usage: int = 0
    created_at: str = ""
    accessed_at: str = ""
    valid_from: str | None = None
    valid_to: str | None = None
    recorded_at: str = ""
    retired_at: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class LexicalFields(NamedTuple):
    """A chunk as word search and ranking see it: streams of tokens, one a column of the word index, and its profile.

    `profile` are the bytes of a `search.profile.ChunkProfile`.
    """

    scope: str
    title: str
    symbol: str
    path: str
    imports: str
    body: str
    profile: bytes


# The scope of chunks that belong to no project; a project's scope is its key.
GLOBAL_SCOPE = 0


class ProfiledChunk(NamedTuple):
    """A living chunk as ranking reads it: where it ends, its profile, its vector (float16 bytes) if it has one."""

    key: int
    path: str | None
    end_line: int | None
    profile: bytes
    vector: bytes | None


class ShownText(NamedTuple):
    """A chunk's text, and what was learned of its file: its size in bytes and modification time in nanoseconds."""

    text: str
    file: tuple[int, int] | None


class WaitingFile(NamedTuple):
    """A file of a project that needs another merged profile. `stamp` differs after each further change of it."""

    project: int
    path: str
    stamp: int


@dataclass(frozen=True, slots=True)
class PreparedChunk:
    """A chunk on its way into the store, with its words, and its vector as float16 bytes if it has one yet."""

    chunk: Chunk
    words: LexicalFields
    vector: bytes | None = None


@dataclass(frozen=True, slots=True)
class Departed:
    """What is kept of a chunk whose text left its file, and the id of the one that took its place."""

    chunk: str
    at: str
    successor: str | None
    kept: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What was known of a file when it was last read. `skipped` is the reason why it was not learned."""

    path: str
    size: int
    modified_ns: int
    hash: bytes | None = None
    language: str | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class MinedFile:
    """What the extractors found in a file: the bytes of each, empty where it found nothing.

    `hash` is that of the file's content, as in `FileRecord`.
    """

    path: str
    hash: bytes
    skeletons: bytes = b""
    facts: bytes = b""


@dataclass(frozen=True, slots=True)
class Generation:
    """A published index of a scope: its files, and up to which chunk and removal they know the truth.

    `file` holds vectors of a model, and `rows` is how many; `words_file` holds the words of a large scope.
    """

    scope: int
    number: int
    file: str
    checksum: str
    model: str
    rows: int
    last_chunk: int
    last_removal: int
    words_file: str | None = None
    words_checksum: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed, weighted edge between two chunks, by public id."""

    source: str
    target: str
    type: RelationType
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a chunk's history."""

    at: str
    event: str
    detail: Mapping[str, Any] = field(default_factory=dict)


ParamType = Literal["text", "name", "integer", "number", "boolean", "choice", "path", "port"]


@dataclass(frozen=True, slots=True)
class SpikeParam:
    """One parameter of a spike. `default` None with `required` True means the user must give a value.

    `choices` belong to the type `choice`; `pattern` is a regular expression that the whole value matches.
    """

    name: str
    default: str | None = None
    description: str = ""
    required: bool = False
    type: ParamType = "text"
    choices: tuple[str, ...] = ()
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class SpikeFile:
    """A file a spike creates; both path and template may hold `{{param}}`."""

    path: str
    template: str


@dataclass(frozen=True, slots=True)
class SpikePatch:
    """A change a spike makes to a file that exists: a unified diff with `{{param}}` holes."""

    path: str
    diff: str


@dataclass(frozen=True, slots=True)
class SpikeVerification:
    """How a rendered spike is proven to work: programs it needs, commands that prepare, commands that must exit 0."""

    tools: tuple[str, ...]
    setup: tuple[str, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spike:
    """A template worth copying: what it is for, its parameters, the files it creates.

    A spike that `extends` another holds the other's parameters, files and patches too, before its own; `inherited`
    are the paths of those files, as the template spells them.
    """

    id: str
    name: str
    version: str
    stack: tuple[str, ...]
    tags: tuple[str, ...]
    description: str
    params: tuple[SpikeParam, ...] = ()
    files: tuple[SpikeFile, ...] = ()
    patches: tuple[SpikePatch, ...] = ()
    description_ja: str = ""
    notes: str = ""
    aliases: tuple[str, ...] = ()
    extends: str | None = None
    inherited: tuple[str, ...] = ()
    verify: SpikeVerification | None = None
