"""Which files of a folder are left out: `.gitignore` files as git reads them, and folders nobody wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

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

    def __init__(self, folder: str = "", parent: IgnoreRules | None = None, spec: GitIgnoreSpec | None = None) -> None:
        self._prefix = f"{folder}/" if folder else ""
        self._parent = parent
        self._spec = spec

    @classmethod
    def of_root(cls, root: Path) -> IgnoreRules:
        """Return the rules that hold at a project's root, git's private ones included."""
        private = cls(spec=_read_spec([root / ".git" / "info" / "exclude"]))
        return private.inside("", root)

    def inside(self, folder: str, path: Path, names: frozenset[str] | None = None) -> IgnoreRules:
        """Return the rules for a folder below, itself if the folder brings none.

        Args:
            folder: The folder relative to the root.
            path: Where it lies.
            names: The names in it, if they were listed already.
        """
        present = [path / name for name in IGNORE_FILES if names is None or name in names]
        spec = _read_spec(present)
        return IgnoreRules(folder, self, spec) if spec is not None else self

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path relative to the root is left out; the deepest rule that speaks of it decides."""
        rules: IgnoreRules | None = self
        while rules is not None:
            if rules._spec is not None:
                inner = path.removeprefix(rules._prefix) + ("/" if is_folder else "")
                verdict = rules._spec.check_file(inner).include
                if verdict is not None:
                    return verdict
            rules = rules._parent
        return False


def _read_spec(paths: list[Path]) -> GitIgnoreSpec | None:
    lines: list[str] = []
    for path in paths:
        try:
            lines += path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
    if not lines:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)
