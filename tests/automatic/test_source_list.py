"""The list of sources in the settings file, edited without touching the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluorite_mcp.automatic.source_list import add_source, remove_source
from fluorite_mcp.errors import ConfigError, InputError
from fluorite_mcp.settings import load_settings

WRITTEN = """# My settings
[memory]
cache_size_mb = 64   # a small disk

[learning]
batch_size = 16      # gently

[ml]
num_threads = 2
"""


def test_a_source_is_added_once_and_everything_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "fluorite.toml"
    file.write_text(WRITTEN)

    assert add_source(file, "/srv/api")
    assert add_source(file, "https://example.org/guide")
    assert not add_source(file, "/srv/api")
    settings = load_settings(data_dir=tmp_path, environ={})
    assert settings.learning.sources == ("/srv/api", "https://example.org/guide")
    assert settings.learning.batch_size == 16
    remaining = file.read_text()
    assert all(line in remaining for line in WRITTEN.splitlines())


def test_removing_the_last_one_leaves_an_empty_list(tmp_path: Path) -> None:
    file = tmp_path / "fluorite.toml"
    add_source(file, "/srv/api")
    remove_source(file, "/srv/api")

    assert load_settings(data_dir=tmp_path, environ={}).learning.sources == ()
    with pytest.raises(InputError, match="not among the sources: there are none"):
        remove_source(file, "/srv/api")


def test_what_is_no_source_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "fluorite.toml"

    with pytest.raises(InputError, match="is no source"):
        add_source(file, "relative/folder")
    assert not file.exists()


@pytest.mark.parametrize("text", ["[learning", "learning = 3\n", "[learning]\nsources = 'x'\n"])
def test_a_file_that_cannot_be_edited_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "fluorite.toml"
    file.write_text(text)

    with pytest.raises(ConfigError):
        add_source(file, "/srv/api")
    assert file.read_text() == text


def test_sources_may_come_from_the_environment(tmp_path: Path) -> None:
    variables = {"FLUORITE_LEARNING__SOURCES": "/srv/api, https://example.org/guide"}

    assert load_settings(data_dir=tmp_path, environ=variables).learning.sources == (
        "/srv/api",
        "https://example.org/guide",
    )
