"""Pairs that say what a whole folder or a configuration file is for: small programs with the words they are offered in.

A folder is described by its README or its package's manifest. A configuration file (a workflow, a compose file) is
described by its path and the comment at its head.
"""

from __future__ import annotations

import json
import random
import re
from itertools import chain
from posixpath import basename, dirname, relpath
from typing import TYPE_CHECKING, Any

from fluorite_mcp.text.languages import detect_language
from scripts.training.documentation import split_definition
from scripts.training.extraction import (
    CODE_LANGUAGES,
    MAX_CODE_CHARACTERS,
    MIN_CODE_CHARACTERS,
    Pair,
    is_wanted,
    last_paragraph,
)
from scripts.training.repositories import read_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

CONFIGURATION_LANGUAGES = frozenset({"yaml", "dockerfile", "hcl", "graphql", "toml", "make"})
# A folder with more is a project whose README speaks of something else.
MAX_FILES = 40
MAX_FILES_READ = 8
MAX_FILE_CHARACTERS = 900
MAX_EXAMPLES = 1500
MAX_CONFIGURATIONS = 250
MIN_DESCRIPTION = 12
_README = re.compile(r"(?:^|/)readme\.mdx?$", re.IGNORECASE)
_MANIFEST = re.compile(r"(?:^|/)package\.json$")
_TITLE = re.compile(r"^#[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
# What stands before the next heading or code, without badges.
_FIRST_PART = re.compile(
    r"\A(?:---\n.*?^---\n)?\s*(?:<[^\n]*\n|\[?!\[[^\n]*\n|\s)*(.*?)(?=^#{1,5}[ \t]|^```|\Z)",
    re.MULTILINE | re.DOTALL,
)
_OF_MACHINES = frozenset({"name", "type", "private", "scripts", "dependencies", "devDependencies"})
_OF_TRANSLATION = re.compile(r"(?:^|/)(?:[a-z]{2}-[A-Z]{2}|i18n|translations?|locales?)/")


def pairs_of_examples(
    clone: Path, commit: str, paths: Sequence[str], dice: random.Random
) -> Iterator[tuple[str, Pair]]:
    """Yield (path, pair) of the folders and configuration files of a repository.

    Args:
        clone: The bare clone.
        commit: The commit that is read.
        paths: Those of its files that may be read.
        dice: Chooses where there are more than are wanted.
    """
    wanted = [path for path in paths if is_wanted(path) and not _OF_TRANSLATION.search(path)]
    yield from _folder_pairs(clone, commit, wanted, dice)
    configurations = [path for path in wanted if detect_language(path) in CONFIGURATION_LANGUAGES]
    chosen = dice.sample(configurations, min(len(configurations), MAX_CONFIGURATIONS))
    for path, text in read_files(clone, commit, chosen):
        head, rest = split_definition("bash", text)  # a comment begins with # in all of them
        if len(rest) >= 2 * MIN_CODE_CHARACTERS:
            yield path, Pair("file", detect_language(path) or "", "", head, path, rest[:MAX_CODE_CHARACTERS])


def _folder_pairs(clone: Path, commit: str, wanted: Sequence[str], dice: random.Random) -> Iterator[tuple[str, Pair]]:
    readmes = {dirname(path): path for path in wanted if _README.search(path)}
    manifests = {dirname(path): path for path in wanted if _MANIFEST.search(path)}
    files = _files_of(wanted, readmes.keys() | manifests.keys())
    folders = sorted(folder for folder, own in files.items() if len(own) <= MAX_FILES)
    chosen = dice.sample(folders, min(len(folders), MAX_EXAMPLES))
    about = [known[folder] for folder in chosen for known in (readmes, manifests) if folder in known]
    code = {folder: files[folder][:MAX_FILES_READ] for folder in chosen}
    texts = dict(read_files(clone, commit, [*about, *chain.from_iterable(code.values())]))
    for folder in chosen:
        readme, manifest = readmes.get(folder, ""), manifests.get(folder, "")
        pair = _folder_pair(folder, code[folder], texts, texts.get(readme, ""), texts.get(manifest))
        if pair is not None:
            yield readme or manifest, pair


def _files_of(wanted: Sequence[str], described: AbstractSet[str]) -> dict[str, list[str]]:
    """Return the code of each described folder, nearest first, without that of described folders within it."""
    files: dict[str, list[str]] = {}
    for path in sorted(wanted, key=lambda path: (path.count("/"), path)):
        if detect_language(path) not in CODE_LANGUAGES | CONFIGURATION_LANGUAGES:
            continue
        folder = dirname(path)
        while folder not in described and folder:
            folder = dirname(folder)
        if folder in described:
            files.setdefault(folder, []).append(path)
    return files


def _folder_pair(
    folder: str, code: Sequence[str], texts: Mapping[str, str], readme: str, manifest: str | None
) -> Pair | None:
    title, first = _said_in_readme(readme)
    package = _package(manifest or "")
    short = _said_in_manifest(package) or " ".join((title, first))[:200]
    shown = [f"{relpath(path, folder or '.')}\n{texts[path][:MAX_FILE_CHARACTERS]}" for path in code if path in texts]
    if manifest is not None:
        shown.append(f"package.json\n{_without_words(package)}")
    text = "\n".join(shown)[:MAX_CODE_CHARACTERS]
    if len(short) < MIN_DESCRIPTION or len(text) < 2 * MIN_CODE_CHARACTERS or not any(path in texts for path in code):
        return None
    language = detect_language(code[0]) or ""
    return Pair("example", language, short, first if len(first) >= MIN_DESCRIPTION else "", basename(folder), text)


def _said_in_readme(text: str) -> tuple[str, str]:
    """Return the title of a README and its first paragraph."""
    title = _TITLE.search(text)
    rest = text[title.end() :] if title else text
    first = _FIRST_PART.match(rest)
    return (title[1] if title else ""), last_paragraph(first[1][:1500] if first else "")[:500]


def _said_in_manifest(package: Mapping[str, Any]) -> str:
    """Return the description in a package's manifest."""
    said = package.get("description")
    return said[:200] if isinstance(said, str) and len(said) >= MIN_DESCRIPTION else ""


def _without_words(package: Mapping[str, Any]) -> str:
    """Return what a manifest says to machines."""
    kept = {name: value for name, value in package.items() if name in _OF_MACHINES}
    return json.dumps(kept)[:MAX_FILE_CHARACTERS]


def _package(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
