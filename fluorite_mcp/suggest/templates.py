"""Which templates fit a task in a project: how well, and which are not offered at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fluorite_mcp.models import Chunk
from fluorite_mcp.results import Intent
from fluorite_mcp.search.ranking import Ranked
from fluorite_mcp.spikes.worth import LOW_QUALITY
from fluorite_mcp.text.languages import LANGUAGES
from fluorite_mcp.text.packages import PACKAGES

# A template for another framework than the task's may still show the way, but seldom is what was asked for.
_FRAMEWORK_FACTOR = 1.25
_OTHER_FRAMEWORK_FACTOR = 0.6

# A template that a program made of word lists is the last choice, however well its words fit.
_FILLER_FACTOR = 0.1

# What scores below this part of the best is no second choice. That anything fits at all, search has decided. Further
# choices cost a line each, and of three the right one is among them for one description in ten more than of the first.
CLOSE_TO_BEST = 0.4
# A variant for the same framework that does as the project does is preferred to the best one down to here.
_VARIANT = 0.1

_FRAMEWORKS = frozenset(PACKAGES.values()) - frozenset(LANGUAGES)
# Languages that go into each other's projects.
_TOGETHER = (frozenset({"javascript", "typescript", "tsx", "vue", "svelte", "astro"}), frozenset({"c", "cpp"}))
# Files that a project of any language has; they say nothing of a template's language.
_ANY_PROJECT = frozenset(
    {"yaml", "toml", "json", "ini", "markdown", "dockerfile", "bash", "make", "css", "html", "sql"}
)


@dataclass(frozen=True, slots=True)
class Habitat:
    """What a project is made of, as far as templates care: languages of its code, frameworks that it imports."""

    languages: frozenset[str] = frozenset()
    frameworks: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known: a new project takes any template."""
        return not self.languages


@dataclass(frozen=True, slots=True)
class Offer:
    """What a template is for: the names in its stack, and the languages that only some projects are written in."""

    stack: frozenset[str]
    languages: frozenset[str]


def offer_of(chunks: Sequence[Chunk]) -> Offer:
    """Return what the template of some chunks is for."""
    stack = frozenset(name for chunk in chunks for name in chunk.frameworks)
    return Offer(stack, frozenset(chunk.language for chunk in chunks if chunk.language) - _ANY_PROJECT)


def used_by_many(offers: Collection[Offer]) -> frozenset[str]:
    """Return the names that templates of several languages have in their stacks: a database, a container."""
    families: dict[str, set[str]] = defaultdict(set)
    for offer in offers:
        for name in offer.stack:
            families[name] |= {min(_with_siblings(frozenset({language}))) for language in offer.languages}
    return frozenset(name for name, found in families.items() if len(found) != 1)


def fit_of(one: Ranked, intent: Intent) -> float:
    """Return how well a template fits: its score, moved by whether it is for the task's frameworks."""
    score = one.score * (_FILLER_FACTOR if one.chunk.quality < LOW_QUALITY else 1.0)
    # A template that says nothing of frameworks is not for another one.
    if not intent.frameworks or not one.chunk.frameworks:
        return score
    shared = set(intent.frameworks) & set(one.chunk.frameworks)
    return score * (_FRAMEWORK_FACTOR if shared else _OTHER_FRAMEWORK_FACTOR)


def is_offered(offer: Offer, intent: Intent, habitat: Habitat, shared: Collection[str]) -> bool:
    """Whether a template may be suggested: the task names what it is for, or the project is of its kind.

    Args:
        offer: What the template is for.
        intent: The task, understood.
        habitat: The project.
        shared: Names that templates of several languages have in their stacks; naming one names no language.
    """
    is_at_home = habitat.is_empty or not offer.languages or bool(offer.languages & _with_siblings(habitat.languages))
    if not offer.stack:
        return is_at_home
    if intent.is_named:
        # Who names a framework wants none of another.
        named = (offer.stack & set(intent.frameworks)) | (offer.stack & {intent.language})
        return bool(named) and (is_at_home or bool(named - set(shared)))
    if habitat.is_empty:
        return True
    if not offer.languages:
        # Configuration, such as a container's or a pipeline's, is offered where the task asks for such a thing.
        return intent.action in ("configure", "migrate") or bool(offer.stack & habitat.frameworks)
    wanted = frameworks_of(offer)
    return is_at_home and (not wanted or bool(wanted & habitat.frameworks))


def close_to_best(scored: Sequence[tuple[float, str, Ranked]]) -> list[tuple[float, str, Ranked]]:
    """Leave out templates far behind the best: a second choice should be a choice."""
    return [entry for entry in scored if entry[0] >= CLOSE_TO_BEST * scored[0][0]]


def with_variants(scored: Sequence[tuple[float, str, Ranked]]) -> list[tuple[float, str, Ranked]]:
    """Leave out templates so far behind the best that not even a variant of it is worth a look."""
    return [entry for entry in scored if entry[0] >= _VARIANT * scored[0][0]]


def frameworks_of(offer: Offer) -> frozenset[str]:
    """Return the frameworks that a template is for; two for the same one are variants."""
    return offer.stack & _FRAMEWORKS


@lru_cache(maxsize=64)  # Every template is asked about the same project.
def _with_siblings(languages: frozenset[str]) -> frozenset[str]:
    return languages.union(*(family for family in _TOGETHER if family & languages))
