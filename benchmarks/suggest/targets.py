"""What is hidden from a repository: functions and files, drawn with a fixed seed, with a task and what each used."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.suggest.needs import names_in, read_needs
from fluorite_mcp.search.paths import path_profile
from fluorite_mcp.text.chunker import chunk_text
from fluorite_mcp.text.languages import detect_language
from fluorite_mcp.text.symbols import Definition
from fluorite_mcp.text.tokens import split_identifier

SEED = 20261125
EACH = 6
"""Functions, and files, per repository: together a dozen, so that hiding them leaves the repository what it is."""

_FUNCTION_LINES = (8, 80)
_FILE_LINES = (30, 400)
_MIN_NEEDED = 4
# A name in this share of the files is known to anyone who has seen the project at all.
_COMMON_SHARE = 0.25
_MIN_COMMON = 5
_MAX_CHARS = 200_000
_KINDS = frozenset({"function", "method", "constructor"})

# A repository's language is what its annotators called it; its files may be written in a sibling.
_FAMILIES = {
    "javascript": frozenset({"javascript", "typescript", "tsx"}),
    "typescript": frozenset({"typescript", "tsx"}),
    "c": frozenset({"c", "cpp"}),
}

_MARKER = re.compile(r"^\s*(?:///?|//!|/\*\*?|\*/|\*|#+|--+\s*\|?|;+|\"\"\"|'''|@doc\s+\"+|@moduledoc\s+\"+|<!--)?\s*")
_COMMENT = re.compile(r"^\s*(?:///?|//!|/\*|\*|#(?!\[|include|define|!|pragma|if|end)|--|@doc|@moduledoc)")
_DOCSTRING = re.compile(r'^\s*(?:[rRbBuU]{0,2}"""|\'\'\'|@moduledoc\s+"""|@doc\s+""")\s*(.*)', re.MULTILINE)
_LEGAL = re.compile(
    r"copyright|license|licence|spdx|all rights|permission|warrant|eslint|@ts-|pylint|noqa|package\b|encoding|"
    r"shellcheck|frozen_string_literal|declare\(|language ",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<[^>]{1,40}>|\{@\w+ ([^}]*)\}|[@\\](?:param|return|throws)\b.*")
_SENTENCE_END = re.compile(r"(?<=[\w`)\"'])[.:;](?:\s|$)")
_MIN_PURPOSE, _MAX_PURPOSE = 12, 200


