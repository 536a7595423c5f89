"""`suggest`: from a task to ready material: the template that fits, what the project does, its closest code, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fluorite_mcp.conventions.relevance import TaskScope
from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.pipeline import Progress, ignore_progress
from fluorite_mcp.models import Chunk
from fluorite_mcp.operations.arguments import check_text
from fluorite_mcp.operations.combinations import Combinations
from fluorite_mcp.operations.conventions import ProjectConventions
from fluorite_mcp.operations.current import Current, CurrentProject
from fluorite_mcp.operations.habits import NOTE_KINDS, Habits, HabitsReader, spike_of
from fluorite_mcp.operations.mine import Mine
from fluorite_mcp.operations.search import Search, SearchRequest, describe_origin
from fluorite_mcp.operations.template_filling import Fit, TemplateFilling
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.results import Convention, Hit, Intent, SuggestResult
from fluorite_mcp.search.hybrid import Ranking
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.search.ranking import Ranked, explain
from fluorite_mcp.suggest.compose import Context, compose
from fluorite_mcp.suggest.exemplars import choose, matching_test
from fluorite_mcp.suggest.intent import understand_task
from fluorite_mcp.suggest.pieces import Arranged, Material, TemplateFound, arrange
from fluorite_mcp.suggest.surroundings import NearFile
from fluorite_mcp.suggest.templates import close_to_best, fit_of, is_offered
from fluorite_mcp.suggest.trust import is_trusted
from fluorite_mcp.text.tokens import count_tokens

MIN_BUDGET, MAX_BUDGET = 200, 8_000
MAX_TASK_CHARS = 8_000

_SPIKES, _NOTES = 3, 3
# Pieces that are read to choose the exemplars from, and files whose imports and calls are counted.
_READ, _NEAR_FILES = 40, 10
# What is less likely than this part of the best is of another topic.
_CLOSE_TO_BEST = 0.6
# What is to be built is not there yet, so search is rightly unsure that anything answers; what is near still shows how
# such things are built here. Below this nothing in the project has to do with the task at all.
_NEAR_ENOUGH = 0.05


@dataclass(frozen=True, slots=True)
class SuggestRequest:
    """What to suggest for. Fields as in the `suggest` tool."""

    task: str
    path: str | None = None
    frameworks: tuple[str, ...] = ()
    token_budget: int = 1500


@dataclass(frozen=True, slots=True)
class _Code:
    """The project's nearest code: chosen pieces, their whole texts, the files they lie in, and hits that name them."""

    chosen: tuple[Ranked, ...] = ()
    texts: dict[int, Chunk] | None = None
    near: tuple[NearFile, ...] = ()
    ranking: Ranking | None = None


