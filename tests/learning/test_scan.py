"""Walking a folder: what is seen, what is left out, and what is said of it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from fluorite_mcp.learning.freshness import file_freshness
from fluorite_mcp.learning.scan import ROOT_FOLDER, scan_project

HOUR_NS = 3_600_000_000_000


def write(path: Path, text: str = "x", *, modified_ns: int | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if modified_ns is not None:
        os.utime(path, ns=(modified_ns, modified_ns))
    return path


def test_files_come_in_order_with_size_and_time(tmp_path: Path) -> None:
    then = time.time_ns() - HOUR_NS
    for name in ("b.py", "a/z.py", "a.py"):
        write(tmp_path / name, name, modified_ns=then)
    scan = scan_project(tmp_path)

    assert list(scan.files) == ["a/z.py", "a.py", "b.py"]
    assert (scan.files["a/z.py"].size, scan.files["a/z.py"].modified_ns) == (6, then)
    assert set(scan.folders) == {"", "a"}


def test_links_are_named_and_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "secret.py")
    root = tmp_path / "root"
    write(root / "a.py")
    (root / "file.py").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "loop").symlink_to(root)
    (root / "broken").symlink_to(root / "nowhere")
    scan = scan_project(root)

    assert set(scan.files) == {"a.py"}
    assert scan.skipped == dict.fromkeys(["broken", "file.py", "folder", "loop"], "symbolic link")


def test_an_ignored_link_is_not_worth_naming(tmp_path: Path) -> None:
    write(tmp_path / ".gitignore", "link\n")
    (tmp_path / "link").symlink_to(tmp_path)

    assert scan_project(tmp_path).skipped == {}


def test_what_is_no_file_is_not_learned(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert scan_project(tmp_path).files == {}


def test_a_name_that_is_no_text_is_named_as_far_as_it_can_be(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.py")).write_text("x")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    write(tmp_path / "日本.py")
    scan = scan_project(tmp_path)

    assert set(scan.files) == {"日本.py"}
    assert list(scan.skipped.values()) == ["the file name is not valid UTF-8"]
    assert all(name.encode() for name in scan.skipped)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        assert scan_project(tmp_path).skipped == {"closed": "folder cannot be read (Permission denied)"}
    finally:
        closed.chmod(0o700)


def test_a_root_that_is_gone_is_named(tmp_path: Path) -> None:
    assert scan_project(tmp_path / "gone").skipped == {ROOT_FOLDER: "folder cannot be read (No such file or directory)"}


def test_a_walk_ends_at_its_limit(tmp_path: Path) -> None:
    for number in range(9):
        write(tmp_path / str(number) / "a.py")

    assert len(scan_project(tmp_path, limit=5).files) == 5


def test_a_file_that_was_just_written_is_looked_at_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a.py", modified_ns=time.time_ns())
    known = scan_project(tmp_path).files["a.py"]

    assert known.modified_ns != path.stat().st_mtime_ns
    assert file_freshness(tmp_path, "a.py", (known.size, known.modified_ns)) == "fresh"


def test_a_clock_that_goes_ahead_does_not_make_a_file_change_for_ever(tmp_path: Path) -> None:
    path = write(tmp_path / "a.py", modified_ns=time.time_ns() + HOUR_NS)

    assert scan_project(tmp_path).files["a.py"].modified_ns == path.stat().st_mtime_ns
