"""All training pairs: which repositories they come from, how many of each kind, and what is left out of them."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.text.languages import detect_language
from scripts.training.everyday import pairs_of_requests, pairs_of_synsets
from scripts.training.examples import pairs_of_examples
from scripts.training.extraction import CODE_LANGUAGES, Pair, is_wanted, pairs_of_file
from scripts.training.repositories import list_files, read_files
from scripts.training.translations import counterparts, samples_of_reference, translated_alone, translated_beside

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
# Per repository, so that none dominates.
MAX_PAIRS = {"doc": 9000, "name": 3500, "prose": 4000, "file": 1200}
# Twice as many are read as are kept, so that what is kept comes from all over the repository.
READ_AHEAD = 2
HASH_CHARACTERS = 16
# Which files of a source of everyday English are read, and how.
EVERYDAY: dict[str, tuple[str, Callable[[str], Iterator[Pair]]]] = {
    "synsets": (r"src/yaml/(?:adj|adv|noun|verb)\..*", pairs_of_synsets),
    "requests": (r"data/data_full\.json", pairs_of_requests),
}
MAX_EVERYDAY_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A repository of the training data.

    Attributes:
        repository: OWNER/NAME.
        url: Where git finds it.
        commit: The commit that is read.
        licence: SPDX identifier.
        code: Whether definitions and documents are read.
        only: Paths must match this, if given.
        japanese: How Japanese is found: "" not at all, "inside" in its own files, "reference" in the Ruby reference,
            else the OWNER/NAME that holds the English original.
        held_out: Whether it only measures, and is never trained on.
        everyday: What everyday English it holds: "" none, "synsets" of a WordNet, "requests" to an assistant.
    """

    repository: str
    url: str
    commit: str
    licence: str
    code: bool = True
    only: str = ""
    japanese: str = ""
    held_out: bool = False
    everyday: str = ""


def read_sources(path: Path = HERE / "sources.json") -> list[Source]:
    """Return the repositories of the training data, in the order of the file."""
    return [Source(**fields) for fields in json.loads(path.read_text(encoding="utf-8"))]


def write_pairs(source: Source, clones: dict[str, Path], sources: dict[str, Source], out: Path) -> int:
    """Write a repository's pairs, one JSON list a line: path, then the fields of `Pair`. Returns how many.

    Args:
        source: The repository.
        clones: OWNER/NAME to bare clone, for this one and the one that holds its English original.
        sources: OWNER/NAME to source.
        out: The file to write.
    """
    left_out = frozenset(json.loads((HERE / "excluded.json").read_text(encoding="utf-8")))
    pairs = list(_unique(_all_pairs(source, clones, sources), left_out))
    lines = (json.dumps([path, *astuple(pair)], ensure_ascii=False) for path, pair in pairs)
    unfinished = out.with_suffix(".part")
    unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    unfinished.rename(out)
    return len(pairs)


def read_pairs(path: Path) -> Iterator[tuple[str, Pair]]:
    """Yield (path in the repository, pair) of a file that `write_pairs` wrote."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            where, *fields = json.loads(line)
            yield where, Pair(*fields)


def content_hash(text: str) -> str:
    """Return the hash of a text without white space; what `excluded.json` lists."""
    return hashlib.sha256(re.sub(r"\s+", "", text).encode("utf-8", "replace")).hexdigest()[:HASH_CHARACTERS]


def _all_pairs(source: Source, clones: dict[str, Path], sources: dict[str, Source]) -> Iterator[tuple[str, Pair]]:
    clone = clones[source.repository]
    paths = list_files(clone, source.commit)
    allowed = [path for path in paths if re.match(source.only, path)]
    if source.code:
        yield from _code_pairs(source, clone, allowed)
    if source.everyday:
        yield from _everyday_pairs(source, clone)
    if source.japanese == "inside":
        yield from _inside_pairs(source, clone, paths)
    elif source.japanese == "reference":
        for path, text in read_files(clone, source.commit, [path for path in paths if path.startswith("refm/")]):
            yield from ((path, pair) for pair in samples_of_reference(text))
    elif source.japanese:
        yield from _beside_pairs(source, clone, paths, sources[source.japanese], clones[source.japanese])
    if source.code:
        yield from pairs_of_examples(clone, source.commit, allowed, _dice_of(source))


def _dice_of(source: Source) -> random.Random:
    """Return what chooses among a repository's files, the same in each run."""
    return random.Random(source.repository)  # noqa: S311 (a sample, not a secret)