class Suggest:
    """Answers `suggest`. The same store and task give the same answer."""

    def __init__(
        self,
        current: CurrentProject,
        search: Search,
        chunks: ChunkStore,
        habits: HabitsReader,
        filling: TemplateFilling,
        mine: Mine,
        conventions: ProjectConventions,
        combinations: Combinations,
        usage: Usage,
    ) -> None:
        self._current = current
        self._search = search
        self._chunks = chunks
        self._habits = habits
        self._filling = filling
        self._mine = mine
        self._conventions = conventions
        self._combinations = combinations
        self._usage = usage

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
        habits = await self._habits.read(current.project)
        intent = understand_task(request.task, request.frameworks, habits.stacks, habits.used)
        templates = await self._templates(request, current, intent, habits)
        code = await self._code(request, current, habits)
        notes = await self._notes(request, current, habits)
        material = Material(templates, code.chosen, code.texts, describe_origin, code.near, habits.defined, (), notes)
        # Conventions go with material; alone they would answer a task that nothing is known about.
        if not material.is_empty:
            material = replace(material, conventions=await self._conventions_for(request, current, code))
        context, arranged = _compose(request, material)
        overviews = (template.overview.id for template in templates)
        self._usage.shown([*overviews, *(one.chunk.id for one in arranged.code), *(hit.id for hit in notes)], "suggest")
        return SuggestResult(
            project=current.ref,
            intent=intent,
            spikes=tuple(template.suggestion for template in templates),
            conventions=tuple(material.conventions),
            code=await self._hits(arranged.code, code.ranking, current),
            notes=notes,
            context=context.text,
            used_tokens=context.tokens,
            abstained=material.is_empty,
            notices=current.notices,
        )

    async def _templates(
        self, request: SuggestRequest, current: Current, intent: Intent, habits: Habits
    ) -> list[TemplateFound]:
        offered = {
            name for name, offer in habits.offers.items() if is_offered(offer, intent, habits.habitat, habits.shared)
        }
        if not offered:
            return []
        searched = SearchRequest(request.task, kinds=("spike",))
        ranking = await self._search.rank(searched, replace(current, project=None, part=""))
        best: dict[str, Ranked] = {}
        for one in ranking.ranked:
            best.setdefault(spike_of(one.chunk), one)
        # A framework that the task names is reason enough for its templates, whatever else the task says.
        named = set(intent.frameworks) if intent.is_named else set()
        scored = [
            (fit_of(one, intent), name, one)
            for name, one in best.items()
            if name in offered
            and is_trusted(one.chunk)
            and (not ranking.abstained or named & set(one.chunk.frameworks))
        ]
        scored.sort(key=lambda entry: (-entry[0], entry[1]))
        chosen = close_to_best(scored)[:_SPIKES]
        likely = ranking.shown_fits([score for score, _, _ in chosen])
        found = []
        for rank, (_, name, one) in enumerate(chosen):
            goes = await self._combinations.with_any(habits.habitat.frameworks, habits.offers[name].stack)
            why = (*explain(ranking.query, one), *([goes] if goes else ()))
            fit = Fit(name, likely[rank], why, bool(named & set(one.chunk.frameworks)))
            found.append(await self._filling.fill(fit, habits.spikes[name], habits.names if rank == 0 else None))
        return found

    async def _code(self, request: SuggestRequest, current: Current, habits: Habits) -> _Code:
        if current.project is None:
            return _Code()
        ranking = await self._search.rank(SearchRequest(request.task, kinds=("code",)), current)
        if ranking.answerable < _NEAR_ENOUGH:
            return _Code()
        trusted = [one for one in ranking.ranked if is_trusted(one.chunk)]
        found = [one for one in trusted if not is_test_path(one.chunk.origin.path or "")][:_READ]
        paths = list(dict.fromkeys(one.chunk.origin.path for one in found if one.chunk.origin.path))[:_NEAR_FILES]
        heads = {path: habits.heads[path] for path in paths if path in habits.heads}
        test = matching_test(trusted, found[:_NEAR_FILES])
        keys = {one.chunk.key for one in (*found, *((test,) if test else ()))} | set(heads.values())
        texts = await self._chunks.load(sorted(keys))
        chosen = choose(found, texts)
        if test and len(chosen) > 1:
            chosen.insert(min(3, len(chosen)), test)
        near = [_near_file(path, texts.get(heads.get(path, 0)), found, texts) for path in paths]
        return _Code(tuple(chosen), texts, tuple(near), ranking)

    async def _notes(self, request: SuggestRequest, current: Current, habits: Habits) -> tuple[Hit, ...]:
        if not habits.has_notes:
            return ()
        ranking = await self._search.rank(SearchRequest(request.task, kinds=NOTE_KINDS), current)
        if ranking.abstained:
            return ()
        trusted = [one for one in ranking.ranked if is_trusted(one.chunk)]
        page = [one for one in trusted if one.score >= _CLOSE_TO_BEST * trusted[0].score]
        return await self._search.hits(page[:_NOTES], ranking, current, max_lines=25)

    async def _conventions_for(self, request: SuggestRequest, current: Current, code: _Code) -> tuple[Convention, ...]:
        languages = frozenset(one.language for one in code.near if one.language)
        scope = TaskScope(request.task, languages, tuple(one.path for one in code.near))
        return await self._conventions.for_task(current.project, scope)

    async def _hits(self, shown: Sequence[Ranked], ranking: Ranking | None, current: Current) -> tuple[Hit, ...]:
        """Return where the shown code lies; its text stands in the context."""
        return await self._search.hits(shown, ranking, current, max_lines=0) if ranking else ()


def _near_file(path: str, head: Chunk | None, found: Sequence[Ranked], texts: dict[int, Chunk]) -> NearFile:
    inside = [one for one in found if one.chunk.origin.path == path]
    return NearFile(
        path, inside[0].chunk.language, head.content if head else "",
        tuple(texts[one.chunk.key].content for one in inside if one.chunk.key in texts), inside[0].score,
    )  # fmt: skip


def _compose(request: SuggestRequest, material: Material) -> tuple[Context, Arranged]:
    if material.is_empty:
        return Context("", 0, ()), Arranged()
    title = _title(request.task)
    # The title with its mark and the break behind it.
    arranged = arrange(request.task, material, request.token_budget - count_tokens(title) - 4)
    return compose(title, arranged.pieces, request.token_budget), arranged


def _title(task: str) -> str:
    line = " ".join(task.split())
    return line if len(line) <= 120 else line[:119] + "…"
