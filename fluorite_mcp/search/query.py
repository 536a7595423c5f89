"""Understanding a query: what it names, what it looks like, what it hints at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from fluorite_mcp.text.languages import LANGUAGES
from fluorite_mcp.text.tokens import query_words

Shape = Literal["symbol", "language", "mixed", "code"]

# Longer queries are cut for understanding; nobody asks with more, and pasted files end up here.
MAX_QUERY_CHARS = 8_000

# camelCase, snake_case, dotted.names, Scope::names and calls() are names, not words.
_IDENTIFIER = re.compile(
    r"\b(?:[A-Za-z_$][\w$]*(?:(?:\.|::|->|#)[A-Za-z_$][\w$]*)+|[a-z$_][\w$]*[A-Z][\w$]*|[A-Z][a-z0-9]+[A-Z][\w$]*"
    r"|_*[A-Za-z][A-Za-z0-9]*_[\w$]*|[A-Z]{2,}[A-Z0-9_]*|[A-Za-z_$][\w$]*(?=\(\)))"
)
_QUOTED = re.compile(r"[`'\"]([A-Za-z_$][\w$.:]*)[`'\"]")
_SINGLE_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|#)[A-Za-z_$][\w$]*)*(?:\(\))?")
_PATH = re.compile(r"[\w@.-]+(?:/[\w@.\[\]-]+)+|\b[\w-]+\.[a-z]{1,5}\b")
_CODE_LINE = re.compile(
    r"[;{}]\s*$|^\s*(?:def|class|fn|func|function|const|let|var|import|from|return|if|for)\b.*[:({=]", re.MULTILINE
)

_SCOPES = re.compile(r"\.|::|->|#")

# As the words of a query are: stemmed.
_TEST_WORDS = frozenset(query_words("test spec fixture mock"))
_DOC_WORDS = frozenset(query_words("doc documentation readme guide changelog tutorial"))
_EXAMPLE_WORDS = frozenset(query_words("example demo sample benchmark"))

# Names of languages as people write them, where they differ from ours; words that are English too stay out.
_LANGUAGE_NAMES = {"js": "javascript", "ts": "typescript", "golang": "go", "py": "python", "rb": "ruby", "c++": "cpp",
                   "c#": "csharp", "kt": "kotlin", "rs": "rust"}  # fmt: skip
_AMBIGUOUS_LANGUAGES = frozenset(
    {"go", "c", "r", "make", "d", "json", "html", "css", "sql", "markdown", "yaml", "toml", "xml"}
)


@dataclass(frozen=True, slots=True)
class Query:
    """A query, understood.

    `words` are index tokens; `names` are identifiers as written, without calls and scopes; `paths` are pieces that
    look like file names; `language` is a hint, not a filter; `last_names` are the names without what
    they are part of.
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

    @staticmethod
    def parts_of(name: str) -> list[str]:
        """Return the parts of a dotted or scoped name."""
        return _SCOPES.split(name)


def understand(text: str) -> Query:
    """Read a query. Never fails: any text is a query."""
    text = text[:MAX_QUERY_CHARS].strip()
    words = query_words(text)
    paths = tuple(dict.fromkeys(_PATH.findall(text)))
    names = _names(text)
    present = set(words)
    return Query(
        text=text,
        words=words,
        names=names,
        paths=paths,
        shape=_shape(text, names),
        language=_language(text),
        wants_tests=bool(present & _TEST_WORDS),
        wants_docs=bool(present & _DOC_WORDS),
        wants_examples=bool(present & _EXAMPLE_WORDS),
        last_names=frozenset(Query.parts_of(name)[-1] for name in names),
    )


def _names(text: str) -> tuple[str, ...]:
    found = [text] if _SINGLE_NAME.fullmatch(text) else [*_IDENTIFIER.findall(text), *_QUOTED.findall(text)]
    return tuple(dict.fromkeys(name.removesuffix("()") for name in found))


def _shape(text: str, names: tuple[str, ...]) -> Shape:
    if _SINGLE_NAME.fullmatch(text):
        return "symbol"
    if "\n" in text and _CODE_LINE.search(text):
        return "code"
    return "mixed" if names else "language"


def _language(text: str) -> str | None:
    for word in re.findall(r"[a-z+#]+", text.lower()):
        name: str = _LANGUAGE_NAMES.get(word, word)
        if name in LANGUAGES and (name not in _AMBIGUOUS_LANGUAGES or word in _LANGUAGE_NAMES):
            return name
    return None
