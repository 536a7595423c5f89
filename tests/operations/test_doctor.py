"""Each check of `doctor`, on folders, files and models as they are found."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fluorite_mcp.embedding.builtin import BuiltinEmbedder
from fluorite_mcp.embedding.registry import create_embedder
from fluorite_mcp.operations.doctor import (
    check_backups,
    check_cache,
    check_disk,
    check_folder,
    check_grammars,
    check_model,
    check_sqlite,
)
from fluorite_mcp.operations.store_health import quick_check
from fluorite_mcp.storage.cache import DiskBlobCache
from fluorite_mcp.text.languages import grammar_for

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def make_database(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.executemany("INSERT INTO notes VALUES (?)", [("x" * 500,)] * 200)
    connection.commit()
    connection.close()
    return path


def damage(path: Path) -> None:
    """Overwrite what follows the first page."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)


def test_a_folder_that_can_be_written_is_well_and_left_empty(tmp_path: Path) -> None:
    assert check_folder(tmp_path).state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_not_created(tmp_path: Path) -> None:
    finding = check_folder(tmp_path / "a" / "b")

    assert (finding.state, "created at the first use" in finding.message) == ("ok", True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_below_a_file_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    finding = check_folder(tmp_path / "file" / "data")

    assert finding.state == "fail"
    assert "FLUORITE_DATA_DIR" in finding.advice


def test_a_file_in_place_of_the_folder_cannot_be_written_into(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    assert check_folder(tmp_path / "data").state == "fail"


def test_free_disk_is_measured_even_for_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert check_disk(tmp_path / "a" / "b").message.endswith(" GB")


def test_an_old_sqlite_is_a_warning() -> None:
    assert check_sqlite().state == "ok"
    assert check_sqlite((3, 34, 1)).state == "warn"


def test_a_model_that_answers_is_well(tmp_path: Path) -> None:
    assert check_model(BuiltinEmbedder()).state == "ok"


def test_a_model_that_does_not_answer_fails_with_what_still_works() -> None:
    nobody = create_embedder(
        "http://127.0.0.1:9/v1/embeddings#none", cache_dir=Path(), cpu_only=True, num_threads=1, batch_size=1,
        endpoint_key=None,
    )  # fmt: skip

    finding = check_model(nobody)

    assert finding.state == "fail"
    assert "words alone" in finding.advice


def test_a_grammar_that_does_not_load_is_named() -> None:
    assert check_grammars(["python", "go"], grammar_for).state == "ok"

    finding = check_grammars(["python", "klingon"], grammar_for)

    assert (finding.state, "klingon" in finding.message, "python" in finding.message) == ("warn", True, False)


def test_a_cache_is_measured_or_reported_damaged_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    assert check_cache(folder, 64).message == "empty"
    cache = DiskBlobCache(folder, 64)
    for number in range(200):
        cache.set(f"key{number}", os.urandom(300))
    cache.close()
    assert check_cache(folder, 64).state == "ok"

    damage(folder / "cache.db")
    before = (folder / "cache.db").read_bytes()
    assert check_cache(folder, 64).state == "warn"
    assert (folder / "cache.db").read_bytes() == before

    (folder / "cache.db").write_bytes(b"nonsense" * 1000)
    assert str(folder) in check_cache(folder, 64).advice


@pytest.mark.parametrize(("age_days", "state"), [(0, "ok"), (6, "ok"), (8, "warn")])
def test_a_backup_must_be_recent(tmp_path: Path, age_days: int, state: str) -> None:
    database, backup = make_database(tmp_path / "store.db"), make_database(tmp_path / "backup.db")
    made = (NOW - timedelta(days=age_days)).timestamp()
    os.utime(backup, (made, made))

    assert check_backups(database, [backup], quick_check, NOW).state == state


def test_a_damaged_backup_fails_and_none_is_a_warning(tmp_path: Path) -> None:
    database, backup = make_database(tmp_path / "store.db"), make_database(tmp_path / "backup.db")
    damage(backup)

    assert check_backups(database, [backup], quick_check, NOW).state == "fail"
    assert check_backups(database, [], quick_check, NOW).state == "warn"
    assert check_backups(tmp_path / "none.db", [], quick_check, NOW).state == "ok"
