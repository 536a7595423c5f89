"""Settings from the file and the environment, and what each mistake is told as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fluorite_mcp.errors import ConfigError
from fluorite_mcp.settings import CONFIG_NAME, TOOL_GROUPS, Settings, default_data_dir, load_settings


def load(tmp_path: Path, text: str | None = None, **environ: str) -> Settings:
    if text is not None:
        (tmp_path / CONFIG_NAME).write_text(text, encoding="utf-8")
    return load_settings(data_dir=tmp_path, environ=environ)


def refusal(tmp_path: Path, text: str | None = None, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, **environ)
    return str(caught.value)


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    settings = load(tmp_path)

    assert (settings.memory.cache_size_mb, settings.ml.embedding_model, settings.tools) == (512, "builtin", TOOL_GROUPS)


def test_the_environment_comes_before_the_file_key_by_key(tmp_path: Path) -> None:
    text = "[memory]\ncache_size_mb = 64\nmin_importance = 0.2\n"
    settings = load(tmp_path, text, FLUORITE_MEMORY__CACHE_SIZE_MB="128")

    assert (settings.memory.cache_size_mb, settings.memory.min_importance) == (128, 0.2)


def test_a_file_elsewhere_takes_the_place_of_the_one_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("[memory]\ncache_size_mb = 64\n")
    other = tmp_path / "other.toml"
    other.write_text("[learning]\nbatch_size = 5\n")
    settings = load_settings(config=other, data_dir=tmp_path, environ={})

    assert (settings.learning.batch_size, settings.memory.cache_size_mb) == (5, 512)


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff[memory]\ncache_size_mb = 64\n").memory.cache_size_mb == 64


def test_the_data_folder_is_absolute_and_the_users_own_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert default_data_dir({"FLUORITE_DATA_DIR": "memory"}) == tmp_path / "memory"
    assert default_data_dir({"FLUORITE_DATA_DIR": "~/x"}) == Path.home() / "x"
    assert default_data_dir({}).is_absolute()
    assert load_settings(environ={"FLUORITE_DATA_DIR": str(tmp_path)}).data_dir == tmp_path


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(tmp_path).memory.cache_size_mb = 1


def test_the_key_of_an_endpoint_is_not_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, FLUORITE_EMBEDDING_KEY="sk-very-secret")

    assert "very-secret" not in repr(settings)
    assert settings.embedding_key is not None
    assert settings.embedding_key.get_secret_value() == "sk-very-secret"


MISTAKES: list[tuple[str, tuple[str, ...]]] = [
    ("[memory]\n\ncashe_size_mb = 5\n", (":3:", "'cashe_size_mb'", "[memory]", "Did you mean 'cache_size_mb'")),
    ("[memory]\ncache_size_mb = 0\n", (":2:", "cache_size_mb = 0", "greater than or equal to 1", "default 512")),
    ("[memory]\ncache_size_mb = 'much'\n", (":2:", "cache_size_mb", "'much'", "integer")),
    ("[learning]\nparallel_processing = 'maybe'\n", (":2:", "parallel_processing", "boolean")),
    ("[memory]\nmin_importance = nan\n", (":2:", "min_importance")),
    ("# first\n[memori]\na = 1\n", (":2:", "'memori'", "Did you mean 'memory'", "learning, ml")),
    ("tools = ['core']\n", (":1:", "'tools'", "memory, learning, ml")),
    ("memory = 5\n", (":1:", "'memory' is a section", "[memory]")),
    ("\n\nmemory.cache_size_mb = 0\n", (":3:", "cache_size_mb = 0")),
    ("\nml = { num_threads = 0 }\n", (":2:", "num_threads = 0")),
    ("[memory\n", ("not valid TOML", "line 1")),
    ("[ml]\nembedding_model = ''\n", (":2:", "embedding_model")),
]


@pytest.mark.parametrize(("text", "parts"), MISTAKES, ids=[repr(text) for text, _ in MISTAKES])
def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    message = refusal(tmp_path, text)

    assert str(tmp_path / CONFIG_NAME) in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("variable", "value", "parts"),
    [
        ("FLUORITE_MEMORY__CASHE_SIZE_MB", "5", ("'cashe_size_mb'", "Did you mean 'cache_size_mb'")),
        ("FLUORITE_MEMORY__CACHE_SIZE_MB", "much", ("cache_size_mb", "'much'", "integer")),
        ("FLUORITE_MEMORI__CACHE_SIZE_MB", "5", ("'memori'", "Did you mean 'memory'")),
        ("FLUORITE_DATADIR", "/x", ("Did you mean 'FLUORITE_DATA_DIR'",)),
        ("FLUORITE_TOOLS", "core,spike", ("'spike'", "core, spikes, episodes, memory")),
        ("FLUORITE_TOOLS", " , ", ("names no group", "core, spikes")),
        ("FLUORITE_LOG_LEVEL", "loud", ("'loud'", "DEBUG, INFO, WARNING, ERROR")),
    ],
)
def test_a_mistake_in_a_variable_is_told_with_its_name(
    tmp_path: Path, variable: str, value: str, parts: tuple[str, ...]
) -> None:
    message = refusal(tmp_path, **{variable: value})

    assert variable in message
    for part in parts:
        assert part in message


def test_variables_of_the_tests_and_of_others_do_not_stop_the_start(tmp_path: Path) -> None:
    settings = load(tmp_path, FLUORITE_TEST_NODE_DIR="/n", FLUORITE_TEST_ANYTHING="1", OTHER_FLUORITE_X="1")

    assert settings == load(tmp_path)


@pytest.mark.parametrize(
    ("value", "groups"), [("core", ("core",)), (" core , memory,core", ("core", "memory")), ("", TOOL_GROUPS)]
)
def test_tool_groups_are_chosen_by_name(tmp_path: Path, value: str, groups: tuple[str, ...]) -> None:
    assert load(tmp_path, FLUORITE_TOOLS=value).tools == groups


def test_a_log_level_may_be_written_small(tmp_path: Path) -> None:
    assert load(tmp_path, FLUORITE_LOG_LEVEL="debug").log_level == "DEBUG"


def test_a_configured_file_must_be_there_and_be_text(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    cases: dict[Path, Any] = {tmp_path / "no.toml": "no such", tmp_path: "cannot be read", binary: "cannot be read"}
    for path, said in cases.items():
        with pytest.raises(ConfigError, match=said) as caught:
            load_settings(config=path, data_dir=tmp_path, environ={})
        assert str(path) in str(caught.value)
