"""Pairs of words and code out of one repository: documented definitions, bare definitions, documents, whole files."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.text.languages import detect_language, parser_for
from fluorite_mcp.text.parsing import parse_within
from fluorite_mcp.text.symbols import find_definitions
from scripts.training.documentation import body_of, split_definition, summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE_LANGUAGES = frozenset(
    [
        "python",
        "javascript",
        "typescript",
        "tsx",
        "go",
        "rust",
        "java",
        "c",
        "cpp",
        "csharp",
        "ruby",
        "php",
        "kotlin",
        "swift",
        "scala",
        "elixir",
        "haskell",
        "lua",
        "bash",
        "zig",
        "sql",
        "vue",
        "svelte",
        "dart",
    ]
)
DOCUMENTED_KINDS = frozenset(
    [
        "function",
        "method",
        "class",
        "interface",
        "struct",
        "enum",
        "trait",
        "impl",
        "macro",
        "module",
        "type",
        "object",
        "constructor",
        "component",
    ]
)
_LEFT_OUT = re.compile(
    r"(?:^|/)(?:vendor|third[_-]?party|node_modules|dist|build|generated|extern(?:al)?|_vendor|deps|min|fixtures?|"
    r"snapshots?|__snapshots__|testdata|migrations|bundled|compiled)/|\.min\.|\.d\.ts$|_pb2|\.pb\.|\.lock$|-lock\."
)
MAX_CODE_CHARACTERS = 2400
MIN_CODE_CHARACTERS = 40
_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+#-]*)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,5})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FRONT_TITLE = re.compile(r"\A---\n.*?^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$.*?^---$", re.MULTILINE | re.DOTALL)
_ANCHOR = re.compile(r"\{#[^}]*\}|\{/\*.*?\*/\}|<[^>]*>")


@dataclass(frozen=True, slots=True)
class Pair:
    """A description and what it describes.

    Attributes:
        view: How it was found: doc, name, prose, file, ja, text or example.
        language: The code's language, or empty.
        query: What a person might ask with: the short description.
        long: The whole description, or empty.
        name: The name of what is described, with what encloses it; a file's path; a section's title.
        code: The described text, without the description.
    """

    view: str
    language: str
    query: str
    long: str
    name: str
    code: str


def is_wanted(path: str) -> bool:
    """Whether a file may hold source or documents that people wrote."""
    return not _LEFT_OUT.search(path)


def pairs_of_file(path: str, text: str, dice: random.Random) -> Iterator[Pair]:
    """Yield the pairs of one file."""
    language = detect_language(path, text[:2000]) or ""
    if language == "markdown":
        yield from _document_pairs(text)
    elif language == "rst":
        yield from _rst_pairs(text)
    elif language in CODE_LANGUAGES:
        yield from _definition_pairs(path, language, text, dice)


def _definition_pairs(path: str, language: str, text: str, dice: random.Random) -> Iterator[Pair]:
    parser = parser_for(language)
    source = text.encode()
    tree = parse_within(parser, language, source) if parser else None
    if tree is None:
        return
    lines = text.split("\n")
    if len(text) > MIN_CODE_CHARACTERS and dice.random() < 0.5:
        yield Pair("file", language, "", _head_comment(language, text), path, text[:MAX_CODE_CHARACTERS])
    for definition in find_definitions(language, tree, source):
        if definition.kind not in DOCUMENTED_KINDS:
            continue
        block = "\n".join(lines[definition.start_line - 1 : definition.end_line])[: 3 * MAX_CODE_CHARACTERS]
        doc, code = split_definition(language, block)
        code = code[:MAX_CODE_CHARACTERS]
        if len(code) < MIN_CODE_CHARACTERS:
            continue
        summary = summary_of(doc)
        if len(summary) >= 12 and (" " in summary or not summary.isascii()):
            yield Pair("doc", language, summary[:300], body_of(doc), definition.path, code)
        elif definition.end_line - definition.name_line >= 3:
            yield Pair("name", language, "", "", definition.path, code)


def _head_comment(language: str, text: str) -> str:
    doc, _ = split_definition("c" if language in {"tsx", "typescript", "javascript"} else language, text[:1500])
    return body_of(doc)


def _document_pairs(text: str) -> Iterator[Pair]:
    """Yield (headings and the paragraph before, fenced code) of a Markdown document."""
    title_match = _FRONT_TITLE.match(text)
    titles: dict[int, str] = {0: _clean(title_match[1])} if title_match else {}
    fences = list(_FENCE.finditer(text))
    inside = [match.span() for match in fences]
    headings = [m for m in _HEADING.finditer(text) if not any(a <= m.start() < b for a, b in inside)]
    events = sorted([*fences, *headings], key=lambda match: match.start())
    last = 0
    for event in events:
        if event.re is _HEADING:
            level = len(event[1])
            titles = {depth: title for depth, title in titles.items() if depth < level}
            titles[level] = _clean(event[2])
            last = event.end()
            continue
        code = event[3].strip("\n")
        prose = last_paragraph(text[last : event.start()])
        last = event.end()
        where = [titles[depth] for depth in sorted(titles)][-2:]
        if len(code) >= MIN_CODE_CHARACTERS and (len(prose) >= 12 or where):
            yield Pair(
                "prose",
                event[2].lower(),
                (where[-1] if where else "")[:200],
                prose[:500],
                " > ".join(where),
                code[:MAX_CODE_CHARACTERS],
            )


def _rst_pairs(text: str) -> Iterator[Pair]:
    """Yield (title and paragraph before, indented code) of a reStructuredText document."""
    blocks = re.split(r"\n[ \t]*\n", text)
    title, prose = "", ""
    for block in blocks:
        stripped = block.strip("\n")
        lines = stripped.split("\n")
        if len(lines) >= 2 and re.fullmatch(r"([=\-~^\"'`#*+])\1{2,}\s*", lines[-1]) and len(lines) <= 3:
            title, prose = lines[-2].strip(), ""
        elif stripped.startswith((" ", "\t")):
            if len(stripped) >= MIN_CODE_CHARACTERS and prose and re.search(r"[=(){};]|>>>|\$ ", stripped):
                yield Pair("prose", "", title[:200], prose[:500], title, stripped[:MAX_CODE_CHARACTERS])
                prose = ""
        elif not stripped.startswith(".. "):
            prose = _clean(stripped)


def last_paragraph(text: str) -> str:
    """Return the last two paragraphs of a text that say something, in plain words."""
    paragraphs = [_clean(block) for block in re.split(r"\n[ \t]*\n", text.strip())]
    kept = [block for block in paragraphs if len(block) >= 12 and not block.startswith(("import ", "|", "export "))]
    return " ".join(kept[-2:]) if kept else ""


def _clean(text: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r":\w+:`~?([^`<]*)(?:<[^>]*>)?`", r"\1", text)
    return " ".join(_ANCHOR.sub(" ", text).split())
