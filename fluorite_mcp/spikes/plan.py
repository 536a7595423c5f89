"""What applying a template would do to a project: one change per file, decided by a strategy. Writes nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from fluorite_mcp.spikes.merging import merge
from fluorite_mcp.spikes.patching import apply_patch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fluorite_mcp.models import SpikePatch
    from fluorite_mcp.spikes.render import RenderedFile

Strategy = Literal["abort", "merge", "overwrite"]
STRATEGIES: tuple[str, ...] = get_args(Strategy)

Action = Literal["create", "update", "unchanged", "conflict"]

Read = Callable[[str], str | None]
"""Returns the text that the project has under a path, or None where it has no file."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one file.

    `after` is the text to write, None for a conflict; `reason` says why it conflicts; `marked` is a merge with both
    sides of each conflict; `base` is what the template itself gives, from which a later application merges.
    """

    path: str
    action: Action
    before: str | None
    after: str | None
    base: str
    reason: str = ""
    marked: str | None = None

    @property
    def diff(self) -> str:
        """The change as a unified diff; for a conflict, what overwriting would do."""
        return unified_diff(self.path, self.before, self.base if self.after is None else self.after)


def plan_changes(
    files: Sequence[RenderedFile],
    patches: Sequence[SpikePatch],
    read: Read,
    bases: Mapping[str, str],
    strategy: Strategy,
) -> list[Change]:
    """Decide for every file of a template what becomes of it.

    Args:
        files: The files as rendered.
        patches: The patches as rendered.
        read: Reads the project.
        bases: What an earlier application of the same template gave, by path.
        strategy: What to do about files that are there and differ.
    """
    changes = {file.path: _plan_file(file, read(file.path), bases.get(file.path), strategy) for file in files}
    for patch in patches:
        known = changes.get(patch.path)
        changes[patch.path] = _plan_patch(patch, known, read(patch.path) if known is None else known.after)
    return list(changes.values())


def _plan_file(file: RenderedFile, current: str | None, base: str | None, strategy: Strategy) -> Change:
    wanted = file.content
    if current is None:
        return Change(file.path, "create", None, wanted, wanted)
    wanted = _with_ends_of(current, wanted)
    if current == wanted:
        return Change(file.path, "unchanged", current, current, wanted)
    if strategy == "overwrite":
        return Change(file.path, "update", current, wanted, wanted)
    if strategy == "merge":
        return _merged(file.path, current, wanted, base)
    reason = "exists and differs; choose the strategy merge or overwrite"
    return Change(file.path, "conflict", current, None, wanted, reason)


def _merged(path: str, current: str, wanted: str, base: str | None) -> Change:
    merged = merge(_with_ends_of(current, base or ""), current, wanted)
    if merged.text is None:
        reason = merged.problem or ""
        if base is None:
            reason = "exists and differs, and what it comes from is not known: the template was not applied here before"
        return Change(path, "conflict", current, None, wanted, reason, merged.marked)
    return Change(path, "unchanged" if merged.text == current else "update", current, merged.text, wanted)


def _plan_patch(patch: SpikePatch, known: Change | None, current: str | None) -> Change:
    """Patch a file of the project, or one that the template itself has just planned."""
    if known is not None and known.after is None:
        return known
    before = known.before if known is not None else current
    patched = apply_patch(None if current is None else current.replace("\r\n", "\n"), patch.diff)
    if patched.text is None:
        return Change(patch.path, "conflict", before, None, current or "", f"the patch {patched.problem}")
    after = _with_ends_of(current or "", patched.text)
    action: Action = "create" if before is None else "unchanged" if after == before else "update"
    return Change(patch.path, action, before, after, known.base if known is not None else after)


def _with_ends_of(current: str, text: str) -> str:
    """Return text with the ends of line that the project's file has."""
    return text.replace("\n", "\r\n") if "\r\n" in current and "\r\n" not in text else text


def unified_diff(path: str, before: str | None, after: str) -> str:
    """Return how a file changes, as `diff -u` and git write it."""
    name = "/dev/null" if before is None else f"a/{path}"
    lines = difflib.unified_diff(_lines(before or ""), _lines(after), name, f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    # Only newlines end a line: text may hold other line separators of Unicode.
    return re.findall(r"[^\n]*\n|[^\n]+", text)
