"""Ignore files are read as git reads them: git itself is asked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluorite_mcp.learning.ignore import IgnoreRules
from fluorite_mcp.learning.scan import scan_project

FOLDERS = ("", "src", "src/deep", "out", "docs")
NAMES = ("a.py", "b.log", "keep.log", "note.md", "x y.txt")
TREE = tuple(f"{folder}/{name}".lstrip("/") for folder in FOLDERS for name in NAMES)

PATTERNS = st.sampled_from(
    [
        *("*.log", "!keep.log", "/a.py", "a.py", "src/", "!src/", "src/*", "!src/deep/", "out", "**/deep", "docs/*.md"),
        *("deep/**", "!a.py", "# comment", "", "\\#x", "x\\ y.txt", "x y.txt ", "[ab].*", "?.py", "*", "!*/", "!*.md"),
        *("/src/deep/b.log", "src/**/a.py", "keep", "*.p[xy]", "!/out", "*.[!l]*", "[[:alpha:]].py", "[", "a[.]py"),
        *(
            "**",
            "/**",
            "src/**",
            "**/a.py",
            "s**c/a.py",
            "src/*/a.py",
            "a.py\\",
            "!",
            "/",
            "b.log/",
            "[]a].py",
            "[a-b].py",
        ),
        *("src//deep", "*/*.log", "x*txt", "\\a.py", "!!a.py", "[^a]*.md", "***.md", "docs/", "/docs/*"),
    ]
)


def git(root: Path, *arguments: str, stdin: str | None = None) -> str:
    # A developer's own ignore file must not decide here.
    environ = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "XDG_CONFIG_HOME": "/none",
    }
    command = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=environ)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def learned(root: Path) -> set[str]:
    return {path for path in scan_project(root).files if not path.endswith("ignore")}


def left_by_git(root: Path) -> set[str]:
    """Return the files that git would add."""
    listed = git(root, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    return {path for path in listed if path and not path.endswith("ignore")}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    git(root, "init", "--quiet")
    for name in TREE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    return root


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(PATTERNS, max_size=5),
    st.lists(PATTERNS, max_size=4),
    st.lists(PATTERNS, max_size=3),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_learned_is_what_git_would_add(
    tree: Path, top: list[str], nested: list[str], private: list[str], line_end: str
) -> None:
    for place, lines in ((".gitignore", top), ("src/.gitignore", nested), (".git/info/exclude", private)):
        (tree / place).write_bytes(line_end.join(lines).encode())

    assert learned(tree) == left_by_git(tree)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_a_byte_order_mark_is_no_part_of_the_first_pattern(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "\ufeffa.py\n", "a.py": "", "b.py": ""})

    assert learned(tmp_path) == {"b.py"}


def test_only_a_line_break_ends_a_pattern(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "x\u2028a.py\n", "a.py": ""})

    assert learned(tmp_path) == {"a.py"}


@pytest.mark.parametrize("name", [".ignore", ".fluoriteignore"])
def test_other_ignore_files_count_without_git(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: "data/\n", "data/a.py": "", "b.py": ""})

    assert learned(tmp_path) == {"b.py"}


def test_our_own_ignore_file_can_take_back_what_git_ignores(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "*.md\n", ".fluoriteignore": "!notes.md\n", "notes.md": "", "other.md": ""})

    assert learned(tmp_path) == {"notes.md"}


def test_folders_of_tools_are_left_out_unasked(tmp_path: Path) -> None:
    write(tmp_path, {"node_modules/x/a.js": "", ".venv/b.py": "", "src/__pycache__/c.py": "", "src/d.py": ""})

    assert learned(tmp_path) == {"src/d.py"}


def test_a_worktree_keeps_the_private_rules_of_its_repository(tmp_path: Path) -> None:
    main = write(tmp_path / "main", {"a.py": "x"})
    git(main, "init", "--quiet")
    git(main, "add", "a.py")
    git(main, "commit", "--quiet", "-m", "first")
    (main / ".git" / "info" / "exclude").write_text("secret.py\n")
    git(main, "worktree", "add", "--quiet", str(tmp_path / "other"))
    write(tmp_path / "other", {"secret.py": "x", "b.py": "x"})

    assert learned(tmp_path / "other") == left_by_git(tmp_path / "other") | {"a.py"}


def test_an_ignore_file_that_cannot_be_read_ignores_nothing(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").mkdir()

    assert not IgnoreRules.of_root(tmp_path).ignores("a.py", is_folder=False)
