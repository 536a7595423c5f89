"""Commands that move a whole memory: export, import."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from fluorite_mcp.cli.command import command
from fluorite_mcp.cli.options import KindsOption, read_text
from fluorite_mcp.cli.output import Output, count
from fluorite_mcp.cli.session import Session
from fluorite_mcp.errors import InputError

if TYPE_CHECKING:
    from fluorite_mcp.engine import Engine
    from fluorite_mcp.learning.pipeline import Progress
    from fluorite_mcp.results import LearningChunksExported, LearningChunksImported


ChunksOption = Annotated[
    Path | None, typer.Option("--learning-chunks", metavar="FOLDER", help="A folder of learning chunks instead.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Where an export was written."""

    file: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import brought."""

    lines: int
    new_chunks: int


def add_commands(app: typer.Typer) -> None:
    """Register the commands of this module."""
    command(
        app, "fluorite-mcp export memory.jsonl", "fluorite-mcp export | gzip > memory.jsonl.gz",
        "fluorite-mcp export --learning-chunks learning-chunks",
    )(export)  # fmt: skip
    command(
        app, "fluorite-mcp import memory.jsonl", "fluorite-mcp import --learning-chunks learning-chunks", name="import"
    )(import_)


def export(
    session: Session,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Standard output if left out or -.")] = None,
    learning_chunks: ChunksOption = None,
    kind: KindsOption = None,
) -> None:
    """Write the whole memory as JSON Lines; the same memory gives the same bytes.

    With --learning-chunks: what a team can share, as sorted files that can be committed, reviewed and imported.
    """
    if learning_chunks is not None:
        _require_no_file(file)
        target = learning_chunks.expanduser().absolute()
        exported = session.run(lambda engine, _: engine.automatic.export_learning_chunks(target, kinds=kind or ()))
        session.answer(exported, _show_shared)
        return
    if kind:
        raise InputError("--kind chooses among learning chunks; give --learning-chunks FOLDER too.")
    if file is None or str(file) == "-":
        if session.as_json:
            raise InputError("--json describes a written file; pass FILE, or leave --json out to get the lines.")
        session.run(lambda engine, _: _write(engine, sys.stdout))
        return
    target = file.expanduser()
    lines = session.run(lambda engine, _: _write_file(engine, target), doing="exporting")
    session.answer(Exported(file=str(target.absolute()), lines=lines), _show_exported)


async def _write(engine: Engine, stream: TextIO) -> int:
    lines = 0
    async for line in engine.export():
        stream.write(f"{line}\n")
        lines += 1
    return lines


async def _write_file(engine: Engine, target: Path) -> int:
    """Write beside the target and rename: a crash leaves the old file, never half of the new one."""
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as stream:
            lines = await _write(engine, stream)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}. Nothing was changed there.") from error
    finally:
        partial.unlink(missing_ok=True)
    return lines


def import_(
    session: Session,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="An export; - reads standard input.", show_default=False)
    ] = None,
    learning_chunks: ChunksOption = None,
) -> None:
    """Read an export into this memory: all of it or nothing. What is there already stays as it is.

    With --learning-chunks: join a folder of them with this memory. Twice, or in another order, gives the same.
    """
    if learning_chunks is not None:
        _require_no_file(file)
        source = learning_chunks.expanduser().absolute()
        session.answer(session.run(lambda engine, _: _import_shared(engine, source)), _show_joined)
        return
    if file is None:
        raise InputError("Give FILE, - for standard input, or --learning-chunks FOLDER.")
    # Only newlines end a line: text inside may hold other line separators of Unicode.
    lines = read_text(file).split("\n")

    async def work(engine: Engine, _progress: Progress) -> int:
        new = await engine.import_lines(lines)
        await engine.settle()
        return new

    filled = sum(1 for line in lines if line.strip())
    new = session.run(work, doing=f"importing {count(filled, 'line')}")
    session.answer(Imported(lines=filled, new_chunks=new), _show_imported)


def _require_no_file(file: Path | None) -> None:
    if file is not None:
        raise InputError(f"Give FILE or --learning-chunks FOLDER, not both ({file}).")


async def _import_shared(engine: Engine, source: Path) -> LearningChunksImported:
    result = await engine.automatic.import_learning_chunks(source)
    await engine.settle()
    return result


def _show_shared(out: Output, result: LearningChunksExported) -> None:
    changed = f", {count(len(result.changed), 'file')} changed"
    out.line(
        f"Exported {count(result.chunks, 'chunk')} in {count(result.files, 'file')} to ",
        (result.folder, "bold cyan"),
        changed,
    )


def _show_joined(out: Output, result: LearningChunksImported) -> None:
    out.line(
        f"Imported {count(result.new, 'new chunk')} from {count(result.files, 'file')}; {result.updated} updated, "
        f"{result.kept} newer here or archived, {result.unchanged} unchanged."
    )


def _show_exported(out: Output, result: Exported) -> None:
    out.line(f"Exported {count(result.lines, 'line')} to ", (result.file, "bold cyan"))


def _show_imported(out: Output, result: Imported) -> None:
    out.line(f"Imported {count(result.new_chunks, 'new chunk')} from {count(result.lines, 'line')}.")
