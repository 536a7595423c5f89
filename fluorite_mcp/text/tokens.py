"""Text as tokens: the stream the full-text index stores, the same stream for queries, and a token budget.

The stream holds lower-case letters and digits only, joined by spaces, so that SQLite FTS5's `unicode61` keeps
each token whole. Identifiers stand in it whole and split; split words are stemmed; Chinese, Japanese and Korean
runs are character bigrams.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from fluorite_mcp.text.stemming import stem

# Stamp of the stream. Raise it whenever the same text would give other tokens: the index is then rebuilt.
TOKENS_VERSION = 2

# Longer runs are data (base64, hashes), not words: kept as one cut token, so that a query for the run still works.
MAX_WORD_CHARS = 96
# Distinct words kept with their tokens: a large repository has some 100,000; the table stays near 50 MB at most.
MAX_CACHED_WORDS = 200_000

# Hiragana, Katakana, Kanji and Hangul, with the iteration and long-vowel marks that occur inside words.
CJK_CHARS = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd"
)

# Words with the kebab parts that follow, if those start with a letter (`my-component`, not `x-1`).
_ASCII_WORD = re.compile(r"[A-Za-z0-9_]+(?:-[A-Za-z][A-Za-z0-9_]*)*")
# Compiled when the first text beyond ASCII comes: that takes a twentieth of the time in which a worker starts.
_ANY_WORD = rf"[{CJK_CHARS}]+|[^\W{CJK_CHARS}]+(?:-[^\W\d_{CJK_CHARS}][^\W{CJK_CHARS}]*)*"
_CJK_WORD = rf"[{CJK_CHARS}]+"
# An acronym before a capitalised word, a word, an acronym, a number.
_ASCII_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_NUMBER = re.compile(r"0[xXbBoO][0-9a-fA-F_]+|[0-9][0-9_]*(?:[eE][0-9]+)?[A-Za-z]{0,3}|[0-9a-f]{24,}")
_COMBINING = re.compile("[\u0300-\u036f]+")
# Writes a blank for what stands in no word. Cutting at blanks takes less than half the time of finding a pattern.
_RUNS_APART = bytes(code if chr(code).isalnum() or chr(code) in "_-" else 32 for code in range(128)).ljust(256)
# No shorter number starts with a letter: the hexadecimal digits of a hash.
_MIN_HASH_CHARS = 24

# What a sentence does not hold and code does; ends of sentences and apostrophes are allowed.
_CODE_PUNCTUATION = re.compile(r"[(){}\[\];=<>_/\\:#$@*&|`\"]|\w\.\w|\w-\w|[a-z][A-Z]")
_MIN_SENTENCE_WORDS = 3
_MIN_TELLING_WORDS = 4
_STOP_WORD_LIST = (
    "a about all an and any are as at be been but by can could did do does for from had has have how i if in into is"
    " it its me my no of on or our please should show so some than that the their them then there these they this to"
    " us was we were what when where which who why will with would you your"
)
STOP_WORDS = frozenset(_STOP_WORD_LIST.split())

# A piece of at most 6 letters, 3 digits or 2 punctuation marks, a line break with its indent, or one other character.
_BUDGET_PIECE = re.compile(r"[A-Za-z]{1,6}|[0-9]{1,3}|\n\s*|[!-/:-@\[-`{-~]{1,2}|[^\s\x00-\x7f]")


def _marks(characters: Iterable[str]) -> bytes:
    """Return a table that writes `a` for some ASCII characters and a blank for all others."""
    wanted = frozenset(map(ord, characters))
    return bytes(97 if code in wanted else 32 for code in range(256))


# Up to here finding the pieces takes no longer than counting them.
_MAX_SHORT_CHARS = 60
# The same pieces of ASCII text: what a piece is made of, and how many of that.
_BUDGET_RUNS = (
    (_marks(string.ascii_letters), b"a" * 6),
    (_marks(string.digits), b"a" * 3),
    (_marks(string.punctuation), b"a" * 2),
)
_LINE_BREAKS = _marks("\n")
_OTHER_SPACE = bytes(code for code in range(128) if chr(code).isspace() and chr(code) != "\n")


class _WordTokens(dict[str, str]):
    """Maps a word of the text to its tokens, joined by spaces; computes what it does not know yet.

    Of ASCII text it takes runs of letters, digits, `_` and `-` as they stand there, too (`--flag`, `x-1`).
    """

    def __missing__(self, word: str) -> str:
        if len(word) < _MIN_HASH_CHARS and word.isascii() and word.isalpha() and word.islower():
            tokens = stem(word)  # One word of small letters, as most are, has no parts.
        else:
            words = _ASCII_WORD.findall(word) if "-" in word and word.isascii() else (word,)
            tokens = " ".join([token for one in words for token in _tokens_of(one) if token])
        if len(self) >= MAX_CACHED_WORDS:
            self.clear()
        self[word] = tokens
        return tokens


_WORD_TOKENS = _WordTokens()


def index_words(text: str) -> str:
    """Return the token stream of a text for the full-text index: tokens joined by one space.

    Nothing is left out, not even stop words: a code search may ask for `for` or `with`.
    """
    words = text.encode().translate(_RUNS_APART).decode().split() if text.isascii() else _find_words(text)
    return " ".join(filter(None, map(_WORD_TOKENS.__getitem__, words)))


def query_words(query: str) -> tuple[str, ...]:
    """Return the tokens of a query, each once, in order: the same forms `index_words` stores.

    Stop words are left out only of sentences, and only if something else is left. The result is empty only if the
    query holds no letter and no digit.
    """
    words = _find_words(query)
    telling = [word for word in words if word.lower() not in STOP_WORDS]
    # A sentence that holds a piece of code has more to say than stop words; `for i in range` has not.
    if telling and (_is_sentence(query, words) or len(telling) >= _MIN_TELLING_WORDS):
        words = telling
    return tuple(dict.fromkeys(" ".join(map(_WORD_TOKENS.__getitem__, words)).split()))


@lru_cache(maxsize=10_000)
def word_tokens(word: str) -> tuple[str, ...]:
    """Return `query_words` of a single word, remembered."""
    return query_words(word)


def has_cjk(text: str) -> bool:
    """Whether a text holds any Chinese, Japanese or Korean character."""
    return not text.isascii() and re.search(_CJK_WORD, text) is not None


def split_identifier(name: str) -> tuple[str, ...]:
    """Split an identifier at camel, snake, kebab, acronym and digit borders, in lower case, not stemmed.

    `getHTTPResponse2` gives `("get", "http", "response", "2")`.
    """
    if name.isascii():
        return tuple(part.lower() for part in _ASCII_PARTS.findall(name))
    return tuple(part for word in re.findall(_ANY_WORD, _fold(name)) for part in _unicode_parts(word))


def count_tokens(text: str) -> int:
    """Estimate how many tokens a language model reads in a text; meant for budgets, so rather too many than too few.

    Counts pieces: up to 6 letters, up to 3 digits, up to 2 punctuation marks, a line break with the white space
    after it, or one character outside ASCII (so a Kanji is 1). Blanks inside a line are free. Joining two texts
    never gives less than either and at most one less than both together.
    """
    if len(text) > _MAX_SHORT_CHARS and text.isascii():
        return _count_ascii(text)
    return len(_BUDGET_PIECE.findall(text))


def _count_ascii(text: str) -> int:
    """Return what the pattern of pieces finds, in a third of the time: replacing and counting bytes runs in C."""
    ended = f"{text}\0".encode()
    breaks = ended.translate(_LINE_BREAKS, _OTHER_SPACE).count(b"a ")
    return breaks + sum(_pieces(ended.translate(table), full) for table, full in _BUDGET_RUNS)


def _pieces(runs: bytes, full: bytes) -> int:
    """Return how many pieces some runs of `a` make: the full ones, and what is left at the end of a run."""
    cut = runs.replace(full, b"A")
    return cut.count(b"A") + cut.count(b"a ")


def _find_words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text)
    return re.findall(_ANY_WORD, _fold(text))


def _fold(text: str) -> str:
    """Make full-width and half-width forms one, so that the border between scripts can be seen."""
    return unicodedata.normalize("NFKC", text)


def _is_sentence(query: str, words: list[str]) -> bool:
    return len(words) >= _MIN_SENTENCE_WORDS and not _CODE_PUNCTUATION.search(query)


def _tokens_of(word: str) -> list[str]:
    """Return the tokens of one word as the finders give it."""
    if word.isascii():
        return _ascii_tokens(word)
    if re.match(_CJK_WORD, word):
        return [word] if len(word) == 1 else [word[i : i + 2] for i in range(len(word) - 1)]
    whole = _plain(word.replace("-", "").replace("_", ""))
    if len(word) > MAX_WORD_CHARS:
        return [whole[:MAX_WORD_CHARS]]
    if not whole or _NUMBER.fullmatch(word):
        return [whole]
    parts = [stem(part) for part in map(_plain, split_identifier(word)) if part]
    return parts if len(parts) == 1 else [whole, *dict.fromkeys(part for part in parts if part != whole)]


def _ascii_tokens(word: str) -> list[str]:
    """Return what `_tokens_of` does, for letters that need no folding."""
    whole = word.replace("-", "").replace("_", "").lower()
    if len(word) > MAX_WORD_CHARS:
        return [whole[:MAX_WORD_CHARS]]
    if not whole or ((word[0].isdigit() or len(word) >= _MIN_HASH_CHARS) and _NUMBER.fullmatch(word)):
        return [whole]
    parts = [stem(part.lower()) for part in _ASCII_PARTS.findall(word)]
    return parts if len(parts) == 1 else [whole, *dict.fromkeys(part for part in parts if part != whole)]


def _plain(word: str) -> str:
    """Lower a word and drop the accents of Latin letters, as most people type it."""
    # A sigma has another form at the end of a word; to the word index both are one letter.
    lowered = word.lower().replace("ς", "σ")
    if lowered.isascii():
        return lowered
    kept = [_plain_letter(letter) for letter in unicodedata.normalize("NFC", lowered)]
    return "".join(letter for letter in kept if letter.isalnum())


def _plain_letter(letter: str) -> str:
    bare = _COMBINING.sub("", unicodedata.normalize("NFKD", letter))
    return bare if bare.isascii() else letter


def _unicode_parts(word: str) -> list[str]:
    """Split a word with letters outside ASCII where its case or its kind of character changes."""
    parts: list[str] = []
    previous = ""
    for index, letter in enumerate(word):
        kind = _letter_kind(letter)
        following = _letter_kind(word[index + 1]) if index + 1 < len(word) else ""
        starts = kind != previous and not (previous == "upper" and kind == "lower")
        if starts or (kind == previous == "upper" and following == "lower"):
            parts.append("")
        if kind:
            parts[-1] += letter
        previous = kind
    return [part.lower() for part in parts if part]


def _letter_kind(letter: str) -> str:
    if letter.isupper():
        return "upper"
    if letter.isdigit():
        return "digit"
    return "lower" if letter.isalnum() else ""
