"""The filters of a hole: one word in the spellings that files, types, variables and tables want."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BOUNDARY = re.compile(r"[\W_]+|(?<=[^\W\dA-Z_])(?=[A-Z])|(?<=\d)(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_IRREGULAR = {
    "person": "people",
    "child": "children",
    "man": "men",
    "woman": "women",
    "mouse": "mice",
    "datum": "data",
    "leaf": "leaves",
    "shelf": "shelves",
    "quiz": "quizzes",
}
_UNCOUNTABLE = frozenset({"data", "equipment", "information", "metadata", "money", "news", "series", "staff"})
_ES_ENDINGS = ("s", "x", "z", "ch", "sh")


def split_words(text: str) -> list[str]:
    """Split at separators and changes of case: `HTTPServer user-id` gives HTTP, Server, user, id."""
    return [word for word in _BOUNDARY.split(text) if word]


def pascal(text: str) -> str:
    """Spell as `OrderLine`."""
    return "".join(word[:1].upper() + word[1:].lower() for word in split_words(text))


def camel(text: str) -> str:
    """Spell as `orderLine`."""
    first, *rest = split_words(text) or [""]
    return first.lower() + "".join(word[:1].upper() + word[1:].lower() for word in rest)


def snake(text: str) -> str:
    """Spell as `order_line`."""
    return "_".join(word.lower() for word in split_words(text))


def kebab(text: str) -> str:
    """Spell as `order-line`."""
    return "-".join(word.lower() for word in split_words(text))


def plural(text: str) -> str:
    """Put the last English word into the plural and keep the rest: `order-line` gives `order-lines`."""
    words = split_words(text)
    if not words:
        return text
    head, _, tail = text.rpartition(words[-1])
    return head + _plural_word(words[-1]) + tail


def _plural_word(word: str) -> str:
    lower = word.lower()
    if not lower.isalpha() or not lower.isascii() or lower in _UNCOUNTABLE:
        return word
    if lower in _IRREGULAR:
        return word[0] + _IRREGULAR[lower][1:]
    if lower.endswith("is") and len(lower) > len("this"):
        return word[:-2] + "es"
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if lower.endswith(_ES_ENDINGS) else "s")


FILTERS: Mapping[str, Callable[[str], str]] = {
    "pascal": pascal,
    "camel": camel,
    "snake": snake,
    "kebab": kebab,
    "plural": plural,
}
