"""What each operation answers: the typed results of the engine and, field by field, of the tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Mode = Literal["hybrid", "lexical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRef:
    """The project an answer speaks of; both None means global knowledge only."""

    name: str | None = None
    root: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What every result carries. `notices` says what the user should know, such as a rebuilt index."""

    project: ProjectRef = ProjectRef()
    took_ms: float = 0.0
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place that answers a query. Path is relative to the project root; lines count from 1."""

    id: str
    kind: str
    title: str
    score: float
    why: tuple[str, ...]
    path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    symbol: str | None = None
    language: str | None = None
    frameworks: tuple[str, ...] = ()
    quality: float = 0.5
    snippet: str = ""
    origin: str = ""
    fresh: str = "fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult(Answer):
    """Ranked hits, best first.

    Where search abstained there are none; `nearest` are then the places, without their text, that came nearest to
    being one.
    """

    hits: tuple[Hit, ...] = ()
    mode: Mode = "hybrid"
    abstained: bool = False
    nearest: tuple[Hit, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarChunk:
    """A stored chunk that says nearly the same."""

    id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreResult(Answer):
    """The chunk that now holds the content."""

    id: str
    created: bool
    similar: tuple[SimilarChunk, ...] = ()
    redacted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file that was seen and not learned."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnResult(Answer):
    """What changed since the last learning. `skipped` lists at most 100 files; `skipped_total` counts all."""

    files_seen: int = 0
    files_changed: int = 0
    files_removed: int = 0
    chunks_added: int = 0
    chunks_removed: int = 0
    patterns: int = 0
    skipped: tuple[SkippedFile, ...] = ()
    skipped_total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationView:
    """An edge of a chunk, seen from that chunk: `title` names its other end, `why` says how it is known.

    `depends-on` and `similar` are computed when they are asked for, and so is what goes with a template.
    """

    type: str
    id: str
    weight: float
    direction: Literal["out", "in"]
    title: str = ""
    why: str = ""

    @property
    def called(self) -> str:
        """How the edge is called from its chunk's side: a dependence has a name for each."""
        if self.type == "depends-on":
            return "depends on" if self.direction == "out" else "used by"
        return f"{self.direction} {self.type}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One line of a chunk's history."""

    at: str
    event: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFactor:
    """A part of a quality. The weights add up to 1, and the sum of value × weight is the quality."""

    name: str
    value: float
    weight: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkView:
    """A whole chunk. Its `quality` is made of `quality_factors`; a hit's is what judgements alone made of it."""

    id: str
    kind: str
    title: str
    content: str
    truncated: bool = False
    path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    symbol: str | None = None
    language: str | None = None
    frameworks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    quality: float = 0.5
    quality_factors: tuple[QualityFactor, ...] = ()
    usage: int = 0
    created_at: str = ""
    retired_at: str | None = None
    origin: str = ""
    fresh: str = "fresh"
    metadata: dict[str, Any] = field(default_factory=dict)
    relations: tuple[RelationView, ...] = ()
    history: tuple[EventView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GetResult(Answer):
    """The chunks asked for, in the order asked."""

    chunks: tuple[ChunkView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackResult(Answer):
    """The new quality of each chunk, by id."""

    qualities: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRef:
    """A chunk by name."""

    id: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetResult(Answer):
    """What was archived, or would be (`dry_run`). `archived` lists at most 100; `total` counts all."""

    archived: tuple[ChunkRef, ...] = ()
    total: int = 0
    dry_run: bool = True
    undo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreResult(Answer):
    """The ids that are findable again, or for an application of a template the paths that are as before."""

    restored: tuple[str, ...] = ()
    kind: Literal["chunk", "file"] = "chunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeSuggestion:
    """A template that fits the task, with the values it was rendered with.

    `assumed` are the parameters that nothing in the project says: they keep their default. `adapted` is what was
    changed in its files to be like the project's, `differs` what is not like it, both with what shows it.
    """

    id: str
    title: str
    stack: tuple[str, ...]
    score: float
    why: tuple[str, ...]
    params: dict[str, str] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    adapted: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """Something the project does again and again, with its evidence.

    `examples` and `counter_examples` are `path` or `path:line`. `scope` is the folder it holds for, "" for the whole
    project. `strength` is the lower bound of the share it holds for, at 95 % (Wilson). `since` says since when, where
    newer files do it otherwise than older ones. `why` says why it was chosen for a task.
    """

    statement: str
    count: int
    total: int
    examples: tuple[str, ...] = ()
    category: str = ""
    counter_examples: tuple[str, ...] = ()
    scope: str = ""
    strength: float = 0.0
    language: str | None = None
    since: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """How the task was understood. `is_named`: it names the frameworks, which else are the project's own."""

    action: str
    frameworks: tuple[str, ...] = ()
    is_named: bool = False
    language: str | None = None
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestResult(Answer):
    """Material for a task, composed into `context` (Markdown) within the token budget."""

    intent: Intent
    spikes: tuple[SpikeSuggestion, ...] = ()
    conventions: tuple[Convention, ...] = ()
    code: tuple[Hit, ...] = ()
    notes: tuple[Hit, ...] = ()
    episodes: tuple[Hit, ...] = ()
    facts: tuple[Hit, ...] = ()
    context: str = ""
    used_tokens: int = 0
    abstained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeFound:
    """A template. `verified` is the day its setup and checks last passed as it is now, "" when they did not."""

    id: str
    name: str
    description: str
    stack: tuple[str, ...]
    version: str
    score: float
    why: tuple[str, ...]
    quality: float
    verified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSpikesResult(Answer):
    """Templates, best first."""

    spikes: tuple[SpikeFound, ...] = ()
    abstained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamView:
    """A parameter that was not given; without `default` it is required."""

    name: str
    type: str
    default: str | None
    description: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file as it would be written."""

    path: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchView:
    """A change to a file that the project has."""

    path: str
    diff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewSpikeResult(Answer):
    """A template filled with what was given; holes of required parameters that were not stay visible."""

    id: str
    name: str
    version: str
    files: tuple[FileView, ...] = ()
    patches: tuple[PatchView, ...] = ()
    missing: tuple[ParamView, ...] = ()
    setup: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    notes: str = ""
    verified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """What became or would become of a file. A conflict has a `reason`, and shows what overwriting would do."""

    path: str
    action: Literal["create", "update", "unchanged", "conflict"]
    diff: str
    reason: str = ""
    marked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplySpikeResult(Answer):
    """The changes of a template, `written` or not. `conflicts` are paths; with any, nothing is written."""

    id: str
    version: str
    written: bool
    files: tuple[ChangeView, ...] = ()
    conflicts: tuple[str, ...] = ()
    undo: str | None = None
    setup: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSpikesResult(Answer):
    """What an import of templates did. `merged` and `stubs` are kept archived: known by id, found by no search."""

    files: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    stubs: int = 0
    redacted: int = 0
    skipped: tuple[SkippedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteResult(Answer):
    """The template that a pattern became: its id, its file, its parameters."""

    id: str
    name: str
    file: str
    params: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSpikeResult(Answer):
    """A template that was archived; `undo` brings it back."""

    id: str
    undo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusResult(Answer):
    """Health and figures of the store and this process; `used_together` in `metrics`: frameworks of projects."""

    healthy: bool
    version: str
    data_dir: str
    chunks: dict[str, int] = field(default_factory=dict)
    archived: int = 0
    projects: tuple[ProjectRef, ...] = ()
    model: str = ""
    model_state: str = ""
    reranker: str | None = None
    index: dict[str, Any] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    queue: dict[str, int] = field(default_factory=dict)
    last_learning: str | None = None
    newest_backup: str | None = None
    metrics: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSample:
    """One figure. `labels` are written as Prometheus has them, without the braces."""

    name: str
    labels: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFamily:
    """Figures of one name: a counter, a gauge or a histogram."""

    name: str
    type: str
    help: str
    samples: tuple[MetricSample, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsResult(Answer):
    """Every figure, and condensed in `summary`. Counters and times are of all processes since the store began."""

    families: tuple[MetricFamily, ...] = ()
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceResult:
    """What a run of automatic learning did with a source: it was "learned", "unchanged", or "failed", and why."""

    source: str
    kind: str
    state: str
    detail: str
    chunks_added: int = 0
    chunks_removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoLearnResult(Answer):
    """A run of automatic learning. One that is not `complete` reached its time limit; the next goes on from there."""

    started_at: str
    finished_at: str
    resumed: bool
    complete: bool
    sources: tuple[SourceResult, ...] = ()
    steps: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningChunksExported(Answer):
    """Where learning chunks were written. `changed` are the names of files that now hold something else."""

    folder: str
    files: int
    chunks: int
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningChunksImported(Answer):
    """What an import of learning chunks brought. `kept` is what the store holds in a newer version."""

    files: int
    new: int
    updated: int
    kept: int
    unchanged: int
