"""What a piece of code needs others for: the names it calls, what it imports, how it is built.

Patterns for nineteen languages instead of their grammars: contexts are cut pieces that no parser reads whole, and both
sides must be read alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fluorite_mcp.text.imports import import_lines

_HASH = frozenset({"python", "ruby", "bash", "elixir", "yaml"})
_DASH = frozenset({"haskell", "lua", "sql"})
# In these a call is a word beside its arguments.
_CALLS_ARE_WORDS = frozenset({"bash", "haskell"})
# In these a quote is no string: a lifetime, a prime, a character.
_QUOTE_IS_NO_STRING = frozenset({"rust", "haskell", "scala", "c", "cpp", "java", "kotlin", "swift", "go", "zig"})

_BLOCK_COMMENT = re.compile(r"/\*.*?\*/|\{-.*?-\}|--\[\[.*?\]\]", re.DOTALL)
_TRIPLE = re.compile(r'("""|\'\'\').*?\1', re.DOTALL)
_DOUBLE = re.compile(r'"(?:\\.|[^"\\\n])*"')
_SINGLE = re.compile(r"'(?:\\.|[^'\\\n])*'")
_LINE_COMMENT = {"#": re.compile(r"(?<![\w$&{])#.*"), "--": re.compile(r"--.*"), "//": re.compile(r"//.*")}

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CALLED = re.compile(r"([A-Za-z_]\w*)[?!]?(?:::?<[^<>()\n]{1,60}>|<[^<>()\n]{1,60}>)?\s?[({!](?!=)")
_REACHED = re.compile(r"(?:\.|::|->|&\.|\?\.)\s*([A-Za-z_]\w*)")

_KEYWORDS = frozenset(
    # Lines of words are easier to read than a column of quoted ones.
    (  # noqa: SIM905
        "if else elif for while do switch case match when return throw raise try except catch finally with as "
        "in is not and or def fn func fun function class struct enum trait impl interface type let var val "
        "const static public private protected internal override async await yield new delete sizeof typeof "
        "import from use using package namespace module where select end then unless until begin rescue "
        "ensure lambda super self this true false nil null none None True False local pub mut ref move unsafe "
        "extern inline void int bool char float double string str object print println echo require include "
        "defp defmodule defmacro data instance deriving newtype forall guard defer go chan map range make len "
        "append extends implements abstract final sealed companion init deinit extension protocol export "
        "default declare readonly any unknown never usize isize u8 u16 u32 u64 i32 i64 set get test assert"
    ).split()
)
_MIN_CHARS = 3

_DECORATOR = re.compile(r"^\s*(?:@([A-Za-z_][\w.]*)(?=\s*$|\()|#\[\s*([A-Za-z_]\w*)|\[([A-Z]\w+)[\](])", re.MULTILINE)
_HABITS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("raises", re.compile(r"\b(?:raise|throw|panic!?|error|abort|fail|die)\b|\bErr\(|return\s+(?:nil,\s*)?err")),
    ("handles", re.compile(r"\b(?:except|catch|rescue|recover|trap|onFailure|orelse|errdefer)\b|err != nil|\)\?[;.]")),
    ("async", re.compile(r"\b(?:async|await|suspend|goroutine|launch|Task|Future|Promise|EventLoopFuture)\b")),
    ("tests a type", re.compile(r"\b(?:isinstance|instanceof|typeof|is_a\?|is_binary|static_cast|as\?)\b|\.\(type\)")),
    ("generic", re.compile(r"\w<[A-Z]\w*(?:[,:][^<>\n]*)?>|\bTypeVar\b|\btemplate\s*<|\bforall\b")),
    ("documented", re.compile(r'^\s*(?:///|/\*\*|""")|@doc\b|^\s*-- \|', re.MULTILINE)),
)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("function", re.compile(r"^\s*(?:[\w@]+\s+)*(?:def|defp|fn|func|fun|function)\b|\)\s*(?:const\s*)?\{|^\w+ ::|=>",
                            re.MULTILINE)),
    ("class", re.compile(r"^\s*(?:[\w@]+\s+)*(?:class|struct|object|record|defmodule|data|newtype)\s", re.MULTILINE)),
    ("interface", re.compile(r"^\s*(?:[\w@]+\s+)*(?:interface|trait|protocol)\s", re.MULTILINE)),
    ("enum", re.compile(r"^\s*(?:[\w@]+\s+)*enum\s", re.MULTILINE)),
    ("implementation", re.compile(r"^\s*(?:impl|instance|extension)\b|\b(?:implements|extends)\b|^\s*class \w+\(\w",
                                  re.MULTILINE)),
    ("constant", re.compile(r"^\s*(?:[\w@]+\s+)*(?:const|static|final|val)\s|^[A-Z][A-Z0-9_]{2,}\s*=", re.MULTILINE)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Needs:
    """Names called or reached into, names on import lines, and labels of structure."""

    apis: frozenset[str]
    imports: frozenset[str]
    structure: frozenset[str]


def read_needs(code: str, language: str | None) -> Needs:
    """Return what a piece of code needs."""
    bare = strip(code, language)
    lines = import_lines(code)
    body = bare
    for line in set(lines.splitlines()):
        body = body.replace(line, "")
    patterns = (NAME,) if language in _CALLS_ARE_WORDS else (_CALLED, _REACHED)
    apis = {name for pattern in patterns for name in pattern.findall(body)}
    return Needs(frozenset(filter(_tells, apis)), frozenset(filter(_tells, NAME.findall(lines))), structure(code))


def structure(code: str) -> frozenset[str]:
    """Return what code is made of: kinds of definitions, decorators, how errors are handled."""
    decorators = {f"@{next(filter(None, groups))}" for groups in _DECORATOR.findall(code)}
    return frozenset(decorators | {label for label, pattern in (*_KINDS, *_HABITS) if pattern.search(code)})


def names_in(text: str) -> frozenset[str]:
    """Return every name in a text of any kind."""
    return frozenset(filter(_tells, NAME.findall(text)))


def strip(code: str, language: str | None) -> str:
    """Return code without comments and the contents of strings, as far as patterns can tell."""
    code = _TRIPLE.sub('""', code) if language == "python" else code
    code = _DOUBLE.sub('""', _BLOCK_COMMENT.sub("", code))
    if language not in _QUOTE_IS_NO_STRING:
        code = _SINGLE.sub("''", code)
    marker = "#" if language in _HASH else "--" if language in _DASH else "//"
    return _LINE_COMMENT[marker].sub("", code)


def _tells(name: str) -> bool:
    return len(name) >= _MIN_CHARS and name not in _KEYWORDS
