"""Which templates a task is offered: those that fit it, those that do as the project does first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fluorite_mcp.operations.combinations import Combinations
from fluorite_mcp.operations.current import Current
from fluorite_mcp.operations.habits import Habits, spike_of
from fluorite_mcp.operations.search import Search, SearchRequest
from fluorite_mcp.operations.template_filling import Fit, TemplateFilling
from fluorite_mcp.results import Intent
from fluorite_mcp.search.hybrid import Ranking
from fluorite_mcp.search.ranking import Ranked, explain
from fluorite_mcp.suggest.choices import Contender, followers_first, kinds_of, stance_of
from fluorite_mcp.suggest.pieces import TemplateFound
from fluorite_mcp.suggest.templates import (
    CLOSE_TO_BEST,
    close_to_best,
    fit_of,
    frameworks_of,
    is_offered,
    with_variants,
)
from fluorite_mcp.suggest.trust import is_trusted
from fluorite_mcp.suggest.ways import Ways
from fluorite_mcp.text.tokens import query_words

_SHOWN = 3
# Of so many is looked whether they do as the project does.
_COMPARED = 10


@dataclass(frozen=True, slots=True)
class Fitting:
    """Templates for a task: score, id and ranked chunk of each, best first; frameworks that the task names."""

    scored: Sequence[tuple[float, str, Ranked]]
    ranking: Ranking
    named: frozenset[str]


class FittingTemplates:
    """Finds the templates for a task, in the order in which they are worth a look."""

    def __init__(self, search: Search, filling: TemplateFilling, combinations: Combinations) -> None:
        self._search = search
        self._filling = filling
        self._combinations = combinations

    async def fitting(self, task: str, current: Current, intent: Intent, habits: Habits) -> Fitting | None:
        """Return the templates that fit a task; None if none does."""
        offered = {
            name for name, offer in habits.offers.items() if is_offered(offer, intent, habits.habitat, habits.shared)
        }
        if not offered:
            return None
        searched = SearchRequest(task, kinds=("spike",))
        ranking = await self._search.rank(searched, replace(current, project=None, part=""))
        best: dict[str, Ranked] = {}
        for one in ranking.ranked:
            best.setdefault(spike_of(one.chunk), one)
        # A framework that the task names is reason enough for its templates, whatever else the task says.
        named = frozenset(intent.frameworks) if intent.is_named else frozenset[str]()
        scored = [
            (fit_of(one, intent), name, one)
            for name, one in best.items()
            if name in offered
            and is_trusted(one.chunk)
            and (not ranking.abstained or named & set(one.chunk.frameworks))
        ]
        scored.sort(key=lambda entry: (-entry[0], entry[1]))
        return Fitting(scored, ranking, named) if scored else None

    async def chosen(self, task: str, fitting: Fitting, ways: Ways, habits: Habits) -> list[TemplateFound]:
        """Return the best of some templates, those that do as the project does first, the first of them with its files.

        Args:
            task: The user's words.
            fitting: What fits them.
            ways: What the project has settled on.
            habits: The project, and the templates beside it.
        """
        best = (await self._followers_first(task, fitting, ways, habits))[:_SHOWN]
        likely = fitting.ranking.shown_fits([score for score, _, _ in best])
        found = []
        for rank, (_, name, one) in enumerate(best):
            goes = await self._combinations.with_any(habits.habitat.frameworks, habits.offers[name].stack)
            why = (*explain(fitting.ranking.query, one), *([goes] if goes else ()))
            fit = Fit(name, likely[rank], why, bool(fitting.named & set(one.chunk.frameworks)))
            names = habits.names if rank == 0 else None
            found.append(await self._filling.fill(fit, habits.spikes[name], names, ways))
        return found

    async def _followers_first(
        self, task: str, fitting: Fitting, ways: Ways, habits: Habits
    ) -> Sequence[tuple[float, str, Ranked]]:
        some = with_variants(fitting.scored)[:_COMPARED]
        if not ways or len(some) < 2:
            return close_to_best(some)
        said = fitting.named.union(query_words(task))
        contenders = []
        for score, name, _ in some:
            choices = await self._filling.choices(name, habits.spikes[name])
            kinds = kinds_of(frameworks_of(habits.offers[name]), choices)
            contenders.append(Contender(score, stance_of(choices, ways, said), kinds))
        ordered = followers_first(contenders, CLOSE_TO_BEST)
        return close_to_best([(score, *some[place][1:]) for score, place in ordered])
