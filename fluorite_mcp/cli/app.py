"""The command line: every tool as a command of the same name, and what only a person at a shell needs."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fluorite_mcp import __version__
from fluorite_mcp.cli import ask, automatic, change, spikes, system, transfer
from fluorite_mcp.cli.command import ConfigOption, DataDirOption, error_edge
from fluorite_mcp.cli.session import Session


class Commands(TyperGroup):
    """Commands by name; a tool's own name, with underscores, means its command too."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name, if there is one."""
        return super().get_command(ctx, cmd_name) or super().get_command(ctx, cmd_name.replace("_", "-"))


app = typer.Typer(
    name="fluorite-mcp",
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog='Example: fluorite-mcp search "where is the retry policy?"',
)
for commands in (ask, change, spikes, automatic, transfer, system):
    commands.add_commands(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fluorite-mcp {__version__}")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Local memory for coding assistants. Without a command it serves MCP over standard input and output."""
    context.obj = Session(data_dir, config)
    if context.invoked_subcommand is None:
        with error_edge():
            system.serve(context.obj)


def run() -> None:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        if not stream.isatty() and hasattr(stream, "reconfigure"):
            # Files and pipes hold UTF-8 everywhere; a name that is no text shows as an escape that JSON reads, too.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app(prog_name="fluorite-mcp")
