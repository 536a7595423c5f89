"""From the HTML of a documentation page to Markdown: headings, paragraphs, lists, code; not what surrounds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

# What surrounds a page's content, and what is not for reading.
_LEFT_OUT = frozenset({
    "script", "style", "nav", "header", "footer", "aside", "form", "button", "svg", "template", "noscript", "iframe",
    "head",
})  # fmt: skip
_BLOCKS = frozenset({
    "p", "div", "section", "article", "main", "ul", "ol", "table", "tr", "blockquote", "dl", "dt", "dd", "figure", "br",
    "hr", "body",
})  # fmt: skip

_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source|brush)[-:]\s*([\w+#]+)")
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACE = re.compile(r"\s+")
_ANCHOR_MARKS = re.compile(r"\s*[¶#§🔗]\s*$")


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says: its title, and its content as Markdown."""

    title: str
    markdown: str


def page_text(html: str) -> PageText:
    """Return what a page says. The content is `<main>` or `<article>` where the page has one."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    content = "".join(reader.main if "".join(reader.main).strip() else reader.all)
    markdown = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in content.split("\n"))).strip()
    title = _SPACE.sub(" ", "".join(reader.title)).strip()
    first = next((line.lstrip("# ") for line in markdown.split("\n") if line.startswith("#")), "")
    return PageText(title or first, markdown + "\n" if markdown else "")


class _Reader(HTMLParser):
    """Collects the text of a page, block by block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[str] = []
        self.main: list[str] = []
        self.title: list[str] = []
        self._left_out = 0
        self._main = 0
        self._code = 0
        self._is_title = False
        self._heading: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open what a tag opens."""
        if tag == "title":
            self._is_title = True
        if tag in _LEFT_OUT:
            self._left_out += 1
        elif self._left_out:
            return
        elif tag in _HEADINGS:
            self._heading = []
        elif tag == "pre":
            self._code += 1
            self._write(f"\n\n```{_language_of(attrs)}\n")
        elif tag == "code" and not self._code:
            self._write("`")
        elif tag == "li":
            self._write("\n- ")
        elif tag in ("td", "th"):
            self._write(" | ")
        elif tag in _BLOCKS and not self._code:
            self._main += tag in ("main", "article")
            self._write("\n" if tag in ("br", "tr") else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        """Close what a tag closes."""
        if tag == "title":
            self._is_title = False
        if tag in _LEFT_OUT:
            self._left_out = max(0, self._left_out - 1)
        elif self._left_out:
            return
        elif tag in _HEADINGS and self._heading is not None:
            heading = _ANCHOR_MARKS.sub("", _SPACE.sub(" ", "".join(self._heading)).strip())
            self._heading = None
            self._write(f"\n\n{_HEADINGS[tag]} {heading}\n\n")
        elif tag == "pre" and self._code:
            self._code -= 1
            self._write("\n```\n\n")
        elif tag == "code" and not self._code:
            self._write("`")
        elif tag in ("main", "article"):
            self._main = max(0, self._main - 1)

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self._is_title:
            self.title.append(data)
        elif not self._left_out:
            self._write(data if self._code else _SPACE.sub(" ", data))

    def _write(self, text: str) -> None:
        if self._heading is not None:
            self._heading.append(text)
            return
        self.all.append(text)
        if self._main:
            self.main.append(text)


def _language_of(attrs: list[tuple[str, str | None]]) -> str:
    found = _LANGUAGE.search(dict(attrs).get("class") or "")
    return found[1] if found else ""
