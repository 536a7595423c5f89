"""Daily runs installed, shown and removed through the platform's own programs, or ones that keep what they are told."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fluorite_mcp.automatic.timer_files import LABEL, NAME, DailyJob
from fluorite_mcp.automatic.timers import Cron, Launchd, Systemd, choose_kind, find_installed, install
from fluorite_mcp.errors import FluoriteError, InputError

OTHERS = "# mine\n0 5 * * 1 true\n"

# What the real program does with the user's table, on a file of the test.
CRONTAB = """#!/bin/sh
table="$TABLE"
case "$1" in
  -l) [ -e "$table" ] || { echo "no crontab for you" >&2; exit 1; }; cat "$table" ;;
  -r) rm "$table" ;;
  -) cat > "$table.new"; mv "$table.new" "$table" ;;
esac
"""
RECORDER = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n'


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The programs of a platform on PATH, on files of this test; the table that `crontab` keeps."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"crontab": CRONTAB, "systemctl": RECORDER, "launchctl": RECORDER}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("TABLE", str(tmp_path / "table"))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path / "table"


@pytest.fixture
def job(tmp_path: Path) -> DailyJob:
    return DailyJob(("/usr/bin/env", "true"), 3, 30, tmp_path / "log.txt")


def calls(table: Path) -> list[str]:
    path = table.with_name("calls")
    return path.read_text().splitlines() if path.exists() else []


def test_cron_gets_the_job_once_and_loses_nothing_else(table: Path, job: DailyJob) -> None:
    table.write_text(OTHERS)
    install("cron", job)
    install("cron", job)

    assert table.read_text().startswith(OTHERS)
    assert table.read_text().count("30 3 * * *") == 1
    [found] = find_installed()
    assert found.kind == "cron"
    Cron().remove()
    assert table.read_text() == OTHERS
    assert find_installed() == []


def test_a_crontab_that_held_nothing_else_is_removed(table: Path, job: DailyJob) -> None:
    install("cron", job)
    Cron().remove()

    assert not table.exists()


@pytest.mark.skipif(
    shutil.which("crontab") is None or (os.environ.get("CI") is None and os.getuid() != 0), reason="needs cron"
)
def test_the_real_cron_takes_the_table(job: DailyJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Installing takes out what another kind has installed: this user's own timer must not be seen.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    before = subprocess.run(["crontab", "-l"], capture_output=True, text=True)
    if before.returncode == 0:
        pytest.skip("this user has a crontab, which tests leave alone")
    try:
        install("cron", job)
        shown = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=True).stdout
        assert "30 3 * * * /usr/bin/env true >> " in shown
    finally:
        Cron().remove()
    assert subprocess.run(["crontab", "-l"], capture_output=True, text=True).returncode != 0


def test_systemd_gets_units_that_are_enabled_and_leaves_no_trace(table: Path, job: DailyJob) -> None:
    install("systemd", job)
    folder = table.parent / "home/.config/systemd/user"

    assert {path.name for path in folder.iterdir()} == {f"{NAME}.service", f"{NAME}.timer"}
    assert f"systemctl --user enable --now {NAME}.timer" in calls(table)
    Systemd().remove()
    assert list(folder.iterdir()) == []
    assert f"systemctl --user disable --now {NAME}.timer" in calls(table)


def test_launchd_gets_an_agent_that_is_loaded_and_leaves_no_trace(table: Path, job: DailyJob) -> None:
    install("launchd", job)
    agents = table.parent / "home/Library/LaunchAgents"

    assert [path.name for path in agents.iterdir()] == [f"{LABEL}.plist"]
    assert any(call.startswith("launchctl bootstrap gui/") for call in calls(table))
    Launchd().remove()
    assert list(agents.iterdir()) == []


def test_another_kind_takes_the_place_of_the_one_before(table: Path, job: DailyJob) -> None:
    table.write_text(OTHERS)
    install("cron", job)
    install("systemd", job)

    assert [found.kind for found in find_installed()] == ["systemd"]
    assert table.read_text() == OTHERS


def test_what_the_platform_has_is_chosen(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_kind("launchd") == "launchd"
    assert choose_kind() in ("systemd", "launchd")
    (table.parent / "bin/systemctl").write_text("#!/bin/sh\nexit 1\n")
    monkeypatch.setattr("sys.platform", "linux")
    assert choose_kind() == "cron"
    monkeypatch.setenv("PATH", str(table.parent / "nothing"))
    with pytest.raises(InputError, match="no user systemd and no crontab"):
        choose_kind()


def test_a_program_that_is_missing_or_refuses_is_told(
    table: Path, job: DailyJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    (table.parent / "bin/crontab").write_text("#!/bin/sh\necho 'you are not allowed to use cron' >&2\nexit 1\n")
    with pytest.raises(FluoriteError, match="not allowed to use cron"):
        install("cron", job)
    monkeypatch.setenv("PATH", str(table.parent / "nothing"))
    with pytest.raises(FluoriteError, match="launchctl is not on PATH"):
        install("launchd", job)
    with pytest.raises(InputError, match="line break"):
        install("cron", DailyJob(("a\nb",), 3, 30, job.log))
