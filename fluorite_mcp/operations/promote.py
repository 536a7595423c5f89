"""`spikes promote` and `spikes remove`: a pattern becomes a template of the user's own, and goes again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fluorite_mcp.errors import InputError, StoreFullError
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.learning.pattern_chunks import MINED
from fluorite_mcp.operations.arguments import check_text, find_all
from fluorite_mcp.operations.forget import Forget, ForgetRequest
from fluorite_mcp.operations.import_spikes import ImportSpikes
from fluorite_mcp.operations.templates import MAX_NAME_CHARS, Templates
from fluorite_mcp.patterns.promotion import MinedPattern, promote
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.results import PromoteResult, RemoveSpikeResult
from fluorite_mcp.spikes.library import ID_PREFIX


class PromotePattern:
    """Writes patterns into the user's folder of templates.

    Args:
        chunks: Where patterns and imported templates are kept.
        templates: Every template there is.
        imports: Imports the written file, so that it is found.
        forget: Archives what is removed.
        folder: The user's folder of templates.
    """

    def __init__(
        self, chunks: ChunkStore, templates: Templates, imports: ImportSpikes, forget: Forget, folder: Path
    ) -> None:
        self._chunks = chunks
        self._templates = templates
        self._imports = imports
        self._forget = forget
        self._folder = folder

    async def promote(self, id_: str) -> PromoteResult:
        """Write a pattern as a template. Promoting it again brings the template up to date.

        Raises:
            UnknownIdError: There is no such pattern; names the nearest.
            InputError: The chunk is no mined pattern, or cannot become a template.
            StoreFullError: The file cannot be written.
        """
        check_text("id", id_, max_chars=MAX_NAME_CHARS)
        chunk = (await find_all(self._chunks, [id_]))[id_]
        if MINED not in chunk.metadata:
            raise InputError(f"{id_} is no pattern that was mined. search with kinds pattern lists those there are.")
        pattern = MinedPattern(chunk.id, chunk.title, chunk.language or "text", chunk.frameworks, chunk.metadata[MINED])
        spike, text = promote(pattern)
        path = self._folder / f"{spike.id}.yaml"
        try:
            await asyncio.to_thread(_write, path, text)
        except OSError as error:
            raise StoreFullError(f"{path} cannot be written ({error}). Nothing was promoted.") from error
        await self._imports.run(path)
        return PromoteResult(
            id=spike.id, name=spike.name, file=str(path), params=tuple(param.name for param in spike.params)
        )

    async def remove(self, name: str, place: Place) -> RemoveSpikeResult:
        """Take a template of the user's away: archived in the store, its file deleted if it was promoted.

        Raises:
            UnknownIdError: There is no such template.
            InputError: It comes along with fluorite-mcp.
        """
        spike = (await self._templates.find(name)).spike
        if spike.id in await self._templates.bundled():
            raise InputError(f"{spike.id} comes along with fluorite-mcp; only templates of your own can be removed.")
        ids = [f"{ID_PREFIX}{spike.id}", *(f"{ID_PREFIX}{spike.id}/{file.path}" for file in spike.files)]
        done = await self._forget.run(ForgetRequest(tuple(ids), dry_run=False), place)
        path = self._folder / f"{spike.id}.yaml"
        await asyncio.to_thread(path.unlink, missing_ok=True)
        return RemoveSpikeResult(id=spike.id, undo=done.undo)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
