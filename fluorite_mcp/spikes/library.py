"""Finds spike files on disk and reads them; one broken file never hides the others."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.errors import SpikeError, UnknownIdError
from fluorite_mcp.spikes.document import MAX_SPIKE_BYTES
from fluorite_mcp.spikes.extension import build_spikes
from fluorite_mcp.spikes.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fluorite_mcp.models import Spike

ID_PREFIX = "spike:"
"""How the ids of a spike's chunks begin; search and suggest show them so."""

_SUFFIXES = (".yaml", ".yml")
_PACKAGE = Path(__file__).resolve().parents[1]


def bundled_folder() -> Path:
    """Return the folder of the spikes that come along: inside the package, or at the top of a checkout.

    Raises:
        SpikeError: Neither exists, so the installation is incomplete.
    """
    for folder in (_PACKAGE / "data" / "spikes", _PACKAGE.parent / "spikes"):
        if folder.is_dir():
            return folder
    raise SpikeError(f"No bundled spikes beside {_PACKAGE}; reinstall fluorite-mcp.")


def load_spikes(folder: Path) -> tuple[list[Spike], list[str]]:
    """Read every spike below a folder, in the order of the paths.

    Args:
        folder: Searched recursively for .yaml and .yml files; hidden folders and files are skipped.

    Returns:
        The spikes, and a message for each file that could not be read, or repeats an earlier id or alias.
    """
    if not folder.is_dir():
        return [], [f"{folder}: there is no such folder of spikes."]
    manifests: dict[str, Manifest] = {}
    messages: list[str] = []
    for path in _spike_files(folder):
        source = path.relative_to(folder.parent).as_posix()
        try:
            manifest = Manifest(read_spike_text(path, source), source)
        except SpikeError as error:
            messages.append(str(error))
            continue
        if manifest.id in manifests:
            first = manifests[manifest.id].source
            messages.append(f"{source}: the id '{manifest.id}' belongs to {first} already; choose another.")
            continue
        manifests[manifest.id] = manifest
    spikes, more = build_spikes(manifests)
    return spikes, messages + more


def choose_spikes(spikes: Sequence[Spike], names: Iterable[str]) -> list[Spike]:
    """Return spikes by id or alias, in the order asked.

    Raises:
        UnknownIdError: There is no such spike; names the nearest.
    """
    known = {name: spike for spike in spikes for name in (spike.id, *spike.aliases)}
    chosen = []
    for name in names:
        wanted = name.removeprefix(ID_PREFIX)
        if wanted not in known:
            raise unknown_spike(name, known)
        chosen.append(known[wanted])
    return chosen


def unknown_spike(name: str, known: Iterable[str]) -> UnknownIdError:
    """Return the error for an id that no spike has, with the nearest ones."""
    near = get_close_matches(name.removeprefix(ID_PREFIX), sorted(set(known)), n=3, cutoff=0.5)
    hint = f" The nearest: {', '.join(near)}." if near else " Ids come from find_spikes."
    return UnknownIdError(f"No spike has the id {name[:100]!r}.{hint}")


def read_spike_text(path: Path, source: str, limit: int = MAX_SPIKE_BYTES) -> str:
    """Read a spike file as text.

    Raises:
        SpikeError: No file, unreadable, too large or not UTF-8.
    """
    if path.exists() and not path.is_file():
        raise SpikeError(f"{source}: is no regular file.")  # A named pipe would be waited for without end.
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise SpikeError(f"{source}: cannot be read: {error.strerror}.") from error
    if len(data) > limit:
        raise SpikeError(f"{source}: more than {limit} bytes. Split it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SpikeError(f"{source}:{line}: not UTF-8; save the file as UTF-8.") from error


def _spike_files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    visible = (path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))
    return sorted(visible, key=lambda path: path.relative_to(folder).parts)
