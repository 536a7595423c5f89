"""`verified.json`, beside the templates: which of them were proven to work, at which content, with which programs.

One entry per template, sorted, so that a run shows up as a small difference. A template that changed since is not
verified any more, whatever the file says.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.spikes.verification import content_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fluorite_mcp.models import Spike
    from fluorite_mcp.spikes.verification import Verification

VERIFIED_NAME = "verified.json"


@dataclass(frozen=True, slots=True)
class Verified:
    """A run that passed. `date` is a day (ISO 8601), `tools` are versions by program."""

    version: str
    content: str
    date: str
    tools: Mapping[str, str] = field(default_factory=dict)


def read_verified(folder: Path) -> dict[str, Verified]:
    """Return the recorded runs by template id; none where there is no file.

    Raises:
        SpikeError: The file is damaged.
    """
    path = folder / VERIFIED_NAME
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {id_: Verified(**value) for id_, value in values.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SpikeError(f"{path} cannot be read ({error}). Restore it, or delete it and verify again.") from error


def current_verification(spike: Spike, verified: Mapping[str, Verified]) -> Verified | None:
    """Return the run of a template as it is now, or None when it was not verified or has changed since."""
    found = verified.get(spike.id)
    return found if found is not None and found.content == content_hash(spike) else None


def record_verified(folder: Path, results: Iterable[Verification], date: str) -> None:
    """Write passed runs into the file, and take out templates whose run failed.

    Raises:
        SpikeError: The file is damaged or cannot be written.
    """
    known = read_verified(folder)
    for result in results:
        if result.state == "passed":
            known[result.spike] = Verified(result.version, result.content, date, result.tools)
        elif result.state == "failed":
            known.pop(result.spike, None)
    if not known and not (folder / VERIFIED_NAME).exists():
        return
    text = json.dumps({id_: asdict(known[id_]) for id_ in sorted(known)}, indent=2, sort_keys=True) + "\n"
    partial = folder / f".{VERIFIED_NAME}.{os.getpid()}"
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(folder / VERIFIED_NAME)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise SpikeError(f"{folder / VERIFIED_NAME} cannot be written: {error.strerror}.") from error
