"""Proves that a rendered template works: runs its setup and checks in a folder of their own."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fluorite_mcp.errors import FluoriteError, SpikeError
from fluorite_mcp.spikes.holes import fill
from fluorite_mcp.spikes.plan import plan_changes
from fluorite_mcp.spikes.render import render
from fluorite_mcp.spikes.target import TargetFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fluorite_mcp.models import Spike, SpikeVerification

State = Literal["passed", "failed", "skipped"]

Report = Callable[[str], None]
"""Told what runs now."""

_TAIL_LINES = 30
_VERSION_SECONDS = 20
_VERSION = re.compile(r"\d+(?:\.\d+)+\S*")
# Most programs know --version.
_VERSION_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "go": ("version",),
    "helm": ("version", "--short"),
    "kubectl": ("version", "--client"),
    "nginx": ("-v",),
    "openssl": ("version",),
    "terraform": ("version",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What became of one template. `step` is the command that failed, `output` the end of what it printed."""

    spike: str
    version: str
    state: State
    reason: str = ""
    step: str = ""
    output: str = ""
    seconds: float = 0.0
    content: str = ""
    tools: dict[str, str] = field(default_factory=dict)


def content_hash(spike: Spike) -> str:
    """Return a name for everything a verification depends on: parameters, files, patches and the commands."""
    parts = asdict(spike)
    parts["params"] = [{key: value for key, value in one.items() if key != "description"} for one in parts["params"]]
    text = json.dumps([parts[key] for key in ("params", "files", "patches", "verify")], ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def verify_spike(
    spike: Spike, params: Mapping[str, str], *, limit_seconds: float, report: Report = lambda _text: None
) -> Verification:
    """Render a template into a temporary folder and run what its `verify` names there.

    Args:
        spike: The template.
        params: Values for parameters without a default.
        limit_seconds: Setup and checks together may take so long.
        report: Told what runs now.
    """
    started = time.monotonic()
    result = _verify(spike, params, started + limit_seconds, report)
    return Verification(**asdict(result) | {"seconds": round(time.monotonic() - started, 1)})


def _verify(spike: Spike, params: Mapping[str, str], deadline: float, report: Report) -> Verification:
    verify = spike.verify
    if verify is None:
        return _result(spike, "skipped", "has no verify block")
    missing = [tool for tool in verify.tools if shutil.which(tool) is None]
    if missing:
        return _result(spike, "skipped", f"not on this machine: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix=f"fluorite-{spike.id[:40]}-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "project"
        folder.mkdir()
        try:
            values = render_into(spike, params, folder)
        except FluoriteError as error:
            return _result(spike, "failed", str(error))
        for command in (fill(one, values) for one in (*verify.setup, *verify.checks)):
            report(f"{spike.id}: {command}")
            reason, output = _run(command, folder, Path(name) / "output", deadline)
            if reason:
                return _result(spike, "failed", reason, step=command, output=output)
    return _result(spike, "passed", tools=_tool_versions(verify))


def render_into(spike: Spike, params: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """Write a template with its patches into an empty folder. Returns the values that filled it.

    Raises:
        SpikeError: It cannot be rendered, or a patch does not fit the template's own files.
    """
    target = TargetFolder(folder)
    rendered = render(spike, params)
    changes = plan_changes(rendered.files, rendered.patches, target.read, {}, "overwrite")
    for change in changes:
        if change.after is None:
            raise SpikeError(f"{spike.id}: '{change.path}' {change.reason}.")
    target.write({change.path: change.after for change in changes}, {})
    return rendered.values


def _run(command: str, folder: Path, log: Path, deadline: float) -> tuple[str, str]:
    """Run one command; returns why it failed ("" when it did not) and the end of its output."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S602 - the commands of a template that the user asks to verify
            command, shell=True, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=os.environ | {"CI": "1", "NO_COLOR": "1"}, start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return "took longer than the time limit", _tail(log)
        finally:
            _end_group(process)
    return (f"ended with exit code {code}" if code else ""), _tail(log)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a command with everything it started, servers left in the background too."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    except AttributeError:  # Windows has no groups of processes.
        process.kill()
    process.wait()


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_TAIL_LINES:])


def _tool_versions(verify: SpikeVerification) -> dict[str, str]:
    return {tool: tool_version(tool) for tool in sorted(verify.tools)}


def tool_version(tool: str) -> str:
    """Return the version a program tells, or "unknown"."""
    arguments = _VERSION_ARGUMENTS.get(tool, ("--version",))
    program = shutil.which(tool)
    if program is None:
        return "unknown"
    try:
        done = subprocess.run(  # noqa: S603 - a program that the template names, asked for its version
            [program, *arguments], capture_output=True, timeout=_VERSION_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    found = _VERSION.search((done.stdout + done.stderr).decode("utf-8", "replace"))
    return found[0].rstrip(",;)") if found else "unknown"


def _result(
    spike: Spike,
    state: State,
    reason: str = "",
    *,
    step: str = "",
    output: str = "",
    tools: dict[str, str] | None = None,
) -> Verification:
    return Verification(
        spike=spike.id, version=spike.version, state=state, reason=reason, step=step, output=output,
        content=content_hash(spike), tools=tools or {},
    )  # fmt: skip
