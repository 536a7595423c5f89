"""Scanning with an earlier scan at hand finds what scanning anew finds."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fluorite_mcp.learning.scan import _SETTLING_NS, scan_project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that has been as it is for an hour."""
    for folder in (".git/info", "src/deep", "docs", "build"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("private.txt\n")
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / "docs" / ".gitignore").write_text("*.tmp\n")
    for path in ("a.py", "src/b.py", "src/deep/c.py", "src/deep/d.log", "docs/e.md", "docs/f.tmp", "build/g.py"):
        (tmp_path / path).write_text(path)
    (tmp_path / "private.txt").write_text("mine")
    (tmp_path / "src" / "link").symlink_to("b.py")
    age(tmp_path)
    return tmp_path


def age(root: Path) -> None:
    then = time.time() - 3600
    for path in (root, *root.rglob("*")):
        os.utime(path, (then, then), follow_symlinks=False)


def free(path: Path) -> Path:
    path.unlink()
    return path


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda root: None,
    "an edited file": lambda root: (root / "src/deep/c.py").write_text("longer than before"),
    "a new file": lambda root: (root / "src/deep/new.py").write_text("new"),
    "a new folder": lambda root: shutil.copytree(root / "src", root / "docs" / "copy", symlinks=True),
    "a deleted file": lambda root: (root / "src/b.py").unlink(),
    "a deleted folder": lambda root: shutil.rmtree(root / "src/deep"),
    "a file that became a folder": lambda root: free(root / "a.py").mkdir(),
    "a file that became a link": lambda root: free(root / "a.py").symlink_to("src/b.py"),
    "a new ignore file for folders below": lambda root: (root / "src/.gitignore").write_text("*.log\n"),
    "an edited ignore file": lambda root: (root / ".gitignore").write_text("src/deep/\n"),
    "a removed ignore file": lambda root: (root / "docs/.gitignore").unlink(),
    "git's private ignore file": lambda root: (root / ".git/info/exclude").write_text(""),
    "a first ignore file of another tool": lambda root: (root / ".fluoriteignore").write_text("*.md\n"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_earlier_scan_changes_nothing_in_what_is_found(root: Path, name: str) -> None:
    before = scan_project(root)
    CHANGES[name](root)
    time.sleep(2 * _SETTLING_NS / 1e9)  # What was just written is told apart until it has settled.

    again = scan_project(root, before=before)

    assert again == scan_project(root)
    assert list(again.files) == list(scan_project(root).files)
    assert scan_project(root, before=again) == again


def test_a_folder_that_could_not_be_read_is_tried_again(root: Path) -> None:
    before = scan_project(root)
    before.skipped["src"] = "folder cannot be read (Input/output error)"
    for path in [path for path in before.files if path.startswith("src/")]:
        del before.files[path]

    assert "src/b.py" in scan_project(root, before=before).files


def test_a_scan_that_was_cut_short_is_not_gone_on_from(root: Path) -> None:
    assert len(scan_project(root, before=scan_project(root, limit=2)).files) > 2
