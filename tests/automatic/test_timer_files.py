"""The files of cron, systemd and launchd, read back by what reads them."""

from __future__ import annotations

import configparser
import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.automatic.timer_files import (
    NAME,
    DailyJob,
    job_in,
    launchd_plist,
    read_time,
    systemd_units,
    with_job,
    without_job,
)
from fluorite_mcp.errors import InputError

JOB = DailyJob((sys.executable, "-m", "fluorite_mcp", "auto-learn"), 3, 30, Path("/var/tmp/fluorite/log.txt"))
ODD = DailyJob(
    (sys.executable, "-c", "import sys; print(sys.argv[1:])", "/my data/100%/$HOME/it's \"here\""), 23, 5,
    Path("/tmp/a b%/log.txt"),
)  # fmt: skip
OTHERS = "MAILTO=me\n# a comment\n0 5 * * 1 tar -zcf /var/backups/home.tgz /home/\n@daily true\n"


@pytest.mark.parametrize(("text", "time"), [("03:30", (3, 30)), ("3:05", (3, 5)), ("23:59", (23, 59))])
def test_a_time_of_day_is_read(text: str, time: tuple[int, int]) -> None:
    assert read_time(text) == time


@pytest.mark.parametrize("text", ["", "24:00", "12:60", "noon", "3", "03:30:00", "-1:00"])
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(InputError, match="no time of day"):
        read_time(text)


def test_a_crontab_keeps_its_other_lines_and_gets_the_job_once() -> None:
    once = with_job(OTHERS, JOB)
    later = DailyJob(JOB.command, 4, 0, JOB.log)

    assert once.startswith(OTHERS)
    assert with_job(once, JOB) == once
    assert (job_in(with_job(once, later)) or "").startswith("0 4 * * * ")
    assert without_job(with_job(once, later)) == OTHERS


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=200))
def test_whatever_stands_in_a_crontab_stays(crontab: str) -> None:
    added = with_job(crontab, JOB)

    assert without_job(added) in (crontab, crontab + "\n")
    assert job_in(added)


def test_the_line_says_to_cron_when_and_to_the_shell_what() -> None:
    line = job_in(with_job("", ODD)) or ""
    minute, hour, *days, command = line.split(" ", 5)
    # As cron does: an escaped % is one, an unescaped one would end the command.
    said = command.replace("\\%", "%")

    assert (minute, hour, days) == ("5", "23", ["*", "*", "*"])
    assert command.count("%") == command.count("\\%")
    assert shlex.split(said)[:4] == list(ODD.command)
    assert shlex.split(said)[4:] == [">>", str(ODD.log), "2>&1"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("job", [JOB, ODD], ids=["plain", "odd"])
def test_systemd_finds_no_fault_in_the_units(job: DailyJob, tmp_path: Path) -> None:
    for name, text in systemd_units(job).items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", *(str(tmp_path / name) for name in systemd_units(job))],
        capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip

    assert (done.returncode, [line for line in done.stderr.splitlines() if NAME in line]) == (0, [])


def test_the_units_are_what_systemd_reads() -> None:
    units = {}
    for name, text in systemd_units(JOB).items():
        units[name] = configparser.RawConfigParser(strict=True)
        units[name].optionxform = str  # type: ignore[assignment,method-assign] # systemd minds the case
        units[name].read_string(text)
    timer, service = units[f"{NAME}.timer"], units[f"{NAME}.service"]

    assert timer["Timer"]["OnCalendar"] == "*-*-* 03:30:00"
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["ExecStart"].split() == list(JOB.command)


def test_what_systemd_would_expand_is_escaped() -> None:
    line = next(one for one in systemd_units(ODD)[f"{NAME}.service"].splitlines() if one.startswith("ExecStart="))

    assert '"/my data/100%%/$$HOME/it\'s \\"here\\""' in line


@pytest.mark.parametrize("job", [JOB, ODD], ids=["plain", "odd"])
def test_a_property_list_survives_a_round_trip(job: DailyJob) -> None:
    read = plistlib.loads(launchd_plist(job))

    assert read["ProgramArguments"] == list(job.command)
    assert read["StartCalendarInterval"] == {"Hour": job.hour, "Minute": job.minute}
    assert read["StandardOutPath"] == str(job.log)
