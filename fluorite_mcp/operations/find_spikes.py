"""`find_spikes` and `preview_spike`: which template fits, and what it would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fluorite_mcp.errors import InputError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Spike
from fluorite_mcp.operations.arguments import check_characters, check_choice
from fluorite_mcp.operations.current import Current, CurrentProject
from fluorite_mcp.operations.search import Search, SearchRequest, check_request
from fluorite_mcp.operations.templates import Template, Templates
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.results import FileView, FindSpikesResult, ParamView, PatchView, PreviewSpikeResult, SpikeFound
from fluorite_mcp.search.ranking import Ranked, explain
from fluorite_mcp.spikes.holes import fill
from fluorite_mcp.spikes.library import ID_PREFIX
from fluorite_mcp.spikes.render import missing_params, render_partly
from fluorite_mcp.spikes.worth import LOW_QUALITY
from fluorite_mcp.suggest.intent import understand_task
from fluorite_mcp.suggest.templates import fit_of
from fluorite_mcp.text.languages import LANGUAGES

MAX_LIMIT = 50
_MAX_CHUNKS = 400


@dataclass(frozen=True, slots=True)
class FindSpikesRequest:
    """Which templates to find. Fields as in the `find_spikes` tool."""

    query: str = ""
    frameworks: tuple[str, ...] = ()
    language: str | None = None
    limit: int = 5


class FindSpikes:
    """Answers `find_spikes`."""

    def __init__(
        self, current: CurrentProject, search: Search, chunks: ChunkStore, templates: Templates, usage: Usage
    ) -> None:
        self._current = current
        self._search = search
        self._chunks = chunks
        self._templates = templates
        self._usage = usage
        self._stacks: tuple[int, Sequence[str]] = (-1, ())

    async def run(self, request: FindSpikesRequest, place: Place) -> FindSpikesResult:
        """Find templates by what they are for; without a query, list those of the frameworks.

        Raises:
            InputError: An argument cannot be used; the message names it.
        """
        check_characters("query", request.query)
        if not 1 <= request.limit <= MAX_LIMIT:
            raise InputError(f"limit is {request.limit}; it may be 1 to {MAX_LIMIT}.")
        if request.language is not None:
            check_choice("language", (request.language,), tuple(LANGUAGES))
        current = await self._current.find(place, None)
        scored = await (self._ranked(request, current) if request.query.strip() else self._listed(request))
        ids = [f"{ID_PREFIX}{name}" for name, _, _ in scored[: request.limit]]
        overviews = await self._chunks.find(ids)
        self._usage.shown(list(overviews), "search")
        bundled = await self._templates.bundled()
        found = [
            _found(overviews[f"{ID_PREFIX}{name}"], score, why, bundled.get(name))
            for name, score, why in scored[: request.limit]
            if f"{ID_PREFIX}{name}" in overviews
        ]
        return FindSpikesResult(project=current.ref, spikes=tuple(found), abstained=not found, notices=current.notices)

    async def _ranked(self, request: FindSpikesRequest, current: Current) -> list[tuple[str, float, tuple[str, ...]]]:
        frameworks = _canonical(request.frameworks)
        searched = SearchRequest(request.query, kinds=("spike",), language=request.language, frameworks=frameworks)
        check_request(searched)
        ranking = await self._search.rank(searched, replace(current, project=None, part=""))
        best: dict[str, Ranked] = {}
        for one in [] if ranking.abstained else ranking.ranked:
            best.setdefault(_name_of(one.chunk), one)
        intent = understand_task(request.query, frameworks, await self._known_stacks(), ())
        scored = [(name, fit_of(one, intent), explain(ranking.query, one)) for name, one in best.items()]
        # Filler stands behind everything else.
        scored.sort(key=lambda entry: (best[entry[0]].chunk.quality < LOW_QUALITY, -entry[1], entry[0]))
        likely = ranking.shown_fits([fit for _, fit, _ in scored])
        scored = [(name, score, why) for (name, _, why), score in zip(scored, likely, strict=True)]
        named = await self._named(request.query)
        if named is not None:
            scored = [(named, 1.0, ("its name",)), *(entry for entry in scored if entry[0] != named)]
        return scored

    async def _known_stacks(self) -> Sequence[str]:
        """Return the names that templates have in their stacks; read again when the store has changed."""
        version = await self._chunks.version()
        if self._stacks[0] != version:
            chunks = await self._chunks.of_scope(GLOBAL_SCOPE, ["spike"])
            self._stacks = (version, sorted({name for chunk in chunks for name in chunk.frameworks}))
        return self._stacks[1]

    async def _named(self, query: str) -> str | None:
        """Return the template whose id or alias the query is."""
        name = query.strip().removeprefix(ID_PREFIX)
        for template in (await self._templates.bundled()).values():
            if name in (template.spike.id, *template.spike.aliases):
                return template.spike.id
        stored = await self._chunks.find([f"{ID_PREFIX}{name}"])
        return name if any(chunk.retired_at is None for chunk in stored.values()) else None

    async def _listed(self, request: FindSpikesRequest) -> list[tuple[str, float, tuple[str, ...]]]:
        wanted = set(_canonical(request.frameworks))
        chosen: dict[str, float] = {}
        for chunk in await self._chunks.of_scope(GLOBAL_SCOPE, ["spike"]):
            fits = (not wanted or wanted & set(chunk.frameworks)) and request.language in (None, chunk.language)
            if fits:
                chosen[_name_of(chunk)] = chunk.quality
        ordered = sorted(chosen.items(), key=lambda entry: (-entry[1], entry[0]))
        return [(name, round(quality, 4), ()) for name, quality in ordered[:_MAX_CHUNKS]]


class PreviewSpike:
    """Answers `preview_spike`."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    async def run(self, name: str, params: Mapping[str, Any]) -> PreviewSpikeResult:
        """Render a template with what is given, the rest by defaults.

        Raises:
            UnknownIdError: There is no such template; names the nearest.
            InputError: A parameter is unknown or its value cannot be used.
        """
        template = await self._templates.find(name)
        spike = template.spike
        given = param_values(params)
        rendered = render_partly(spike, given)
        setup, checks = verification_commands(spike, rendered.values)
        return PreviewSpikeResult(
            id=spike.id,
            name=spike.name,
            version=spike.version,
            files=tuple(FileView(path=file.path, content=file.content) for file in rendered.files),
            patches=tuple(PatchView(path=patch.path, diff=patch.diff) for patch in rendered.patches),
            missing=tuple(
                ParamView(
                    name=param.name, type=param.type, default=param.default, description=param.description,
                    choices=param.choices,
                )
                for param in missing_params(spike, given)
            ),
            setup=setup,
            checks=checks,
            notes=spike.notes,
            verified=template.verified,
        )  # fmt: skip


