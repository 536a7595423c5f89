"""Daily runs by what the platform has: cron, a systemd user timer, or a launchd agent.

Installing again replaces, removing takes out what was installed and nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

from fluorite_mcp.automatic.timer_files import (
    LABEL,
    NAME,
    DailyJob,
    check_words,
    job_in,
    launchd_plist,
    systemd_units,
    with_job,
    without_job,
)
from fluorite_mcp.errors import FluoriteError, InputError

TimerKind = Literal["cron", "systemd", "launchd"]
TIMER_KINDS: tuple[str, ...] = get_args(TimerKind)

_COMMAND_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Installed:
    """A daily run that is installed: by what, where, and what stands there."""

    kind: str
    where: str
    text: str


class Timer(Protocol):
    """One way to run something every day."""

    def planned(self, job: DailyJob) -> Mapping[str, str]:
        """Return what would be written, by place."""
        ...

    def install(self, job: DailyJob) -> None:
        """Write it and start it; what was installed before is replaced."""
        ...

    def find(self) -> Installed | None:
        """Return what is installed."""
        ...

    def remove(self) -> None:
        """Take out what was installed."""
        ...


class Cron:
    """The user's crontab; all other lines of it stay."""

    def planned(self, job: DailyJob) -> Mapping[str, str]:
        """Return the whole crontab."""
        return {"crontab": with_job(self._read(), job)}

    def install(self, job: DailyJob) -> None:
        """Write the crontab with the job."""
        self._write(with_job(self._read(), job))

    def find(self) -> Installed | None:
        """Return the job's line."""
        line = job_in(self._read()) if shutil.which("crontab") else None
        return Installed("cron", "crontab", line) if line else None

    def remove(self) -> None:
        """Write the crontab without the job; one that held nothing else is removed."""
        left = without_job(self._read())
        if left:
            self._write(left)
        else:
            _run(["crontab", "-r"])

    def _read(self) -> str:
        done = _run(["crontab", "-l"], may_fail=True)
        # A user who has none yet gets an error that says so.
        return done.stdout if done.returncode == 0 else ""

    def _write(self, text: str) -> None:
        _run(["crontab", "-"], text)


class Systemd:
    """A timer of the user's own systemd."""

    def __init__(self, folder: Path | None = None) -> None:
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        self._folder = folder or Path(config) / "systemd" / "user"

    def planned(self, job: DailyJob) -> Mapping[str, str]:
        """Return the units by path."""
        return {str(self._folder / name): text for name, text in systemd_units(job).items()}

    def install(self, job: DailyJob) -> None:
        """Write the units and enable the timer."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path, text in self.planned(job).items():
            Path(path).write_text(text, encoding="utf-8")
        _run(["systemctl", "--user", "daemon-reload"])
        _run(["systemctl", "--user", "enable", "--now", f"{NAME}.timer"])
        # A timer that runs already keeps its old time otherwise.
        _run(["systemctl", "--user", "restart", f"{NAME}.timer"])

    def find(self) -> Installed | None:
        """Return the timer unit."""
        path = self._folder / f"{NAME}.timer"
        return Installed("systemd", str(path), path.read_text(encoding="utf-8")) if path.exists() else None

    def remove(self) -> None:
        """Disable the timer and delete the units."""
        _run(["systemctl", "--user", "disable", "--now", f"{NAME}.timer"], may_fail=True)
        for suffix in ("service", "timer"):
            (self._folder / f"{NAME}.{suffix}").unlink(missing_ok=True)
        _run(["systemctl", "--user", "daemon-reload"], may_fail=True)


class Launchd:
    """An agent of the user's own launchd."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or Path.home() / "Library" / "LaunchAgents") / f"{LABEL}.plist"

    def planned(self, job: DailyJob) -> Mapping[str, str]:
        """Return the property list by path."""
        return {str(self._path): launchd_plist(job).decode()}

    def install(self, job: DailyJob) -> None:
        """Write the agent and load it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_bytes(launchd_plist(job))
        _run(["launchctl", "bootout", f"{_domain()}/{LABEL}"], may_fail=True)
        _run(["launchctl", "bootstrap", _domain(), str(self._path)])

    def find(self) -> Installed | None:
        """Return the agent."""
        path = self._path
        return Installed("launchd", str(path), path.read_text(encoding="utf-8")) if path.exists() else None

    def remove(self) -> None:
        """Unload the agent and delete it."""
        _run(["launchctl", "bootout", f"{_domain()}/{LABEL}"], may_fail=True)
        self._path.unlink(missing_ok=True)


_TIMERS: Mapping[str, type[Cron] | type[Systemd] | type[Launchd]] = {
    "cron": Cron, "systemd": Systemd, "launchd": Launchd,
}  # fmt: skip


def choose_kind(wanted: str | None = None) -> str:
    """Return the kind that was asked for, or the one that the platform has.

    Raises:
        InputError: It has none.
    """
    if wanted is not None:
        return wanted
    if sys.platform == "darwin":
        return "launchd"
    if shutil.which("systemctl") and _run(["systemctl", "--user", "show-environment"], may_fail=True).returncode == 0:
        return "systemd"
    if shutil.which("crontab"):
        return "cron"
    raise InputError(
        "This machine has no user systemd and no crontab. Install cron, or run `fluorite-mcp auto-learn` yourself."
    )


def timer_of(kind: str) -> Timer:
    """Return the timer of a kind."""
    return _TIMERS[kind]()


def find_installed() -> list[Installed]:
    """Return every daily run that is installed."""
    found = [timer_of(kind).find() for kind in TIMER_KINDS]
    return [one for one in found if one is not None]


def install(kind: str, job: DailyJob) -> Mapping[str, str]:
    """Install a daily run, and take out one of another kind. Returns what was written, by place.

    Raises:
        InputError: The command cannot stand in such a file.
        FluoriteError: The platform's program is missing or refused; what was installed before is as it was.
    """
    check_words([*job.command, str(job.log)])
    timer = timer_of(kind)
    written = timer.planned(job)
    timer.install(job)
    for other in find_installed():
        if other.kind != kind:
            timer_of(other.kind).remove()
    return written


def this_program() -> tuple[str, ...]:
    """Return the words that start this program tomorrow, too."""
    uvx = shutil.which("uvx")
    # An environment that uvx made may be gone by then.
    if uvx and any(part.startswith("archive-v") for part in Path(sys.prefix).parts):
        return (uvx, "fluorite-mcp")
    return (sys.executable, "-P", "-m", "fluorite_mcp")


def _domain() -> str:
    return f"gui/{os.getuid()}"


def _run(
    command: Sequence[str], text: str | None = None, *, may_fail: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a program of the platform.

    Raises:
        FluoriteError: It is missing, or refused.
    """
    try:
        done = subprocess.run(  # noqa: S603 - programs of the platform, with words of ours
            list(command), input=text or "", capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise FluoriteError(f"{command[0]} is not on PATH. Choose another --kind: {', '.join(TIMER_KINDS)}.") from error
    except subprocess.TimeoutExpired as error:
        raise FluoriteError(f"{' '.join(command)} did not answer within {_COMMAND_SECONDS:.0f} s.") from error
    if done.returncode and not may_fail:
        said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise FluoriteError(f"{' '.join(command)} failed: {said}.")
    return done
