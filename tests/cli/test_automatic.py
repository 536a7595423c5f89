"""Sources, runs, schedules and figures at the shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fluorite_mcp.automatic.timer_files import NAME
from tests.automatic.test_timers import OTHERS, table  # noqa: F401 - a fixture
from tests.cli.conftest import Cli

SCRIPT = Path(__file__).parents[2] / "scripts" / "auto-learn"


def test_sources_are_added_listed_and_removed(cli: Cli) -> None:
    assert "none" in cli.ok("sources", "list")
    added = cli.json("sources", "add", str(cli.project))
    cli.ok("sources", "add", "https://example.org/guide")

    assert added["sources"] == [{"source": str(cli.project), "kind": "folder"}]
    assert [one["kind"] for one in cli.json("sources", "list")["sources"]] == ["folder", "page"]
    cli.ok("sources", "remove", "https://example.org/guide")
    assert cli.json("sources", "list")["sources"] == added["sources"]
    refused = cli("sources", "remove", "https://example.org/guide")
    assert (refused.exit_code, "not among the sources" in refused.stderr) == (2, True)
    assert cli("sources", "add", "nowhere").exit_code == 2


def test_a_run_says_what_it_did_with_each_source(cli: Cli, tmp_path: Path) -> None:
    cli.ok("sources", "add", str(cli.project))
    first, second = cli.ok("auto-learn"), cli.ok("auto-learn")

    assert f"learned  folder  {cli.project}  2 files seen, 2 changed, 0 removed; " in first
    assert f"unchanged  folder  {cli.project}" in second
    assert "exporting learning chunks: " in first
    cli.ok("sources", "add", str(tmp_path / "missing"))
    failed = cli("auto-learn")
    assert (failed.exit_code, "failed" in failed.stdout) == (1, True)


def test_without_sources_a_run_says_how_to_add_one(cli: Cli) -> None:
    assert "fluorite-mcp sources add" in cli.ok("auto-learn")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_the_script_does_a_run(cli: Cli) -> None:
    done = subprocess.run(
        [str(SCRIPT), "--json"], capture_output=True, text=True, env={**os.environ, "FLUORITE_DATA_DIR": str(cli.data)}
    )

    assert done.returncode == 0, done.stderr
    assert '"complete": true' in done.stdout


def test_a_schedule_is_installed_shown_and_removed(cli: Cli, table: Path) -> None:  # noqa: F811
    table.write_text(OTHERS)
    assert "No daily run is installed" in cli.ok("schedule")

    written = cli.ok("schedule", "install", "--kind", "cron", "--at", "4:05")
    shown = cli.json("schedule", "show")

    assert "Wrote crontab" in written
    [installed] = shown["installed"]
    assert installed["text"].startswith("5 4 * * * ")
    assert f"--data-dir {cli.data} auto-learn" in installed["text"]
    cli.ok("schedule", "remove")
    assert table.read_text() == OTHERS
    assert "No daily run is installed" in cli.ok("schedule", "remove")


@pytest.mark.parametrize("kind", ["cron", "systemd", "launchd"])
def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(cli: Cli, table: Path, kind: str) -> None:  # noqa: F811
    table.write_text(OTHERS)
    said = cli.ok("schedule", "install", "--kind", kind, "--dry-run")

    assert "Would write" in said
    assert "auto-learn" in said
    assert table.read_text() == OTHERS
    assert not (table.parent / "home").exists()
    assert not cli.data.exists()
    assert not table.with_name("calls").exists()


def test_removing_in_a_dry_run_removes_nothing(cli: Cli, table: Path) -> None:  # noqa: F811
    cli.ok("schedule", "install", "--kind", "cron")

    assert "Would remove cron" in cli.ok("schedule", "remove", "--dry-run")
    assert "30 3 * * *" in table.read_text()


def test_a_wrong_time_or_kind_is_refused(cli: Cli, table: Path) -> None:  # noqa: F811
    assert "no time of day" in cli("schedule", "install", "--kind", "cron", "--at", "25:00").stderr
    assert cli("schedule", "install", "--kind", "anacron").exit_code == 2
    assert not table.exists()


def test_the_line_of_a_schedule_runs(cli: Cli, table: Path) -> None:  # noqa: F811
    """As cron runs it: by the shell, without the user's variables."""
    cli.ok("sources", "add", str(cli.project))
    line = cli.ok("schedule", "install", "--kind", "cron") and cli.json("schedule")["installed"][0]["text"]
    command = line.split(" ", 5)[5].replace("\\%", "%")
    done = subprocess.run(["/bin/sh", "-c", command], env={"HOME": os.environ["HOME"], "PATH": "/usr/bin:/bin"})

    assert done.returncode == 0
    assert f"learned  folder  {cli.project}" in (cli.data / "auto-learn/log.txt").read_text()
    assert NAME not in table.read_text()


def test_figures_are_shown_as_a_table_and_for_prometheus(cli: Cli) -> None:
    cli.ok("search", "retry_with_backoff")
    table_, text = cli.ok("metrics"), cli.ok("metrics", "--prometheus")
    families = {family.name: family for family in text_string_to_metric_families(text)}

    assert "searches" in table_
    assert "answered 1" in table_
    assert families["fluorite_searches"].samples[0].value == 1
    assert cli.json("metrics")["summary"]["searches"] == {"answered": 1}
    assert cli.json("status")["metrics"]["searches"] == {"answered": 1}


def test_get_explains_a_quality(cli: Cli) -> None:
    id_ = cli.json("search", "retry_with_backoff")["hits"][0]["id"]

    assert "parse_health 1.00 × 0.25: its grammar reads 100% of it without an error" in cli.ok("get", id_)


def test_learning_chunks_go_from_one_memory_to_another(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.ok("store", "Parcels leave at noon.")
    said = cli.ok("export", "--learning-chunks", str(tmp_path / "shared"))
    monkeypatch.setenv("FLUORITE_DATA_DIR", str(tmp_path / "other"))

    assert said.startswith("Exported 1 chunk in 1 file to ")
    assert "Imported 1 new chunk from 1 file" in cli.ok("import", "--learning-chunks", str(tmp_path / "shared"))
    assert "Imported 0 new chunks from 1 file; 0 updated, 0 newer here or archived, 1 unchanged." in cli.ok(
        "import", "--learning-chunks", str(tmp_path / "shared")
    )
    assert "Parcels leave at noon." in cli.ok("search", "when do parcels leave")


def test_what_is_meant_by_an_export_or_import_must_be_clear(cli: Cli, tmp_path: Path) -> None:
    chunks = ("--learning-chunks", str(tmp_path / "shared"))
    for arguments, said in (
        (("export", "out.jsonl", *chunks), "not both"), (("import", "out.jsonl", *chunks), "not both"),
        (("import",), "Give FILE"), (("export", "--kind", "note"), "--learning-chunks FOLDER too"),
        (("import", *chunks), "holds no learning chunks"),
    ):  # fmt: skip
        refused = cli(*arguments)
        assert (refused.exit_code, said in refused.stderr) == (2, True), refused.stderr
