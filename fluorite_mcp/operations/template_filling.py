"""A template as it would be in a project: rendered with what is known of the project, by its text where it cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from fluorite_mcp.errors import SpikeError, UnknownIdError
from fluorite_mcp.models import Chunk, Spike
from fluorite_mcp.operations.templates import Templates
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.results import SpikeSuggestion
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.spikes.render import Rendered, render_partly
from fluorite_mcp.suggest.adapting import Fitted, ProjectNames, fit_params
from fluorite_mcp.suggest.pieces import TemplateFound
from fluorite_mcp.text.languages import detect_language

_NOTHING_FITTED = Fitted({}, ())


class TemplateFilling:
    """Renders templates for suggestions."""

    def __init__(self, templates: Templates, chunks: ChunkStore) -> None:
        self._templates = templates
        self._chunks = chunks

    async def fill(
        self, name: str, chunks: Sequence[Chunk], names: ProjectNames, score: float, why: tuple[str, ...], *,
        is_named: bool,
    ) -> TemplateFound:  # fmt: skip
        """Return a template for a project.

        Args:
            name: Its id.
            chunks: Its chunks, without their text.
            names: How the project calls its parts.
            score: How well it fits, 0..1.
            why: Why it was found.
            is_named: Whether the task names its framework.
        """
        whole = await self._chunks.load([chunk.key for chunk in chunks])
        texts = [whole[chunk.key] for chunk in chunks if chunk.key in whole] or list(chunks)
        overview = next((chunk for chunk in texts if chunk.origin.path is None), texts[0])
        fitted, rendered = await self._render(name, names)
        if rendered is None:
            stored = sorted((chunk for chunk in texts if chunk.origin.path), key=lambda chunk: chunk.origin.path or "")
            files = [(chunk.origin.path or "", chunk.content, chunk.language) for chunk in stored]
        else:
            files = [(file.path, file.content, detect_language(file.path, "")) for file in rendered.files]
        # The tests of a template come after what they test.
        files.sort(key=lambda file: is_test_path(file[0]))
        suggestion = SpikeSuggestion(
            id=name, title=overview.title, stack=overview.frameworks, score=round(score, 4), why=why,
            params=dict(rendered.values) if rendered else {}, assumed=fitted.assumed,
        )  # fmt: skip
        return TemplateFound(suggestion, overview, tuple(files), is_named)

    async def _render(self, name: str, names: ProjectNames) -> tuple[Fitted, Rendered | None]:
        try:
            spike: Spike = (await self._templates.find(name)).spike
            fitted = fit_params(spike, names)
            return fitted, render_partly(spike, fitted.values)
        except (UnknownIdError, SpikeError):
            # Stored by hand, or of another installation: its chunks are all there is.
            return _NOTHING_FITTED, None
