"""How learning by itself looks to a person: runs, schedules, sources, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fluorite_mcp.cli.output import Output, Part, count

if TYPE_CHECKING:
    from fluorite_mcp.cli.automatic import ScheduleReport, SourceList
    from fluorite_mcp.results import AutoLearnResult, MetricsResult

_STYLES = {"learned": "green", "unchanged": "dim", "failed": "bold red"}


def show_run(out: Output, result: AutoLearnResult) -> None:
    """Print what a run did with each source, and what followed."""
    if result.resumed:
        out.line((f"Goes on with the run of {result.started_at}.", "yellow"))
    rows: list[tuple[Part, ...]] = [
        ((one.state, _STYLES[one.state]), one.kind, (one.source, "bold cyan"), _detail(one.detail, one.chunks_added))
        for one in result.sources
    ]
    out.columns(rows)
    if not rows:
        out.line("There are no sources; add one: fluorite-mcp sources add ~/work/api")
    for name, said in result.steps.items():
        out.line((name, "dim"), f": {said}")
    if not result.complete:
        out.line(("The time limit was reached; the next run goes on from here.", "yellow"))


def _detail(detail: str, added: int) -> str:
    return f"{detail}; {count(added, 'new chunk')}" if added else detail


def show_schedule(out: Output, report: ScheduleReport) -> None:
    """Print what is installed, was removed, or would be written."""
    for place, text in (report.files or {}).items():
        out.line("Would write " if report.dry_run else "Wrote ", (place, "bold cyan"))
        out.block(text)
    if report.files is not None:
        return
    if not report.installed:
        out.line("No daily run is installed; fluorite-mcp schedule install does it.")
    verb = {"remove": "Would remove " if report.dry_run else "Removed "}.get(report.action, "")
    for one in report.installed:
        out.line(verb, (one.kind, "bold"), f"  {one.where}")
        out.block(one.text)


def show_sources(out: Output, result: SourceList) -> None:
    """Print each source with what it is."""
    out.line((f"[learning] sources in {result.file}", "dim"))
    rows: list[tuple[Part, ...]] = [(one.kind, (one.source, "bold cyan")) for one in result.sources]
    out.columns(rows)
    if not rows:
        out.line("none")


def show_metrics(out: Output, result: MetricsResult) -> None:
    """Print the condensed figures, one per line."""
    out.columns([((name.replace("_", " "), "dim"), _figure(value)) for name, value in result.summary.items()])


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_figure(one)}" for name, one in value.items()) or "none"
    if value is None:
        return "none yet"
    return f"{value:,}" if isinstance(value, int) else str(value)
