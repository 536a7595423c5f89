"""Pasted code as a query: what it uses and how it is named, not its words of everyday language."""

from __future__ import annotations

import re
from dataclasses import replace

from fluorite_mcp.search.reading import Reading
from fluorite_mcp.text.imports import import_lines

_CODE_LINE = re.compile(
    r"[;{}]\s*$|^\s*(?:def|class|fn|func|function|const|let|var|import|from|return|if|for)\b.*[:({=]", re.MULTILINE
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[\w+#-]*[ \t]*$", re.MULTILINE)
# One line is code if it ends as code does and holds what no sentence holds.
_ENDS_AS_CODE = re.compile(r"(?:[;{]|\)\s*:|=>|\))\s*$")
_HOLDS_CODE = re.compile(r"[\w\])]\s*(?:=|\+=|:=|=>|->)\s*[\w\[({'\"]|\w\([^)]*[=,.\"'\[]|\w\.\w+\([^)]")
# How lines within a statement end.
_ANY_END = re.compile(
    r"[,;:{}()\[\]\\]\s*$|^\s*[)}\]@#/*]|^\s*(?:return|raise|throw|else|try|pass|break|continue|yield)\b"
)
# "from here on" and "use the other one" begin as imports do.
_IMPORT_LINE = re.compile(
    r"^\s*(?:from\s+[\w.]+\s+import\b|import\s+[\w.{*\"']+|#\s*include\b|(?:pub\s+)?use\s+\w+(?:::|\\))"
)
_WORD_PAIR = re.compile(r"(?<![\w.])([A-Za-z]{2,}) (?=([A-Za-z]{2,})(?![\w]))")

# Strings and comments; what comes first in the text decides, so that a `#` in a string begins no comment.
_LITERAL = re.compile(
    r"(?P<block>\"\"\".*?\"\"\"|'''.*?'''|/\*.*?\*/|<!--.*?-->|\(\*.*?\*\))"
    r"|(?P<string>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"
    r"|(?P<comment>(?<![:\w\"'])//[^\n]*|(?:(?<=\s)|^)\#(?![\[!]|include|define|if|endif)[^\n]*"
    r"|(?:(?<=\s)|^)--[ ][^\n]*)",
    re.DOTALL | re.MULTILINE,
)
# What stands in a string and names something: a key, a column, a route, a module.
_NAME = re.compile(r"[A-Za-z_$][\w$-]*(?:[./:][A-Za-z_$][\w$-]*){0,3}")
MAX_NAME_CHARS = 40
# Words that are in every program of some language.
_KEYWORD_LIST = (
    "abstract and as assert async await begin bool boolean break case catch char class const continue def default defer"
    " del delete do double elif else end enum except export extends false final finally float fn for from func function"
    " global if impl implements import in include instanceof int interface is lambda let long match mod module mut"
    " namespace new nil none nonlocal not null or override package pass private protected pub public raise require"
    " return rescue self sealed short static string struct super switch then this throw throws trait true try type"
    " typedef typeof undefined union unless unsafe until use using val var virtual void volatile when where while with"
    " yield"
)
KEYWORDS = frozenset(_KEYWORD_LIST.split())
# Code that is less than this without strings, comments and imports is searched for as it stands.
MIN_WORDS = 3
_WORD = re.compile(r"[^\W\d]\w*")


def read_code(reading: Reading) -> Reading:
    """Read pasted code: without comments, imports and the text in its strings, as long as enough is left."""
    text = reading.text
    if reading.is_trace or not is_code(text):
        return reading
    bare = _without_literals(_FENCE.sub("", text))
    imports = set(import_lines(bare).splitlines())
    # The imports of a file are like those of many others, and a piece that holds just them would come first.
    body = "\n".join(line for line in bare.splitlines() if line.strip() and line not in imports)
    kept = next((one for one in (body, bare) if len(_telling(one)) >= MIN_WORDS), text)
    return replace(reading, text=kept.strip(), is_code=True)


def is_code(text: str) -> bool:
    """Whether a text is pasted code rather than a question."""
    if "\n" in text.strip():
        lines = [line for line in text.splitlines() if line.strip() and not _FENCE.fullmatch(line)]
        alike = sum(map(_is_alike, lines))
        return _CODE_LINE.search(text) is not None and 2 * alike >= len(lines)
    return bool(_ENDS_AS_CODE.search(text) and _HOLDS_CODE.search(text)) and not _is_prose(text)


def _is_alike(line: str) -> bool:
    """Whether a line looks like one of code, its imports included."""
    return bool(
        _CODE_LINE.search(line) or _HOLDS_CODE.search(line) or _ANY_END.search(line) or _IMPORT_LINE.search(line)
    )


def _is_prose(line: str) -> bool:
    """Whether two words of a line follow each other as only a sentence has them."""
    words = _WORD_PAIR.findall(_without_literals(line))
    return any(first not in KEYWORDS and second not in KEYWORDS for first, second in words)


def code_words(stream: str) -> tuple[str, ...]:
    """Return the tokens of a stream that say something in code, each once: those that no keyword is."""
    words = tuple(dict.fromkeys(stream.split()))
    telling = tuple(word for word in words if word not in KEYWORDS and (len(word) > 1 or not word.isascii()))
    return telling or words


def _telling(text: str) -> set[str]:
    return {word for word in _WORD.findall(text) if word.lower() not in KEYWORDS}


def _without_literals(text: str) -> str:
    return _LITERAL.sub(_kept, text)


def _kept(match: re.Match[str]) -> str:
    inside = (match["string"] or "")[1:-1]
    if len(inside) <= MAX_NAME_CHARS and _NAME.fullmatch(inside):
        return f" {inside} "
    # The lines stay, so that imports keep standing on their own.
    return "\n" * match[0].count("\n") or " "
