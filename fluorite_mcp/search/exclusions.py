"""What a query says it does not want: "not the tests", "excluding vendor", `redis.py 以外`.

Being sure matters more than catching every way to say it: "retry without losing the message" asks for a retry. So
ordinary words are left alone; what is excluded is a kind of code (tests, examples, vendored code), or something
written like a name or a path, or it is set off from the sentence by a comma.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from fluorite_mcp.search.reading import Exclusions, Reading
from fluorite_mcp.text.tokens import index_words

# Kinds of code that are seldom what a question is about, as they are said in plural or as folders.
_KINDS: tuple[tuple[re.Pattern[str], Exclusions], ...] = (
    (
        re.compile(
            r"(?:unit |integration |e2e )?tests?|test (?:files?|code|cases?|suites?)|specs?|テスト(?:コード|ファイル)?"
        ),
        Exclusions(tests=True),
    ),
    (
        re.compile(r"examples?|samples?|demos?|benchmarks?|tutorials?|サンプル(?:コード)?|デモ|例"),
        Exclusions(examples=True),
    ),
    (re.compile(r"docs?|documentation|readmes?|changelogs?|markdown|ドキュメント|文書"), Exclusions(docs=True)),
    (
        re.compile(
            r"vendor(?:ed)?(?: code)?|third[- ]party(?: code)?|legacy(?: code)?|deprecated(?: code)?|node_modules"
            r"|old (?:code|versions?)|ベンダー|レガシー|旧版"
        ),
        Exclusions(legacy=True),
    ),
    (re.compile(r"mocks?|mocking|モック"), Exclusions(words=frozenset({"mock"}))),
    (re.compile(r"fixtures?|フィクスチャ"), Exclusions(words=frozenset({"fixtur"}))),
    (re.compile(r"stubs?|スタブ"), Exclusions(words=frozenset({"stub"}))),
    (re.compile(r"generated(?: code| files?)?|自動生成(?:コード|ファイル)?"), Exclusions(words=frozenset({"generat"}))),
    (re.compile(r"migrations?|マイグレーション"), Exclusions(words=frozenset({"migrat"}))),
)

_KIND = "(?:" + "|".join(kind.pattern for kind, _ in _KINDS) + ")"
# A folder or a file, by its form or because the query says so. Runs are possessive: what looks like a name as far as it
# goes is not tried again from every shorter one.
_PATH_START = r"(?<![A-Za-z0-9_@./-])"
_PLACE = (
    rf"(?:{_PATH_START}`?[A-Za-z0-9_@./-]++`? (?:folders?|director(?:y|ies)|modules?|packages?|files?|apps?)"
    rf"|{_PATH_START}(?=[\w@.-]{{0,80}}/|[\w-]{{1,60}}\.[a-z])[A-Za-z0-9_@./-]++)"
)
# Written like a name in code: quoted, snake_case, camelCase.
_NAMED = r"(?:`[^`\n]{1,80}`|(?-i:(?<![A-Za-z0-9_])(?=\w{1,60}_|\w{0,60}[a-z][A-Z])[A-Za-z0-9_]++))"
_ARTICLE = r"(?:(?:any|all|the|my|our|its|in|from|inside|for|of) )*"
_JOINT = r"(?:,? (?:and|or|nor) |, ?|/| & )"
_END = r"(?=\s*(?:[,;:!?)\]。、]|\.(?:\s|$)|$|\bplease\b))"
_BREAK = r"(?:[,;(–—]|\s-{1,2}\s|\bbut\b,?)\s*"


def _listed(*what: str) -> str:
    """One of some kinds of words, or a list of them."""
    one = f"(?:{'|'.join(what)})"
    return rf"(?P<what>{one}(?:{_JOINT}{_ARTICLE}{one})*)"


# `except ValueError` and "errors other than TimeoutError" ask for just these; so without a comma or a "not the", a name
# is not excluded, and an ordinary word only after a comma and a word that means nothing else.
_FORMS = (
    (
        rf"(?:{_BREAK})?\b(?:excluding|except(?: for| in)?|other than|apart from|aside from|outside(?: of)?)"
        rf" {_ARTICLE}{_listed(_PLACE, _KIND)}{_END}"
    ),
    (
        rf"(?:{_BREAK})?\b(?:but )?not (?:(?:in )?(?:the|any) |(?:in|from) )"
        rf"{_ARTICLE}{_listed(_PLACE, _KIND, _NAMED)}{_END}"
    ),
    (
        rf"{_BREAK}(?:but )?(?:not|no|exclude|excluding|ignore|ignoring|skip|skipping|without|except(?: for)?|minus)"
        rf" {_ARTICLE}{_listed(_PLACE, _KIND, _NAMED)}{_END}"
    ),
    rf"{_BREAK}(?:but )?(?:excluding|except for) {_ARTICLE}(?P<what>[a-z]\w{{2,40}}){_END}",
    (
        rf"\bwithout {_ARTICLE}"
        rf"{_listed('tests', 'mocks?', 'mocking', 'fixtures', 'stubs', 'examples', 'samples', 'vendored code')}{_END}"
    ),
    r"(?<=\s)-(?P<what>tests?|specs?|mocks?|fixtures|examples?|docs|vendor|legacy|node_modules)(?=\s|$)",
    r"\b(?P<what>non-(?:tests?|examples?|vendored|legacy|generated))\b(?: code| files?)?",
)
_JAPANESE_PLACE = (
    rf"(?:{_PATH_START}[A-Za-z0-9_@./-]++ ?(?:フォルダ|ディレクトリ|ファイル|モジュール|パッケージ)|{_PLACE})"
)
_JAPANESE_LIST = r"(?P<what>{one}(?:(?:と|や|、|・|または){one})*)\s*"
_JAPANESE = (
    (
        _JAPANESE_LIST.replace("{one}", f"(?:{_JAPANESE_PLACE}|{_KIND})")
        + r"(?:以外[ので]?[はにを]?|を除(?:く|いて|いた|き)、?|は?除外(?:して)?|抜きで?)"
    ),
    (_JAPANESE_LIST.replace("{one}", f"(?:{_JAPANESE_PLACE}|{_KIND}|{_NAMED})") + r"(?:ではなくて?、?|じゃなくて?、?)"),
)
# What is built, run or packed without tests is asked about just that.
_DONE_WITHOUT = re.compile(
    r"\b(?:run(?:s|ning)?|build(?:s|ing)?|compil(?:e|ing)|install(?:s|ing)?|deploy(?:s|ing)?|packag(?:e|ing)"
    r"|publish(?:ing)?|releas(?:e|ing)|ship|collect(?:s|ing)?|start|pytest|jest|coverage|can|cannot|why|if)\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(
    r" ?(?:folders?|director(?:y|ies)|modules?|packages?|files?|apps?"
    r"|フォルダ|ディレクトリ|ファイル|モジュール|パッケージ)$"
)
# Each of the forms holds one of these, and most queries none.
_SIGNS = (
    "exclud", "except", "other than", "apart from", "aside from", "outside", "not ", "no ", "ignor", "skip", "without",
    "minus", " -", "\t-", "non-", "以外", "除", "抜き", "ではな", "じゃな",
)  # fmt: skip
# Longer texts are no single question.
MAX_SENTENCE_CHARS = 400
# An exclusion stands at the end of a question or is a clause of its own; what follows a long one is another topic.
MAX_EXCLUDED = 4


@cache
def _forms() -> tuple[re.Pattern[str], ...]:
    """Compiled when a query holds a sign of one: it takes some 40 ms, and few starts need it."""
    return tuple(re.compile(form, re.IGNORECASE) for form in (*_FORMS, *_JAPANESE))


def read_exclusions(reading: Reading) -> Reading:
    """Take what a sentence excludes out of what is searched for."""
    if reading.is_trace or reading.is_code or "\n" in reading.text or len(reading.text) > MAX_SENTENCE_CHARS:
        return reading
    text, excluded = reading.text, reading.excluded
    lowered = text.lower()
    if not any(sign in lowered for sign in _SIGNS):
        return reading
    for form in _forms():
        match = form.search(text)
        if match is None or _is_the_topic(text, match):
            continue
        names = _names(match["what"])
        rest = f"{text[: match.start()].rstrip(' ,;')} {text[match.end() :].lstrip(' ,;')}".strip()
        # A query that only excludes has nothing to be searched for.
        if not index_words(rest) or len(names) > MAX_EXCLUDED:
            continue
        for name in names:
            excluded |= _excluded(name)
        text = rest
    return replace(reading, text=text, excluded=excluded)


def _is_the_topic(text: str, match: re.Match[str]) -> bool:
    return bool(_DONE_WITHOUT.search(text, 0, match.start())) and not re.match(r"\s*[,;(–—]", match[0])


def _names(what: str) -> list[str]:
    parts = re.split(r",? (?:and|or|nor) |, ?| & |と|や|、|・|または", what)
    return [
        name
        for part in parts
        if (name := re.sub(rf"^{_ARTICLE}", "", part.strip(), flags=re.IGNORECASE).strip("`\"' "))
    ]


def _excluded(name: str) -> Exclusions:
    """Return what a name excludes: a kind of code, or paths and symbols that hold it."""
    lowered = name.lower().removeprefix("non-")
    for kind, excluded in _KINDS:
        if kind.fullmatch(lowered):
            return excluded
    bare = _SUFFIX.sub("", name)
    stem = re.sub(r"\.\w{1,4}$", "", bare.strip("/.").rpartition("/")[2])
    return Exclusions(words=frozenset(index_words(stem).split()[:1]))
