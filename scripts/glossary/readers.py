"""Reading pairs of English and Japanese text out of translation files and translated documents."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from scripts.glossary.paragraphs import align

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scripts.glossary.sources import Source

    Pairs = Iterator[tuple[str, str]]
    TwoFiles = Callable[[str, str], Pairs]

_PO_ENTRY = re.compile(r'^msgid((?:\s*"(?:[^"\\]|\\.)*")+)\s*^msgstr((?:\s*"(?:[^"\\]|\\.)*")+)', re.MULTILINE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PROPERTY = re.compile(r"^([\w.\-\\ ]+?)\s*[=:]\s*((?:.*\\\n)*.*)$", re.MULTILINE)
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_NESTED = re.compile(r"""^(\s*)["']?([\w.\-]+)["']?:(?:\s+\||\s*>)?\s*(?:["'](.*)["'],?|([^{\[|>"'].*)|.*)$""")
_COMMENTED = re.compile(
    r"^\.\. (?![_|-]|[\w-]+::)(.*(?:\n(?:   +|\.\. )\S.*)*)\n\s*\n((?:(?!\.\. ).+\n?)+)", re.MULTILINE
)


def read_pairs(source: Source, mirror: Path) -> Pairs:
    """Yield what a source says in English and in Japanese, in the order of its paths.

    Args:
        source: What to read.
        mirror: Folder of bare clones, `OWNER+NAME/repo`.
    """
    files = _Clone(mirror, source.repository, source.commit)
    english = _Clone(mirror, *source.english_repository) if source.english_repository else files
    pattern = re.compile(source.japanese)
    for path in files.paths():
        if not (match := pattern.search(path)):
            continue
        if source.form in ONE_FILE:
            yield from ONE_FILE[source.form](files.text(path))
        elif (twin := match.expand(source.english)) in english:
            yield from TWO_FILES[source.form](english.text(twin), files.text(path))


class _Clone:
    """The files of a bare clone at a commit."""

    def __init__(self, mirror: Path, repository: str, commit: str) -> None:
        self._git = ["git", "-C", str(mirror / repository.replace("/", "+") / "repo")]
        self._commit = commit
        names = self._run("ls-tree", "-r", "-z", "--name-only", commit).split("\0")
        self._paths = dict.fromkeys(sorted(filter(None, names)))

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def paths(self) -> list[str]:
        return list(self._paths)

    def text(self, path: str) -> str:
        return self._run("show", f"{self._commit}:{path}").replace("\r\n", "\n")

    def _run(self, *arguments: str) -> str:
        done = subprocess.run([*self._git, *arguments], check=True, capture_output=True)
        return done.stdout.decode("utf-8", "replace")


def _read_po(text: str) -> Pairs:
    for block in re.split(r"\n\s*\n", text):
        if not re.search(r"^#,.*fuzzy|^#~", block, re.MULTILINE) and (match := _PO_ENTRY.search(block)):
            english, japanese = ("".join(_QUOTED.findall(part)).replace('\\"', '"') for part in match.groups())
            yield english.replace("\\n", "\n"), japanese.replace("\\n", "\n")


def _read_xliff(text: str) -> Pairs:
    for unit in ElementTree.fromstring(text).iter():  # noqa: S314 (pinned by its commit)
        parts = {child.tag.rpartition("}")[2]: "".join(child.itertext()) for child in unit}
        if "source" in parts and "target" in parts:
            yield parts["source"], parts["target"]


def _read_commented(text: str) -> Pairs:
    """English paragraphs as reStructuredText comments, each before its translation."""
    for english, japanese in _COMMENTED.findall(text):
        yield re.sub(r"\n(?:\.\. |   )", " ", english), japanese


def _same_keys(read: Callable[[str], dict[str, str]]) -> TwoFiles:
    def pairs(english: str, japanese: str) -> Pairs:
        texts = read(english)
        yield from ((texts[key], text) for key, text in read(japanese).items() if key in texts)

    return pairs


def _properties(text: str) -> dict[str, str]:
    unescaped = _UNICODE_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return {key: re.sub(r"\\\n\s*", "", value) for key, value in _PROPERTY.findall(unescaped)}


def _json(text: str) -> dict[str, str]:
    return dict(_leaves(json.loads(text), ""))


def _leaves(value: object, key: str) -> Pairs:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}")


def _nested(text: str) -> dict[str, str]:
    """Keys nested by indentation: YAML and formatted object literals. The two roots may differ (`en`, `ja`)."""
    found: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in text.splitlines():
        if match := _NESTED.match(line):
            depth = len(match[1])
            path = [*(step for step in path if step[0] < depth), (depth, match[2])]
            if value := match[3] or match[4]:
                found[".".join(name for _, name in path if name not in {"en", "ja"})] = value
    return found


ONE_FILE: dict[str, Callable[[str], Pairs]] = {"po": _read_po, "xliff": _read_xliff, "commented": _read_commented}
TWO_FILES: dict[str, TwoFiles] = {
    "properties": _same_keys(_properties),
    "json": _same_keys(_json),
    "nested": _same_keys(_nested),
    "markdown": align,
}
