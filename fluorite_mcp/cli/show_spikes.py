"""How templates look to a person: what was found, what one gives, what applying it changes, what was verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluorite_mcp.cli.output import Output, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fluorite_mcp.cli.spikes import VerifyReport
    from fluorite_mcp.results import (
        ApplySpikeResult,
        FindSpikesResult,
        ImportSpikesResult,
        PreviewSpikeResult,
        PromoteResult,
        RemoveSpikeResult,
    )
    from fluorite_mcp.spikes.verification import Verification

_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_ACTION_STYLES = {"create": "green", "update": "yellow", "unchanged": "dim", "conflict": "bold red"}


def show_found(out: Output, result: FindSpikesResult) -> None:
    """Print each template with what it is for."""
    if not result.spikes:
        out.line("No template fits. Ask in other words, or leave QUERY out to list them.")
        return
    for spike in result.spikes:
        verified = f"  verified {spike.verified}" if spike.verified else ""
        out.line((spike.id, "bold cyan"), f"  {spike.name}  ", (f"{', '.join(spike.stack)}{verified}", "dim"))
        out.block(spike.description)


def show_promoted(out: Output, result: PromoteResult) -> None:
    """Print the template that a pattern became, and what to do with it."""
    out.line((result.id, "bold cyan"), f"  {result.name}")
    out.line(f"  {result.file}")
    out.line((f"  parameters: {', '.join(result.params)}", "dim"))
    out.line(f"See it with: fluorite-mcp preview-spike {result.id}")
    out.line(f"Take it away with: fluorite-mcp spikes remove {result.id}")


def show_removed(out: Output, result: RemoveSpikeResult) -> None:
    """Print what was taken away, and how it comes back."""
    out.line(f"{result.id} is archived.")
    if result.undo:
        out.line(f"Bring it back with: fluorite-mcp restore --undo {result.undo}")


def show_preview(out: Output, result: PreviewSpikeResult) -> None:
    """Print the parameters that are open, then every file."""
    out.line((result.name, "bold"), f"  {result.id} {result.version}")
    for param in result.missing:
        default = "required" if param.default is None else f"default {param.default!r}"
        choices = f", one of {', '.join(param.choices)}" if param.choices else ""
        out.line("  ", (param.name, "cyan"), f"  {default}{choices}  ", (param.description, "dim"))
    for file in result.files:
        out.line()
        out.line((file.path, "bold"))
        out.block(file.content)
    for patch in result.patches:
        out.line()
        out.line(("change to ", ""), (patch.path, "bold"))
        _show_diff(out, patch.diff)
    _show_afterwards(out, result.setup, result.checks, result.notes)


def show_applied(out: Output, result: ApplySpikeResult) -> None:
    """Print each file's diff, then what was or would be done."""
    for change in result.files:
        reason = f"  {change.reason}" if change.reason else ""
        out.line((change.action, _ACTION_STYLES[change.action]), f"  {change.path}{reason}")
        if change.action != "unchanged" and not result.written:
            _show_diff(out, change.marked or change.diff)
    changed = sum(change.action in ("create", "update") for change in result.files)
    out.line()
    if result.conflicts:
        out.line((f"{count(len(result.conflicts), 'conflict')}; nothing was written.", "bold red"))
    elif not changed:
        out.line("Everything is there already; nothing to write.")
    elif result.written:
        out.line(f"Wrote {count(changed, 'file')}. To undo it: fluorite-mcp restore --undo {result.undo}")
    else:
        out.line((f"Would write {count(changed, 'file')}. Nothing was changed. Add --write to do it.", "yellow"))
    _show_afterwards(out, result.setup, result.checks, result.notes)


def show_imported(out: Output, result: ImportSpikesResult) -> None:
    """Print what could not be read, then what was imported."""
    for skipped in result.skipped:
        out.line((f"{skipped.path}: ", "yellow"), skipped.reason)
    out.line(
        f"Imported {count(result.imported, 'template')} of {count(result.files, 'file')}: {result.updated:,} updated, "
        f"{result.unchanged:,} unchanged, {result.merged:,} near-duplicates and {result.stubs:,} stubs set aside, "
        f"{len(result.skipped):,} not read ({result.took_ms / 1000:.1f} s)."
    )
    if result.redacted:
        out.line((f"{count(result.redacted, 'secret')} redacted.", "yellow"))


def _show_diff(out: Output, diff: str) -> None:
    for line in diff.splitlines():
        out.line((f"    {line}", _DIFF_STYLES.get(line[:1], "")))


def _show_afterwards(out: Output, setup: Sequence[str], checks: Sequence[str], notes: str) -> None:
    for label, commands in (("To prepare:", setup), ("To check:", checks)):
        if commands:
            out.line()
            out.line((label, "bold"))
            out.block("\n".join(commands))
    if notes:
        out.line()
        out.line((notes, "dim"))


_STATE_STYLES = {"passed": "green", "failed": "bold red", "skipped": "yellow"}


def show_verified(out: Output, report: VerifyReport) -> None:
    """Print one row per template, then the output of those that failed."""
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
    counts = [f"{sum(one.state == state for one in report.results)} {state}" for state in _STATE_STYLES]
    out.line()
    out.line(", ".join(counts), ("  recorded in ", "dim"), (report.recorded, "dim"))


def _row(result: Verification) -> Sequence[str | tuple[str, str]]:
    tools = ", ".join(f"{name} {version}" for name, version in result.tools.items())
    reason = result.reason if not result.step else f"{result.reason}: {result.step}"
    return (
        (result.state, _STATE_STYLES[result.state]),
        result.spike,
        result.version,
        f"{result.seconds:.1f} s",
        (reason or tools, "dim"),
    )
