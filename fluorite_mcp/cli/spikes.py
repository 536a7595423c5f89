"""Commands about templates: verify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fluorite_mcp.cli.command import EXIT_FAILED, command
from fluorite_mcp.cli.options import read_params
from fluorite_mcp.cli.output import Output
from fluorite_mcp.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fluorite_mcp.spikes.verification import Verification

DEFAULT_LIMIT_SECONDS = 600

ParamsOption = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter's value; may be repeated.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What `spikes verify` did. `recorded` is the file with the runs that passed; `problems` are broken templates."""

    results: tuple[Verification, ...]
    recorded: str
    problems: tuple[str, ...] = ()


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this module."""
    spikes = typer.Typer(name="spikes", help="Look after templates: verify that they work.", no_args_is_help=True)
    command(spikes, "fluorite-mcp spikes verify", "fluorite-mcp spikes verify hono-zod-api --timeout 300")(verify)
    app.add_typer(spikes)


def verify(
    session: Session,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]", help="Ids or aliases; all if left out.", show_default=False)
    ] = None,
    param: ParamsOption = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="Time limit for each template.")
    ] = DEFAULT_LIMIT_SECONDS,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Templates; the bundled ones if left out.")
    ] = None,
) -> None:
    """Render templates with their defaults into a temporary folder, and run the setup and checks they name there.

    Runs that pass are recorded in verified.json beside the templates. The commands run on this machine, as you.
    """
    from fluorite_mcp.cli.progress import shown_progress
    from fluorite_mcp.spikes.library import bundled_folder, choose_spikes, load_spikes
    from fluorite_mcp.spikes.verification import verify_spike
    from fluorite_mcp.spikes.verified import VERIFIED_NAME, record_verified

    source = folder.expanduser() if folder else bundled_folder()
    spikes, problems = load_spikes(source)
    chosen = choose_spikes(spikes, ids) if ids else [spike for spike in spikes if spike.verify is not None]
    values = read_params(param)
    results: list[Verification] = []
    try:
        with shown_progress() as show:
            for spike in chosen:
                results.append(
                    verify_spike(
                        spike, values, limit_seconds=timeout, report=lambda now: show(len(results), len(chosen), now)
                    )
                )
    finally:
        # What passed before an interruption has passed.
        record_verified(source, results, datetime.now(UTC).date().isoformat())
    report = VerifyReport(
        results=tuple(results), recorded=str(source / VERIFIED_NAME), problems=tuple(problems) if not ids else ()
    )
    session.answer(report, _show_report)
    if any(result.state == "failed" for result in results):
        raise typer.Exit(EXIT_FAILED)


_STYLES = {"passed": "green", "failed": "bold red", "skipped": "yellow"}


def _show_report(out: Output, report: VerifyReport) -> None:
    for problem in report.problems:
        out.line(("broken   ", "bold red"), problem)
    if not report.results:
        out.line("No template names how to verify it.")
        return
    out.columns([_row(result) for result in report.results])
    for result in report.results:
        if result.step:
            out.line()
            out.line((f"{result.spike}: ", "bold"), result.step)
            out.block(result.output)
    counts = [f"{sum(one.state == state for one in report.results)} {state}" for state in _STYLES]
    out.line()
    out.line(", ".join(counts), ("  recorded in ", "dim"), (report.recorded, "dim"))


def _row(result: Verification) -> Sequence[str | tuple[str, str]]:
    tools = ", ".join(f"{name} {version}" for name, version in result.tools.items())
    reason = result.reason if not result.step else f"{result.reason}: {result.step}"
    return (
        (result.state, _STYLES[result.state]),
        result.spike,
        result.version,
        f"{result.seconds:.1f} s",
        (reason or tools, "dim"),
    )
