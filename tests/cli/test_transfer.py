"""Export and import: a whole memory, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def test_export_wipe_import_export_gives_the_same_bytes(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.ok("learn")
    note = cli.json("store", "line\u2028separator \x85 and 日本", "--title", "Odd\u2029title")["id"]
    cli.ok("feedback", note, "--outcome", "helpful")
    cli.ok("forget", note, "--yes")
    first = tmp_path / "first.jsonl"

    assert "Exported " in cli.ok("export", str(first))
    monkeypatch.setenv("FLUORITE_DATA_DIR", str(tmp_path / "elsewhere"))
    imported = cli.json("import", str(first))

    assert imported["lines"] == first.read_bytes().count(b"\n")
    assert imported["new_chunks"] > 200
    assert cli.ok("export").encode() == first.read_bytes()


def test_an_export_in_a_pipe_is_lines_of_json_that_import_reads(cli: Cli) -> None:
    lines = cli.ok("export")

    assert json.loads(lines.split("\n")[0])["type"] == "header"
    assert "Imported 0 new chunks" in cli.ok("import", "-", stdin=lines)
    assert cli.ok("export", "-") == lines


def test_json_describes_a_written_export_and_is_refused_on_stdout(cli: Cli, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"

    written = cli.json("export", str(target))
    refused = cli("export", "--json")

    assert written == {"file": str(target), "lines": target.read_bytes().count(b"\n")}
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_an_export_that_cannot_be_written_leaves_nothing_behind(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    onto_folder = cli("export", str(folder))
    into_nothing = cli("export", str(tmp_path / "missing" / "out.jsonl"))

    assert (onto_folder.exit_code, into_nothing.exit_code) == (2, 2)
    assert "cannot be written" in onto_folder.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "folder", "shop"]


def test_a_damaged_import_names_the_line_and_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    before = cli.ok("export")
    broken = tmp_path / "broken.jsonl"
    broken.write_text(before + "{not json\n", encoding="utf-8")

    result = cli("import", str(broken))

    assert result.exit_code == 2
    assert f"line {before.count(chr(10)) + 1} " in result.stderr
    assert cli.ok("export") == before


def test_importing_a_file_that_is_not_there_is_one_line(cli: Cli) -> None:
    result = cli("import", "nowhere.jsonl")

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
