"""Places that a sentence names: `path:line`, `path#L10-L20`, a file, `Class.method`, `Class::method`."""

from __future__ import annotations

import re
from dataclasses import replace

from fluorite_mcp.search.reading import Mention, Reading
from fluorite_mcp.search.trace_forms import plain_path
from fluorite_mcp.text.languages import LANGUAGES

# More than this is a list that somebody pasted, not a question about a place.
MAX_MENTIONS = 5

_EXTENSIONS = frozenset(
    extension.removeprefix(".") for language in LANGUAGES.values() for extension in language.extensions
)
# Folders may have brackets and parentheses (Next.js), but for the first, which may stand in some. Lengths are bounded:
# a text of nothing but such characters takes no longer than another.
_PATH = (
    r"(?P<path>(?:[A-Za-z]:)?(?:[\w@.+~-]{0,60}[/\\](?:[\w@.+~\[\]()-]{0,60}[/\\]){0,20})?"
    r"[\w@+\[\]-][\w@.+\[\]-]{0,80}\.(?P<extension>[A-Za-z]\w{0,9}|c\+\+))"
)
_RANGE = r"(?P<line>\d{1,6})(?:(?:-|–|\.\.|:\d+-)L?(?P<end>\d{1,6}))?"
# A place with lines; the first group after the path that matches says how it is written.
_WITH_LINE = (
    re.compile(rf"(?<![\w./\\@-]){_PATH}(?:#L|:L?|, line |: line |\(){_RANGE}(?:[:,]\d+)?\)?(?![\w.])"),
    re.compile(rf"(?<![\w./\\@-]){_PATH}\"?,? (?:at |on |in )?lines? {_RANGE}\b"),
    re.compile(rf"\blines? {_RANGE} (?:of|in) [`\"']?{_PATH}[`\"']?(?![\w/])"),
    re.compile(rf"(?<![\w./\\@-]){_PATH} ?の ?{_RANGE} ?行目?"),
)
_FILE = re.compile(rf"(?<![\w./\\@-]){_PATH}(?![\w/(])")

# `Class.method`, `pkg.module.function`, `Class::method`, `Class#method`, `$object->method`; with or without a call.
_DOTTED = re.compile(
    r"(?<![\w./\\@#:-])\$?(?P<name>[A-Za-z_]\w*(?:(?:\.|::|#|->)[A-Za-z_]\w*[?!]?)+)(?:\(\))?(?![\w/:]|\.\w)"
)
_SCOPES = re.compile(r"\.|::|#|->")
# Each place that a sentence can name holds one of these, and most sentences none.
_SIGNS = (".", "::", "#", "->")
# The object itself says nothing about where.
_SELVES = frozenset({"self", "this", "cls", "super", "base", "Self", "crate", "static", "parent"})


def read_mentions(reading: Reading) -> Reading:
    """Point at the places that a sentence names; the numbers of lines are no words to search for."""
    if reading.is_trace or reading.is_code:
        return reading
    text, mentions = reading.text, list(reading.mentions)
    if not any(sign in text for sign in _SIGNS):
        return reading
    for form in _WITH_LINE:
        mentions += [_place(match) for match in form.finditer(text) if _is_file(match)]
        text = form.sub(lambda match: match["path"] if _is_file(match) else match[0], text)
    known = {one.path for one in mentions}
    files = [plain_path(match["path"]) for match in _FILE.finditer(text) if _is_file(match)]
    mentions += [Mention(path) for path in dict.fromkeys(files) if path not in known]
    mentions += _symbols(text)
    unique = tuple(dict.fromkeys(mentions))
    return replace(reading, text=text, mentions=unique if len(unique) <= MAX_MENTIONS else ())


def _is_file(match: re.Match[str]) -> bool:
    """Whether what looks like a path ends as the files of some language do."""
    return match["extension"].lower() in _EXTENSIONS and not plain_path(match["path"]).startswith(".")


def _place(match: re.Match[str]) -> Mention:
    end = match["end"]
    return Mention(plain_path(match["path"]), int(match["line"]), int(end) if end else None)


def _symbols(text: str) -> list[Mention]:
    found = []
    for match in _DOTTED.finditer(text):
        parts = [part for part in _SCOPES.split(match["name"]) if part not in _SELVES]
        is_file = "." in match["name"] and parts and parts[-1].lower() in _EXTENSIONS and len(parts) == 2
        if len(parts) > 1 and not is_file and any(len(part) > 1 for part in parts):
            found.append(Mention(symbol=".".join(parts)))
    return found
