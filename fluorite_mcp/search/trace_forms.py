"""How the languages write one frame of a stack trace, and which paths are a library's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from fluorite_mcp.search.reading import Mention

_LINE = r"(?P<line>\d{1,7})"


@dataclass(frozen=True, slots=True)
class FrameForm:
    """One way to write a frame.

    Attributes:
        language: Whose it is.
        written: Matches a line; its groups are `path`, `line` and, if it is there, `symbol`.
        innermost_last: Whether a trace ends with the innermost frame.
        symbol_from: Where the function stands that the line lies in: in the frame itself, in the line above, or in the
            frame below, where a frame says what it calls.
        has_package: Whether package and file stand apart, and the folder is that of the package.
    """

    language: str
    written: re.Pattern[str]
    innermost_last: bool = False
    symbol_from: Literal["frame", "line above", "frame below"] = "frame"
    has_package: bool = False


# Each line is tried in this order; the first form that matches counts.
FORMS = (
    FrameForm(
        "python",
        re.compile(rf'^[\s|+]*File "(?P<path>[^"]+)", line {_LINE}(?:, in (?P<symbol>[\w.<>]+))?'),
        innermost_last=True,
    ),
    # pytest's short form: `billing/invoices.py:42: in total` and `billing/invoices.py:42: ValueError`.
    FrameForm(
        "python",
        re.compile(
            rf"^(?P<path>[^\s:]+\.py):{_LINE}: (?:in (?P<symbol>[\w.<>]+)|(?:[\w.]+(?:Error|Exception|Warning)))\s*$"
        ),
        innermost_last=True,
    ),
    FrameForm("csharp", re.compile(rf"^\s*at (?P<symbol>[^()]+)\(.*\) in (?P<path>.+?):line {_LINE}\s*$")),
    FrameForm(
        "java",
        re.compile(
            r"^\s*at (?:[\w.@$-]*/)*(?P<symbol>[\w$]+(?:\.[\w$<>-]+)+)"
            rf"\((?P<path>[\w$-]+\.(?:java|kt|kts|scala|groovy|clj)):{_LINE}\)"
        ),
        has_package=True,
    ),
    # Before JavaScript's, which would take them too.
    FrameForm("rust", re.compile(rf"panicked at (?:'.*', )?(?P<path>[^\s,']+\.rs):{_LINE}:\d+")),
    FrameForm("rust", re.compile(rf"^\s+at (?P<path>\S+\.rs):{_LINE}(?::\d+)?\s*$"), symbol_from="line above"),
    FrameForm("rust", re.compile(rf"^\s*--> (?P<path>\S+\.rs):{_LINE}:\d+\s*$")),
    FrameForm(
        "javascript",
        re.compile(
            r"^\s*at (?:async )?(?:new )?(?P<symbol>[^\s()]+)(?: \[as [^\]]+\])? "
            rf"\((?P<path>(?:webpack-internal:///\([\w-]+\)/)?[^()]+?):{_LINE}:\d+\)"
        ),
    ),
    FrameForm("javascript", re.compile(rf"^\s*at (?:async )?(?P<path>(?=\S*[/.\\])\S+?):{_LINE}:\d+\s*$")),
    # Firefox and Safari.
    FrameForm("javascript", re.compile(rf"^(?P<symbol>[\w$.<>/]*)@(?P<path>\w+://\S+?):{_LINE}:\d+\s*$")),
    FrameForm("go", re.compile(rf"^\s+(?P<path>\S+\.go):{_LINE}(?: \+0x[0-9a-f]+)?\s*$"), symbol_from="line above"),
    FrameForm(
        "ruby",
        re.compile(rf"^\s*(?:from |\d+: from )?(?P<path>[^\s:]+):{_LINE}:in [`'](?P<symbol>[^']+)'"),
    ),
    FrameForm(
        "php",
        re.compile(rf"^\s*#\d+ (?P<path>\S.*?)\({_LINE}\): (?P<symbol>[\w\\$:>{{}}-]+)\("),
        symbol_from="frame below",
    ),
    FrameForm(
        "php",
        re.compile(
            r"(?:Fatal|Uncaught|Warning|Notice|Error|Exception|thrown)\b.*\bin "
            rf"(?P<path>\S+\.php)(?::| on line ){_LINE}\b"
        ),
        symbol_from="frame below",
    ),
)

# Where installed code lies; the group is what its path is known by there.
_LIBRARIES = (
    re.compile(
        r".*(?:^|/)(?:site-packages|dist-packages|node_modules|gems/[^/]+(?:/lib)?|\.cargo/registry/src/[^/]+/[^/]+"
        r"|go/pkg/mod/[^@]+@[^/]+|rustc/[0-9a-f]+/library|usr/local/go/src|vendor(?=/.*\.php$))/(?P<inside>.+)$"
    ),
    re.compile(r".*(?:^|/)lib/(?:python\d[\d.]*|ruby/[\d.]+)/(?P<inside>.+)$"),
)
_INTERNAL = re.compile(r"^(?:node:|internal/|<|\[|native\b|bun:|deno:|ext:|System\.|\(|/_next/|webpack/)")
# Modules of the platforms whose frames carry no folder that would tell.
_PLATFORM = re.compile(
    r"^(?:java|javax|jdk|sun|com\.sun|kotlin|kotlinx|scala|android|androidx|dalvik|System|Microsoft)\."
)
_SCHEME = re.compile(
    r"^(?:webpack-internal:///(?:\([\w-]+\)/)?|webpack://[^/]*/|turbopack:///(?:\[project\]/)?|file://|https?://[^/]+/"
    r"|app:///|rsc://React/Server/(?:file://)?|rsc:///|capacitor://[^/]+/)"
)
_DRIVE = re.compile(r"^[A-Za-z]:(?=/)")


def place_of(form: FrameForm, path: str, line: int, symbol: str) -> Mention | None:
    """Return a frame as a place, or None if it has no file."""
    path = plain_path(path)
    if not path or _INTERNAL.match(path):
        return None
    if form.has_package:
        return _package_place(path, line, symbol)
    installed = next((match for form in _LIBRARIES if (match := form.match(path))), None)
    return Mention(
        installed["inside"] if installed else path,
        line,
        symbol=frame_symbol(symbol),
        is_frame=True,
        is_whole=installed is not None,
        is_library=installed is not None or _PLATFORM.match(symbol) is not None,
    )


def plain_path(path: str) -> str:
    """Return a path with `/`, without scheme, drive, query and leading `./`."""
    path = _SCHEME.sub("", path.strip().replace("\\", "/"))
    path = _DRIVE.sub("", path.partition("?")[0])
    while path.startswith(("./", "../")):
        path = path[path.index("/") + 1 :]
    return path


def _package_place(file: str, line: int, symbol: str) -> Mention:
    """A frame of the JVM names package, class and function together, and the file without its folder."""
    package = [part for part in symbol.split(".")[:-2] if part[:1].islower()]
    own = symbol.split(".")[len(package) :]
    # What stands outside of classes in Kotlin is in a class of the file's name.
    own = [part for part in own if part != file.partition(".")[0] + "Kt"]
    return Mention(
        "/".join([*package, file]),
        line,
        symbol=frame_symbol(".".join(own)),
        is_frame=True,
        # Java's files lie in the folders of their package; Kotlin's need not.
        is_whole=file.endswith(".java"),
        is_library=_PLATFORM.match(symbol) is not None,
    )


_LAMBDA = re.compile(r"\blambda\$(\w+?)\$\d+|(?<=\w)\$\$?(?:lambda|Lambda|inlined|anonfun)\b.*")
# `<Main>$` is C#'s, `{closure}` PHP's, `{{closure}}` Rust's, `(*Server)` Go's receiver, `[T]` and `` `1 `` generics.
_NO_NAME = re.compile(r"\{\{?[\w#: ]+\}?\}|<[^<>]*>\$?|`\d+|\[[^\]]*\]|::h[0-9a-f]{16}$")
_RECEIVER = re.compile(r"\(\*?(\w+)\)(?=\.)")
_INSIDE = re.compile(r"^(?:(?:block(?: \(\d+ levels\))?|rescue|ensure) in )+")
_FRAME_NUMBER = re.compile(r"^\s*\d+:\s+(?:0x[0-9a-f]+ - )?")
_BORDER = re.compile(r"::|->|[#\\.+$]")
_NAME = re.compile(r"[^\W\d]\w*[?!]?")
_NOT_NAMES = frozenset({"Object", "anonymous", "exports", "module", "MoveNext", "async"})
_GO_CLOSURE = re.compile(r"func\d+")


def frame_symbol(written: str) -> str:
    """Return a function as its path with dots, without closures, arguments and generics; empty if it has no name."""
    text = _INSIDE.sub("", _FRAME_NUMBER.sub("", written.strip()))
    text = _RECEIVER.sub(r"\1", _LAMBDA.sub(r"\1", text))
    text = _NO_NAME.sub("", _NO_NAME.sub("", text)).partition("(")[0]
    parts = _BORDER.split(text.rpartition("/")[2])
    return ".".join(
        part for part in parts if _NAME.fullmatch(part) and part not in _NOT_NAMES and not _GO_CLOSURE.fullmatch(part)
    )
