"""How changes look to a person: what was stored, learned, judged, forgotten, restored."""

from __future__ import annotations

from fluorite_mcp.cli.output import Output, count
from fluorite_mcp.cli.show_chunks import project_name
from fluorite_mcp.results import FeedbackResult, ForgetResult, LearnResult, RestoreResult, StoreResult

_SKIPPED_SHOWN = 10


def show_stored(out: Output, result: StoreResult) -> None:
    """Print the id, and what says nearly the same."""
    done = "Stored as" if result.created else "Was stored before, and is up to date:"
    out.line(f"{done} ", (result.id, "bold cyan"), f" in {project_name(result)}.")
    if result.redacted:
        out.line((f"{count(result.redacted, 'secret')} redacted.", "yellow"))
    for similar in result.similar:
        out.line((f"  similar ({similar.score:.2f}): {similar.title}  {similar.id}", "dim"))


def show_learned(out: Output, result: LearnResult) -> None:
    """Print what changed, and the first files that were not learned."""
    out.line(
        ("Learned ", ""), (project_name(result), "bold cyan"),
        f": {count(result.files_seen, 'file')}, {result.files_changed:,} changed, {result.files_removed:,} removed; "
        f"{count(result.chunks_added, 'chunk')} added, {result.chunks_removed:,} removed"
        f" ({result.took_ms / 1000:.1f} s).",
    )  # fmt: skip
    if result.patterns:
        out.line(f"{count(result.patterns, 'pattern')} found in it.")
    if not result.skipped_total:
        return
    out.line((f"{count(result.skipped_total, 'file')} not learned:", "dim"))
    for skipped in result.skipped[:_SKIPPED_SHOWN]:
        out.line((f"  {skipped.path}: {skipped.reason}", "dim"))
    if result.skipped_total > _SKIPPED_SHOWN:
        out.line((f"  and {result.skipped_total - _SKIPPED_SHOWN:,} more", "dim"))


def show_qualities(out: Output, result: FeedbackResult) -> None:
    """Print the new quality of each chunk."""
    for id_, quality in result.qualities.items():
        out.line((id_, "bold cyan"), f"  quality is now {quality:.2f}")


def show_forgotten(out: Output, result: ForgetResult) -> None:
    """Print what is or would be archived, and how to do or undo it."""
    if not result.total:
        out.line("Nothing matches; nothing was archived.")
        return
    done = "Would archive" if result.dry_run else "Archived"
    out.line(f"{done} {count(result.total, 'chunk')}:")
    for chunk in result.archived:
        out.line(f"  {chunk.title}  ", (f"{chunk.kind}, {chunk.id}", "dim"))
    if result.total > len(result.archived):
        out.line(f"  and {result.total - len(result.archived):,} more")
    if result.dry_run:
        out.line(("Nothing was changed. Add --yes to archive them.", "yellow"))
    else:
        out.line(f"To undo it: fluorite-mcp restore --undo {result.undo}")


def show_restored(out: Output, result: RestoreResult) -> None:
    """Print which chunks are findable again."""
    if not result.restored:
        out.line("None of them was archived; nothing was changed.")
        return
    out.line(f"Restored {count(len(result.restored), result.kind)}:")
    for id_ in result.restored:
        out.line("  ", (id_, "bold cyan"))
