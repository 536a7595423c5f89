"""Commands about templates: find-spikes, preview-spike, apply-spike; spikes verify, import, promote, remove."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fluorite_mcp.cli.command import EXIT_FAILED, command
from fluorite_mcp.cli.options import FrameworksOption, LanguageOption, PathOption, read_params, shell_path
from fluorite_mcp.cli.session import Session
from fluorite_mcp.cli.show_spikes import (
    show_applied,
    show_found,
    show_imported,
    show_preview,
    show_promoted,
    show_removed,
    show_verified,
)

if TYPE_CHECKING:
    from fluorite_mcp.engine import Engine
    from fluorite_mcp.learning.pipeline import Progress
    from fluorite_mcp.results import ImportSpikesResult
    from fluorite_mcp.spikes.verification import Verification

DEFAULT_LIMIT_SECONDS = 600

ParamsOption = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter's value; may be repeated.")
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id or alias, as find-spikes shows it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What `spikes verify` did. `recorded` is the file with the runs that passed; `problems` are broken templates."""

    results: tuple[Verification, ...]
    recorded: str
    problems: tuple[str, ...] = ()


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this module."""
    command(
        app, 'fluorite-mcp find-spikes "rate limit for an API"', "fluorite-mcp find-spikes --framework hono",
        name="find-spikes",
    )(find_spikes)  # fmt: skip
    command(app, "fluorite-mcp preview-spike hono-zod-api --param entity=invoice", name="preview-spike")(preview_spike)
    command(
        app, "fluorite-mcp apply-spike hono-zod-api --param entity=invoice",
        "fluorite-mcp apply-spike hono-zod-api --path ~/shop --strategy merge --write", name="apply-spike",
    )(apply_spike)  # fmt: skip
    spikes = typer.Typer(
        name="spikes",
        help="Look after templates: verify that they work, import more, make one of a pattern.",
        no_args_is_help=True,
    )
    command(spikes, "fluorite-mcp spikes verify", "fluorite-mcp spikes verify hono-zod-api --timeout 300")(verify)
    command(
        spikes,
        "fluorite-mcp spikes import ~/fluorite/src/spikes",
        "fluorite-mcp spikes import templates.json",
        name="import",
    )(import_)
    command(spikes, "fluorite-mcp spikes promote pattern-ab3cd4ef5gh6ij7k")(promote)
    command(spikes, "fluorite-mcp spikes remove function-read-with-router-get-ab3cd4")(remove)
    app.add_typer(spikes)


def find_spikes(
    session: Session,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="[QUERY]", help="What it should do; all if left out.")
    ] = None,
    framework: FrameworksOption = None,
    language: LanguageOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Templates at most, 1 to 50.")] = 5,
) -> None:
    """Find templates by what they are for, or list those of a framework."""
    result = session.run(
        lambda engine, _: engine.spikes.find(
            " ".join(query or ()), frameworks=framework or (), language=language, limit=limit
        )
    )
    session.answer(result, show_found)


def preview_spike(session: Session, id_: IdArgument, param: ParamsOption = None) -> None:
    """Show the files a template gives, with what is still to be decided."""
    values = read_params(param)
    session.answer(session.run(lambda engine, _: engine.spikes.preview(id_, values)), show_preview)


def apply_spike(
    session: Session,
    id_: IdArgument,
    param: ParamsOption = None,
    path: PathOption = None,
    strategy: Annotated[
        str, typer.Option("--strategy", "-s", help="For files that exist and differ: abort, merge or overwrite.")
    ] = "abort",
    write: Annotated[bool, typer.Option("--write", help="Write the files; without it they are only shown.")] = False,
) -> None:
    """Put a template into a project: shown as diffs, with --write all files or none."""
    values = read_params(param)
    result = session.run(
        lambda engine, _: engine.spikes.apply(id_, values, path=shell_path(path), strategy=strategy, write=write)
    )
    session.answer(result, show_applied)
    if result.conflicts:
        raise typer.Exit(EXIT_FAILED)


def import_(
    session: Session,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Templates as JSON or YAML; or a file that lists them.")
    ],
) -> None:
    """Import templates into the memory, from the older fluorite-mcp's JSON or from YAML.

    What cannot be read is told, and the rest imported. Near-duplicates and stubs are kept where search does not find
    them. Importing again changes nothing.
    """

    async def work(engine: Engine, progress: Progress) -> ImportSpikesResult:
        result = await engine.spikes.import_from(folder.expanduser(), progress)
        await engine.settle()
        return result

    session.answer(session.run(work), show_imported)


def promote(
    session: Session,
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN_ID", help="A pattern's id, as search --kind pattern shows.")
    ],
) -> None:
    """Make a template of a pattern that was mined: written into the data folder's spikes, found from then on.

    Its holes become typed parameters, its first example their defaults. `spikes remove` takes it away again.
    """
    session.answer(session.run(lambda engine, _: engine.spikes.promote(pattern)), show_promoted)


def remove(session: Session, id_: IdArgument) -> None:
    """Take away a template of your own, imported or promoted. `restore --undo` brings it back."""
    session.answer(session.run(lambda engine, _: engine.spikes.remove(id_)), show_removed)


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
    session.answer(report, show_verified)
    if any(result.state == "failed" for result in results):
        raise typer.Exit(EXIT_FAILED)