def _code_pairs(source: Source, clone: Path, paths: list[str]) -> Iterator[tuple[str, Pair]]:
    dice = _dice_of(source)
    languages = CODE_LANGUAGES | {"markdown", "rst"}
    wanted = [path for path in paths if is_wanted(path) and detect_language(path) in languages]
    dice.shuffle(wanted)
    found: dict[str, list[tuple[str, Pair]]] = {view: [] for view in MAX_PAIRS}
    for path, text in read_files(clone, source.commit, wanted):
        for pair in pairs_of_file(path, text, dice):
            if len(found[pair.view]) < READ_AHEAD * MAX_PAIRS[pair.view]:
                found[pair.view].append((path, pair))
        if len(found["doc"]) >= READ_AHEAD * MAX_PAIRS["doc"]:
            break
    for view, pairs in found.items():
        yield from dice.sample(pairs, min(len(pairs), MAX_PAIRS[view]))


def _inside_pairs(source: Source, clone: Path, paths: list[str]) -> Iterator[tuple[str, Pair]]:
    alone = [path for path in paths if path.endswith((".po", ".ja.xlf", ".md")) and _is_japanese(source, path)]
    for path, text in read_files(clone, source.commit, alone):
        yield from ((path, pair) for pair in translated_alone(path, text))
    known = set(paths)
    originals = {path: other for path in paths for other in counterparts(path) if other in known}
    english = dict(read_files(clone, source.commit, sorted(set(originals.values()))))
    for path, text in read_files(clone, source.commit, sorted(originals)):
        if originals[path] in english:
            yield from ((path, pair) for pair in translated_beside(path, text, english[originals[path]]))


def _everyday_pairs(source: Source, clone: Path) -> Iterator[tuple[str, Pair]]:
    pattern, read = EVERYDAY[source.everyday]
    listed = list_files(clone, source.commit, max_bytes=MAX_EVERYDAY_BYTES)
    for path, text in read_files(clone, source.commit, [path for path in listed if re.fullmatch(pattern, path)]):
        yield from ((path, pair) for pair in read(text))


def _is_japanese(source: Source, path: str) -> bool:
    """Whether a file is Japanese: all of a repository named so, else what stands in a folder or file named `ja`."""
    return "-ja" in source.repository or re.search(r"(?:^|[/.])ja(?:[-_]JP)?(?:[/.]|$)", path) is not None


def _beside_pairs(
    source: Source, clone: Path, paths: list[str], original: Source, original_clone: Path
) -> Iterator[tuple[str, Pair]]:
    documents = [path for path in paths if path.endswith(".md")]
    english = dict(read_files(original_clone, original.commit, documents))
    for path, text in read_files(clone, source.commit, documents):
        if path in english:
            yield from ((path, pair) for pair in translated_beside(path, text, english[path]))


def _unique(pairs: Iterable[tuple[str, Pair]], left_out: frozenset[str]) -> Iterator[tuple[str, Pair]]:
    """Leave out what occurs twice, and what the exclusion list names: by its code or by its documentation."""
    seen: set[str] = set()
    for path, pair in pairs:
        key = content_hash("\0".join([pair.query, pair.long, pair.name, pair.code]))
        if key not in seen and not left_out & {content_hash(pair.code), content_hash(pair.long)}:
            seen.add(key)
            yield path, pair
