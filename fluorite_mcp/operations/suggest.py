"""`suggest`: from a task to ready material: the template that fits, what the project does, its closest code, notes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fluorite_mcp.conventions.relevance import TaskScope, describe
from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.pipeline import Progress, ignore_progress
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk
from fluorite_mcp.operations.arguments import check_text
from fluorite_mcp.operations.conventions import ProjectConventions
from fluorite_mcp.operations.current import Current, CurrentProject
from fluorite_mcp.operations.mine import Mine
from fluorite_mcp.operations.search import Search, SearchRequest
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.results import Convention, Hit, Intent, SpikeSuggestion, SuggestResult
from fluorite_mcp.search.hybrid import Ranking
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.search.ranking import Ranked, explain
from fluorite_mcp.spikes.worth import LOW_QUALITY
from fluorite_mcp.suggest.compose import Context, Piece, compose
from fluorite_mcp.suggest.intent import understand_task
from fluorite_mcp.text.tokens import has_cjk

MIN_BUDGET, MAX_BUDGET = 200, 8_000
MAX_TASK_CHARS = 8_000

_SPIKES, _CODE, _NOTES = 3, 4, 3

# A template for another framework than the task's may still show the way, but seldom is what was asked for.
_FRAMEWORK_FACTOR = 1.6
_OTHER_FRAMEWORK_FACTOR = 0.6

# A template that a program made of word lists is the last choice, however well its words fit.
_FILLER_FACTOR = 0.1

# What scores below this part of the best is no second choice. That anything fits at all, search has decided.
_CLOSE_TO_BEST = 0.6

# Parts of the budget: the template is what gets copied, the rest says how it is done here.
_SPIKE_SHARE, _CODE_SHARE, _NOTE_SHARE = 0.5, 0.25, 0.2


@dataclass(frozen=True, slots=True)
class SuggestRequest:
    """What to suggest for. Fields as in the `suggest` tool."""

    task: str
    path: str | None = None
    frameworks: tuple[str, ...] = ()
    token_budget: int = 1500


@dataclass(frozen=True, slots=True)
class _Template:
    """A template with the best of its chunks."""

    id: str
    overview: Chunk
    files: tuple[Chunk, ...]
    score: float
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What holds for every task while the store does not change: reading it takes longer than the task itself."""

    version: int
    spikes: Mapping[str, Sequence[Chunk]]
    stacks: Sequence[str]
    used: tuple[str, ...]


class Suggest:
    """Answers `suggest`. The same store and task give the same answer."""

    def __init__(
        self,
        current: CurrentProject,
        search: Search,
        chunks: ChunkStore,
        mine: Mine,
        usage: Usage,
        conventions: ProjectConventions,
    ) -> None:
        self._current = current
        self._search = search
        self._chunks = chunks
        self._mine = mine
        self._conventions = conventions
        self._usage = usage
        self._known: dict[int, _Known] = {}

    async def run(self, request: SuggestRequest, place: Place, progress: Progress = ignore_progress) -> SuggestResult:
        """Compose material for a task within its token budget.

        Raises:
            InputError: An argument cannot be used; the message names it.
        """
        check_text("task", request.task, max_chars=MAX_TASK_CHARS)
        if not MIN_BUDGET <= request.token_budget <= MAX_BUDGET:
            raise InputError(f"token_budget is {request.token_budget}; it may be {MIN_BUDGET} to {MAX_BUDGET}.")
        current = await self._current.ensure(place, request.path, progress)
        if current.project is not None:
            await self._mine.ensure_quickly(current.project)
        known = await self._learn_habits(current.project.key if current.project else GLOBAL_SCOPE)
        intent = understand_task(request.task, request.frameworks, known.stacks, known.used)
        templates = await self._templates(request, current, intent, known.spikes)
        code = await self._find(request, current, ("code",), _CODE) if current.project else ()
        notes = await self._find(request, current, ("note", "memory", "pattern", "insight"), _NOTES)
        conventions = await self._conventions_for(request, current, code) if templates or code or notes else ()
        pieces = [
            *_template_pieces(request.task, templates),
            *_convention_piece(conventions),
            *_hit_pieces(code, notes),
        ]
        overviews = (template.overview.id for template in templates)
        self._usage.shown([*overviews, *(hit.id for hit in (*code, *notes))], "suggest")
        context = compose(_title(request.task), pieces, request.token_budget) if pieces else Context("", 0, ())
        return SuggestResult(
            project=current.ref,
            intent=intent,
            spikes=tuple(_suggestion(template) for template in templates),
            conventions=conventions,
            code=code,
            notes=notes,
            context=context.text,
            used_tokens=context.tokens,
            abstained=not pieces,
            notices=current.notices,
        )

    async def _learn_habits(self, scope: int) -> _Known:
        version = await self._chunks.version()
        known = self._known.get(scope)
        if known is None or known.version != version:
            spikes = await self._chunks.of_scope(GLOBAL_SCOPE, ["spike"])
            learned = await self._chunks.of_scope(scope, ["code"]) if scope != GLOBAL_SCOPE else []
            used = await asyncio.to_thread(_used, learned)
            known = self._known[scope] = _Known(version, _by_spike(spikes), _stacks(spikes), tuple(used))
        return known

    async def _conventions_for(
        self, request: SuggestRequest, current: Current, code: Sequence[Hit]
    ) -> tuple[Convention, ...]:
        """Conventions go with material; alone they would answer a task that nothing is known about."""
        languages = frozenset(hit.language for hit in code if hit.language)
        paths = tuple(hit.path for hit in code if hit.path)
        return await self._conventions.for_task(current.project, TaskScope(request.task, languages, paths))

    async def _templates(
        self, request: SuggestRequest, current: Current, intent: Intent, spikes: Mapping[str, Sequence[Chunk]]
    ) -> list[_Template]:
        ranking = await self._search.rank(
            SearchRequest(request.task, kinds=("spike",)), replace(current, project=None, part="")
        )
        best: dict[str, Ranked] = {}
        for one in ranking.ranked:
            best.setdefault(_spike_of(one.chunk), one)
        # A framework that the task names is reason enough for its templates, whatever else the task says.
        named = set(intent.frameworks) if intent.is_named else set()
        scored = [
            (fit_of(one, intent), name, one)
            for name, one in best.items()
            if name in spikes and (not ranking.abstained or named & set(one.chunk.frameworks))
        ]
        scored.sort(key=lambda entry: (-entry[0], entry[1]))
        chosen = _close_to_best(scored)[:_SPIKES]
        keys = [chunk.key for _, name, _ in chosen for chunk in spikes[name]]
        whole = await self._chunks.load(keys)
        return [
            _template(
                name,
                score,
                explain(ranking.query, one),
                [whole[chunk.key] for chunk in spikes[name] if chunk.key in whole],
            )
            for score, name, one in chosen
        ]

    async def _find(
        self, request: SuggestRequest, current: Current, kinds: tuple[str, ...], limit: int
    ) -> tuple[Hit, ...]:
        ranking: Ranking = await self._search.rank(SearchRequest(request.task, kinds=kinds), current)
        if ranking.abstained:
            return ()
        found = [one for one in ranking.ranked if not is_test_path(one.chunk.origin.path or "")]
        page = [one for one in found if one.score >= _CLOSE_TO_BEST * found[0].score]
        return await self._search.hits(page[:limit], ranking, current, max_lines=25)


