"""Makes a spike findable: one chunk that says what it is for, and one for each file it creates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fluorite_mcp.models import Chunk, Origin, Relation, Spike, SpikeParam
from fluorite_mcp.spikes.render import RenderedFile, has_all_defaults, render_spike

BASE_QUALITY = 0.8
"""Someone wrote the template to be copied, so it starts above the bar for promotion (0.7); feedback moves it."""

Detect = Callable[[str], str | None]
"""Names the language of a path, or None."""


def spike_chunks(spike: Spike, detect: Detect = lambda _path: None) -> list[Chunk]:
    """Return the overview chunk, then one chunk per file of its own: inherited ones are found with their own spike.

    Args:
        spike: The template.
        detect: Names the language of a rendered path.
    """
    return [overview_chunk(spike), *(_file_chunk(spike, file, detect) for file in _own_files(spike))]


def spike_relations(spike: Spike) -> list[Relation]:
    """Return a `part-of` edge from each file's chunk to the overview, and one to the spike that it extends."""
    edges = [Relation(file_id(spike, file.path), spike_id(spike), "part-of") for file in _own_files(spike)]
    return edges + ([Relation(spike_id(spike), f"spike:{spike.extends}", "extends")] if spike.extends else [])


def _own_files(spike: Spike) -> list[RenderedFile]:
    shown = zip(spike.files, _shown_files(spike), strict=True)
    return [file for template, file in shown if template.path not in spike.inherited]


def _shown_files(spike: Spike) -> list[RenderedFile]:
    """Render with defaults; a required parameter has none, so its spike is shown with the holes."""
    if has_all_defaults(spike):
        return render_spike(spike, {})
    return [RenderedFile(file.path, file.template) for file in spike.files]


def overview_chunk(spike: Spike) -> Chunk:
    """Return the chunk that says what a spike is for, with its parameters and paths."""
    paragraphs = [
        f"# {spike.name}",
        spike.description,
        spike.description_ja,
        _line("Stack", spike.stack),
        _line("Tags", spike.tags),
        _line("Also called", spike.aliases),
        _line("Extends", (spike.extends,) if spike.extends else ()),
        _param_table(spike.params),
        _file_list("Files", [file.path for file in _shown_files(spike)]),
        _file_list("Changes", [patch.path for patch in spike.patches]),
        spike.notes,
    ]
    return Chunk(
        id=spike_id(spike),
        title=spike.name,
        content="\n\n".join(filter(None, paragraphs)) + "\n",
        **_shared(spike),
    )


def _file_chunk(spike: Spike, file: RenderedFile, detect: Detect) -> Chunk:
    return Chunk(
        id=file_id(spike, file.path),
        title=f"{spike.name} — {file.path}",
        content=file.content,
        language=detect(file.path),
        origin=Origin(path=file.path),
        **_shared(spike),
    )


def _shared(spike: Spike) -> dict[str, Any]:
    """Return the fields that every chunk of one spike has alike."""
    return {
        "kind": "spike",
        "frameworks": spike.stack,
        "tags": spike.tags,
        "quality": BASE_QUALITY,
        "metadata": {"spike": spike.id, "version": spike.version, "params": [param.name for param in spike.params]},
    }


def spike_id(spike: Spike) -> str:
    """Return the id of a spike's overview chunk."""
    return f"spike:{spike.id}"


def file_id(spike: Spike, path: str) -> str:
    """Return the id of a file's chunk."""
    return f"spike:{spike.id}/{path}"


def _line(label: str, names: tuple[str, ...]) -> str:
    return f"{label}: {', '.join(names)}" if names else ""


def _param_table(params: tuple[SpikeParam, ...]) -> str:
    if not params:
        return ""
    rows = [f"| {param.name} | {_shown_default(param)} | {_cell(_meaning(param))} |" for param in params]
    return "\n".join(["| Parameter | Default | Meaning |", "|---|---|---|", *rows])


def _shown_default(param: SpikeParam) -> str:
    return "(required)" if param.default is None else f"`{_cell(param.default)}`"


def _meaning(param: SpikeParam) -> str:
    allowed = {"text": "", "choice": f"({', '.join(param.choices)})"}.get(param.type, f"({param.type})")
    return f"{param.description} {allowed}".strip()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _file_list(label: str, paths: list[str]) -> str:
    return "\n".join([f"{label}:", *(f"- `{path}`" for path in paths)]) if paths else ""
