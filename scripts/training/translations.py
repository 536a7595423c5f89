"""Pairs of Japanese and English that say the same about programming, out of translated documents and messages."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from scripts.training.extraction import MAX_CODE_CHARACTERS, Pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KANA_OR_KANJI = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_COUNTERPARTS = (
    (re.compile(r"(^|/)ja(?=/)"), r"\1en"),
    (re.compile(r"^site/ja/"), "site/en-snapshot/"),
    (re.compile(r"(^|/)ja-JP(?=/)"), r"\1en-US"),
    (re.compile(r"(^|/)ja-jp(?=/)"), r"\1en-us"),
    (re.compile(r"(^|/)jpn(?=/)"), r"\1enu"),
    (re.compile(r"_ja\.properties$"), ".properties"),
    (re.compile(r"(^|/)ja(?:-JP)?\.json$"), r"\1en.json"),
    (re.compile(r"(?<!\.en)\.md$"), ".en.md"),
    (re.compile(r"-ja\.md$"), ".md"),
    (re.compile(r"\.ja\.mdx$"), ".en-US.mdx"),
)
_PO_ENTRY = re.compile(r'^msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)msgstr ((?:"(?:[^"\\]|\\.)*"\s*)+)', re.MULTILINE)
_PO_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_XLF_UNIT = re.compile(r"<source>(.*?)</source>\s*<target[^>]*>(.*?)</target>", re.DOTALL)
_COMMENTED = re.compile(r"<!--\n(.*?)\n-->\n\n(.*?)(?=\n\n)", re.DOTALL)
_FENCED = re.compile(r"^[ \t]*(```+|~~~+|<Sandpack>).*?^[ \t]*(?:\1|</Sandpack>)[ \t]*$", re.MULTILINE | re.DOTALL)
_MARKUP = re.compile(
    r"\]\([^)]*\)|\{#[^}]*\}|\{/\*.*?\*/\}|<[^>]*>|`{2,}|:(?:ref|doc|mod|class|meth|func|term):|\[|\{\{.*?\}\}"
)
MAX_WORDS_CHARACTERS = 800


def counterparts(path: str) -> list[str]:
    """Return the paths where the English original of a Japanese file may stand in the same repository."""
    return [changed for pattern, by in _COUNTERPARTS if (changed := pattern.sub(by, path)) != path]


def translated_alone(path: str, text: str) -> Iterator[Pair]:
    """Yield the pairs of a file that holds both languages: message catalogues and commented translations."""
    if path.endswith(".po"):
        for english, japanese in _PO_ENTRY.findall(text):
            yield from _pair(_po_text(japanese), _po_text(english))
    elif path.endswith(".ja.xlf"):
        for english, japanese in _XLF_UNIT.findall(text):
            yield from _pair(japanese, english)
    elif path.endswith(".md"):
        for english, japanese in _COMMENTED.findall(text):
            yield from _pair(japanese, english)


def translated_beside(path: str, japanese: str, english: str) -> Iterator[Pair]:
    """Yield the pairs of a Japanese file and its English original."""
    if path.endswith(".properties"):
        yield from _pairs_by_key(_properties(japanese), _properties(english))
    elif path.endswith((".json", ".ipynb")):
        yield from _pairs_of_json(path, japanese, english)
    elif path.endswith((".md", ".mdx")):
        yield from _pairs_of_documents(japanese, english)


def samples_of_reference(text: str) -> Iterator[Pair]:
    """Yield (Japanese description, signature and sample) of a file of the Ruby reference."""
    entries = re.split(r"^(?=---? )", text, flags=re.MULTILINE)
    for entry in entries:
        signatures = re.findall(r"^---? (.+)$", entry, flags=re.MULTILINE)
        first = re.split(r"^@\w+|^#@samplecode|^//emlist", entry, maxsplit=1, flags=re.MULTILINE)[0]
        described = re.sub(r"^(?:---? .*|#@.*)$", "", first, flags=re.MULTILINE)
        sample = re.search(r"#@samplecode[^\n]*\n(.*?)#@end", entry, re.DOTALL)
        code = "\n".join([*signatures[:3], sample[1] if sample else ""]).strip()
        words = _plain(re.sub(r"\[\[\w+:([^\]]*)\]\]", r"\1", described))
        if signatures and len(code) >= 12 and _KANA_OR_KANJI.search(words):
            yield Pair("ja", "ruby", words[:MAX_WORDS_CHARACTERS], "", "", code[:MAX_CODE_CHARACTERS])


def _pair(japanese: str, english: str) -> Iterator[Pair]:
    japanese, english = _plain(japanese), _plain(english)
    if len(english) >= 4 and _KANA_OR_KANJI.search(japanese) and not _KANA_OR_KANJI.search(english):
        yield Pair("ja", "", japanese[:MAX_WORDS_CHARACTERS], "", "", english[: 2 * MAX_WORDS_CHARACTERS])


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub(" ", text).split())


def _po_text(quoted: str) -> str:
    text = "".join(_PO_STRING.findall(quoted))
    return text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def _properties(text: str) -> dict[str, str]:
    joined = re.sub(r"\\\n\s*", "", text)
    found: dict[str, str] = {}
    for line in joined.split("\n"):
        key, sign, value = re.sub(r"(?<!\\)[:=]", "\0", line, count=1).partition("\0")
        if sign and not line.startswith("#"):
            found[key.strip()] = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), value.strip())
    return found


def _pairs_by_key(japanese: Mapping[str, str], english: Mapping[str, str]) -> Iterator[Pair]:
    for key, value in japanese.items():
        if key in english:
            yield from _pair(value, english[key])


def _pairs_of_json(path: str, japanese: str, english: str) -> Iterator[Pair]:
    try:
        ours, theirs = json.loads(japanese), json.loads(english)
    except ValueError:
        return
    if path.endswith(".ipynb"):
        yield from _pairs_of_documents(_notebook_text(ours), _notebook_text(theirs))
    else:
        yield from _pairs_by_key(dict(_leaves(ours, "")), dict(_leaves(theirs, "")))


def _leaves(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, (dict, list)):
        children = value.items() if isinstance(value, dict) else enumerate(value)
        for name, child in children:
            yield from _leaves(child, f"{key}/{name}")


def _notebook_text(notebook: Any) -> str:
    cells = notebook.get("cells", []) if isinstance(notebook, dict) else []
    parts = []
    for cell in cells:
        text = "".join(cell.get("source", []))
        parts.append(text if cell.get("cell_type") == "markdown" else f"```\n{text}\n```")
    return "\n\n".join(parts)


def _pairs_of_documents(japanese: str, english: str) -> Iterator[Pair]:
    """Pair the blocks between headings where both languages have as many; sections, where headings agree."""
    ours, theirs = _sections(japanese), _sections(english)
    if [level for level, _ in ours] != [level for level, _ in theirs]:
        return
    for (_, left), (_, right) in zip(ours, theirs, strict=True):
        if len(left) == len(right):
            for one, other in zip(left, right, strict=True):
                yield from _pair(one, other)
            for (one, two), (three, four) in zip(pairwise(left), pairwise(right), strict=True):
                yield from _pair(f"{one} {two}", f"{three} {four}")
        elif left and right:
            yield from _pair(" ".join(left), " ".join(right))


def _sections(document: str) -> list[tuple[int, list[str]]]:
    """Return (level, blocks) per heading; fenced code is left out, for it is the same in both languages."""
    document = re.sub(r"\A---\n.*?\n---\n", "", document, flags=re.DOTALL)
    found: list[tuple[int, list[str]]] = [(0, [])]
    for block in re.split(r"\n[ \t]*\n", _FENCED.sub("", document)):
        heading = re.match(r"\s*(#{1,6}) (.+)", block)
        if heading:
            found.append((len(heading[1]), [heading[2]]))
        elif block.strip():
            found[-1][1].append(block)
    return found
