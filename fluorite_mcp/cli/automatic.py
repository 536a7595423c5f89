"""Commands about learning by itself: auto-learn, schedule, sources, metrics."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from fluorite_mcp.cli.command import EXIT_FAILED, command
from fluorite_mcp.cli.session import Session
from fluorite_mcp.cli.show_automatic import show_metrics, show_run, show_schedule, show_sources

if TYPE_CHECKING:
    from pathlib import Path

    from fluorite_mcp.automatic.timers import Installed
    from fluorite_mcp.engine import Engine
    from fluorite_mcp.learning.pipeline import Progress
    from fluorite_mcp.results import AutoLearnResult


class TimerChoice(StrEnum):
    """What a schedule is kept by."""

    cron = "cron"
    systemd = "systemd"
    launchd = "launchd"


class ScheduleAction(StrEnum):
    """What `schedule` does."""

    show = "show"
    install = "install"
    remove = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleReport:
    """What is installed, or was. `files` are what was or would be written, by place."""

    action: str
    installed: tuple[Installed, ...] = ()
    files: dict[str, str] | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSource:
    """A source, and what it is."""

    source: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceList:
    """The sources of automatic learning, and the file that lists them."""

    file: str
    sources: tuple[ListedSource, ...] = ()


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this module."""
    command(app, "fluorite-mcp auto-learn", "fluorite-mcp auto-learn --json", name="auto-learn")(auto_learn)
    command(app, "fluorite-mcp schedule", "fluorite-mcp schedule install --at 03:30", "fluorite-mcp schedule remove")(
        schedule
    )
    command(app, "fluorite-mcp metrics", "fluorite-mcp metrics --prometheus > fluorite.prom")(metrics)
    sources = typer.Typer(
        name="sources", help="What automatic learning reads: list, add, remove.", no_args_is_help=True
    )
    command(sources, "fluorite-mcp sources list", name="list")(list_)
    command(
        sources, "fluorite-mcp sources add ~/work/api", "fluorite-mcp sources add https://github.com/honojs/hono.git",
        "fluorite-mcp sources add https://hono.dev/docs/guides/testing", "fluorite-mcp sources add spikes:~/templates",
    )(add)  # fmt: skip
    command(sources, "fluorite-mcp sources remove ~/work/api")(remove)
    app.add_typer(sources)


def auto_learn(session: Session) -> None:
    """Do one run of automatic learning: collect from the sources, learn, look after the memory, export, report.

    A run that was cut off goes on where it stopped. Copies, histories and exports stay in the data folder.
    """

    async def work(engine: Engine, progress: Progress) -> AutoLearnResult:
        return await engine.automatic.run(progress=progress)

    result = session.run(work)
    session.answer(result, show_run)
    if any(one.state == "failed" for one in result.sources):
        raise typer.Exit(EXIT_FAILED)


def schedule(
    session: Session,
    action: Annotated[ScheduleAction, typer.Argument(help="What to do.", show_choices=True)] = ScheduleAction.show,
    kind: Annotated[
        TimerChoice | None, typer.Option("--kind", help="What keeps the time; what the platform has if left out.")
    ] = None,
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help="When, in local time.")] = "03:30",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written or removed.")] = False,
) -> None:
    """Install, show or remove a daily run of auto-learn: by a systemd user timer, cron or launchd."""
    from fluorite_mcp.automatic.timer_files import DailyJob, read_time
    from fluorite_mcp.automatic.timers import choose_kind, find_installed, install, this_program, timer_of

    found = tuple(one for one in find_installed() if kind in (None, one.kind))
    if action is ScheduleAction.install:
        hour, minute = read_time(at)
        settings = session.settings()
        folder = settings.data_dir / "auto-learn"
        words = [*this_program(), *_options(session, settings.data_dir), "auto-learn"]
        job = DailyJob(tuple(words), hour, minute, folder / "log.txt")
        chosen = choose_kind(kind)
        if dry_run:
            files = dict(timer_of(chosen).planned(job))
        else:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            files = dict(install(chosen, job))
            found = tuple(find_installed())
        session.answer(ScheduleReport(action=action, installed=found, files=files, dry_run=dry_run), show_schedule)
        return
    if action is ScheduleAction.remove and not dry_run:
        for one in found:
            timer_of(one.kind).remove()
    session.answer(ScheduleReport(action=action, installed=found, dry_run=dry_run), show_schedule)


def _options(session: Session, data_dir: Path) -> list[str]:
    config = ["--config", str(session.config.expanduser().absolute())] if session.config else []
    return ["--data-dir", str(data_dir), *config]


def list_(session: Session) -> None:
    """List the sources of automatic learning and what each is."""
    session.answer(_listed(session), show_sources)


def add(
    session: Session,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A folder, git repository, page or spikes:FOLDER.")],
) -> None:
    """Let automatic learning read a folder, a git repository, a page or a folder of templates."""
    from fluorite_mcp.automatic.source_list import add_source

    add_source(_file(session), source)
    session.answer(_listed(session), show_sources)


def remove(
    session: Session, source: Annotated[str, typer.Argument(metavar="SOURCE", help="As sources list shows it.")]
) -> None:
    """Take a source out of the list. What was learned from it stays; forget takes that away."""
    from fluorite_mcp.automatic.source_list import remove_source

    remove_source(_file(session), source)
    session.answer(_listed(session), show_sources)


def _file(session: Session) -> Path:
    from fluorite_mcp.cli.inspect_settings import config_file

    return config_file(session.settings(), session.config)


def _listed(session: Session) -> SourceList:
    from fluorite_mcp.automatic.sources import parse_source

    parsed = [parse_source(text) for text in session.settings().learning.sources]
    return SourceList(
        file=str(_file(session)), sources=tuple(ListedSource(source=one.shown, kind=one.kind) for one in parsed)
    )


def metrics(
    session: Session,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="Print Prometheus' text format, for a textfile collector.")
    ] = False,
) -> None:
    """Show how it goes: searches, times, caches, learning, patterns, and which suggestions were used."""
    result = session.run(lambda engine, _: engine.automatic.metrics())
    if prometheus:
        from fluorite_mcp.operations.metrics import prometheus_text

        sys.stdout.write(prometheus_text(result))
        return
    session.answer(result, show_metrics)
