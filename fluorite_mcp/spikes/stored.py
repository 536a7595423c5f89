"""Spikes in the store: templates that a user imported, as chunks from which the whole template is read back.

The chunks are those of `chunks.py`, except that files keep their holes; what a chunk has no field for stands in the
overview's metadata, so that an export carries templates too.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.models import Chunk, Origin, Spike, SpikeFile, SpikeParam, SpikePatch, SpikeVerification
from fluorite_mcp.spikes.chunks import file_id, overview_chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MANIFEST = "manifest"
"""Where in the overview's metadata the rest of a stored template stands."""


def stored_chunks(spike: Spike, quality: float, detect: Callable[[str], str | None], source: str) -> list[Chunk]:
    """Return the chunks that keep a template: the overview first.

    Args:
        spike: The template, with whatever it extends joined in.
        quality: What it is worth, 0 to 1.
        detect: Names the language of a path.
        source: Where it was imported from.
    """
    overview = overview_chunk(spike)
    shared = {**overview.metadata, "source": source}
    files = [
        Chunk(
            id=file_id(spike, file.path), kind="spike", title=f"{spike.name} — {file.path}", content=file.template,
            language=detect(file.path), frameworks=spike.stack, tags=spike.tags, quality=quality,
            origin=Origin(path=file.path), metadata=shared,
        )
        for file in spike.files
    ]  # fmt: skip
    manifest = {
        "name": spike.name, "description": spike.description, "description_ja": spike.description_ja,
        "notes": spike.notes, "aliases": spike.aliases, "params": [asdict(param) for param in spike.params],
        "files": [file.path for file in spike.files], "patches": [asdict(patch) for patch in spike.patches],
        "verify": asdict(spike.verify) if spike.verify else None,
    }  # fmt: skip
    return [replace(overview, quality=quality, metadata=shared | {MANIFEST: manifest}), *files]


def stored_file_ids(overview: Chunk) -> list[str]:
    """Return the ids of the chunks that hold a stored template's files, in order."""
    return [f"{overview.id}/{path}" for path in overview.metadata.get(MANIFEST, {}).get("files", ())]


def stored_spike(overview: Chunk, files: Mapping[str, Chunk]) -> Spike:
    """Read a template back from its chunks.

    Raises:
        SpikeError: The chunks are not those of a template, or one of them is gone.
    """
    name = str(overview.metadata.get("spike", overview.id))
    try:
        manifest = overview.metadata[MANIFEST]
        return Spike(
            id=name, name=manifest["name"], version=overview.metadata["version"], stack=overview.frameworks,
            tags=overview.tags, description=manifest["description"], description_ja=manifest["description_ja"],
            notes=manifest["notes"], aliases=tuple(manifest["aliases"]),
            params=tuple(_param(param) for param in manifest["params"]),
            files=tuple(SpikeFile(path, files[f"{overview.id}/{path}"].content) for path in manifest["files"]),
            patches=tuple(SpikePatch(**patch) for patch in manifest["patches"]),
            verify=_verification(manifest["verify"]),
        )  # fmt: skip
    except (KeyError, TypeError) as error:
        raise SpikeError(f"The stored template {name!r} is incomplete ({error}); import it again.") from error


def _param(values: Mapping[str, Any]) -> SpikeParam:
    return SpikeParam(**{**values, "choices": tuple(values["choices"])})


def _verification(values: Mapping[str, Any] | None) -> SpikeVerification | None:
    return SpikeVerification(**{key: tuple(parts) for key, parts in values.items()}) if values else None
