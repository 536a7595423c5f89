"""Whether a value looks like a secret, or like a placeholder, a type, a variable, a place."""

from __future__ import annotations

import math
import re
from collections import Counter

# Bits per character: English words have less than 3.
_MIN_ENTROPY_BITS = 3.0
_MIN_TOKEN_CHARS = 12

_FILLER = re.compile(
    r"\[redacted:|x{4,}|\*{3,}|\.{3}|0{8,}|your[-_ ]?|change[-_ ]?(?:me|this|it)|placeholder|<[^>]*>"
    r"|\$\{|\{\{|\$\(|%\(|<%|#\{|replace[-_ ]?(?:me|this|with)|insert[-_ ]",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"example|dummy|fake|sample|mock|todo|fixme|^test|^(?:none|null|undefined|true|false)$", re.IGNORECASE
)
_TEMPLATE = re.compile(
    r"^[{$%<@!&*]|\{\w*\}|%[sd]$|\$\w+|\\[nrtu]|^(?:process\.env|os\.|env[.\[(]|ENV\[|getenv|System\.|config[.\[(])"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PLACE = re.compile(
    r"(?:\w+://|\.{0,2}/|~/|[A-Za-z]:\\)|.*\.(?:json|ya?ml|pem|key|txt|env|py|js|ts|go|rb|toml|crt|html?)$"
)


def is_filler(value: str) -> bool:
    """Tell whether the value has a gap to fill in (`xxxx`, `your-key`, `${KEY}`) or is redacted already."""
    return _FILLER.search(value) is not None


def is_stand_in(value: str) -> bool:
    """Tell a placeholder, a template, an example, a place or a UUID from a secret."""
    return bool(
        is_filler(value)
        or _EXAMPLE.search(value)
        or _TEMPLATE.search(value)
        or _PLACE.match(value)
        or _UUID.fullmatch(value)
    )


def is_random(value: str) -> bool:
    """Tell whether a value looks generated: long enough, with letters and digits, and varied."""
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    return len(value) >= _MIN_TOKEN_CHARS and letters and digits and entropy(value) >= _MIN_ENTROPY_BITS


def is_password(value: str) -> bool:
    """Tell whether a value has what a password has and a word has not: letters with digits or signs."""
    return any(map(str.isalpha, value)) and any(not char.isalpha() and char not in "-_. " for char in value)


def entropy(text: str) -> float:
    """Return Shannon's entropy of the characters, in bits per character; 0 for empty text."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
