"""How found things look to a person: hits, whole chunks, suggestions."""

from __future__ import annotations

from fluorite_mcp.cli.output import Output, Part, count
from fluorite_mcp.results import Answer, ChunkView, GetResult, Hit, SearchResult, SuggestResult
from fluorite_mcp.server.text import commits_lines


def show_hits(out: Output, result: SearchResult) -> None:
    """Print ranked hits, best first, and how to get more."""
    for number, hit in enumerate(result.hits, 1):
        _show_hit(out, number, hit)
    where = project_name(result)
    if result.abstained or not result.hits:
        out.line(f"Nothing relevant was found in {where}.")
        for hit in result.nearest:
            out.line(("nearest, but not likely: ", "dim"), _place(hit))
    out.line((f"{count(len(result.hits), 'hit')} in {where}, {result.mode}, {result.took_ms:.0f} ms", "dim"))
    if result.next_cursor:
        out.line((f"more: --cursor {result.next_cursor}", "dim"))


def _show_hit(out: Output, number: int, hit: Hit) -> None:
    place = _place(hit)
    title: tuple[Part, ...] = () if hit.title == place else ("  ", hit.title)
    out.line((f"{number}. ", "dim"), (place, "bold cyan"), *title, "  ", (f"{hit.score:.2f}", "green"))
    fresh = () if hit.fresh == "fresh" else (f"file {hit.fresh} since it was learned",)
    out.line((f"   {hit.id}  {hit.kind}: {'; '.join((*hit.why, *fresh))}", "dim"))
    if hit.snippet:
        out.block(hit.snippet)


def _place(hit: Hit | ChunkView) -> str:
    # As compilers print it, so that a terminal makes it a link.
    return f"{hit.path}:{hit.start_line}" if hit.path and hit.start_line else hit.path or hit.origin


def show_suggestion(out: Output, result: SuggestResult) -> None:
    """Print the composed context; on a terminal with what it is made of."""
    if result.abstained:
        out.line(f"Nothing in {project_name(result)} or in the templates fits this task.")
        return
    out.markdown(result.context)
    if not out.is_terminal:
        return  # A file or another program gets the context alone.
    parts = [
        count(len(result.spikes), "template"),
        count(len(result.conventions), "convention"),
        count(len(result.code), "piece") + " of code",
        count(len(result.notes), "note"),
    ]
    tokens = count(result.used_tokens, "token")
    out.line((f"{', '.join(parts)}; {tokens}, {project_name(result)}, {result.took_ms:.0f} ms", "dim"))


def show_chunks(out: Output, result: GetResult) -> None:
    """Print whole chunks."""
    for chunk in result.chunks:
        _show_chunk(out, chunk)


def _show_chunk(out: Output, chunk: ChunkView) -> None:
    out.line((chunk.title, "bold cyan"), (f"  {chunk.id}", "dim"))
    about = [chunk.kind, chunk.origin, chunk.language, *chunk.frameworks, *(f"#{tag}" for tag in chunk.tags)]
    out.line((f"{', '.join(part for part in about if part)}; quality {chunk.quality:.2f}; used {chunk.usage}", "dim"))
    for one in chunk.quality_factors:
        out.line((f"  {one.name} {one.value:.2f} × {one.weight:.2f}: {one.why}", "dim"))
    if chunk.retired_at:
        out.line((f"archived {chunk.retired_at}; fluorite-mcp restore {chunk.id} brings it back", "yellow"))
    if chunk.fresh != "fresh":
        out.line((f"its file is {chunk.fresh} since it was learned", "yellow"))
    out.block(chunk.content)
    if chunk.truncated:
        out.line(("    (cut off; leave out --max-lines for all)", "dim"))
    for line in commits_lines(chunk):
        out.line((f"  {line}", "dim"))
    for edge in chunk.relations:
        arrow = "→" if edge.direction == "out" else "←"
        title = f"  {edge.title}" if edge.title else ""
        why = f"  {edge.why}" if edge.why else ""
        named = edge.called if edge.type == "depends-on" else edge.type
        out.line(f"  {arrow} {named} {edge.id}{title}", (f"  {edge.weight:.2f}{why}", "dim"))
    for event in chunk.history:
        detail = ", ".join(f"{name} {value}" for name, value in event.detail.items())
        out.line((f"  {event.at}  {event.event}  {detail}".rstrip(), "dim"))


def project_name(result: Answer) -> str:
    """Return the project an answer speaks of, by name."""
    return result.project.name or "global knowledge"
