"""What git's own files say, written by git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fluorite_mcp.learning.git import added_files, find_root, head_commit, history_of_lines


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


SOURCE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


def commit_file(root: Path, name: str, text: str, day: int) -> str:
    """Write and commit a file on a day of January 2024; returns the abbreviated commit."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8", newline="")
    git(root, "add", ".")
    at = f"2024-01-{day:02}T12:00:00Z"
    environment = {**os.environ, "GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at}
    command = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "x"]
    subprocess.run(command, check=True, env=environment)
    return git(root, "rev-parse", "--short", "HEAD")


def test_the_history_of_lines_is_theirs_and_not_their_files(repository: Path) -> None:
    first = commit_file(repository, "a.py", SOURCE, 1)
    last = commit_file(repository, "a.py", SOURCE.replace("return 2", "return 22"), 2)
    commit_file(repository, "a.py", SOURCE.replace("return 2", "return 22").replace("return 1", "return 11"), 3)

    found = history_of_lines(repository, [("a.py", 5, 6)], 20)

    assert found is not None
    assert (found.first.hash, found.last.hash, found.count) == (first, last, 2)
    assert found.last.seconds - found.first.seconds == 86_400


def test_several_files_and_several_pieces_of_one_are_asked_together(repository: Path) -> None:
    first = commit_file(repository, "lib/ä b.py", SOURCE, 1)
    last = commit_file(repository, "c.py", SOURCE, 4)

    places = [("c.py", 5, 6), ("c.py", 1, 2), ("lib/ä b.py", 1, 2)]
    found = history_of_lines(repository, places, 20)

    assert found is not None
    assert (found.first.hash, found.last.hash, found.count) == (first, last, 2)
    below = history_of_lines(repository / "lib", [("ä b.py", 1, 2)], 20)
    assert below is not None
    assert below.first.hash == first


def test_a_renamed_file_keeps_the_history_of_its_lines(repository: Path) -> None:
    first = commit_file(repository, "a.py", SOURCE, 1)
    git(repository, "mv", "a.py", "b.py")
    commit_file(repository, "b.py", SOURCE, 2)

    found = history_of_lines(repository, [("b.py", 1, 2)], 20)

    assert found is not None
    assert found.first.hash == first


def test_a_file_that_is_not_as_committed_tells_nothing_and_stops_no_other(repository: Path) -> None:
    commit_file(repository, "a.py", SOURCE, 1)
    commit = commit_file(repository, "b.py", SOURCE, 2)
    (repository / "a.py").write_text("# new line\n" + SOURCE)
    (repository / "new.py").write_text(SOURCE)

    assert history_of_lines(repository, [("a.py", 1, 2)], 20) is None
    found = history_of_lines(repository, [(name, 1, 2) for name in ("a.py", "b.py", "new.py", "gone.py")], 20)
    assert found is not None
    assert (found.first.hash, found.count) == (commit, 1)


def test_line_ends_of_another_system_make_no_other_file(repository: Path) -> None:
    commit = commit_file(repository, "a.py", SOURCE, 1)
    (repository / "a.py").write_bytes(SOURCE.replace("\n", "\r\n").encode())

    found = history_of_lines(repository, [("a.py", 1, 2)], 20)

    assert found is not None
    assert found.first.hash == commit


def test_no_lines_no_repository_no_commit_and_no_time_tell_nothing(repository: Path, tmp_path: Path) -> None:
    commit_file(repository, "a.py", SOURCE, 1)
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "--quiet")
    (empty / "a.py").write_text(SOURCE)

    assert history_of_lines(repository, [], 20) is None
    assert history_of_lines(repository, [("a.py", 90, 99)], 20) is None
    assert history_of_lines(repository, [("a.py", 1, 2)], 0) is None
    assert history_of_lines(tmp_path, [("a.py", 1, 2)], 20) is None
    assert history_of_lines(empty, [("a.py", 1, 2)], 20) is None


def test_the_settings_of_a_repository_start_no_program(repository: Path, tmp_path: Path) -> None:
    commit_file(repository, ".gitattributes", "*.py diff=spy filter=spy\n", 1)
    commit_file(repository, "a.py", SOURCE, 2)
    mark = tmp_path / "ran"
    for key in ("diff.spy.textconv", "diff.spy.command", "filter.spy.clean", "core.fsmonitor"):
        git(repository, "config", key, f"touch {mark}; cat")

    assert history_of_lines(repository, [("a.py", 1, 2)], 20) is not None
    assert not mark.exists()
