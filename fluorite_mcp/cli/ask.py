"""Commands that ask: search, suggest, get, status."""

from __future__ import annotations

from typing import Annotated

import typer

from fluorite_mcp.cli.command import command
from fluorite_mcp.cli.options import (
    FrameworksOption,
    IdsArgument,
    KindsOption,
    LanguageOption,
    PathOption,
    TagsOption,
    shell_path,
)
from fluorite_mcp.cli.session import Session
from fluorite_mcp.cli.show_chunks import show_chunks, show_hits, show_suggestion
from fluorite_mcp.cli.show_status import show_status


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this module."""
    command(app, 'fluorite-mcp search "retry with backoff" --path .', "fluorite-mcp search useAuth --kind code --json")(
        search
    )
    command(app, 'fluorite-mcp suggest "add rate limiting to the Hono API"')(suggest)
    command(app, "fluorite-mcp get note-3f2a9c81d04b")(get)
    command(app, "fluorite-mcp status")(status)


def search(
    session: Session,
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="Words, a question, code or a symbol.")],
    path: PathOption = None,
    kind: KindsOption = None,
    language: LanguageOption = None,
    framework: FrameworksOption = None,
    tag: TagsOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Hits at most, 1 to 50.")] = 5,
    max_lines: Annotated[int, typer.Option("--max-lines", help="Lines of each snippet; 0 for locations only.")] = 12,
    min_score: Annotated[float, typer.Option("--min-score", help="Leave out hits below this score, 0 to 1.")] = 0.0,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="TIME", help="What was true then (ISO 8601).")] = None,
    cursor: Annotated[str | None, typer.Option("--cursor", help="Where the page before ended.")] = None,
) -> None:
    """Find the best places for a query in a project and in what you stored.

    The first search in a project learns it; later ones notice what changed.
    """
    result = session.run(
        lambda engine, progress: engine.search(
            " ".join(query), path=shell_path(path), kinds=kind or (), language=language, frameworks=framework or (),
            tags=tag or (), limit=limit, max_lines=max_lines, min_score=min_score, as_of=as_of, cursor=cursor,
            progress=progress,
        )
    )  # fmt: skip
    session.answer(result, show_hits)


def suggest(
    session: Session,
    task: Annotated[list[str], typer.Argument(metavar="TASK", help="What is to be done, in a sentence.")],
    path: PathOption = None,
    framework: FrameworksOption = None,
    budget: Annotated[int, typer.Option("--budget", help="Tokens the answer may take, 200 to 8000.")] = 1500,
) -> None:
    """Gather material for a task: templates, conventions, similar code, notes."""
    result = session.run(
        lambda engine, progress: engine.suggest(
            " ".join(task), path=shell_path(path), frameworks=framework or (), token_budget=budget, progress=progress
        )
    )
    session.answer(result, show_suggestion)


def get(
    session: Session,
    ids: IdsArgument,
    max_lines: Annotated[
        int | None, typer.Option("--max-lines", help="Lines of each at most; all if left out.")
    ] = None,
) -> None:
    """Show whole chunks with their relations and history."""
    session.answer(session.run(lambda engine, _: engine.get(ids, max_lines=max_lines)), show_chunks)


def status(session: Session) -> None:
    """Show health and figures of the memory."""
    session.answer(session.run(lambda engine, _: engine.status()), show_status)
