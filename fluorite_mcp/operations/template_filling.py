"""A template as it would be in a project: rendered with what is known of it, else by its stored text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluorite_mcp.errors import SpikeError, UnknownIdError
from fluorite_mcp.models import Chunk, Spike
from fluorite_mcp.operations.templates import Templates
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.results import SpikeSuggestion
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.spikes.render import Rendered, render_partly
from fluorite_mcp.suggest.adapting import Fitted, ProjectNames, fit_params
from fluorite_mcp.suggest.choices import Choice, choices_of
from fluorite_mcp.suggest.pieces import TemplateFound
from fluorite_mcp.suggest.restyling import restyle
from fluorite_mcp.suggest.ways import Ways
from fluorite_mcp.text.languages import detect_language

_NOTHING_FITTED = Fitted({}, ())


@dataclass(frozen=True, slots=True)
class Fit:
    """A template that fits a task: its id, how well (0..1), why, and whether the task names its framework."""

    name: str
    score: float
    why: tuple[str, ...]
    is_named: bool


class TemplateFilling:
    """Renders templates for suggestions."""

    def __init__(self, templates: Templates, chunks: ChunkStore) -> None:
        self._templates = templates
        self._chunks = chunks

    async def choices(self, name: str, chunks: Sequence[Chunk]) -> tuple[Choice, ...]:
        """Return which packages a template is written with.

        Args:
            name: Its id.
            chunks: Its chunks, without their text.
        """
        bundled = (await self._templates.bundled()).get(name)
        if bundled is None:
            return choices_of(await self._stored_files(chunks))
        return choices_of((file.path, file.template, detect_language(file.path, "")) for file in bundled.spike.files)

    async def fill(self, fit: Fit, chunks: Sequence[Chunk], names: ProjectNames | None, ways: Ways) -> TemplateFound:
        """Return a template for a project.

        Args:
            fit: Which template, and how well it fits.
            chunks: Its chunks, without their text.
            names: How the project calls its parts; None where the template is only named, without its files.
            ways: What the project has settled on.
        """
        header = next((chunk for chunk in chunks if chunk.origin.path is None), chunks[0])
        overview = (await self._chunks.load([header.key])).get(header.key, header)
        fitted, rendered = await self._render(fit.name, names) if names else (_NOTHING_FITTED, None)
        files: list[tuple[str, str, str | None]] = []
        if rendered is not None:
            files = [(file.path, file.content, detect_language(file.path, "")) for file in rendered.files]
        elif names:
            files = await self._stored_files(chunks)
        restyled = restyle(files, ways)
        # The tests of a template come after what they test.
        files = sorted(restyled.files, key=lambda file: is_test_path(file[0]))
        suggestion = SpikeSuggestion(
            id=fit.name, title=overview.title, stack=overview.frameworks, score=round(fit.score, 4), why=fit.why,
            params=dict(rendered.values) if rendered else {}, assumed=fitted.assumed,
            adapted=restyled.adapted, differs=restyled.differs,
        )  # fmt: skip
        return TemplateFound(suggestion, overview, tuple(files), fit.is_named)

    async def _stored_files(self, chunks: Sequence[Chunk]) -> list[tuple[str, str, str | None]]:
        whole = await self._chunks.load([chunk.key for chunk in chunks if chunk.origin.path])
        files = [(chunk.origin.path or "", chunk.content, chunk.language) for chunk in whole.values()]
        return sorted(files, key=lambda file: file[0])

    async def _render(self, name: str, names: ProjectNames) -> tuple[Fitted, Rendered | None]:
        try:
            spike: Spike = (await self._templates.find(name)).spike
            fitted = fit_params(spike, names)
            return fitted, render_partly(spike, fitted.values)
        except (UnknownIdError, SpikeError):
            # Stored by hand, or of another installation: its chunks are all there is.
            return _NOTHING_FITTED, None