def param_values(params: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as templates take them: texts, with numbers and booleans as they are written.

    Raises:
        InputError: A value is a list, an object or null.
    """
    values: dict[str, str] = {}
    for name, value in params.items():
        if isinstance(value, bool):
            values[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            values[name] = str(value)
        else:
            raise InputError(f"params.{name[:60]} must be a text, a number or true or false.")
    return values


def verification_commands(spike: Spike, values: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the commands that prepare and check what was rendered, for the user to run."""
    if spike.verify is None:
        return (), ()
    return (
        tuple(fill(command, values) for command in spike.verify.setup),
        tuple(fill(command, values) for command in spike.verify.checks),
    )


def _canonical(frameworks: Sequence[str]) -> tuple[str, ...]:
    """Return frameworks by the names that templates use: next.js is nextjs."""
    return understand_task("", frameworks, (), ()).frameworks


def _name_of(chunk: Chunk) -> str:
    return str(chunk.metadata.get("spike", chunk.id))


def _found(overview: Chunk, score: float, why: tuple[str, ...], bundled: Template | None) -> SpikeFound:
    paragraphs = overview.content.split("\n\n")
    return SpikeFound(
        id=_name_of(overview),
        name=overview.title,
        description=paragraphs[1] if len(paragraphs) > 1 else "",
        stack=overview.frameworks,
        version=str(overview.metadata.get("version", "")),
        score=round(min(1.0, score), 4),
        why=why,
        quality=round(overview.quality, 3),
        verified=bundled.verified if bundled else "",
    )
