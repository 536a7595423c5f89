"""A folder of templates from elsewhere: what can be read of it, and why the rest cannot."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.errors import InputError, SpikeError
from fluorite_mcp.models import Spike
from fluorite_mcp.spikes.document import MAX_SPIKE_BYTES
from fluorite_mcp.spikes.extension import build_spikes
from fluorite_mcp.spikes.library import read_spike_text
from fluorite_mcp.spikes.manifest import Manifest
from fluorite_mcp.spikes.older_format import read_older

if TYPE_CHECKING:
    from collections.abc import Iterator

_OLDER = ".json"
_OURS = (".yaml", ".yml")
# Written by `spikes verify` beside the templates.
_NOT_TEMPLATES = frozenset({"verified.json", "package.json", "package-lock.json", "tsconfig.json"})

MAX_LIST_BYTES = 200_000_000
"""A file that lists a whole collection may be larger than one template, but is read into memory at once."""


@dataclass(slots=True)
class Collection:
    """The templates of a folder with where each stands, and a message for each file or entry that is none."""

    spikes: dict[str, Spike] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    broken: list[tuple[str, str]] = field(default_factory=list)
    files: int = 0

    def add(self, spike: Spike, source: str) -> None:
        """Keep a template; a second one of the same id is told as broken."""
        if spike.id in self.spikes:
            first = self.sources[spike.id]
            self.broken.append((source, f"the id '{spike.id}' belongs to {first} already."))
            return
        self.spikes[spike.id] = spike
        self.sources[spike.id] = source


def read_collection(path: Path) -> Collection:
    """Read every template below a folder, or of one file: JSON of the older fluorite-mcp, and our own YAML.

    Args:
        path: A folder, searched below without following links, or a file with one template or a list.

    Raises:
        InputError: There is nothing at the path that can be read.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist. Give a folder of templates, or a file that lists them.")
    collection = Collection()
    manifests: dict[str, Manifest] = {}
    for file, source in _files(path):
        collection.files += 1
        if file.suffix.lower() in _OURS:
            _read_ours(file, source, collection, manifests)
        else:
            _read_older(file, source, collection, is_alone=path.is_file())
    built, messages = build_spikes(manifests)
    for spike in built:
        collection.add(spike, manifests[spike.id].source)
    collection.broken += [_split(message) for message in messages]
    if not collection.files:
        raise InputError(f"{path} holds no .json, .yaml or .yml file.")
    return collection


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    if path.is_file():
        yield path, path.name
        return
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if not name.startswith(".") and name != "node_modules")
        for name in sorted(files):
            file = Path(folder, name)
            if file.suffix.lower() in (_OLDER, *_OURS) and not name.startswith(".") and name not in _NOT_TEMPLATES:
                yield file, file.relative_to(path).as_posix()


def _read_ours(file: Path, source: str, collection: Collection, manifests: dict[str, Manifest]) -> None:
    try:
        manifest = Manifest(read_spike_text(file, source), source)
    except SpikeError as error:
        collection.broken.append(_split(str(error)))
        return
    if manifest.id in manifests:
        first = manifests[manifest.id].source
        collection.broken.append((source, f"the id '{manifest.id}' belongs to {first} already."))
        return
    manifests[manifest.id] = manifest


def _read_older(file: Path, source: str, collection: Collection, *, is_alone: bool) -> None:
    try:
        text = read_spike_text(file, source, MAX_LIST_BYTES if is_alone else MAX_SPIKE_BYTES)
    except SpikeError as error:
        collection.broken.append(_split(str(error)))
        return
    for number, found in enumerate(read_older(text, source)):
        if isinstance(found, Spike):
            collection.add(found, source if not is_alone else f"{source}[{number}]")
        else:
            collection.broken.append(_split(str(found)))


def _split(message: str) -> tuple[str, str]:
    """Part a message into where and what."""
    where, _, what = message.partition(": ")
    return where, what
