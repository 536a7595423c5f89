"""What git's own files say, written by git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fluorite_mcp.learning.git import added_files, find_root, head_commit


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=topic/one")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "first")
    return root


def test_the_commit_of_a_branch(repository: Path) -> None:
    assert head_commit(repository) == git(repository, "rev-parse", "HEAD")


def test_the_commit_of_a_packed_branch(repository: Path) -> None:
    git(repository, "pack-refs", "--all")

    assert not (repository / ".git/refs/heads/topic/one").exists()
    assert head_commit(repository) == git(repository, "rev-parse", "HEAD")


def test_a_commit_that_is_checked_out_without_a_branch(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")

    assert head_commit(repository) == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize("pack", [False, True])
def test_the_commit_of_a_worktree(repository: Path, tmp_path: Path, pack: bool) -> None:
    git(repository, "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "tree"))
    git(tmp_path / "tree", "commit", "--quiet", "--allow-empty", "-m", "second")
    if pack:
        git(repository, "pack-refs", "--all")

    assert head_commit(tmp_path / "tree") == git(tmp_path / "tree", "rev-parse", "HEAD") != head_commit(repository)


def test_a_repository_without_commits_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")

    assert head_commit(tmp_path) is None


@pytest.mark.parametrize("content", [None, "", "nonsense", "gitdir: /nowhere"])
def test_a_folder_that_is_no_repository_has_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / ".git").write_text(content)

    assert head_commit(tmp_path) is None


def test_the_root_is_found_from_any_depth(repository: Path, tmp_path: Path) -> None:
    deep = repository / "a" / "b"
    deep.mkdir(parents=True)

    assert find_root(deep) == repository
    assert find_root(tmp_path) is None


def test_when_files_came_is_told_by_path_below_the_root(repository: Path) -> None:
    (repository / "app").mkdir()
    (repository / "app/ä b.py").write_text("x = 1\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "second")
    commit = git(repository, "rev-parse", "--short", "HEAD")
    time = int(git(repository, "show", "-s", "--format=%ct"))

    assert added_files(repository, 20) == {"app/ä b.py": (time, commit)}
    assert added_files(repository / "app", 20) == {"ä b.py": (time, commit)}


def test_a_folder_without_git_and_a_git_without_time_tell_nothing(repository: Path, tmp_path: Path) -> None:
    assert added_files(tmp_path, 20) == {}
    assert added_files(repository, 0) == {}
