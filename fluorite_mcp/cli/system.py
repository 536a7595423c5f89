"""Commands about the installation: doctor, config, models, serve."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from fluorite_mcp.cli.command import EXIT_FAILED, command
from fluorite_mcp.cli.output import Output
from fluorite_mcp.cli.session import Session
from fluorite_mcp.cli.show_status import show_findings, show_models, show_settings

if TYPE_CHECKING:
    from fluorite_mcp.cli.inspect_settings import ConfigReport
    from fluorite_mcp.embedding.registry import ModelChoice, RerankerChoice


class ConfigAction(StrEnum):
    """What `config` does."""

    show = "show"
    path = "path"
    check = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    """What `embedding_model` and `reranker` may be by name, and what they are."""

    configured: str
    models: tuple[ModelChoice, ...]
    configured_reranker: str
    rerankers: tuple[RerankerChoice, ...]


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this module."""
    command(app, "fluorite-mcp doctor", "fluorite-mcp doctor --rebuild")(doctor)
    command(app, "fluorite-mcp config", "fluorite-mcp config check --config fluorite.toml", name="config")(config_)
    command(app, "fluorite-mcp models")(models)
    command(app, "fluorite-mcp serve --data-dir ~/memory")(serve)


def doctor(
    session: Session,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="First build every derived index anew.")] = False,
) -> None:
    """Check settings, disk, store, indexes, model and backups, and say what to do. Changes nothing by itself."""
    from dataclasses import replace

    from fluorite_mcp.cli.examine import examine

    rebuilt = session.run(lambda engine, _: engine.rebuild(), doing="rebuilding the indexes") if rebuild else ()
    result = replace(examine(session), rebuilt=rebuilt)
    session.answer(result, show_findings)
    if not result.healthy:
        raise typer.Exit(EXIT_FAILED)


def config_(
    session: Session,
    action: Annotated[ConfigAction, typer.Argument(help="What to do.", show_choices=True)] = ConfigAction.show,
) -> None:
    """Show the settings in effect and where each comes from, the file's path, or whether they are valid."""
    from fluorite_mcp.cli.inspect_settings import config_file, inspect_settings

    settings = session.settings()
    file = config_file(settings, session.config)
    report = inspect_settings(settings, file, data_dir=session.data_dir)
    shows = {ConfigAction.show: show_settings, ConfigAction.path: _show_path, ConfigAction.check: _show_valid}
    session.answer(report, shows[action])


def _show_path(out: Output, report: ConfigReport) -> None:
    out.line(report.file)


def _show_valid(out: Output, report: ConfigReport) -> None:
    changed = [value for value in report.values if value.source != "default"]
    there = report.file if report.exists else f"{report.file} (there is none)"
    out.line(("valid", "green"), f"  {there}; {len(changed)} of {len(report.values)} settings differ from the defaults")


def models(session: Session) -> None:
    """List the embedding and re-ranking models that can be chosen, the chosen ones marked. Needs no network."""
    from fluorite_mcp.embedding.registry import list_models, list_rerankers

    chosen = session.settings().ml
    listed = ModelList(
        configured=chosen.embedding_model,
        models=tuple(list_models()),
        configured_reranker=chosen.reranker,
        rerankers=tuple(list_rerankers()),
    )
    session.answer(listed, show_models)


def serve(session: Session) -> None:
    """Serve MCP over standard input and output, the same as no command."""
    from fluorite_mcp.server.stdio import serve as serve_stdio

    serve_stdio(session.settings())
