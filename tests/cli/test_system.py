"""Commands about the installation: config, models, doctor as a person sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fluorite_mcp.cli.inspect_settings import config_file, inspect_settings
from fluorite_mcp.settings import load_settings
from tests.cli.conftest import Cli
from tests.embedding.conftest import write_tiny_reranker


def test_every_setting_is_shown_with_where_it_comes_from(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.data.mkdir()
    file = cli.data / "fluorite.toml"
    file.write_text("[memory]\nenable_compression = false\ncache_size_mb = 64\n")
    monkeypatch.setenv("FLUORITE_MEMORY__CACHE_SIZE_MB", "128")
    monkeypatch.setenv("FLUORITE_TOOLS", "core,memory")

    report = cli.json("config")
    values = {value["name"]: (value["value"], value["source"]) for value in report["values"]}

    assert (report["file"], report["exists"]) == (str(file), True)
    assert values["data_dir"] == (str(cli.data), "FLUORITE_DATA_DIR")
    assert values["memory.enable_compression"] == ("false", str(file))
    assert values["memory.cache_size_mb"] == ("128", "FLUORITE_MEMORY__CACHE_SIZE_MB")
    assert values["tools"] == ("core, memory", "FLUORITE_TOOLS")
    assert values["learning.batch_size"] == ("32", "default")


def test_secrets_are_masked_however_settings_are_shown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUORITE_EMBEDDING_KEY", "sk-very-secret")
    monkeypatch.setenv("FLUORITE_ML__EMBEDDING_MODEL", "https://me:hunter2@models.example/v1/embeddings#small")

    shown = cli.ok("config") + cli.ok("config", "--json")

    assert "very-secret" not in shown
    assert "hunter2" not in shown
    assert "********" in shown
    assert "models.example/v1/embeddings#small" in shown


def test_the_path_of_the_settings_file_is_a_line_of_its_own(cli: Cli, tmp_path: Path) -> None:
    given = tmp_path / "given.toml"
    given.write_text("")

    assert cli.ok("config", "path") == f"{cli.data / 'fluorite.toml'}\n"
    assert cli.ok("config", "path", "--config", str(given)) == f"{given}\n"


def test_config_check_says_what_is_valid_and_fails_on_what_is_not(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[ml]\nnum_threads = 2\n")
    valid = cli.ok("config", "check", "--config", str(file))
    file.write_text("[ml]\nnum_threads = 0\n")
    bad = cli("config", "check", "--config", str(file))

    assert valid.startswith("valid")
    assert "; 2 of " in valid
    assert (bad.exit_code, bad.stdout) == (2, "")
    assert f"{file}:2" in bad.stderr
    assert cli("config", "nonsense").exit_code == 2


def test_the_command_line_s_data_folder_is_named_as_the_source(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, environ={})

    report = inspect_settings(settings, config_file(settings, None), data_dir=tmp_path, environ={})

    assert (report.values[0].value, report.values[0].source) == (str(tmp_path), "--data-dir")
    assert {value.source for value in report.values[1:]} == {"default"}


@pytest.mark.parametrize("section", ["memory", "learning", "ml"])
def test_no_setting_is_left_out(section: str, tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, environ={})

    names = {value.name for value in inspect_settings(settings, tmp_path / "none", environ={}).values}

    assert names >= {f"{section}.{key}" for key in type(getattr(settings, section)).model_fields}
    assert names >= {"data_dir", "tools", "log_level", "embedding_key"}


def test_models_are_listed_with_the_chosen_one_marked(cli: Cli) -> None:
    shown, answer = cli.ok("models"), cli.json("models")

    assert shown.startswith("*  builtin ")
    assert answer["configured"] == "builtin"
    assert all(model["name"] in shown for model in (*answer["models"], *answer["rerankers"]))
    assert (answer["configured_reranker"], len(answer["rerankers"]) > 1) == ("", True)


def test_serving_with_a_missing_settings_file_is_refused(cli: Cli, tmp_path: Path) -> None:
    result = cli("serve", "--config", str(tmp_path / "x.toml"))

    assert result.exit_code == 2
    assert "no such settings file" in result.stderr


def test_doctor_before_the_first_use_finds_nothing_wrong_and_creates_nothing(cli: Cli) -> None:
    shown = cli.ok("doctor")

    assert "All is well." in shown
    assert "created at the first use" in shown
    assert not cli.data.exists()


def test_doctor_on_a_store_in_use_checks_everything(cli: Cli) -> None:
    cli.ok("learn")

    report = cli.json("doctor")

    assert {finding["check"]: finding["state"] for finding in report["findings"]} == dict.fromkeys(
        ["settings", "data folder", "free disk", "SQLite", "model", "store", "word index", "vector index", "cache",
         "grammars", "backups"], "ok",
    )  # fmt: skip


def test_doctor_checks_a_re_ranking_model_only_if_one_is_configured(
    cli: Cli, tmp_path: Path, broken_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any(one["check"] == "re-ranking model" for one in cli.json("doctor")["findings"])

    for name, state in ((str(write_tiny_reranker(tmp_path / "ranker", {"red": 1.0})), "ok"), (broken_model, "fail")):
        monkeypatch.setenv("FLUORITE_ML__RERANKER", name)
        report = json.loads(cli("doctor", "--json").stdout)
        [finding] = [one for one in report["findings"] if one["check"] == "re-ranking model"]
        assert finding["state"] == state


def test_doctor_on_a_damaged_store_fails_names_the_backup_and_touches_nothing(cli: Cli) -> None:
    cli.ok("learn")
    database = cli.data / "fluorite.db"
    (backup,) = (cli.data / "backups").glob("*.db")
    damaged = database.read_bytes()[:-5000]
    database.write_bytes(damaged)

    result = cli("doctor")

    assert result.exit_code == 1
    assert str(backup) in result.stdout
    assert "1 check failed." in result.stdout
    assert database.read_bytes() == damaged


def test_doctor_reports_bad_settings_and_goes_on(cli: Cli) -> None:
    cli.data.mkdir()
    (cli.data / "fluorite.toml").write_text("[ml]\nmodel = 'x'\n")

    for arguments in (["doctor"], ["doctor", "--data-dir", str(cli.data)]):
        result = cli(*arguments)
        assert result.exit_code == 1
        assert result.stdout.startswith("fail  settings")
        assert "ok    data folder" in result.stdout


def test_doctor_reports_a_model_that_cannot_be(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.ok("learn")
    monkeypatch.setenv("FLUORITE_ML__EMBEDDING_MODEL", "bultin")

    result = cli("doctor")

    assert result.exit_code == 1
    assert "fail  model" in result.stdout
    assert "ok    word index" in result.stdout


def test_doctor_rebuilds_the_derived_indexes(cli: Cli) -> None:
    cli.ok("learn")

    shown = cli.ok("doctor", "--rebuild")
    published = sorted((cli.data / "vectors").glob("*.faiss"))
    published[0].write_bytes(b"damaged")
    warned = cli.ok("doctor")
    rebuilt = cli.json("doctor", "--rebuild")

    assert shown.startswith("rebuilt word index: ")
    assert f"rebuilt vector index {published[0].name}" in shown
    assert f"warn  vector index  {published[0].name} missing or damaged" in warned
    assert "thing to look at" in warned
    assert rebuilt["healthy"] is True
    assert all(finding["state"] == "ok" for finding in rebuilt["findings"])
    assert list((cli.data / "vectors").iterdir())
