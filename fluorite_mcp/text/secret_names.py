"""Secrets that are known by the name before them: `password = "…"`, `api_key: …`, `DB_PASSWORD=…`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fluorite_mcp.text.secret_values import is_password, is_random, is_stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_MIN_PASSWORD_CHARS = 6
_MIN_TOKEN_CHARS = 8
# A value without quotes that reads like an identifier may be a variable; from these sizes on it surely is none.
_MIN_RANDOM_CHARS = 16
_MIN_RANDOM_DIGITS = 3

# Where a name may begin. Plain substring search for these is ten times as fast as a pattern for all of them.
_NAME_STARTS = (
    "passw", "passphrase", "pwd", "secret", "token", "credential", "apikey", "api-key", "accesskey", "access-key",
    "privatekey", "_key",
)  # fmt: skip
_BEFORE_KEY = ("api", "access", "private", "auth", "signing", "encryption")
_BARE = r"[^\s\"'`$(){}\[\]<>,;]+"
_QUOTED_VALUE = re.compile(
    r"(?P<name>[\w-]+)[\"'`\]]{0,2}[ \t]*(?:=>|:=|={1,3}|:)[ \t]*[bru]?(?P<quote>[\"'`])"
    r"(?P<secret>[^\"'`\n]{6,400})(?P=quote)"
)
_BARE_VALUE = re.compile(
    rf"(?P<name>[\w-]+)(?P<sign>[ \t]*[:=][ \t]*)(?P<secret>{_BARE})[ \t\r]*(?:#.*)?$", re.MULTILINE
)
# The whole rest of a name: `SECRET_KEY_BASE`, but not `token_type`.
_NAME = re.compile(
    r"(?:password|passwd|passphrase|pwd|secret|token|credentials?|(?:api|access|private|auth|signing|encryption)[_-]?key)"
    r"s?(?:[_-]?(?:access|key|token|base|value|prod|production|dev|live|staging|[0-9]+))*",
    re.IGNORECASE,
)
_ENV_PREFIX = re.compile(r"[ \t]*(?:(?:export|ENV|ARG|set|-)[ \t]+)?[A-Z0-9_]*")
_NOT_SECRET_PREFIX = re.compile(r"(?:::\w*|public\w*|\bnext_?|\bcsrf_?)$", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[A-Za-z_][\w.:]*")
_TYPE = re.compile(
    r"(?:u?int|float|bytes?|sha|utf|base|uuid|str|string|varchar|char|md|aes|argon|oauth|v|hs|rs|es|ed)[-_]?\d+",
    re.IGNORECASE,
)


def find_named(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of every value that is a secret by its name and its looks, in order, without overlap."""
    end = 0
    for position in _name_positions(text):
        if position >= end:
            span = _value_at(text, position)
            if span is not None:
                yield span
                end = span[1]


def _name_positions(text: str) -> list[int]:
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow when lowered; the positions must stay
        lowered = "".join(char.lower() if char.isascii() else char for char in text)
    found = []
    for start in _NAME_STARTS:
        position = lowered.find(start)
        while position >= 0:
            if start == "_key":
                found += [position - len(word) for word in _BEFORE_KEY if lowered.endswith(word, 0, position)]
            else:
                found.append(position)
            position = lowered.find(start, position + len(start))
    return sorted(found)


def _value_at(text: str, position: int) -> tuple[int, int] | None:
    """Return the span of the secret value whose name begins at the position, if there is one."""
    quoted = _QUOTED_VALUE.match(text, position)
    match = quoted or _BARE_VALUE.match(text, position)
    if match is None or not _NAME.fullmatch(match["name"]):
        return None
    line = text[text.rfind("\n", 0, position) + 1 : position]
    if _NOT_SECRET_PREFIX.search(line[-60:]) or is_stand_in(match["secret"]):
        return None
    is_secret = _is_quoted_secret(match) if quoted else _is_bare_secret(match, line)
    return match.span("secret") if is_secret else None


def _is_quoted_secret(match: re.Match[str]) -> bool:
    secret = match["secret"]
    if _names_password(match):
        return is_password(secret) and " " not in secret
    return is_random(secret) and " " not in secret


def _is_bare_secret(match: re.Match[str], line: str) -> bool:
    """Judge a value without quotes, which may also be a type or a variable."""
    secret = match["secret"]
    if match["sign"] == "=" and match["name"].isupper() and _ENV_PREFIX.fullmatch(line):
        return _is_env_secret(match)
    if _TYPE.fullmatch(secret) or len(secret) < _MIN_PASSWORD_CHARS:
        return False
    if not _IDENTIFIER.fullmatch(secret):
        return _is_quoted_secret(match)
    if _names_password(match) and match["sign"].lstrip().startswith(":") and secret[0].islower():
        return secret.isalnum() and is_password(secret)
    digits = sum(map(str.isdigit, secret))
    return secret.isalnum() and len(secret) >= _MIN_RANDOM_CHARS and digits >= _MIN_RANDOM_DIGITS and is_random(secret)


def _is_env_secret(match: re.Match[str]) -> bool:
    """Judge `API_TOKEN=value`: this form takes values only, so letters alone may be one."""
    secret = match["secret"]
    minimum = _MIN_PASSWORD_CHARS if _names_password(match) else _MIN_TOKEN_CHARS
    return len(secret) >= minimum and not re.fullmatch(r"[A-Z_]+|[\d.]+", secret)


def _names_password(match: re.Match[str]) -> bool:
    return match["name"][:3].lower() in {"pas", "pwd"}