@dataclass(frozen=True, slots=True)
class Target:
    """Something that was hidden: the task that asks for it, and what the real one used.

    `apis` and `imports` are names that the rest of the repository knows, that are not in most of its files, and that
    the task does not say. `described`: the purpose is its own doc comment.
    """

    name: str
    kind: str
    path: str
    task: str
    described: bool
    apis: tuple[str, ...]
    imports: tuple[str, ...]
    structure: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A repository without its targets; `vocabulary` are the names of its APIs that tell something."""

    name: str
    language: str
    root: str
    targets: tuple[Target, ...]
    vocabulary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    path: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    source: _Source
    kind: str
    name: str
    code: str
    first: int
    end: int
    defines: frozenset[str]


def hide(name: str, language: str, tree: Path, folder: Path, each: int = EACH) -> Hidden:
    """Lay out a repository without its targets, once; the same seed hides the same.

    Args:
        name: The repository.
        language: Its language; targets are of it alone.
        tree: The repository as it is.
        folder: Where the copies are kept.
        each: How many functions and how many files at most.
    """
    record = folder / f"{name}-{each}.json"
    if record.exists():
        return _read(json.loads(record.read_text(encoding="utf-8")))
    root = folder / f"{name}-{each}"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(tree, root, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    sources = list(_sources(root, language))
    chosen = _choose(sources, random.Random(f"{SEED} {name}"), each)  # noqa: S311 - a sample, not a secret
    for one in chosen:
        _remove(root, one)
    _remove_tests(root, chosen)
    left = list(_sources(root, language, tests=True))
    counts = Counter(word for source in left for word in names_in(source.text))
    common = max(_MIN_COMMON, _COMMON_SHARE * len(left))
    told = {word for word, count in counts.items() if count < common}
    used = {word for source in left for word in read_needs(source.text, source.language).apis}
    targets = [target for one in chosen if (target := _target(one, told))]
    hidden = Hidden(name, language, str(root), tuple(targets), tuple(sorted(used & told)))
    record.write_text(json.dumps(asdict(hidden)), encoding="utf-8")
    return hidden


def _sources(root: Path, language: str, *, tests: bool = False) -> Iterator[_Source]:
    wanted = _FAMILIES.get(language, frozenset({language}))
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root).as_posix()
        profile = path_profile(relative)
        if not path.is_file() or path.is_symlink() or relative.startswith(".git/"):
            continue
        if (profile.is_test or profile.is_example) and not tests:
            continue
        found = detect_language(relative, "")
        if found in wanted and path.stat().st_size <= _MAX_CHARS:
            yield _Source(relative, found, path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n"))


def _choose(sources: Sequence[_Source], draw: random.Random, each: int) -> list[_Candidate]:
    """Draw files first, then functions of other files, one of each file."""
    order = list(sources)
    draw.shuffle(order)
    # A file in eight at most: what is left must still be the project.
    most = min(each, max(2, len(order) // 8))
    files = [one for source in order if (one := _file_candidate(source))][:most]
    taken = {one.source.path for one in files}
    functions: list[_Candidate] = []
    rounds = 1 + 2 * each // max(1, len(order))
    for _ in range(rounds):
        for source in order:
            seen = {(one.source.path, one.name) for one in functions}
            if source.path not in taken and len(functions) < each:
                found = [one for one in _function_candidates(source) if (source.path, one.name) not in seen]
                functions += [draw.choice(found)] if found else []
    return files + functions


def _file_candidate(source: _Source) -> _Candidate | None:
    lines = source.text.count("\n") + 1
    if path_profile(source.path).is_index or not _FILE_LINES[0] <= lines <= _FILE_LINES[1]:
        return None
    defines = frozenset(one.name for one in _definitions(source))
    if not defines or len(read_needs(source.text, source.language).apis - defines) < 2 * _MIN_NEEDED:
        return None
    return _Candidate(source, "file", PurePosixPath(source.path).name, source.text, 1, lines, defines)


def _function_candidates(source: _Source) -> list[_Candidate]:
    found = []
    lines = source.text.split("\n")
    for one in _definitions(source):
        size = one.end_line - one.start_line + 1
        if one.kind not in _KINDS or not _FUNCTION_LINES[0] <= size <= _FUNCTION_LINES[1] or one.name.startswith("__"):
            continue
        code = "\n".join(lines[one.start_line - 1 : one.end_line])
        if len(one.name) > 3 and len(read_needs(code, source.language).apis - {one.name}) >= _MIN_NEEDED:
            defines = frozenset({one.name})
            found.append(_Candidate(source, "function", one.name, code, one.start_line, one.end_line, defines))
    return found


def _definitions(source: _Source) -> list[Definition]:
    return [one for piece in chunk_text(source.text, source.language) for one in piece.definitions]


def _remove(root: Path, one: _Candidate) -> None:
    path = root / one.source.path
    if one.kind == "file":
        path.unlink()
        return
    lines = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").split("\n")
    text = one.code.split("\n")
    start = next(at for at in range(len(lines)) if lines[at : at + len(text)] == text)
    path.write_text("\n".join(lines[:start] + lines[start + len(text) :]), encoding="utf-8")


def _remove_tests(root: Path, chosen: Sequence[_Candidate]) -> None:
    """Remove the tests of a hidden file: whoever is asked to write it does not have them."""
    stems = {re.sub(r"[^a-z0-9]", "", one.name.partition(".")[0].lower()) for one in chosen if one.kind == "file"}
    for path in list(root.rglob("*")):
        relative = path.relative_to(root).as_posix()
        if path.is_file() and not relative.startswith(".git/") and path_profile(relative).is_test:
            words = re.sub(r"[^a-z0-9]", "", path.name.partition(".")[0].lower())
            if words.removeprefix("test").removesuffix("test").removesuffix("tests").removesuffix("spec") in stems:
                path.unlink()


def _target(one: _Candidate, told: set[str]) -> Target | None:
    purpose = _purpose(one)
    folder = " ".join(split_identifier(PurePosixPath(one.source.path).parent.name))
    words = " ".join(split_identifier(one.name.partition(".")[0]))
    task = f"add {one.kind} {one.name}: {purpose or f'{words} of {folder}'.removesuffix(' of ')}"
    said = names_in(task) | {word.lower() for word in names_in(task)}
    needs = read_needs(one.code, one.source.language)

    def asked(names: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(name for name in names & told if name not in said and name not in one.defines))

    apis, imports = asked(needs.apis), asked(needs.imports)
    if len(apis) < _MIN_NEEDED - 1:
        return None
    return Target(
        one.name, one.kind, one.source.path, task, bool(purpose), apis, imports, tuple(sorted(needs.structure))
    )


def _purpose(one: _Candidate) -> str:
    """Return the first sentence of the doc comment, or nothing."""
    lines = one.code.split("\n")
    head: list[str] = []
    for line in lines[:40]:
        if _COMMENT.match(line) and not _LEGAL.search(line):
            head.append(_MARKER.sub("", line))
        elif head and line.strip():
            break
    found = _DOCSTRING.search("\n".join(lines[: 60 if one.kind == "file" else 25]))
    text = " ".join(head).strip()
    if found and (one.source.language in ("python", "elixir") or not text):
        text = found.group(1)
    text = " ".join(_TAGS.sub(r"\1", text).replace("*/", "").replace('"""', "").split())
    sentence = _SENTENCE_END.split(text, maxsplit=1)[0][:_MAX_PURPOSE].strip()
    return sentence if len(sentence) >= _MIN_PURPOSE and " " in sentence else ""


def _read(data: Mapping[str, Any]) -> Hidden:
    targets = tuple(
        Target(**{**one, "apis": tuple(one["apis"]), "imports": tuple(one["imports"]),
                  "structure": tuple(one["structure"])})
        for one in data["targets"]
    )  # fmt: skip
    return Hidden(data["name"], data["language"], data["root"], targets, tuple(data["vocabulary"]))
