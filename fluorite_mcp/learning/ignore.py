"""Which files of a folder are left out: `.gitignore` files as git reads them, and folders nobody wrote."""

from __future__ import annotations

import re
from pathlib import Path

from fluorite_mcp.learning.git import shared_git_folder
from fluorite_mcp.learning.ignore_patterns import IgnorePatterns

IGNORE_FILES = (".gitignore", ".ignore", ".fluoriteignore")

# Folders of tools and of other people's code, left out even where no ignore file names them.
IGNORED_FOLDERS = frozenset(
    {
        *(".git", ".hg", ".svn", ".jj", ".idea", ".vs", ".cache"),
        *("node_modules", "bower_components", ".next", ".nuxt", ".svelte-kit", ".turbo", ".parcel-cache"),
        *(".venv", "venv", ".tox", ".nox", "site-packages", ".eggs", "__pycache__"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"),
        *(".gradle", ".terraform", "DerivedData", "Pods"),
    }
)


class IgnoreRules:
    """The rules that hold in one folder: its own ignore files', then its parents'."""

    def __init__(
        self, folder: str = "", parent: IgnoreRules | None = None, patterns: IgnorePatterns | None = None
    ) -> None:
        self._prefix = f"{folder}/" if folder else ""
        self._parent = parent
        self._patterns = patterns

    @classmethod
    def of_root(cls, root: Path) -> IgnoreRules:
        """Return the rules that hold at a project's root, git's private ones included."""
        private = cls(patterns=_read_patterns(_private_files(root)))
        return private.inside("", root)

    def inside(self, folder: str, path: Path, names: frozenset[str] | None = None) -> IgnoreRules:
        """Return the rules for a folder below, itself if the folder brings none.

        Args:
            folder: The folder relative to the root.
            path: Where it lies.
            names: The names in it, if they were listed already.
        """
        present = [path / name for name in IGNORE_FILES if names is None or name in names]
        patterns = _read_patterns(present)
        return IgnoreRules(folder, self, patterns) if patterns else self

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path relative to the root is left out; the deepest rule that speaks of it decides."""
        rules: IgnoreRules | None = self
        while rules is not None:
            if rules._patterns is not None:
                verdict = rules._patterns.verdict(path.removeprefix(rules._prefix), is_folder=is_folder)
                if verdict is not None:
                    return verdict
            rules = rules._parent
        return False


def root_ignore_files(root: Path) -> list[Path]:
    """Return the ignore files that would hold in a project's root, there or not."""
    return [*_private_files(root), *(root / name for name in IGNORE_FILES)]


def _private_files(root: Path) -> list[Path]:
    git = shared_git_folder(root)
    return [git / "info" / "exclude"] if git else []


def _read_patterns(paths: list[Path]) -> IgnorePatterns | None:
    lines: list[str] = []
    for path in paths:
        try:
            # As git does: without a byte order mark, and only a line break ends a pattern.
            lines += re.split(r"\r?\n", path.read_text(encoding="utf-8-sig", errors="replace"))
        except OSError:
            continue
    return IgnorePatterns(lines) if lines else None
