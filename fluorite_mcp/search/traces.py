"""Stack traces as queries: their frames are places, innermost first, and their message is what is searched for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fluorite_mcp.search.messages import stable_message
from fluorite_mcp.search.reading import Mention, Reading
from fluorite_mcp.search.trace_forms import FORMS, FrameForm, frame_symbol, place_of
from fluorite_mcp.text.languages import detect_language

# Of a trace some frames say where it happened; a recursion has thousands.
MAX_FRAMES = 60
# Functions whose names are searched for beside the message.
MAX_FUNCTIONS = 3
# A message says what it is about in its first words; a dump of data follows.
MAX_MESSAGE_CHARS = 600
# Longer lines are data, and patterns need not look at them.
_MAX_LINE_CHARS = 600

# Lines of a trace that are neither a frame nor a part of the message.
_NOISE = re.compile(
    r"^\s*(?:Traceback \(most recent call (?:last|first)\)|During handling of the above|The above exception was"
    r"|goroutine \d+ \[|created by |exit status|\[signal |stack backtrace|note: run with|note: Some details"
    r"|\.\.\. \d+ (?:more|common)|\[?stacktrace\]?:?$|(?:PHP )?Stack trace:|thrown\b"
    r"|#\d+ \{main\}|Node\.js v|--- End of"
    r"|\^+|~|={3,}|-{3,}|_{3,}|at <anonymous>|at Object\.<anonymous>|at new Promise|\d+: +0x"
    r"|at (?:node:|internal/)"
    r"|at .*\((?:native|Native Method|Unknown Source|<anonymous>|node:internal[^)]*|internal/[^)]*)\))",
    re.IGNORECASE,
)
# A frame without a place: its function alone.
_BARE_FRAME = re.compile(
    r"^\s+(?:at |\d+: )[\w.$:<>`+~{}\[\], #-]+(?:\(.*\))?\s*$|^[\w./*()-]+\((?:0x|\{|\.\.\.|\)).*$"
)
_CAUSE = re.compile(r"^(?:Caused by|Root cause|\[cause\])\s*:\s*|^\s*---> ", re.IGNORECASE)
_CHAIN = re.compile(r"^[\s|+]*(?:Traceback \(most|During handling of the above|The above exception was)")
_LEAD = re.compile(
    r"^(?:E   +|(?:PHP )?(?:Fatal error|Warning|Notice):\s+|(?:error: )?Uncaught (?:\(in promise\) )?|panic: "
    r"|Unhandled exception\.? |Exception in thread \"[^\"]*\" |thread '[^']*' |Caused by:\s*"
    r"|\[?(?:ERROR|WARN|INFO|DEBUG|FATAL|CRITICAL)\]?:?\s+)+"
)
_PANICKED = re.compile(r"panicked at (?:'(?P<old>.*)', )?\S+\.rs:\d+:\d+:?")
_EVERYWHERE = frozenset({"main", "main.main", "run", "call", "handle", "next", "get", "Main.main"})
_ESCAPED = re.compile(r"\\[nrt\"\\]")
_UNESCAPED = {"\\n": "\n", "\\r": "", "\\t": "\t", '\\"': '"', "\\\\": "\\"}
# What container tools write before each line: `web_1  | `.
_CONTAINER = re.compile(r"^[\w.-]+ +\| ")
_INDENT = re.compile(r"[\s|]*")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a query: a frame of a trace, a part of its message, or neither."""

    text: str
    form: FrameForm | None = None
    place: Mention | None = None


def read_trace(reading: Reading) -> Reading:
    """Read a text that holds a stack trace: point at its frames, search for its message and functions.

    The frame that is innermost comes first; of errors with a cause, the cause's frames come before the others.
    """
    lines = _read_lines(reading.text)
    if not any(line.form for line in lines) and "\\n" in reading.text:
        # Logs as JSON have traces on one line.
        lines = _read_lines(_ESCAPED.sub(lambda match: _UNESCAPED[match[0]], reading.text))
    if not any(line.form for line in lines):
        return reading
    places = _in_order(_frames_of(lines))[:MAX_FRAMES]
    own = [one for one in places if not one.is_library] or places
    functions = list(dict.fromkeys(filter(None, (_spoken(one.symbol) for one in own))))[:MAX_FUNCTIONS]
    said = "\n".join([_message(lines), *functions]).strip()
    # A trace without any word but paths is searched for by its files' names.
    said = said or "\n".join(one.path.rpartition("/")[2] for one in own[:MAX_FUNCTIONS])
    return replace(
        reading,
        text=said or reading.text,
        mentions=(*reading.mentions, *places),
        language=next((name for one in own if (name := detect_language(one.path)) is not None), None),
        is_trace=True,
    )


