"""What cron, systemd and launchd read: pure functions from a daily job to their files."""

from __future__ import annotations

import plistlib
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fluorite_mcp.errors import InputError

NAME = "fluorite-mcp-auto-learn"
LABEL = "com.fluorite-mcp.auto-learn"

_BEGIN = "# BEGIN fluorite-mcp: learns by itself every day; `fluorite-mcp schedule remove` takes this out"
_END = "# END fluorite-mcp"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}\n.*?^{re.escape(_END)}\n?", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class DailyJob:
    """A command that runs every day at a local time, its output appended to a file."""

    command: tuple[str, ...]
    hour: int
    minute: int
    log: Path


def read_time(text: str) -> tuple[int, int]:
    """Read a time of day such as 03:30.

    Raises:
        InputError: It is none.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise InputError(f"--at {text!r} is no time of day; give hours and minutes, such as 03:30.")
    return int(match[1]), int(match[2])


def with_job(crontab: str, job: DailyJob) -> str:
    """Return a crontab with the job in it, once, and everything else as it was."""
    others = without_job(crontab)
    if others and not others.endswith("\n"):
        others += "\n"
    # To cron an unescaped % is the end of the line.
    command = f"{shlex.join(job.command)} >> {shlex.quote(str(job.log))} 2>&1".replace("%", "\\%")
    return f"{others}{_BEGIN}\n{job.minute} {job.hour} * * * {command}\n{_END}\n"


def without_job(crontab: str) -> str:
    """Return a crontab without the job."""
    return _BLOCK.sub("", crontab)


def job_in(crontab: str) -> str | None:
    """Return the line of the job in a crontab, or None."""
    block = _BLOCK.search(crontab)
    return block[0].splitlines()[1] if block else None


def systemd_units(job: DailyJob) -> dict[str, str]:
    """Return the service and the timer by file name."""
    log = str(job.log).replace("%", "%%")
    service = (
        "[Unit]\nDescription=fluorite-mcp learns by itself\n\n"
        f"[Service]\nType=oneshot\nExecStart={' '.join(map(_systemd_word, job.command))}\n"
        f"StandardOutput=append:{log}\nStandardError=append:{log}\nNice=10\nIOSchedulingClass=idle\n"
    )
    timer = (
        "[Unit]\nDescription=fluorite-mcp learns by itself every day\n\n"
        # Persistent: a machine that slept at that time runs it when it wakes.
        f"[Timer]\nOnCalendar=*-*-* {job.hour:02d}:{job.minute:02d}:00\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )
    return {f"{NAME}.service": service, f"{NAME}.timer": timer}


def _systemd_word(word: str) -> str:
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return word if re.fullmatch(r"[\w@./:=,+-]+", word) else f'"{word}"'


def launchd_plist(job: DailyJob) -> bytes:
    """Return the agent's property list."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(job.command),
            "StartCalendarInterval": {"Hour": job.hour, "Minute": job.minute},
            "StandardOutPath": str(job.log),
            "StandardErrorPath": str(job.log),
            "ProcessType": "Background",
            "LowPriorityIO": True,
        }
    )


def check_words(words: Sequence[str]) -> None:
    """Refuse words that no such file can hold.

    Raises:
        InputError: A word holds a line break.
    """
    for word in words:
        if "\n" in word or "\r" in word or "\0" in word:
            raise InputError(f"{word!r} holds a line break, which no timer's file can hold. Move the data folder.")