def _spike_of(chunk: Chunk) -> str:
    return str(chunk.metadata.get("spike", chunk.id))


def _by_spike(chunks: Sequence[Chunk]) -> dict[str, list[Chunk]]:
    spikes: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        spikes.setdefault(_spike_of(chunk), []).append(chunk)
    return spikes


def _stacks(spikes: Sequence[Chunk]) -> list[str]:
    return sorted({name for chunk in spikes for name in chunk.frameworks})


def _used(learned: Sequence[Chunk]) -> list[str]:
    counts = Counter(name for chunk in learned for name in chunk.frameworks)
    return [name for name, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]


def fit_of(one: Ranked, intent: Intent) -> float:
    """Return how well a template fits: its score, moved by whether it is for the task's frameworks."""
    score = one.score * (_FILLER_FACTOR if one.chunk.quality < LOW_QUALITY else 1.0)
    if not intent.frameworks:
        return score
    shared = set(intent.frameworks) & set(one.chunk.frameworks)
    return score * (_FRAMEWORK_FACTOR if shared else _OTHER_FRAMEWORK_FACTOR)


def _close_to_best(scored: Sequence[tuple[float, str, Ranked]]) -> list[tuple[float, str, Ranked]]:
    """Leave out templates far behind the best: a second choice should be a choice."""
    return [entry for entry in scored if entry[0] >= _CLOSE_TO_BEST * scored[0][0]]


def _template(name: str, score: float, why: tuple[str, ...], chunks: Sequence[Chunk]) -> _Template:
    overview = next((chunk for chunk in chunks if chunk.origin.path is None), chunks[0])
    files = sorted((c for c in chunks if c.origin.path is not None), key=lambda c: c.origin.path or "")
    # The tests of a template come after what they test.
    files.sort(key=lambda chunk: is_test_path(chunk.origin.path or ""))
    return _Template(name, overview, tuple(files), min(1.0, score), why)


def _suggestion(template: _Template) -> SpikeSuggestion:
    return SpikeSuggestion(
        id=template.id, title=template.overview.title, stack=template.overview.frameworks,
        score=round(template.score, 4), why=template.why,
    )  # fmt: skip


def _title(task: str) -> str:
    line = " ".join(task.split())
    return line if len(line) <= 120 else line[:119] + "…"


def _template_pieces(task: str, templates: Sequence[_Template]) -> list[Piece]:
    pieces = []
    for rank, template in enumerate(templates):
        share = _SPIKE_SHARE if rank == 0 else _SPIKE_SHARE / 2
        about = _about(template.overview, task)
        pieces.append(Piece(f"## Template: {template.overview.title} (`spike:{template.id}`)", about, share=share))
        if rank == 0:
            each = share / max(1, len(template.files))
            pieces += [
                Piece(f"`{file.origin.path}` from `{file.id}`", file.content, file.language or "", max(each, 0.2))
                for file in template.files
            ]
    # What the best template is and does comes first, other choices after everything of it.
    return pieces


def _about(overview: Chunk, task: str) -> str:
    """Return the description of a template in the language of the task, as far as it has one."""
    paragraphs = overview.content.split("\n\n")[1:3]
    alike = [text for text in paragraphs if has_cjk(text) == has_cjk(task)]
    return (alike or paragraphs or [""])[0]


def _convention_piece(conventions: Sequence[Convention]) -> list[Piece]:
    lines = [f"- {describe(one)}" for one in conventions]
    return [Piece("## How this project does it", "\n".join(lines), share=0.2)] if lines else []


def _hit_pieces(code: Sequence[Hit], notes: Sequence[Hit]) -> list[Piece]:
    pieces = [
        Piece(
            f"## Code: {hit.symbol or hit.title} (`{hit.id}`, {hit.origin})", hit.snippet,
            hit.language or "", _CODE_SHARE,
        )
        for hit in code
    ]  # fmt: skip
    pieces += [
        Piece(f"## Note: {hit.title} (`{hit.id}`, {hit.origin})", hit.snippet, "text", _NOTE_SHARE) for hit in notes
    ]
    return pieces
