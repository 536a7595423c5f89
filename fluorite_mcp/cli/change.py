"""Commands that change the memory: store, learn, feedback, forget, restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fluorite_mcp.cli.command import command
from fluorite_mcp.cli.options import (
    FrameworksOption,
    IdsArgument,
    KindsOption,
    LanguageOption,
    OptionalIdsArgument,
    PathOption,
    TagsOption,
    read_content,
    read_metadata,
    shell_path,
)
from fluorite_mcp.cli.session import Session
from fluorite_mcp.cli.show_changes import show_forgotten, show_learned, show_qualities, show_restored, show_stored

if TYPE_CHECKING:
    from fluorite_mcp.engine import Engine
    from fluorite_mcp.learning.pipeline import Progress
    from fluorite_mcp.results import LearnResult


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this module."""
    command(
        app, 'fluorite-mcp store "Deploys need the VPN." --tag deploy', "git show | fluorite-mcp store - --kind doc"
    )(store)
    command(app, "fluorite-mcp learn .", "fluorite-mcp learn ~/work/api --kind code")(learn)
    command(app, 'fluorite-mcp feedback note-3f2a9c81d04b --outcome helpful --note "worked at once"')(feedback)
    command(app, 'fluorite-mcp forget --query "old deploy steps"', "fluorite-mcp forget note-3f2a9c81d04b --yes")(
        forget
    )
    command(app, "fluorite-mcp restore --undo undo-5c1e90b2a7d4", "fluorite-mcp restore note-3f2a9c81d04b")(restore)


def store(
    session: Session,
    content: Annotated[
        str | None, typer.Argument(metavar="[CONTENT]", help="What to keep; - reads it from standard input.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Read what to keep from a file.")] = None,
    kind: Annotated[str, typer.Option("--kind", "-k", help="What it is.")] = "note",
    id_: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="A name of your own; storing it again replaces it.")
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help="One line; the first line of the content if left out.")
    ] = None,
    language: LanguageOption = None,
    framework: FrameworksOption = None,
    tag: TagsOption = None,
    scope: Annotated[str, typer.Option("--scope", help="project, or global for every project.")] = "project",
    quality: Annotated[float | None, typer.Option("--quality", help="How good it is, 0 to 1.")] = None,
    metadata: Annotated[
        str | None, typer.Option("--metadata", metavar="JSON", help="A JSON object kept with it.")
    ] = None,
    path: PathOption = None,
) -> None:
    """Keep what was found out. The same content is kept once; secrets in it are redacted first."""
    text, values = read_content(content, file), read_metadata(metadata)
    result = session.run(
        lambda engine, _: engine.store(
            text, kind=kind, id=id_, title=title, language=language, frameworks=framework or (), tags=tag or (),
            scope=scope, quality_score=quality, metadata=values, path=shell_path(path),
        )
    )  # fmt: skip
    session.answer(result, show_stored)


def learn(
    session: Session,
    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="The project; the working folder's if left out.")
    ] = None,
    kind: KindsOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Read unchanged files again; learn a home folder after all.")
    ] = False,
) -> None:
    """Read what changed in a project into the memory."""

    async def work(engine: Engine, progress: Progress) -> LearnResult:
        result = await engine.learn(shell_path(path), kinds=kind or (), force=force, mine=True, progress=progress)
        # This process ends now; what a server would do in the background is done here.
        await engine.settle()
        return result

    session.answer(session.run(work), show_learned)


def feedback(
    session: Session,
    ids: IdsArgument,
    outcome: Annotated[str, typer.Option("--outcome", "-o", help="helpful, unhelpful, wrong or outdated.")],
    note: Annotated[str | None, typer.Option("--note", help="Why.")] = None,
) -> None:
    """Say whether chunks helped; good ones are found first."""
    session.answer(session.run(lambda engine, _: engine.feedback(ids, outcome, note)), show_qualities)


def forget(
    session: Session,
    ids: OptionalIdsArgument = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="What is surely about this.")] = None,
    kind: KindsOption = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="TIME", help="Not used since (ISO 8601).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Archive them; without it they are only shown.")] = False,
    path: PathOption = None,
) -> None:
    """Archive chunks, so that they are found no more. Without --yes it only shows which."""
    result = session.run(
        lambda engine, _: engine.forget(
            ids or (), query=query, kinds=kind or (), older_than=older_than, dry_run=not yes, path=shell_path(path)
        )
    )
    session.answer(result, show_forgotten)


def restore(
    session: Session,
    ids: OptionalIdsArgument = None,
    undo: Annotated[str | None, typer.Option("--undo", metavar="UNDO", help="What forget printed.")] = None,
) -> None:
    """Make archived chunks findable again."""
    session.answer(session.run(lambda engine, _: engine.restore(undo=undo, ids=ids or ())), show_restored)
