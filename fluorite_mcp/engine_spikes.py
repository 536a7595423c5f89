"""The engine's calls about templates: `engine.spikes.find(…)`, `.preview(…)`, `.apply(…)`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.pipeline import Progress, ignore_progress
from fluorite_mcp.operations.applications import TOKEN_PREFIX
from fluorite_mcp.operations.apply_spike import ApplySpike, ApplySpikeRequest
from fluorite_mcp.operations.find_spikes import FindSpikes, FindSpikesRequest, PreviewSpike
from fluorite_mcp.operations.import_spikes import ImportSpikes
from fluorite_mcp.operations.templates import Templates
from fluorite_mcp.operations.usage import Usage
from fluorite_mcp.results import (
    Answer,
    ApplySpikeResult,
    FindSpikesResult,
    ImportSpikesResult,
    PreviewSpikeResult,
    RestoreResult,
)
from fluorite_mcp.spikes.library import ID_PREFIX

AnswerT = TypeVar("AnswerT", bound=Answer)


class Finish(Protocol):
    """Runs an operation on a prepared store; its answer gets the time it took and what the user should know."""

    def __call__(self, work: Awaitable[AnswerT], /) -> Awaitable[AnswerT]:
        """Return the finished answer."""
        ...


class SpikeCalls:
    """What can be done with templates. `place` is where the session stands; the engine's own when None."""

    def __init__(
        self,
        templates: Templates,
        find: FindSpikes,
        apply: ApplySpike,
        imports: ImportSpikes,
        usage: Usage,
        finish: Finish,
        place: Callable[[], Place],
    ) -> None:
        self.templates = templates
        self._find = find
        self._preview = PreviewSpike(templates)
        self._apply = apply
        self._import = imports
        self._usage = usage
        self._finish = finish
        self._place = place

    async def find(
        self,
        query: str = "",
        *,
        frameworks: Sequence[str] = (),
        language: str | None = None,
        limit: int = 5,
        place: Place | None = None,
    ) -> FindSpikesResult:
        """Find templates by what they are for, best first; without a query, list those of the frameworks.

        Raises:
            InputError: An argument cannot be used; the message names it.
        """
        request = FindSpikesRequest(query, tuple(name.lower() for name in frameworks), language, limit)
        return await self._finish(self._find.run(request, place or self._place()))

    async def preview(self, id: str, params: Mapping[str, Any] | None = None) -> PreviewSpikeResult:  # noqa: A002 - the contract's name
        """Render a template with some parameters, the rest by defaults.

        Raises:
            UnknownIdError: There is no such template; names the nearest.
            SpikeError: A parameter is unknown or its value is not allowed.
        """
        return await self._finish(self._preview.run(id, params or {}))

    async def apply(
        self,
        id: str,  # noqa: A002 - the contract's name
        params: Mapping[str, Any] | None = None,
        *,
        path: str | None = None,
        strategy: str = "abort",
        write: bool = False,
        place: Place | None = None,
    ) -> ApplySpikeResult:
        """Show what a template changes in a project, and with `write` do it: all files or none.

        Raises:
            UnknownIdError: There is no such template; names the nearest.
            InputError: An argument cannot be used. Nothing was written.
            SpikeError: A parameter is missing, unknown, or its value is not allowed.
        """
        request = ApplySpikeRequest(id, params or {}, path, strategy, write)
        result = await self._finish(self._apply.run(request, place or self._place()))
        if result.written:
            await self._usage.used([f"{ID_PREFIX}{result.id}"], "applied")
        return result

    async def read(self, id: str) -> PreviewSpikeResult:  # noqa: A002 - the contract's name
        """Return a template filled with its defaults, as `preview` does, as a whole text that was fetched.

        Raises:
            UnknownIdError: There is no such template; names the nearest.
        """
        result = await self.preview(id)
        await self._usage.used([f"{ID_PREFIX}{result.id}"], "fetched")
        return result

    async def import_from(self, folder: Path, progress: Progress = ignore_progress) -> ImportSpikesResult:
        """Import the templates of a folder, or of a file that lists them; importing again changes nothing.

        Raises:
            InputError: There is no such folder, or nothing in it.
            StoreError: The store cannot be written.
        """
        return await self._finish(self._import.run(folder, progress))

    async def newest_undos(self) -> list[str]:
        """Return the undos of applications that can be taken back, newest last."""
        return await self._apply.undos()

    async def undo(self, token: str) -> RestoreResult:
        """Put back what an application changed.

        Raises:
            UnknownIdError: There is no such application, or it was undone.
            InputError: A file was changed since. Nothing was written.
        """
        return await self._finish(self._apply.undo(token))


def is_application(undo: str | None) -> bool:
    """Whether an undo belongs to an application of a template."""
    return undo is not None and undo.startswith(TOKEN_PREFIX)
