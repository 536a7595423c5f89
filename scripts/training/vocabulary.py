"""The vocabulary: pieces of the words of the training pairs, everyday English words, Japanese runs."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from fluorite_mcp.embedding.wordpieces import find_words, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scripts.training.extraction import Pair

UNKNOWN = "[UNK]"
LATIN_PIECES = 32_000
MAX_ALPHABET = 200
JAPANESE_PIECES = 6_000
MAX_PIECE_CHARACTERS = 24
_JAPANESE = re.compile(r"[\u3005\u30a1-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_IDEOGRAPHS = re.compile(r"[\u4e00-\u9fff]+")
_ENGLISH_WORD = re.compile(r"[a-z]{3,18}")
# A part must occur in two repositories: a name that only one project uses is no word.
MIN_REPOSITORIES = 2
MAX_NUMBER_DIGITS = 4
MAX_REPEATS = 3000
MAX_RUN_CHARACTERS = 12
SINGLE_CHARACTERS, MIN_SINGLE_COUNT = 1200, 30
CHARACTER_PAIRS = 1500
# Of the teacher's words, the first in its order are common ones; later ones must occur in the everyday pairs.
COMMON_TEACHER_WORDS = 12_000


class PartCounts:
    """How often each part of a word occurs, and in how many repositories."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.repositories: Counter[str] = Counter()

    def add(self, pairs: Iterable[Pair]) -> None:
        """Count one repository."""
        words: Counter[str] = Counter()
        for pair in pairs:
            words.update(find_words("\n".join((pair.query, pair.long, pair.name, pair.code))))
        parts: Counter[str] = Counter()
        for word, count in words.items():
            for part in parts_of(word):
                parts[part] += count
        self.counts.update(parts)
        self.repositories.update(parts.keys())


def build_vocabulary(parts: PartCounts, everyday: PartCounts, teacher: Mapping[str, int]) -> list[str]:
    """Return the pieces in the order of their rows: none twice, the unknown piece first.

    Args:
        parts: Counted over code, documents and translations.
        everyday: Counted over everyday English.
        teacher: The teacher's vocabulary, piece to row; the order of the rows is that of frequency.
    """
    latin = _latin_pieces(parts)
    known = set(latin)
    words = [word for word in teacher if _ENGLISH_WORD.fullmatch(word) and word not in known]
    english = [word for word in words if everyday.counts[word] or teacher[word] < COMMON_TEACHER_WORDS]
    return [*latin, *english, *_japanese_pieces(parts)]


def is_japanese(piece: str) -> bool:
    """Whether a piece is of katakana or kanji."""
    return _JAPANESE.match(piece) is not None


def _latin_pieces(parts: PartCounts) -> list[str]:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    firsts, others = _characters(parts)
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=LATIN_PIECES,
        # The trainer numbers characters within words as it meets them, in an order that changes from run to run, and
        # breaks ties by these numbers. Named here, in order, they give the same pieces each time.
        special_tokens=[UNKNOWN, *(f"##{character}" for character in others)],
        initial_alphabet=firsts,
        limit_alphabet=len(firsts),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_repeated(parts), trainer)
    by_row = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    return [piece for piece, _ in by_row if len(piece.removeprefix("##")) <= MAX_PIECE_CHARACTERS]


def _characters(parts: PartCounts) -> tuple[list[str], list[str]]:
    """Return the most frequent characters of Latin parts, and those of them that do not only begin a part."""
    counts: Counter[str] = Counter()
    inside: set[str] = set()
    for repeated in _repeated(parts):
        part, _, _ = repeated.partition(" ")
        for character in part:
            counts[character] += repeated.count(" ") + 1
        inside.update(part[1:])
    kept = sorted(character for character, _ in _ordered(counts)[:MAX_ALPHABET])
    return kept, [character for character in kept if character in inside]


def _repeated(parts: PartCounts) -> Iterator[str]:
    """Yield each part the square root of its count times: what is said everywhere needs no more pieces for that."""
    for part in sorted(parts.counts):
        is_long_number = part.isdigit() and len(part) > MAX_NUMBER_DIGITS
        if not is_japanese(part) and not is_long_number and parts.repositories[part] >= MIN_REPOSITORIES:
            yield " ".join([part] * min(max(1, round(parts.counts[part] ** 0.5)), MAX_REPEATS))


def _japanese_pieces(parts: PartCounts) -> list[str]:
    """Return frequent characters, pairs of ideographs, and whole runs, so that any run can be read somehow."""
    runs = {part: count for part, count in parts.counts.items() if is_japanese(part)}
    singles: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for run, count in runs.items():
        for index, character in enumerate(run):
            singles[character] += count
            pairs[run[index : index + 2]] += count
    pieces = [one for one, count in _ordered(singles)[:SINGLE_CHARACTERS] if count >= MIN_SINGLE_COUNT]
    pieces += [two for two, _ in _ordered(pairs)[:CHARACTER_PAIRS] if len(two) > 1 and _IDEOGRAPHS.fullmatch(two)]
    pieces += [run for run, _ in _ordered(runs) if len(run) <= MAX_RUN_CHARACTERS]
    return list(dict.fromkeys(pieces))[:JAPANESE_PIECES]


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
