"""Copies of real repositories, by git itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fluorite_mcp.automatic.repositories import collect_repository
from fluorite_mcp.automatic.sources import Source, parse_source
from fluorite_mcp.errors import SourceError


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for number in range(3):
        (folder / "app.py").write_text(f"VERSION = {number}\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", f"version {number}")
    return folder


@pytest.fixture
def source(origin: Path) -> Source:
    return parse_source(f"git+{origin}")


def test_a_copy_holds_the_newest_commit_alone(source: Source, tmp_path: Path) -> None:
    copy = collect_repository(source, tmp_path / "copies", 60)

    assert (copy / "app.py").read_text() == "VERSION = 2\n"
    assert git(copy, "rev-list", "--count", "HEAD") == "1"


def test_a_copy_follows_its_origin_whatever_was_done_to_it(source: Source, origin: Path, tmp_path: Path) -> None:
    copy = collect_repository(source, tmp_path / "copies", 60)
    (copy / "app.py").write_text("edited here\n")
    (origin / "app.py").write_text("VERSION = 3\n")
    git(origin, "commit", "-q", "-a", "--amend", "-m", "rewritten")

    assert collect_repository(source, tmp_path / "copies", 60) == copy
    assert (copy / "app.py").read_text() == "VERSION = 3\n"


def test_what_a_clone_that_was_cut_off_left_is_in_nobodys_way(source: Source, tmp_path: Path) -> None:
    partial = tmp_path / "copies" / f"{source.folder_name}.partial"
    (partial / ".git").mkdir(parents=True)

    assert (collect_repository(source, tmp_path / "copies", 60) / "app.py").exists()
    assert not partial.exists()


def test_a_repository_that_is_gone_is_told_and_the_copy_stays(source: Source, origin: Path, tmp_path: Path) -> None:
    copy = collect_repository(source, tmp_path / "copies", 60)
    origin.rename(tmp_path / "elsewhere")

    with pytest.raises(SourceError, match="git cannot read"):
        collect_repository(source, tmp_path / "copies", 60)
    assert (copy / "app.py").exists()


def test_no_hook_of_the_users_runs(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (hooks / "post-checkout").chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.hooksPath")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(hooks))
    collect_repository(source, tmp_path / "copies", 60)

    assert not (tmp_path / "ran").exists()


def test_without_git_the_source_is_told(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SourceError, match="needs git"):
        collect_repository(source, tmp_path / "copies", 60)
