"""Understanding a query: what it names, what it looks like, what it points at, what it hints at."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from fluorite_mcp.search.exclusions import read_exclusions
from fluorite_mcp.search.hints import frameworks_of, language_of
from fluorite_mcp.search.mentions import read_mentions
from fluorite_mcp.search.pasted import code_words, read_code
from fluorite_mcp.search.reading import NOTHING, Exclusions, Mention, Reading
from fluorite_mcp.search.traces import read_trace
from fluorite_mcp.text.glossary import Translation, translate
from fluorite_mcp.text.tokens import STOP_WORDS, has_cjk, index_words, query_words, word_tokens

Shape = Literal["symbol", "language", "mixed", "code"]

# Longer queries are cut for understanding; nobody asks with more, and pasted files end up here.
MAX_QUERY_CHARS = 8_000
# A stack trace is read further: what it says stands at its end.
_MAX_READ_CHARS = 8 * MAX_QUERY_CHARS

# What a query may be beside a trace and its words, each step reading what those before it left.
STEPS: tuple[Callable[[Reading], Reading], ...] = (read_code, read_exclusions, read_mentions)

# camelCase, snake_case, dotted.names, Scope::names and calls() are names, not words.
_IDENTIFIER = re.compile(
    r"\b(?:[A-Za-z_$][\w$]*(?:(?:\.|::|->|#)[A-Za-z_$][\w$]*)+|[a-z$_][\w$]{0,200}[A-Z][\w$]*|[A-Z][a-z0-9]+[A-Z][\w$]*"
    r"|_*[A-Za-z][A-Za-z0-9]*_[\w$]*|[A-Z]{2,}[A-Z0-9_]*|[A-Za-z_$][\w$]{0,200}(?=\(\)))"
)
_QUOTED = re.compile(r"[`'\"]([A-Za-z_$][\w$.:]*)[`'\"]")
_SINGLE_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|#)[A-Za-z_$][\w$]*)*(?:\(\))?")
# A path begins where its run of characters does; a search from within a long run would take the square of its length.
_PATH = re.compile(r"(?<![\w@.-])[\w@.-]++(?:/[\w@.\[\]-]+)+|(?<!\w)(?<!\w-)\b[\w-]++\.[a-z]{1,5}\b")

_LATIN_WORD = re.compile(r"[A-Za-z]+")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9]+")
_MIN_SPELLING = 3
# A pasted text has more; what it is about, its first words say.
MAX_SPOKEN = 32

_SCOPES = re.compile(r"\.|::|->|#")

# As the words of a query are: stemmed.
_TEST_WORDS = frozenset(query_words("test spec fixture mock"))
_DOC_WORDS = frozenset(query_words("doc documentation readme guide changelog tutorial"))
_EXAMPLE_WORDS = frozenset(query_words("example demo sample benchmark"))


@dataclass(frozen=True, slots=True)
class Query:
    """A query, understood.

    Attributes:
        text: What is searched for: the query, cut and stripped, without what it excludes and what no two traces share.
        words: Index tokens, those of translations included.
        names: Identifiers as written, without calls and scopes.
        paths: Pieces that look like file names.
        shape: What it looks like.
        language: A hint, not a filter.
        last_names: The names without what they are part of.
        last_names_lower: The same in lower case.
        spoken: The words as written that `words` come from.
        spellings: Names, words and neighbouring words written together, in lower case: `state flow` may be meant for
            StateFlow.
        translations: Its Japanese terms with English words.
        translated: The tokens that only translations brought.
        mentions: The places it points at, the most telling first.
        excluded: What it does not want.
        frameworks: Those it names; a hint too.
        is_trace: Whether it is an error with a stack trace.
    """

    text: str
    words: tuple[str, ...]
    names: tuple[str, ...]
    paths: tuple[str, ...]
    shape: Shape
    language: str | None
    wants_tests: bool
    wants_docs: bool
    wants_examples: bool
    last_names: frozenset[str]
    last_names_lower: frozenset[str]
    spoken: tuple[str, ...]
    spellings: frozenset[str]
    translations: tuple[Translation, ...] = ()
    translated: frozenset[str] = frozenset()
    mentions: tuple[Mention, ...] = ()
    excluded: Exclusions = NOTHING
    frameworks: frozenset[str] = frozenset()
    is_trace: bool = False

    @staticmethod
    def parts_of(name: str) -> list[str]:
        """Return the parts of a dotted or scoped name."""
        return _SCOPES.split(name)


# Of one task templates, code and notes are searched, one after the other.
@lru_cache(maxsize=16)
def understand(text: str) -> Query:
    """Read a query. Never fails: any text is a query."""
    reading = read(text)
    text = reading.text
    own = code_words(index_words(text)) if reading.is_code else query_words(text)
    translations = tuple(translate(text))
    words = _searched(own, translations)
    names = _names(text)
    present = set(words)
    # Nothing that pasted code uses or names has to be defined where code like it stands.
    lasts = (Query.parts_of(name)[-1] for name in names if not reading.is_code)
    last_names = frozenset(last for last in lasts if last)  # `BB.` names nothing behind its dot.
    english = [word for one in translations for word, _ in one.words[:1]]
    spoken = _spoken(" ".join((text, *english)), present)
    return Query(
        text=text,
        words=words,
        names=names,
        paths=() if reading.is_code else tuple(dict.fromkeys(_PATH.findall(text))),
        shape="code" if reading.is_code else _shape(text, names),
        language=reading.language or (None if reading.is_code or reading.is_trace else language_of(text)),
        wants_tests=bool(present & _TEST_WORDS) and not reading.excluded.tests,
        wants_docs=bool(present & _DOC_WORDS) and not reading.excluded.docs,
        wants_examples=bool(present & _EXAMPLE_WORDS) and not reading.excluded.examples,
        last_names=last_names,
        last_names_lower=frozenset(name.lower() for name in last_names),
        spoken=spoken,
        spellings=frozenset() if reading.is_code else _spellings(text, names) | {name.lower() for name in last_names},
        translations=translations,
        translated=frozenset(words) - frozenset(own),
        mentions=reading.mentions,
        excluded=reading.excluded,
        frameworks=frozenset() if reading.is_code or reading.is_trace else frameworks_of(text),
        is_trace=reading.is_trace,
    )


def read(text: str) -> Reading:
    """Take from a query what is more than words: a trace first, which may be longer than any other query."""
    reading = read_trace(Reading(text[:_MAX_READ_CHARS].strip()))
    reading = replace(reading, text=reading.text[:MAX_QUERY_CHARS].strip())
    for step in STEPS:
        reading = step(reading)
    return reading


def _searched(own: tuple[str, ...], translations: tuple[Translation, ...]) -> tuple[str, ...]:
    """Return the tokens to search for: of Japanese, the terms and their translations, not the grammar between them."""
    if not translations:
        return own
    terms = {piece for one in translations for piece in index_words(one.term).split()}
    kept = [word for word in own if word in terms or not has_cjk(word)]
    english = [token for one in translations for word, _ in one.words for token in query_words(word)]
    return tuple(dict.fromkeys([*kept, *english]))


def _spoken(text: str, words: set[str]) -> tuple[str, ...]:
    """Return the words of a query, as written, that are searched for."""
    found = dict.fromkeys(_LATIN_WORD.findall(text))
    return tuple(word for word in found if not words.isdisjoint(word_tokens(word)))[:MAX_SPOKEN]


def plain_words(text: str) -> list[str]:
    """Return the first words of a query as written: runs of Latin letters and digits."""
    return _PLAIN_WORD.findall(text)[:MAX_SPOKEN]


def _spellings(text: str, names: tuple[str, ...]) -> frozenset[str]:
    """Return what a name may be spelled like: the words, and two or three neighbours written together."""
    words = [word.lower() for word in plain_words(text)]
    # `Rack::Builder` asks for the builder, not for where Rack itself is defined.
    scopes = {part.lower() for name in names for part in Query.parts_of(name)[:-1]}
    single = [word for word in words if len(word) >= _MIN_SPELLING and word not in STOP_WORDS | scopes]
    pairs = [left + right for left, right in pairwise(words)]
    triples = [first + second + third for first, second, third in zip(words, words[1:], words[2:], strict=False)]
    return frozenset((*single, *pairs, *triples, *(name.lower() for name in names)))


def _names(text: str) -> tuple[str, ...]:
    found = [text] if _SINGLE_NAME.fullmatch(text) else [*_IDENTIFIER.findall(text), *_QUOTED.findall(text)]
    return tuple(dict.fromkeys(name.removesuffix("()") for name in found))


def _shape(text: str, names: tuple[str, ...]) -> Shape:
    if _SINGLE_NAME.fullmatch(text):
        return "symbol"
    return "mixed" if names else "language"
