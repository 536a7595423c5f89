"""`apply_spike`: a template becomes files of the project, all or none, and can be taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fluorite_mcp.errors import FluoriteError, InputError, OutsideRootError, ProjectError
from fluorite_mcp.learning.locate import Place, is_personal, locate
from fluorite_mcp.operations.applications import Application, Applications
from fluorite_mcp.operations.arguments import check_choice
from fluorite_mcp.operations.find_spikes import param_values, verification_commands
from fluorite_mcp.operations.templates import Templates
from fluorite_mcp.results import ApplySpikeResult, ChangeView, ProjectRef, RestoreResult
from fluorite_mcp.spikes.paths import path_problem
from fluorite_mcp.spikes.plan import STRATEGIES, Change, Strategy, plan_changes
from fluorite_mcp.spikes.render import Rendered, render
from fluorite_mcp.spikes.target import TargetFolder

# An answer is read by people and assistants; the file itself is there for the rest.
_MAX_SHOWN_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class ApplySpikeRequest:
    """What to apply, and where. Fields as in the `apply_spike` tool."""

    id: str
    params: Mapping[str, Any] = field(default_factory=dict)
    path: str | None = None
    strategy: str = "abort"
    write: bool = False


@dataclass(frozen=True, slots=True)
class _Where:
    """A folder to write to: nothing may leave `root`; paths start from `part` below it."""

    root: Path
    part: str = ""

    @property
    def target(self) -> TargetFolder:
        return TargetFolder(self.root, self.part)

    def shown(self, path: str) -> str:
        return f"{self.part}/{path}" if self.part else path


class ApplySpike:
    """Answers `apply_spike`, and undoes what it did."""

    def __init__(self, templates: Templates, applications: Applications) -> None:
        self._templates = templates
        self._applications = applications

    async def run(self, request: ApplySpikeRequest, place: Place) -> ApplySpikeResult:
        """Show what a template changes in a project, and with `write` do it.

        Raises:
            UnknownIdError: There is no such template; names the nearest.
            InputError: An argument cannot be used, or a file changed meanwhile. Nothing was written.
            OutsideRootError: A path leaves the project. Nothing was written.
            SpikeError: The template cannot be rendered with these parameters.
            StoreError: The store or the disk cannot be written. Nothing was written.
        """
        check_choice("strategy", (request.strategy,), STRATEGIES)
        template = await self._templates.find(request.id)
        rendered = render(template.spike, param_values(request.params))
        where = await asyncio.to_thread(_where, place, request.path)
        application = Application(template.spike.id, str(where.root), where.part)
        unfinished = await self._applications.unfinished(application.root)
        bases = await self._applications.bases(application)
        changes = await asyncio.to_thread(_plan, where, rendered, bases, request.strategy)  # type: ignore[arg-type] # checked
        conflicts = [change for change in changes if change.action == "conflict"]
        undo = None
        if request.write and not conflicts:
            undo = await self._write(application, where, changes)
        setup, checks = verification_commands(template.spike, rendered.values)
        return ApplySpikeResult(
            project=ProjectRef(name=where.root.name, root=str(where.root)),
            id=template.spike.id,
            version=template.spike.version,
            written=request.write and not conflicts,
            files=tuple(_view(where, change) for change in changes),
            conflicts=tuple(where.shown(change.path) for change in conflicts),
            undo=undo,
            setup=setup,
            checks=checks,
            notes=template.spike.notes,
            notices=tuple(map(_cut_off, unfinished)),
        )

    async def _write(self, application: Application, where: _Where, changes: Sequence[Change]) -> str | None:
        """Write what changes. The record comes first: even after a crash in the middle it can be undone."""
        written = [change for change in changes if change.action in ("create", "update")]
        files = {change.path: (change.before, change.after) for change in written}
        bases = {change.path: change.base for change in changes}
        if not written:
            await self._applications.keep_bases(application, bases)
            return None
        token = await self._applications.begin(application, files, bases)
        try:
            await asyncio.to_thread(
                where.target.write,
                {change.path: change.after for change in written},
                {change.path: change.before for change in written},
            )
        except FluoriteError:
            await self._applications.forget(token)
            raise
        await self._applications.finish(token)
        return token

    async def undos(self) -> list[str]:
        """Return what can be undone, newest last."""
        return await self._applications.tokens()

    async def undo(self, token: str) -> RestoreResult:
        """Put back what an application changed, if nobody changed it since.

        Raises:
            UnknownIdError: There is no such application, or it was undone.
            InputError: A file was changed since. Nothing was written.
        """
        record = await self._applications.find(token)
        where = _Where(Path(record.application.root), record.application.part)
        await asyncio.to_thread(_put_back, where, record.files)
        await self._applications.forget(token)
        return RestoreResult(
            project=ProjectRef(name=where.root.name, root=str(where.root)),
            restored=tuple(where.shown(path) for path in record.files),
            kind="file",
        )


def _where(place: Place, path: str | None) -> _Where:
    """Find the folder to write to; it need not be there yet."""
    missing: list[str] = []
    asked = path
    while True:
        try:
            location = locate(place, asked)
            break
        except (OutsideRootError, ProjectError):
            raise
        except InputError:
            parent = Path(asked or "")
            if parent == parent.parent or not parent.name:
                raise
            missing.insert(0, parent.name)
            asked = str(parent.parent)
    root, part = location.root, "/".join(filter(None, (location.part, *missing)))
    if part and (problem := path_problem(part)):
        raise OutsideRootError(f"path {path!r} {problem}.")
    if is_personal(root):
        if not missing:
            raise ProjectError(f"{root} is a home folder or the file system's root. Pass path to choose a project.")
        return _Where(root / part)  # A new project is a root of its own.
    if (root / part).is_file():
        raise InputError(f"path {path!r} is a file; give the folder to write to.")
    return _Where(root, part)


def _plan(where: _Where, rendered: Rendered, bases: Mapping[str, str], strategy: Strategy) -> list[Change]:
    return plan_changes(rendered.files, rendered.patches, where.target.read, bases, strategy)


def _put_back(where: _Where, files: Mapping[str, tuple[str | None, str | None]]) -> None:
    target = where.target
    current = {path: target.read(path) for path in files}
    for path, (before, after) in files.items():
        if current[path] not in (before, after):
            raise InputError(f"{where.shown(path)} was changed since it was written. Nothing was put back; edit it.")
    target.write({path: before for path, (before, _) in files.items()}, current)
    target.sweep(files)


def _cut_off(token: str) -> str:
    return (
        f"An application of a template was cut off here, or is being written now. restore with undo {token} undoes it."
    )


def _view(where: _Where, change: Change) -> ChangeView:
    return ChangeView(
        path=where.shown(change.path), action=change.action, diff=_shortened(change.diff), reason=change.reason,
        marked=_shortened(change.marked or ""),
    )  # fmt: skip


def _shortened(text: str) -> str:
    if len(text) <= _MAX_SHOWN_CHARS:
        return text
    return f"{text[:_MAX_SHOWN_CHARS]}\n… {len(text) - _MAX_SHOWN_CHARS} more characters\n"
