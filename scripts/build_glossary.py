"""Learns the Japanese glossary from translated documentation: which English words a Japanese term stands for.

python -m scripts.build_glossary --mirror FOLDER          write the glossary and its notice
python -m scripts.build_glossary --mirror FOLDER --check  write nothing; fail when the files are not what it gives

FOLDER holds bare clones of the repositories of `scripts/glossary/sources.py` as `OWNER+NAME/repo`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fluorite_mcp.text.glossary import WEIGHT_SCALE, split_run
from fluorite_mcp.text.stemming import stem
from scripts.glossary.alignment import link_words
from scripts.glossary.readers import read_pairs
from scripts.glossary.sources import SOURCES
from scripts.glossary.words import Vocabulary, split_sentences, to_units

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from scripts.glossary.alignment import Links
    from scripts.glossary.sources import Source

    Glossary = dict[str, list[tuple[str, float]]]

FOLDER = Path(__file__).resolve().parents[1] / "fluorite_mcp" / "text" / "glossaries"

# A link is kept from two sentences on that need it to be explained ...
MIN_COUNT = 2.0
# ... if the word is a usual translation of the term ...
MIN_FORWARD = 0.02
# ... of a compound the main one: what is rare there belongs to its neighbours ...
MIN_COMPOUND_FORWARD = 0.5
# ... the geometric mean of both directions' probabilities is not an accident's ...
MIN_SCORE = 0.05
# ... and it stands against the term's best word.
MIN_RELATIVE = 0.15
MAX_WORDS = 5

_JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")

NOTICE = """# The Japanese glossary

`ja.tsv` holds Japanese terms, English words and weights, counted by `scripts/build_glossary.py` (word alignment with
IBM model 1) in the texts below and their translations. No sentence of them is contained.

| source | commit | licence of the texts |
|---|---|---|
"""


def read_sentences(mirror: Path, sources: Collection[Source] = SOURCES) -> list[tuple[str, str]]:
    """Return the sentence pairs of all sources, English and Japanese."""
    pairs = (pair for source in sources for pair in read_pairs(source, mirror))
    return split_sentences(pair for pair in pairs if _JAPANESE.search(pair[1]) and not _JAPANESE.search(pair[0]))


def learn(sentences: Sequence[tuple[str, str]]) -> Glossary:
    """Return the words of each term with their weights, the best first, which has 1.

    Compounds are first taken apart. Those that mean something else than their pieces (`認証情報`: credentials) come
    from a second alignment, in which they are whole.
    """
    vocabulary = Vocabulary(japanese for _, japanese in sentences)
    glossary = _align(sentences, vocabulary.pieces, MIN_FORWARD)
    compounds = _align(sentences, vocabulary.wholes, MIN_COMPOUND_FORWARD)
    new = {term: words for term, words in compounds.items() if not _is_said(term, words[0][0], glossary)}
    return glossary | new


def _align(sentences: Sequence[tuple[str, str]], terms_of: Callable[[str], list[str]], min_forward: float) -> Glossary:
    units, usual = to_units(sentences, terms_of)
    return select(link_words(units), usual, min_forward)


def _is_said(term: str, word: str, glossary: Glossary) -> bool:
    pieces = split_run(term, glossary)
    return term in pieces or stem(word) in {stem(known) for piece in pieces for known, _ in glossary[piece]}


def select(links: Links, usual: dict[str, str], min_forward: float) -> Glossary:
    """Return the links that are no accident, the stems as the words they stand for most often."""
    found: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    scores = np.sqrt(links.forward * links.backward)
    kept = (links.counts >= MIN_COUNT) & (links.forward >= min_forward) & (scores >= MIN_SCORE)
    for index in np.flatnonzero(kept):
        stem_found, term = links.pairs[index]
        if not term.startswith("<"):
            found[term].append((float(scores[index]), usual[stem_found]))
    return {term: _relative(sorted(words, reverse=True)[:MAX_WORDS]) for term, words in found.items()}


def _relative(words: list[tuple[float, str]]) -> list[tuple[str, float]]:
    best = words[0][0]
    return [(word, score / best) for score, word in words if score >= MIN_RELATIVE * best]


def write_lines(glossary: Glossary) -> Iterator[str]:
    """Yield the lines of the file, in the order of the terms."""
    for term, words in sorted(glossary.items()):
        weights = ((word, round(weight * WEIGHT_SCALE)) for word, weight in words)
        yield f"{term}\t" + " ".join(word if weight == WEIGHT_SCALE else f"{word}:{weight}" for word, weight in weights)


def write_notice(sources: Collection[Source] = SOURCES) -> str:
    """Return the notice: every repository read, its commit and its licence."""
    rows = []
    for source in sources:
        rows.append((source.url, source.commit, source.licence))
        if source.english_repository:
            name, commit = source.english_repository
            rows.append((f"https://github.com/{name}", commit, source.licence))
    return NOTICE + "".join(f"| {url} | {commit} | {licence} |\n" for url, commit, licence in rows)


def build(mirror: Path) -> dict[str, str]:
    """Return the text of every file by name."""
    glossary = learn(read_sentences(mirror))
    return {"ja.tsv": "".join(f"{line}\n" for line in write_lines(glossary)), "NOTICE.md": write_notice()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, required=True, help="folder of bare clones, OWNER+NAME/repo")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    arguments = parser.parse_args()
    files = build(arguments.mirror)
    for name, text in files.items():
        path = FOLDER / name
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} differs from what the sources give; run this script without --check")
        print(f"{name}: {len(text.encode()):,} bytes, {text.count(chr(10)):,} lines")


if __name__ == "__main__":
    main()
