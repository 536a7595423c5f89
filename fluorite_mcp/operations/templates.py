"""Every template there is, by id or alias: the bundled ones from their files, imported ones from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Spike
from fluorite_mcp.operations.arguments import check_text
from fluorite_mcp.ports import ChunkStore
from fluorite_mcp.spikes.library import ID_PREFIX, load_spikes, unknown_spike
from fluorite_mcp.spikes.stored import MANIFEST, stored_file_ids, stored_spike
from fluorite_mcp.spikes.verified import current_verification, read_verified

MAX_NAME_CHARS = 200

_NEAREST_READ = 500


@dataclass(frozen=True, slots=True)
class Template:
    """A spike, and the day on which it was verified as it is now ("" when it was not)."""

    spike: Spike
    verified: str = ""


@dataclass(frozen=True, slots=True)
class _Bundled:
    """The templates that come along, by id and by alias."""

    templates: dict[str, Template] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


class Templates:
    """Finds templates.

    Args:
        chunks: Where imported ones are kept.
        folder: Returns the folder of the bundled ones; asked once.
    """

    def __init__(self, chunks: ChunkStore, folder: Callable[[], Path]) -> None:
        self._chunks = chunks
        self._folder = folder
        self._bundled: _Bundled | None = None
        self._reading = asyncio.Lock()

    async def bundled(self) -> dict[str, Template]:
        """Return the templates that come along, by id."""
        return (await self._read()).templates

    async def find(self, name: str) -> Template:
        """Return the template of an id or alias.

        Raises:
            UnknownIdError: There is none; names the nearest.
            SpikeError: It cannot be read.
        """
        check_text("id", name, max_chars=MAX_NAME_CHARS)
        wanted = name.strip().removeprefix(ID_PREFIX).split("/", 1)[0]
        bundled = await self._read()
        if wanted in bundled.names:
            return bundled.templates[bundled.names[wanted]]
        stored = await self._stored(wanted) or await self._stored_alias(wanted)
        if stored is None:
            raise unknown_spike(name, [*bundled.names, *await self._stored_names(wanted)])
        return Template(stored)

    async def _read(self) -> _Bundled:
        async with self._reading:
            if self._bundled is None:
                self._bundled = await asyncio.to_thread(_read_bundled, self._folder())
            return self._bundled

    async def _stored(self, id_: str) -> Spike | None:
        overview = (await self._chunks.find([f"{ID_PREFIX}{id_}"])).get(f"{ID_PREFIX}{id_}")
        if overview is None or MANIFEST not in overview.metadata:
            return None
        return stored_spike(overview, await self._chunks.find(stored_file_ids(overview)))

    async def _stored_alias(self, name: str) -> Spike | None:
        for overview in await self._overviews():
            if name in overview.metadata[MANIFEST].get("aliases", ()):
                return await self._stored(str(overview.metadata["spike"]))
        return None

    async def _stored_names(self, wanted: str) -> list[str]:
        for length in (8, 4, 2):
            found = await self._chunks.ids_like(f"{ID_PREFIX}{wanted[:length]}", _NEAREST_READ)
            names = [id_.removeprefix(ID_PREFIX) for id_ in found if "/" not in id_]
            if names:
                return names
        return []

    async def _overviews(self) -> Sequence[Chunk]:
        found = await self._chunks.of_scope(GLOBAL_SCOPE, ["spike"])
        return [chunk for chunk in found if MANIFEST in chunk.metadata]


def _read_bundled(folder: Path) -> _Bundled:
    # What is broken in a folder that came along was told when it was made; the others answer.
    spikes, _ = load_spikes(folder)
    verified = read_verified(folder)
    bundled = _Bundled()
    for spike in spikes:
        run = current_verification(spike, verified)
        bundled.templates[spike.id] = Template(spike, run.date if run else "")
        bundled.names.update(dict.fromkeys((spike.id, *spike.aliases), spike.id))
    return bundled