def _spoken(symbol: str) -> str:
    """Return a function's name with its class; what every program has says nothing."""
    name = ".".join(symbol.split(".")[-2:])
    return "" if name in _EVERYWHERE else name


def _read_lines(text: str) -> list[_Line]:
    return [_read_line(_CONTAINER.sub("", line[:_MAX_LINE_CHARS])) for line in text.splitlines()]


def _read_line(line: str) -> _Line:
    for form in FORMS:
        if match := form.written.search(line):
            found = match.groupdict()
            symbol = found.get("symbol") or ""
            return _Line(line, form, place_of(form, match["path"], int(match["line"]), symbol))
    return _Line(line)


def _frames_of(lines: Sequence[_Line]) -> list[list[Mention]]:
    """Return the frames of each error in the text, innermost first; a cause that follows is an error of its own."""
    errors: list[list[Mention]] = [[]]
    # Python says the outermost first, everywhere in a trace.
    is_last = any(line.form.innermost_last for line in lines if line.form)
    for index, line in enumerate(lines):
        if line.form is None and (_CAUSE.match(line.text) or _CHAIN.match(line.text)):
            errors.append([])
        if line.form is None or line.place is None:
            continue
        place = line.place
        if line.form.symbol_from == "line above" and index:
            place = replace(place, symbol=frame_symbol(lines[index - 1].text))
        if line.form.symbol_from == "frame below":
            place = replace(place, symbol=_symbol_below(lines[index + 1 :]))
        errors[-1].append(place)
    return [frames[::-1] if is_last else frames for frames in errors if frames]


def _symbol_below(lines: Sequence[_Line]) -> str:
    """Return what the next frame calls: the function that this one's line lies in."""
    return next((line.place.symbol for line in lines if line.place is not None), "")


def _in_order(errors: Sequence[Sequence[Mention]]) -> list[Mention]:
    """Return the places, those of the last error first: the causes of Java and the last of Python's chain."""
    places: dict[tuple[str, int | None], Mention] = {}
    for frames in reversed(errors):
        for frame in frames:
            known = places.setdefault((frame.path, frame.line), frame)
            if not known.symbol:
                places[(frame.path, frame.line)] = frame
    return list(places.values())


def _message(lines: Sequence[_Line]) -> str:
    """Return what all lines say of the error, without the source code that Python shows under each frame."""
    said: dict[str, None] = {}
    frame_indent: int | None = None
    for line in lines:
        indent = _indent(line.text)
        if line.form is not None:
            frame_indent = indent if line.form.innermost_last else None
        elif frame_indent is not None and indent > frame_indent:
            continue
        else:
            frame_indent = None
        said[_said(line)] = None
    return "\n".join(filter(None, said))[:MAX_MESSAGE_CHARS]


def _said(line: _Line) -> str:
    """Return what a line says of the error; empty for frames and noise."""
    if line.form is not None:
        return _said_beside_frame(line)
    if _NOISE.match(line.text) or _BARE_FRAME.match(line.text):
        return ""
    return stable_message(_LEAD.sub("", _CAUSE.sub("", line.text.strip())))


def _said_beside_frame(line: _Line) -> str:
    """Rust, Ruby and PHP say message and place in one line."""
    language = line.form.language if line.form else ""
    if language == "rust" and (panic := _PANICKED.search(line.text)):
        return stable_message(panic["old"] or "")
    if language == "ruby":
        _, found, message = line.text.partition("': ")
        return stable_message(message) if found else ""
    if language == "php" and not line.text.lstrip().startswith("#"):
        return "" if _NOISE.match(line.text) else stable_message(_LEAD.sub("", line.text.strip()).partition(" in /")[0])
    return ""


def _indent(text: str) -> int:
    match = _INDENT.match(text)
    return match.end() if match else 0
