"""Lines for people: styled on a terminal, whole and plain in a file or pipe, harmless whatever the text holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

# C0 and C1 controls but tab and newline: stored text may hold sequences that rewrite a terminal.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_GAP = "  "

# A part of a line: plain text, or text with a style.
Part = str | tuple[str, str]


def printable(text: str) -> str:
    r"""Return text with control characters made visible, such as `\x1b` for an escape."""
    return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", text.replace("\r\n", "\n"))


class Output:
    """Prints lines on stdout."""

    def __init__(self) -> None:
        self._console = _Console(highlight=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads along."""
        return self._console.is_terminal

    def line(self, *parts: Part) -> None:
        """Print one line from its parts."""
        self._console.print(_text(parts))

    def block(self, text: str, indent: str = "    ") -> None:
        """Print lines of text as they are, indented."""
        for line in printable(text).splitlines():
            self._console.print(Text(f"{indent}{line}"))

    def markdown(self, text: str) -> None:
        """Print Markdown: rendered on a terminal, as it is elsewhere."""
        if not self.is_terminal:
            self._console.print(Text(printable(text)))
            return
        from rich.markdown import Markdown

        self._console.print(Markdown(printable(text)), soft_wrap=False)

    def columns(self, rows: Sequence[Sequence[Part]]) -> None:
        """Print rows with their columns aligned; the last one is as long as it is."""
        cells = [[_text([part]) for part in row] for row in rows]
        widths = [max(cell_len(cell.plain) for cell in column) for column in zip(*cells, strict=True)]
        for row in cells:
            line = Text()
            for cell, width in zip(row[:-1], widths, strict=False):
                line += cell
                line.append(" " * (width - cell_len(cell.plain)) + _GAP)
            self._console.print(line + row[-1])


def error_console() -> Console:
    """Return the console that writes to stderr."""
    return _Console(stderr=True, highlight=False, soft_wrap=True)


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 file" or "2,000 files"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the caller end the command; the default ends the process with another exit code."""
        raise BrokenPipeError


def _text(parts: Sequence[Part]) -> Text:
    return Text.assemble(
        *(printable(part) if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts)
    )
