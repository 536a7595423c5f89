"""Which frameworks a file uses, from what it imports or, in a manifest, declares."""

from __future__ import annotations

import re

from fluorite_mcp.text.packages import PACKAGES

_PYTHON = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_SCRIPT = re.compile(r"""(?:from|import|require\()\s*['"]([^'"\s.][^'"\s]*)['"]""")
_GO = re.compile(r'"((?:github\.com|gorm\.io)/[^"\s]+)"')
_RUST = re.compile(r"^[ \t]*(?:pub )?use[ \t]+([a-z_]\w*)", re.MULTILINE)
_PHP = re.compile(r"^use[ \t]+\\?([A-Za-z]\w*)", re.MULTILINE)
_JVM = re.compile(r"^import[ \t]+((?:org|io)\.\w+)", re.MULTILINE)
_ELIXIR = re.compile(r"^[ \t]*(?:use|import|alias)[ \t]+([A-Z]\w*)", re.MULTILINE)
_MANIFEST = re.compile(
    r"""['"]?([@A-Za-z][\w@./-]*)['"]?\s*[:=>~<\[]|^\s*([@A-Za-z][\w@./-]+) v\d|['"]([\w-]+)[\[=<>~!]""", re.MULTILINE
)

_IMPORTS: dict[str, re.Pattern[str]] = {
    "python": _PYTHON, "javascript": _SCRIPT, "typescript": _SCRIPT, "tsx": _SCRIPT, "vue": _SCRIPT, "svelte": _SCRIPT,
    "go": _GO, "rust": _RUST, "php": _PHP, "java": _JVM, "kotlin": _JVM, "scala": _JVM, "elixir": _ELIXIR,
}  # fmt: skip

# Imports stand at the top; a longer look finds little and costs on every file.
_HEAD_CHARS = 6_000


def frameworks_of_file(text: str, language: str | None) -> tuple[str, ...]:
    """Return the frameworks that a source file imports, sorted."""
    pattern = _IMPORTS.get(language or "")
    if pattern is None:
        return ()
    return _known(pattern.findall(text[:_HEAD_CHARS]))


def frameworks_of_manifest(text: str) -> tuple[str, ...]:
    """Return the frameworks that a manifest (package.json, pyproject.toml, go.mod, …) declares, sorted."""
    return _known([name for match in _MANIFEST.findall(text) for name in match if name])


def _known(names: list[str]) -> tuple[str, ...]:
    found = {framework for name in dict.fromkeys(names) if (framework := _framework(name))}
    return tuple(sorted(found))


def _framework(name: str) -> str | None:
    """Look a package up by its name, then by ever shorter paths: `next/router` is `next`."""
    name = name.lower()
    while name:
        if name in PACKAGES:
            return PACKAGES[name]
        name = name.rpartition("/")[0]
    return None
