"""Finding which paragraph of a translated document stands for which: the order is kept, some lack a partner."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE = re.compile(r"^[ \t>]*(```+|~~~+).*?^[ \t>]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->|\{/\*.*?\*/\}", re.DOTALL)
_TARGET = re.compile(r"\]\([^)]*\)|\{#[^}]*\}|<[^>]*>")
_BREAK = re.compile(r"\n\s*\n|\n(?=[ \t]*(?:[-*+]|\d+[.)]|#+|\||>)[ \t])|(?<=\S)\n(?=#)")
_KIND = re.compile(r"\s*(#+|[-*+](?=\s)|\d+[.)](?=\s)|\||>|\0)?")
_LATIN = re.compile(r"[a-z0-9]{2,}")
_JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
# Two blocks are a pair from here on. A pair of the same kind scores 1 without anything else in common.
_MIN_SCORE = 0.6
_KIND_MISMATCH = -1.0
# Japanese needs about half as many characters.
_LENGTH_RATIO = 0.5
_MAX_BLOCKS = 900


@dataclass(frozen=True, slots=True)
class _Block:
    kind: str
    text: str
    latin: frozenset[str]
    length: float


def align(english: str, japanese: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of paragraphs, headings and list entries of a document and its translation."""
    left, right = _blocks(english, 1.0), _blocks(japanese, 1 / _LENGTH_RATIO)
    if max(len(left), len(right)) > _MAX_BLOCKS:
        return
    for i, j in _best_path(left, right):
        if left[i].kind != "\0" and _JAPANESE.search(right[j].text):
            yield left[i].text, right[j].text


def _blocks(text: str, scale: float) -> list[_Block]:
    text = _FRONT_MATTER.sub(lambda match: match[1].replace("\n", "\n\n") + "\n\n", text)
    text = _FENCE.sub(lambda match: f"\n\n\0{match[0]}".replace("\n", "\t") + "\n\n", _COMMENT.sub("", text))
    return [_block(part, scale) for part in _BREAK.split(text.replace("\t\t", "\n\n")) if part.strip(" \t\n")]


def _block(text: str, scale: float) -> _Block:
    text = text.strip()
    match = _KIND.match(text)
    kind = (match[1] or "") if match else ""
    kind = "1." if kind[:1].isdigit() else kind
    plain = text if kind == "\0" else _TARGET.sub("]", text)
    latin = frozenset(_LATIN.findall(unicodedata.normalize("NFKC", text).lower()))
    wide = sum(scale if ord(letter) > 0x2E7F else 1 for letter in plain)
    return _Block(kind, plain, latin, max(wide, 1.0))


def _best_path(left: list[_Block], right: list[_Block]) -> list[tuple[int, int]]:
    """Return the pairs of the alignment with the highest sum of scores, each block in one pair at most."""
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    scores = [[_score(one, other) for other in right] for one in left]
    for i in range(len(left) - 1, -1, -1):
        row, below, score = best[i], best[i + 1], scores[i]
        for j in range(len(right) - 1, -1, -1):
            row[j] = max(below[j], row[j + 1], below[j + 1] + score[j] if score[j] > 0 else 0.0)
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if scores[i][j] > 0 and best[i][j] == best[i + 1][j + 1] + scores[i][j]:
            if scores[i][j] >= _MIN_SCORE:
                pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _score(one: _Block, other: _Block) -> float:
    if one.kind != other.kind:
        return _KIND_MISMATCH
    ratio = min(one.length, other.length) / max(one.length, other.length)
    if one.kind == "\0":
        common = len(one.latin & other.latin)
        return 3.0 * common / max(len(one.latin | other.latin), 1)
    # The translation keeps the Latin words of code and names: how many of its own does the English have?
    kept = len(one.latin & other.latin) / len(other.latin) if other.latin else 0.5
    return kept + ratio - 0.5
