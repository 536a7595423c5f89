"""What an error message says, without what differs each time it is raised."""

from __future__ import annotations

import re

# In this order: what contains another comes first.
_VARIABLE = (
    re.compile(r"\bhttps?://\S+|\b[\w.+-]+@[\w-]+\.[\w.-]+\b"),
    re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"),
    re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"),
    re.compile(r"\b\d\d?:\d\d:\d\d(?:[.,]\d+)?\b"),
    re.compile(r"\b0x[0-9a-fA-F]+\b"),
    re.compile(r"\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{7,}\b"),
    re.compile(r"\b\d+(?:\.\d+){1,3}(?::\d+)?\b"),
    re.compile(r"(?<![\w.])[-+]?\d[\d_,]*(?:\.\d+)?(?:%|[kKMGT]i?B|ms|s|px|x)?(?![\w])"),
)
# An absolute path says the name of its file, if it is one; what is above is one machine's.
_ABSOLUTE = re.compile(r"(?<![\w./:\\])(?:[A-Za-z]:)?[/\\](?:[\w.@+-]+[/\\])*(?P<last>[\w.@+-]*)")
_WITH_EXTENSION = re.compile(r"[\w@+-]+(?:\.[A-Za-z]\w{0,5})+")
# `django.db.utils.IntegrityError` is known by its own name.
_QUALIFIED_ERROR = re.compile(
    r"^(?:[a-z_]\w*\.)+(?=[A-Z]\w*:)|\b(?:\w+[.\\])+(?=\w*(?:Error|Exception|Fault|Warning|Panic)\b)"
)

# Ruby and some compilers open with a backtick and close with an apostrophe.
_QUOTED = re.compile(
    r"(?<!\w)(?:'(?P<single>[^'\"\n]{0,400})'|\"(?P<double>[^\"\n]{0,400})\"|`(?P<tick>[^'`\n]{0,400})['`])(?!\w)"
)
# A quoted name that code is likely to hold, rather than a value of one run.
_CODE_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|->|#|/)[A-Za-z_$][\w$]*)*(?:\(\))?")
_SHAPED = re.compile(r"_|[a-z][A-Z]|^[A-Z][a-z]+[A-Z]|\w[.:#>/]\w|\(\)$")
# Words that say that what is quoted is a name.
_NAMES_A_NAME = re.compile(
    r"\b(?:attribute|method|function|property|properties|name|key|keyerror|module|import|reading|setting|field|column"
    r"|table|type|class|argument|parameter|variable|constant|option|package|export|member|struct|trait|relation|route"
    r"|component|template|view|for|of)\W*$",
    re.IGNORECASE,
)


def stable_message(text: str) -> str:
    """Return an error message without numbers, addresses, times, quoted values and the folders of one machine.

    Quoted names stay: `has no attribute 'sum_totals'` asks for just that.
    """
    kept = _QUOTED.sub(lambda match: _kept_quote(text, match), text)
    kept = _QUALIFIED_ERROR.sub("", _ABSOLUTE.sub(_kept_path, kept))
    for pattern in _VARIABLE:
        kept = pattern.sub(" ", kept)
    return " ".join(kept.split())


def _kept_quote(text: str, match: re.Match[str]) -> str:
    value = match["single"] or match["double"] or match["tick"] or ""
    if not _CODE_NAME.fullmatch(value):
        # A quoted path says its file.
        return value if "/" in value or "\\" in value else " "
    is_name = _SHAPED.search(value) or _NAMES_A_NAME.search(text, max(0, match.start() - 40), match.start())
    return value if is_name else " "


def _kept_path(match: re.Match[str]) -> str:
    return f" {match['last']}" if _WITH_EXTENSION.fullmatch(match["last"]) else " "
