"""What a piece of code refers to by name: what it calls, on what, and which types it speaks of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fluorite_mcp.text.comments import code_lines
from fluorite_mcp.text.imports import import_lines

Form = Literal["call", "own", "method", "type"]

# Words that stand before a bracket without being called.
NO_CALLS = frozenset(
    # Lines of words are easier to read than a column of quoted ones.
    (  # noqa: SIM905
        "def defp defmodule class struct enum trait impl interface func function for while switch match "
        "return catch except with and not elif else sizeof typeof foreach when case guard where using "
        "namespace new self this super pub mut let var val const static void bool int char string str None "
        "True False null nil true false isset empty end then unless until import from include require package"
    ).split()
)

STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_PLAIN_STRING = re.compile(r"'(?:\\.|[^'\\\n])*'")
_CALL = re.compile(
    r"(?<!\w)(?:(\w*)\s*(?:\?\.|\.|->|::)\s*)?([A-Za-z_]\w{2,})[?!]?(?:(?:::)?<[^<>()\n]{1,60}>)?\s?\((?!=)"
)
_DECORATOR = re.compile(r"^[ \t]*@(\w{3,})[ \t]*$", re.MULTILINE)
_TYPE = re.compile(r"(?<![\w.])([A-Z]\w{2,})\b")
# Go's literals of types that are not exported.
_LITERAL = re.compile(r"(?<![\w.])([a-z]\w{2,})\{")
_WORD = re.compile(r"[A-Za-z_$]\w*")
_BOUND = re.compile(r"(?:(?<=\.)[A-Za-z_$]\w*|(?<![\w$])[A-Za-z_$]\w*(?=\s*(?::(?!:)|=(?![=>]))))")
# A longer line is data.
_MAX_LINE_CHARS = 2_000
_RECEIVERS = frozenset({"self", "this", "cls", "Self", "static", "parent", "super"})


@dataclass(frozen=True, slots=True)
class References:
    """The names that a piece of code speaks of.

    Attributes:
        forms: How each name is used first: it is a plain `call`, a call on the piece's `own` object, a `method` of
            something else, or a `type`.
        counts: How often each identifier of the code stands there, imports and comments left out.
        free: How often those stand there that are never an attribute, a parameter or what is assigned to.
    """

    forms: Mapping[str, Form]
    counts: Mapping[str, int]
    free: Mapping[str, int]


def references_of(code: str, language: str | None, only: str = "") -> References:
    """Return what a piece of code refers to, in the order of the code; comments, texts and imports do not count.

    Args:
        code: The piece.
        language: Its language.
        only: If given, only the lines that hold this name are read.
    """
    bare = bare_code(code, language)
    if only:
        bare = "\n".join(line for line in bare.split("\n") if only in line)
    found: list[tuple[int, str, Form]] = []
    for match in _CALL.finditer(bare):
        on, name = match[1], match[2]
        form: Form = "call" if on is None else "own" if on in _RECEIVERS else "method"
        found.append((match.start(2), name, form))
    found += [(match.start(1), match[1], "call") for match in _DECORATOR.finditer(bare)]
    found += [(match.start(1), match[1], "type") for match in _TYPE.finditer(bare)]
    if language == "go":
        found += [(match.start(1), match[1], "type") for match in _LITERAL.finditer(bare)]
    forms: dict[str, Form] = {}
    for _, name, form in sorted(found, key=lambda one: one[0]):
        if name not in NO_CALLS:
            forms.setdefault(name, form)
    counts = Counter(_WORD.findall(bare))
    bound = set(_BOUND.findall(bare))
    return References(forms, counts, {name: count for name, count in counts.items() if name not in bound})


def bare_code(code: str, language: str | None) -> str:
    """Return code without comments, documentation, imports and what stands in quotes."""
    lines = [line for line in code_lines(code.split("\n"), language) if len(line) <= _MAX_LINE_CHARS]
    text = STRING.sub('""', "\n".join(lines))
    if language != "rust":  # whose lifetimes look like open quotes
        text = _PLAIN_STRING.sub("''", text)
    imports = set(import_lines(text).split("\n"))
    return "\n".join(line for line in text.split("\n") if line not in imports)
